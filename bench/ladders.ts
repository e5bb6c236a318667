// The ladders of rates within a repetition: cases that differ in the rate of their open loop only, from the lowest up. A
// server that fell behind at a rate is spared the higher ones, at which it would only fall behind for longer. Pure.
import { ladderTitle } from "./plan";
import type { BenchCase } from "./plan";
import type { ServerName } from "./servers/index";

/** A server that answers less than this share of what is due has fallen behind. */
const KEPT_UP_SHARE = 0.9;

export class Ladders {
  private readonly ended = new Set<string>();

  /** Whether the case asks more of a server than that with which it has fallen behind. */
  isBeyond(benchCase: BenchCase, server: ServerName): boolean {
    return benchCase.rate !== undefined && this.ended.has(nameOf(benchCase, server));
  }

  /** Takes down how a server did with a case. */
  climb(benchCase: BenchCase, server: ServerName, operationsPerSecond: number): void {
    const { rate } = benchCase;
    if (rate !== undefined && operationsPerSecond < rate * KEPT_UP_SHARE) {
      this.ended.add(nameOf(benchCase, server));
    }
  }
}

function nameOf(benchCase: BenchCase, server: ServerName): string {
  return `${server}: ${ladderTitle(benchCase)}`;
}
