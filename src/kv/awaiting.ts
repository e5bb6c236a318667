// Whether a batch is awaited: whether there is hardly anything for the JavaScript thread to do until it is committed, so that
// it may wait for the disk itself (raft/host). Measured in perf-reports/2026-11-30-sync-in-place.md.
import type { Batch } from "./batch";

/** The evaluation of larger batches is worth more beside a sync than behind it. */
const MAX_OPERATIONS = 128;
/** So many evaluations must wait for each that can go on meanwhile. */
const WAITING_PER_GOING_ON = 4;

export class Awaiting {
  /** Since a batch was sealed last. */
  private waiting = 0;
  private goingOn = 0;

  /** An evaluation has ended and waits for a commit. */
  waits(): void {
    this.waiting++;
  }

  /** One has ended and need not wait, loads from the disk, or reads a pinned view. */
  goesOn(): void {
    this.goingOn++;
  }

  /** A batch is sealed: whether it is awaited. What nobody waits for (the sweeper's work) is not. */
  seal({ operationCount, waiters }: Batch): boolean {
    const mostWait = this.goingOn * WAITING_PER_GOING_ON <= this.waiting;
    this.waiting = this.goingOn = 0;
    return mostWait && operationCount <= MAX_OPERATIONS && waiters.length > 0;
  }
}
