// Statistics of few repeated measurements: medians and spreads, and ratios of pairs that were measured side by side.
// Figures of different runs are never divided by one another: only the two of one repetition are a pair. Pure.
import { assert } from "../src/base/index";

/** A figure measured several times. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly count: number;
}

/** The middle value, or the mean of the two middle ones; the list is not empty. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the fraction of the values lies, interpolated between neighbours; the list is not empty. */
export function quantile(values: readonly number[], fraction: number): number {
  assert(values.length > 0, "a quantile needs values");
  const sorted = values.toSorted((one, other) => one - other);
  const position = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}

export function spread(values: readonly number[]): Spread {
  return {
    median: median(values),
    lowest: Math.min(...values),
    highest: Math.max(...values),
    count: values.length,
  };
}

/**
 * The spread of `numerator / denominator` over pairs with the same key (the repetition). What has no partner is left
 * out; undefined when no pair is complete.
 */
export function ratioOfPairs(
  numerators: ReadonlyMap<number, number>,
  denominators: ReadonlyMap<number, number>,
): Spread | undefined {
  const ratios: number[] = [];
  for (const [pair, numerator] of numerators) {
    const denominator = denominators.get(pair);
    if (denominator !== undefined && denominator > 0) ratios.push(numerator / denominator);
  }
  return ratios.length === 0 ? undefined : spread(ratios);
}

/** How far apart lowest and highest lie, as a share of the median. */
export function relativeWidth(figure: Spread): number {
  return figure.median === 0 ? 0 : (figure.highest - figure.lowest) / figure.median;
}
