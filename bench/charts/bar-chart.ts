// A chart of grouped horizontal bars as SVG: a group for each load, a bar in it for each server, figures written at the
// bars' ends and a note (a ratio) at the group's right. Bars begin at 0, so that lengths can be compared. Pure.
import { figureText } from "./figure-text";
import { scaleOf } from "./scales";
import { CHARACTER_PX, FAINT, drawing, element, legend, seriesColor, textElement } from "./svg";

export interface BarGroup {
  readonly name: string;
  /** One for each of the chart's series; undefined draws none. */
  readonly values: readonly (number | undefined)[];
  readonly note?: string;
}

export interface BarChart {
  readonly title: string;
  readonly axisTitle: string;
  readonly series: readonly string[];
  readonly groups: readonly BarGroup[];
}

const BAR_PX = 13;
const GROUP_GAP_PX = 11;
const TOP = 66;
const BARS_PX = 420;
const FIGURE_PX = 52;

/** The chart as a whole SVG file. */
export function barChart({ title, axisTitle, series, groups }: BarChart): string {
  const left = 24 + Math.max(0, ...groups.map((group) => group.name.length)) * CHARACTER_PX;
  const noteX = left + BARS_PX + FIGURE_PX;
  const width = noteX + 16 + Math.max(0, ...groups.map((group) => group.note?.length ?? 0)) * CHARACTER_PX;
  const groupPx = series.length * BAR_PX + GROUP_GAP_PX;
  const bottom = TOP + groups.length * groupPx;
  const scale = scaleOf(
    "linear",
    groups.flatMap((group) => group.values.filter((value) => value !== undefined)),
  );
  const marks = scale.marks.flatMap((mark) => {
    const x = left + scale.place(mark) * BARS_PX;
    return [
      element("line", { x1: x, y1: TOP, x2: x, y2: bottom, stroke: FAINT }),
      textElement(figureText(mark), x, bottom + 16, { "text-anchor": "middle" }),
    ];
  });
  const bars = groups.flatMap((group, index) => {
    const top = TOP + index * groupPx + GROUP_GAP_PX / 2;
    const middle = top + (series.length * BAR_PX) / 2 + 4;
    return [
      textElement(group.name, left - 8, middle, { "text-anchor": "end" }),
      ...group.values.flatMap((value, bar) => {
        if (value === undefined) return [];
        const y = top + bar * BAR_PX;
        const length = scale.place(value) * BARS_PX;
        return [
          element("rect", { x: left, y, width: length, height: BAR_PX - 2, fill: seriesColor(bar) }),
          textElement(figureText(value), left + length + 5, y + BAR_PX - 3, { "font-size": 10 }),
        ];
      }),
      ...(group.note === undefined ? [] : [textElement(group.note, noteX, middle)]),
    ];
  });
  const axis = textElement(axisTitle, left + BARS_PX / 2, bottom + 38, { "text-anchor": "middle" });
  return drawing(Math.ceil(width), bottom + 52, title, [
    ...legend(series, left, 48),
    ...marks,
    ...bars,
    axis,
  ]);
}
