// How fast a counter grows: the mean of the last sixteen samples, taken ten times a second, as Redis does it. A sample is
// what was counted since the one before, scaled to a second by the time that has really passed.

const SAMPLES = 16;

export class RateMeter {
  private readonly samples = new Float64Array(SAMPLES);
  private taken = 0;
  private lastCount = 0;
  private lastMs = 0;

  constructor(nowMs: number) {
    this.lastMs = nowMs;
  }

  sample(count: number, nowMs: number): void {
    const elapsedMs = nowMs - this.lastMs;
    if (elapsedMs <= 0) return;
    // A counter that was reset begins anew.
    const grown = Math.max(0, count - this.lastCount);
    this.samples[this.taken++ % SAMPLES] = (grown * 1000) / elapsedMs;
    this.lastCount = count;
    this.lastMs = nowMs;
  }

  get perSecond(): number {
    let sum = 0;
    for (const sample of this.samples) sum += sample;
    return sum / SAMPLES;
  }

  reset(): void {
    this.samples.fill(0);
    this.taken = 0;
  }
}
