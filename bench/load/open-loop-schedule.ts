// When batches of an open loop are due: evenly, one every `intervalUs` from the start, whatever the server does. The
// schedule hands them out in order, each to a connection that is free; what is due while none is stays due, and its
// latency counts from then (no coordinated omission). Without clock or timer: the time is handed in. Pure.

export class OpenLoopSchedule {
  /** Batches handed out. */
  taken = 0;
  readonly intervalUs: number;
  /** Batches that are due in all. */
  readonly total: number;

  /** `batchesPerSecond` for `seconds` from `startUs` on; one batch at least. */
  constructor(
    private readonly startUs: number,
    batchesPerSecond: number,
    seconds: number,
  ) {
    this.intervalUs = 1e6 / batchesPerSecond;
    this.total = Math.max(1, Math.round(batchesPerSecond * seconds));
  }

  get exhausted(): boolean {
    return this.taken >= this.total;
  }

  /** When the next batch is due; Infinity after the last. */
  get nextDueUs(): number {
    return this.exhausted ? Infinity : this.dueUs(this.taken);
  }

  /** Hands out the next batch if it is due: the moment at which it was, else undefined. */
  take(nowUs: number): number | undefined {
    const dueUs = this.nextDueUs;
    if (this.exhausted || dueUs > nowUs) return undefined;
    this.taken++;
    return dueUs;
  }

  /** Gives up: the moments at which the batches not handed out were due. */
  *abandon(): Generator<number> {
    while (!this.exhausted) yield this.dueUs(this.taken++);
  }

  private dueUs(batch: number): number {
    return this.startUs + batch * this.intervalUs;
  }
}
