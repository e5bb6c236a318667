// A node's clocks. The wall clock stands off the true time, drifts and jumps; the monotonic clock began somewhere and runs a
// little fast or slow, and counts also while the process is stopped.
import type { Clock, SeededRandom } from "../../../src/base/index";
import type { Agenda } from "./agenda";

/** Where simulated time begins: some day in 2023, so that expiry times look like real ones. */
const EPOCH_MS = 1_700_000_000_000;
/** How far apart two clocks' rates may be: more than any machine's are, less than a lease's margin allows for. */
const MAX_DRIFT = 0.02;
const MAX_SKEW_MS = 150;

export class NodeClock implements Clock {
  /** How far the wall clock stands off, besides its drift. */
  offsetMs: number;
  private readonly wallRate: number;
  private readonly monotonicRate: number;
  private readonly monotonicStart: number;

  constructor(
    private readonly agenda: Agenda,
    random: SeededRandom,
  ) {
    const drift = (): number => 1 + (random.fraction() * 2 - 1) * MAX_DRIFT;
    this.offsetMs = random.between(-MAX_SKEW_MS, MAX_SKEW_MS);
    this.wallRate = 1 + (random.fraction() * 2 - 1) * 0.0005;
    this.monotonicRate = drift();
    this.monotonicStart = random.between(1, 1_000_000);
  }

  wallMs(): number {
    return Math.floor(EPOCH_MS + this.agenda.nowMs * this.wallRate + this.offsetMs);
  }

  monotonicMs(): number {
    return this.monotonicStart + this.agenda.nowMs * this.monotonicRate;
  }

  /** How long, in true time, so much of this clock's time takes. */
  trueMs(delayMs: number): number {
    return delayMs / this.monotonicRate;
  }
}
