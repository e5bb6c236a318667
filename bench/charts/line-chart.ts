// A line chart as SVG: series of points over two axes of any scale. What can't be placed (a figure of 0 or less on a
// logarithmic axis, what is no number) is left out and the line goes on at the next point. Pure.
import { figureText } from "./figure-text";
import { scaleOf } from "./scales";
import type { Scale, ScaleKind } from "./scales";
import { FAINT, INK, drawing, element, legend, seriesColor, textElement } from "./svg";

export interface Axis {
  readonly title: string;
  /** Linear where not given. */
  readonly scale?: ScaleKind;
  /** How a mark is written; else with thousands as k and millions as M. */
  readonly format?: (figure: number) => string;
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

const WIDTH = 760;
const HEIGHT = 420;
const PLOT = { left: 78, right: 716, top: 66, bottom: 360 };

/** The chart as a whole SVG file; without any point to place, one that says so. */
export function lineChart(chart: LineChart): string {
  const series = chart.series.map(({ name, points }) => ({
    name,
    points: points.filter(([x, y]) => placeable(x, chart.x) && placeable(y, chart.y)),
  }));
  const points = series.flatMap((each) => each.points);
  const names = legend(
    chart.series.map(({ name }) => name),
    PLOT.left,
    48,
  );
  if (points.length === 0) {
    return drawing(WIDTH, HEIGHT, chart.title, [
      ...names,
      textElement("no figures", PLOT.left, PLOT.top + 20),
    ]);
  }
  const x = scaleOf(
    chart.x.scale ?? "linear",
    points.map((point) => point[0]),
  );
  const y = scaleOf(
    chart.y.scale ?? "linear",
    points.map((point) => point[1]),
  );
  return drawing(WIDTH, HEIGHT, chart.title, [
    ...names,
    ...xMarks(chart.x, x),
    ...yMarks(chart.y, y),
    ...series.flatMap((each, index) => drawnSeries(each, index, x, y)),
  ]);
}

function placeable(figure: number, { scale }: Axis): boolean {
  if (!Number.isFinite(figure)) return false;
  if (scale === "log") return figure > 0;
  return scale === "percentile" ? figure >= 0 && figure < 100 : figure >= 0;
}

function xMarks(axis: Axis, scale: Scale): string[] {
  const format = axis.format ?? figureText;
  const marks = scale.marks.flatMap((mark) => {
    const x = across(scale, mark);
    return [
      element("line", { x1: x, y1: PLOT.top, x2: x, y2: PLOT.bottom, stroke: FAINT }),
      textElement(format(mark), x, PLOT.bottom + 18, { "text-anchor": "middle" }),
    ];
  });
  const middle = (PLOT.left + PLOT.right) / 2;
  return [...marks, textElement(axis.title, middle, PLOT.bottom + 42, { "text-anchor": "middle" })];
}

function yMarks(axis: Axis, scale: Scale): string[] {
  const format = axis.format ?? figureText;
  const marks = scale.marks.flatMap((mark) => {
    const y = up(scale, mark);
    return [
      element("line", { x1: PLOT.left, y1: y, x2: PLOT.right, y2: y, stroke: FAINT }),
      textElement(format(mark), PLOT.left - 8, y + 4, { "text-anchor": "end" }),
    ];
  });
  const middle = (PLOT.top + PLOT.bottom) / 2;
  const turned = { "text-anchor": "middle", transform: `rotate(-90 20 ${middle})` };
  const frame = {
    x: PLOT.left,
    y: PLOT.top,
    width: PLOT.right - PLOT.left,
    height: PLOT.bottom - PLOT.top,
    fill: "none",
    stroke: INK,
  };
  return [...marks, textElement(axis.title, 20, middle, turned), element("rect", frame)];
}

function drawnSeries({ points }: Series, index: number, x: Scale, y: Scale): string[] {
  const stroke = seriesColor(index);
  const places = points.map(([right, high]) => [across(x, right), up(y, high)] as const);
  const path = places.map((place) => place.map((at) => at.toFixed(1)).join(",")).join(" ");
  const dots = places.length > 60 ? [] : places;
  return [
    element("polyline", { points: path, fill: "none", stroke, "stroke-width": 2 }),
    ...dots.map(([cx, cy]) => element("circle", { cx, cy, r: 2.5, fill: stroke })),
  ];
}

function across(scale: Scale, figure: number): number {
  return PLOT.left + scale.place(figure) * (PLOT.right - PLOT.left);
}

function up(scale: Scale, figure: number): number {
  return PLOT.bottom - scale.place(figure) * (PLOT.bottom - PLOT.top);
}
