// What a failed run tells: the seed, the step and its time, what is wrong, and the history around it, for people.
import { historyLines } from "../history";
import type { Operation } from "../history";
import type { Trace } from "../trace";

const HISTORY_LINES = 90;
/** So many of them come behind the failure. */
const LINES_BEHIND = 15;

export class ClusterFailure extends Error {
  constructor(
    readonly seed: number,
    readonly step: number,
    readonly reason: string,
    readonly history: string,
    cause: unknown,
  ) {
    super(`seed ${seed}, step ${step}: ${reason}\n${history}`, { cause });
    this.name = "ClusterFailure";
  }
}

/** What of a world a failure shows. */
export interface FailedWorld {
  readonly trace: Trace;
  readonly history: { readonly operations: readonly Operation[] };
}

export function failureOf(seed: number, { trace, history }: FailedWorld, cause: unknown): ClusterFailure {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const { step, events } = trace;
  const lines = historyLines(history.operations, events);
  const behind = lines.findIndex((line) => line.step > step);
  const end = Math.min(lines.length, (behind < 0 ? lines.length : behind) + LINES_BEHIND);
  const text = lines
    .slice(Math.max(0, end - HISTORY_LINES), end)
    .map((line) => `${String(line.step).padStart(8)} ${line.text}`)
    .join("\n");
  return new ClusterFailure(seed, step, reason, text, cause);
}
