// Seeded randomness, handed to whatever simulation reaches: the same seed gives the same numbers on every machine. The
// generator is sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, fast in 32-bit arithmetic. Not for secrets.

export class SeededRandom {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number) {
    this.a = seed | 0;
    this.b = Math.floor(seed / 0x1_0000_0000) | 0;
    this.c = 0x9e3779b9 | 0;
    for (let round = 0; round < 15; round++) this.next32();
  }

  /** Uniform in [0, 2^32). */
  next32(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return sum >>> 0;
  }

  /** Uniform in [0, bound); `bound` is an integer in [1, 2^32]. */
  below(bound: number): number {
    if (!(bound >= 1)) throw new RangeError("a random number is drawn from an empty range");
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    for (;;) {
      const value = this.next32();
      if (value < limit) return value % bound;
    }
  }

  /** Uniform in [low, high], both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.next32() / 0x1_0000_0000;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  shuffle<T>(items: T[]): T[] {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const kept = items[last] as T;
      items[last] = items[other] as T;
      items[other] = kept;
    }
    return items;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at++) bytes[at] = this.next32() >>> 24;
    return bytes;
  }

  /** An independent generator, so that one consumer's draws do not shift another's. */
  fork(): SeededRandom {
    return new SeededRandom(this.next32() * 0x20_0000 + (this.next32() >>> 11));
  }
}
