// Whether a figure stays where it is: a straight line through the later part of a run, with a confidence interval for how
// much it rises. Samples of a server are not independent (compactions, collections of garbage make saw teeth of many
// samples), so they are first put together in blocks, each longer than a tooth, and the line goes through the blocks'
// medians. Pure.
import { assert } from "../../src/base/index";
import { median } from "../statistics";

/** What comes before is warming up: caches fill, code is compiled, the first files are compacted. */
const WARM_UP_SHARE = 0.3;
const BLOCKS = 10;
/** Two-sided 95 % of Student's t with BLOCKS − 2 degrees of freedom. */
const T_95 = 2.306;

export interface Point {
  readonly seconds: number;
  readonly value: number;
}

export type Verdict = "flat" | "grows" | "not decided";

export interface Trend {
  readonly verdict: Verdict;
  /** The middle value of the judged part. */
  readonly level: number;
  /** By how much it rises from begin to end of the judged part: the estimate and its 95 % interval. */
  readonly growth: number;
  readonly lowest: number;
  readonly highest: number;
  readonly judgedSeconds: number;
}

/** How many samples a trend needs. */
export const SAMPLES_AT_LEAST = Math.ceil((2 * BLOCKS) / (1 - WARM_UP_SHARE));

/**
 * Flat: it rises by no more than `tolerance`, with confidence. Grows: it rises, with confidence, and by more than that as
 * far as one can tell. Else the run was too short or too noisy to say. Figures that fall are flat.
 */
export function trendOf(points: readonly Point[], tolerance: (level: number) => number): Trend {
  assert(points.length >= SAMPLES_AT_LEAST, "a trend has enough samples");
  const judged = points.slice(Math.floor(points.length * WARM_UP_SHARE));
  const blocks = Array.from({ length: BLOCKS }, (_, block) => {
    const from = Math.floor((block * judged.length) / BLOCKS);
    const part = judged.slice(from, Math.floor(((block + 1) * judged.length) / BLOCKS));
    return { x: median(part.map(({ seconds }) => seconds)), y: median(part.map(({ value }) => value)) };
  });
  const meanX = mean(blocks.map(({ x }) => x));
  const meanY = mean(blocks.map(({ y }) => y));
  const squares = sum(blocks.map(({ x }) => (x - meanX) ** 2));
  const slope = sum(blocks.map(({ x, y }) => (x - meanX) * (y - meanY))) / squares;
  const residual = sum(blocks.map(({ x, y }) => (y - meanY - slope * (x - meanX)) ** 2)) / (BLOCKS - 2);
  const margin = T_95 * Math.sqrt(residual / squares);
  const judgedSeconds = judged.at(-1)!.seconds - judged[0]!.seconds;
  const level = median(judged.map(({ value }) => value));
  const growth = slope * judgedSeconds;
  const lowest = (slope - margin) * judgedSeconds;
  const highest = (slope + margin) * judgedSeconds;
  const allowed = tolerance(level);
  const verdict = highest <= allowed ? "flat" : lowest > 0 && growth > allowed ? "grows" : "not decided";
  return { verdict, level, growth, lowest, highest, judgedSeconds };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
