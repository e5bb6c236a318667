// The door of bench/charts/: line and bar charts as SVG files.
export { barChart } from "./bar-chart";
export type { BarChart, BarGroup } from "./bar-chart";
export { figureText } from "./figure-text";
export { lineChart } from "./line-chart";
export type { Axis, LineChart, Series } from "./line-chart";
export type { ScaleKind } from "./scales";
