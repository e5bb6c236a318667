// Which key a request names next, as a number in [0, keys). A distribution is one class and one word in the list;
// sources draw from the generator's seeded random numbers and allocate nothing per draw. Single thread.
import type { SeededRandom } from "../../src/base/index";
import { SpreadRanks, ZipfianRanks } from "./zipfian";

export const DISTRIBUTIONS = ["uniform", "zipfian", "hot"] as const;
export type Distribution = (typeof DISTRIBUTIONS)[number];

/** How many keys get all requests of the `hot` distribution. */
export const HOT_KEYS = 100;
/** The exponent of the `zipfian` distribution: that of YCSB (Cooper et al., SoCC 2010). */
export const ZIPFIAN_EXPONENT = 0.99;

export interface KeySource {
  next(): number;
}

/** Every key with the same probability. */
class UniformKeys implements KeySource {
  constructor(
    private readonly keys: number,
    private readonly random: SeededRandom,
  ) {}

  next(): number {
    return this.random.below(this.keys);
  }
}

/** Few keys, spread over the key space, each with the same probability. */
class HotKeys implements KeySource {
  private readonly hot: number;
  private readonly spread: SpreadRanks;

  constructor(
    keys: number,
    private readonly random: SeededRandom,
  ) {
    this.hot = Math.min(HOT_KEYS, keys);
    this.spread = new SpreadRanks(keys);
  }

  next(): number {
    return this.spread.keyOf(this.random.below(this.hot));
  }
}

/** The key of rank r in popularity with a probability proportional to (r + 1) ^ -exponent; ranks are spread over the keys. */
class ZipfianKeys implements KeySource {
  private readonly ranks: ZipfianRanks;
  private readonly spread: SpreadRanks;

  constructor(keys: number, random: SeededRandom) {
    this.ranks = new ZipfianRanks(keys, ZIPFIAN_EXPONENT, random);
    this.spread = new SpreadRanks(keys);
  }

  next(): number {
    return this.spread.keyOf(this.ranks.next());
  }
}

/** Each key once, in ascending order, and from the start again: what a preload writes. */
export class AscendingKeys implements KeySource {
  private following = 0;

  constructor(private readonly keys: number) {}

  next(): number {
    const key = this.following;
    this.following = key + 1 === this.keys ? 0 : key + 1;
    return key;
  }
}

export function keySource(distribution: Distribution, keys: number, random: SeededRandom): KeySource {
  switch (distribution) {
    case "uniform":
      return new UniformKeys(keys, random);
    case "zipfian":
      return new ZipfianKeys(keys, random);
    case "hot":
      return new HotKeys(keys, random);
  }
}
