// Which key a request names next, as a number in [0, keys). A distribution is one class here and one word in the list;
// sources draw from the generator's seeded random numbers and allocate nothing per draw. Single thread.
import type { SeededRandom } from "../../src/base/index";

export const DISTRIBUTIONS = ["uniform"] as const;
export type Distribution = (typeof DISTRIBUTIONS)[number];

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
  }
}
