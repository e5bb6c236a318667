// Loads that wait, for the in-memory twin. A load reads at some moment after it was asked for and reports at some later
// one, so its answer may be older than what was reported applied meanwhile: exactly what the addon's threads allow. Which
// load moves on, and whether it reports at once after it has read, is drawn from the driver's seeded random.
import { assert } from "../../base/index";
import type { SeededRandom } from "../../base/index";

const REPORT_LATER = 0.25;

interface Load {
  /** Takes the answer and returns what reports it. */
  readonly read: () => () => void;
  report: (() => void) | undefined;
}

export class PendingLoads {
  private readonly loads: Load[] = [];

  get length(): number {
    return this.loads.length;
  }

  add(read: () => () => void): void {
    this.loads.push({ read, report: undefined });
  }

  clear(): void {
    this.loads.length = 0;
  }

  /** Lets one load read, or report what it has read: the returned function calls back. */
  step(random: SeededRandom): (() => void) | undefined {
    const at = random.below(this.loads.length);
    const load = this.loads[at];
    assert(load !== undefined, "a load waits");
    if (!load.report) {
      load.report = load.read();
      if (random.chance(REPORT_LATER)) return undefined;
    }
    this.loads.splice(at, 1);
    return load.report;
  }
}
