// Scales of an axis: from a figure to a place between 0 and 1, and the figures that get a mark. Linear scales begin at 0;
// logarithmic ones at a whole decade; the percentile scale gives every further nine the same room. Pure.
import { assert } from "../../src/base/index";

export type ScaleKind = "linear" | "log" | "percentile";

export interface Scale {
  /** 0 at the low end of the axis, 1 at the high end. */
  place(figure: number): number;
  readonly marks: readonly number[];
}

const LINEAR_MARKS = 6;

/** A scale that holds all the figures. Those of a logarithmic one are above 0, percentiles below 100. */
export function scaleOf(kind: ScaleKind, figures: readonly number[]): Scale {
  switch (kind) {
    case "linear":
      return linearScale(Math.max(0, ...figures));
    case "log":
      return logScale(Math.min(...figures), Math.max(...figures));
    case "percentile":
      return percentileScale(Math.max(...figures));
  }
}

function linearScale(highest: number): Scale {
  const step = roundStep((highest > 0 ? highest : 1) / LINEAR_MARKS);
  const steps = Math.max(1, Math.ceil(highest / step - 1e-9));
  const top = steps * step;
  return {
    place: (figure) => figure / top,
    marks: Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12))),
  };
}

/** The next of 1, 2, 2.5, 5, 10 times a power of ten. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * (([1, 2, 2.5, 5] as const).find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10);
}

function logScale(lowest: number, highest: number): Scale {
  assert(lowest > 0, "a logarithmic scale takes figures above 0");
  const first = Math.floor(Math.log10(lowest) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(highest) - 1e-9));
  const marks: number[] = [];
  for (let decade = first; decade <= last; decade++) {
    marks.push(10 ** decade);
    if (decade < last && last - first <= 4) marks.push(2 * 10 ** decade, 5 * 10 ** decade);
  }
  return { place: (figure) => (Math.log10(figure) - first) / (last - first), marks };
}

function percentileScale(highest: number): Scale {
  const nines = (percentile: number) => -Math.log10(1 - percentile / 100);
  const last = Math.max(2, nines(highest));
  assert(Number.isFinite(last), "a percentile scale ends below 100");
  const marks = [0, 50, 90, 99, 99.9, 99.99, 99.999].filter((mark) => nines(mark) <= last + 1e-9);
  return { place: (figure) => nines(figure) / last, marks };
}
