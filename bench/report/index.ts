// The door of bench/report/: summaries of runs, the report as Markdown and JSON, the index of reports.
export { readEnvironment, shellWord } from "./environment";
export { renderList, updateIndex, withList } from "./index-page";
export type { ListedReport } from "./index-page";
export { milliseconds, renderMarkdown, thousands } from "./markdown";
export { REPORT_FORMAT } from "./report-data";
export type {
  CaseSummary,
  Environment,
  MeasuredServer,
  RatioSummary,
  Report,
  Run,
  ServerSummary,
} from "./report-data";
export { writeReport } from "./report-files";
export type { ReportFiles } from "./report-files";
export { summarise } from "./summary";
