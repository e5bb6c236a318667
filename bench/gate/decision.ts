// When a figure counts as missed: the statistics of the gate. Every figure is measured in pairs; a look is the median over
// its pairs, ratios taken in logarithms; a figure that misses its limit in the first look is looked at again with fresh
// servers and more pairs, and fails only when it misses again. Why that neither cries wolf nor sleeps: README.md. Pure.
import { assert } from "../../src/base/index";
import { median } from "../statistics";

/** Figures whose name is a ratio are of the subject to its reference; the others are the subject's own. */
export const FIGURE_NAMES = [
  "throughputRatio",
  "cpuRatio",
  "cpuUs",
  "p99Ms",
  "residentMiB",
  "startMs",
  "restartMs",
] as const;
export type FigureName = (typeof FIGURE_NAMES)[number];

/** What a figure may be at most, or at least. */
export interface Limit {
  readonly figure: FigureName;
  readonly bound: number;
}

/** Of throughput more is better; of everything else, less. */
export function moreIsBetter(figure: FigureName): boolean {
  return figure === "throughputRatio";
}

/** The figure of a look: the middle one; of ratios, that of their logarithms, so that 2 and ½ weigh the same. */
export function lookFigure(figure: FigureName, values: readonly number[]): number {
  assert(values.length > 0, "a look has values");
  return figure === "throughputRatio" || figure === "cpuRatio"
    ? Math.exp(median(values.map(Math.log)))
    : median(values);
}

/** Whether the look's figure is beyond the limit. */
export function isMissed({ figure, bound }: Limit, values: readonly number[]): boolean {
  const value = lookFigure(figure, values);
  // A figure that is no number is no proof that all is well.
  return !(moreIsBetter(figure) ? value >= bound : value <= bound);
}

/** How far the median of a second look may still be off, in logarithms, as a standard error. */
const SECOND_LOOK_ERROR = 0.04;
/** Of a sample's median against one value, for normal values. */
const MEDIAN_ERROR = 1.253;
/** Makes a median absolute deviation an estimate of the standard deviation. */
const DEVIATION_SCALE = 1.4826;

/**
 * How many pairs the second look takes, by how widely the values of the first were spread: the noisier the machine, the
 * more, so that its median is as sure as a quiet machine's.
 */
export function secondLookPairs(first: readonly number[], least: number, most: number): number {
  const logarithms = first.filter((value) => value > 0).map(Math.log);
  if (logarithms.length === 0) return least;
  const middle = median(logarithms);
  const spread = DEVIATION_SCALE * median(logarithms.map((value) => Math.abs(value - middle)));
  const needed = Math.ceil(((MEDIAN_ERROR * spread) / SECOND_LOOK_ERROR) ** 2);
  return Math.min(most, Math.max(least, needed));
}

/** Two looks at one figure; the second is there only when the first was missed. */
export interface Verdict {
  readonly limit: Limit;
  readonly first: readonly number[];
  readonly second: readonly number[] | undefined;
}

export type Outcome = "held" | "held at the second look" | "missed twice" | "to be looked at again";

export function outcomeOf({ limit, first, second }: Verdict): Outcome {
  if (!isMissed(limit, first)) return "held";
  if (second === undefined) return "to be looked at again";
  return isMissed(limit, second) ? "missed twice" : "held at the second look";
}

/** The ratios of pairs, for those that have both sides. */
export function ratios(
  pairs: readonly { readonly subject: number; readonly reference: number | undefined }[],
): number[] {
  return pairs.flatMap(({ subject, reference }) =>
    reference !== undefined && reference > 0 && subject > 0 ? [subject / reference] : [],
  );
}
