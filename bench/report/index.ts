// The door of bench/report/: summaries of runs, the report as Markdown and JSON, the index of reports.
export { readEnvironment, shellWord } from "./environment";
export { renderList, trendChart, updateIndex, withList } from "./index-page";
export type { ListedReport } from "./index-page";
export { milliseconds, thousands } from "./figures";
export { renderMarkdown } from "./markdown";
export type { Picture } from "./markdown";
export { reportCharts } from "./report-charts";
export type { Chart } from "./report-charts";
export { REPORT_FORMAT } from "./report-data";
export type {
  CaseSummary,
  DiskRun,
  Environment,
  MeasuredServer,
  RatioSummary,
  Report,
  Run,
  ServerSummary,
} from "./report-data";
export { writeReport } from "./report-files";
export type { ReportFiles } from "./report-files";
export { summarise, summariseDisk } from "./summary";
export type { DiskSummary } from "./summary";
