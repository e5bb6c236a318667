// The hybrid logical clock of a group (Kulkarni et al., "Logical Physical Clocks", 2014): 48 bits of milliseconds and 16
// of counter, kept as two numbers because a JavaScript number cannot hold 64 bits. Every incarnation and every entry
// takes a value of its own, strictly above all before it; a new leader starts above the last one it applied. Expiry is
// judged at `nowMs`, which never goes back, not even under a clock that does.
import type { Clock } from "../base/index";

const COUNTER_MAX = 0xffff;

export class HybridClock {
  private readonly clock: Clock;
  /** The wall clock when it was read last. */
  private wallMs = 0;
  /** The last value taken or observed. */
  ms = 0;
  counter = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Reads the wall clock. The time at which expiry is judged: max(wall clock, last HLC). */
  nowMs(): number {
    this.wallMs = this.clock.wallMs();
    return this.lastReadMs();
  }

  /** The same by the wall clock as it was read last: for what happens at that moment. */
  lastReadMs(): number {
    return this.wallMs > this.ms ? this.wallMs : this.ms;
  }

  /** Takes the next value, by the wall clock as it was read last: afterwards `ms` and `counter` hold it. */
  advance(): void {
    if (this.wallMs > this.ms) {
      this.ms = this.wallMs;
      this.counter = 0;
    } else if (++this.counter > COUNTER_MAX) {
      this.ms++;
      this.counter = 0;
    }
  }

  /** Makes every later value greater than the given one. */
  observe(ms: number, counter: number): void {
    if (ms > this.ms || (ms === this.ms && counter > this.counter)) {
      this.ms = ms;
      this.counter = counter;
    }
  }
}
