// The list of reports in perf-reports/README.md, newest first, with throughput ratios against redis-server that syncs.
// It is rewritten between two markers; the rest of the page is people's. Files of another format are left out.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REPORT_FORMAT } from "./report-data";
import type { Report } from "./report-data";

const BEGIN = "<!-- reports: written by npm run bench -->";
const END = "<!-- end of reports -->";

/** The loads of the list's columns, the usual ones: 50 clients, 64 bytes. */
const COLUMNS = [
  { title: "SET", workload: "set", pipeline: 1 },
  { title: "SET p16", workload: "set", pipeline: 16 },
  { title: "GET", workload: "get", pipeline: 1 },
  { title: "GET p16", workload: "get", pipeline: 16 },
  { title: "mixed", workload: "mixed", pipeline: 1 },
  { title: "mixed p16", workload: "mixed", pipeline: 16 },
] as const;

export interface ListedReport {
  /** The file's name without its ending. */
  readonly stem: string;
  readonly report: Report;
}

/** Rewrites the list in the directory's README.md; does nothing where there is none, or none with markers. */
export function updateIndex(directory: string): void {
  const page = join(directory, "README.md");
  if (!existsSync(page)) return;
  const text = readFileSync(page, "utf8");
  const updated = withList(text, renderList(readReports(directory)));
  if (updated !== undefined && updated !== text) writeFileSync(page, updated);
}

/** The page with another list between its markers, or undefined when it has no markers. */
export function withList(page: string, list: string): string | undefined {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) return undefined;
  return `${page.slice(0, begin + BEGIN.length)}\n\n${list}\n\n${page.slice(end)}`;
}

export function renderList(reports: readonly ListedReport[]): string {
  if (reports.length === 0) return "None yet.";
  const newestFirst = reports.toSorted((one, other) =>
    other.report.environment.startedAt.localeCompare(one.report.environment.startedAt),
  );
  const head = ["report", "commit", ...COLUMNS.map((column) => column.title)];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...newestFirst.map((listed) => line(rowOf(listed)))].join(
    "\n",
  );
}

function rowOf({ stem, report }: ListedReport): string[] {
  const { startedAt, commitShort, modified } = report.environment;
  return [
    `[${startedAt.slice(0, 10)} ${report.name}](${stem}.md)`,
    modified ? `${commitShort} + changes` : commitShort,
    ...COLUMNS.map((column) => ratioText(report, column)),
  ];
}

function ratioText(report: Report, { workload, pipeline }: (typeof COLUMNS)[number]): string {
  const summary = report.cases.find(
    ({ case: load }) =>
      load.workload === workload &&
      load.pipeline === pipeline &&
      load.clients === 50 &&
      load.valueBytes === 64,
  );
  const ratio = summary?.ratios.find(
    ({ subject, reference }) => subject === "basalt" && reference === "redis",
  );
  return ratio === undefined ? "–" : ratio.operationsPerSecond.median.toFixed(2);
}

function readReports(directory: string): ListedReport[] {
  const listed: ListedReport[] = [];
  for (const name of readdirSync(directory)) {
    if (!name.endsWith(".json")) continue;
    const content: unknown = JSON.parse(readFileSync(join(directory, name), "utf8"));
    if (isReport(content)) listed.push({ stem: name.slice(0, -".json".length), report: content });
  }
  return listed;
}

/** Files with our format's number were written by us: their shape is not looked at further. */
function isReport(content: unknown): content is Report {
  return (
    typeof content === "object" &&
    content !== null &&
    "format" in content &&
    content.format === REPORT_FORMAT &&
    "environment" in content &&
    "cases" in content
  );
}
