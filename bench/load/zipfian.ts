// Ranks drawn with a probability proportional to (rank + 1) ^ -exponent, exactly, in constant memory and with about one
// power function a draw: rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates from
// monotone discrete distributions", 1996). And a bijection that spreads ranks over the keys, so that popular keys are not
// neighbours, in one block of a table or one page of memory. Single thread.
import type { SeededRandom } from "../../src/base/index";
import { assert } from "../../src/base/index";

export class ZipfianRanks {
  private readonly one: number;
  private readonly ends: number;
  private readonly width: number;
  private readonly surely: number;

  /** Ranks in [0, count); the exponent is above 0 and not 1. */
  constructor(
    private readonly count: number,
    private readonly exponent: number,
    private readonly random: SeededRandom,
  ) {
    assert(exponent > 0 && exponent !== 1, "the exponent of a zipfian distribution is above 0 and not 1");
    this.one = 1 - exponent;
    this.ends = this.area(count + 0.5);
    this.width = this.area(1.5) - 1 - this.ends;
    this.surely = 2 - this.areaInverse(this.area(2.5) - this.density(2));
  }

  next(): number {
    for (;;) {
      const drawn = this.ends + this.random.fraction() * this.width;
      const x = this.areaInverse(drawn);
      const number = Math.min(this.count, Math.max(1, Math.floor(x + 0.5)));
      // The first test accepts nearly all draws and spares the second one's powers.
      if (number - x <= this.surely || drawn >= this.area(number + 0.5) - this.density(number)) {
        return number - 1;
      }
    }
  }

  private density(x: number): number {
    return x ** -this.exponent;
  }

  /** The area under the density up to x, but for a constant. */
  private area(x: number): number {
    return (x ** this.one - 1) / this.one;
  }

  private areaInverse(area: number): number {
    return (1 + area * this.one) ** (1 / this.one);
  }
}

/** More keys than this and products of two numbers of keys are not exact any more. */
export const MOST_KEYS = 90_000_000;

/** Key = rank × step modulo the number of keys, the step being near the golden section and without a common divisor. */
export class SpreadRanks {
  private readonly step: number;

  constructor(private readonly keys: number) {
    assert(keys <= MOST_KEYS, "a spread key space has an exact product of two keys");
    let step = Math.max(1, Math.floor(keys * 0.618));
    while (greatestCommonDivisor(step, keys) !== 1) step++;
    this.step = step;
  }

  keyOf(rank: number): number {
    return (rank * this.step) % this.keys;
  }
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}
