// The trend over reports: the list in perf-reports/README.md, newest first, with throughput ratios against redis-server
// that syncs, and trend.svg, the same ratios as lines, oldest first. The list is rewritten between two markers; the rest of
// the page is people's. Files of another format are left out.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lineChart } from "../charts/index";
import { REPORT_FORMAT } from "./report-data";
import type { Report } from "./report-data";

const BEGIN = "<!-- reports: written by npm run bench -->";
const END = "<!-- end of reports -->";

const TREND_FILE = "trend.svg";

/** The loads that are followed over time, the usual ones: 50 clients, 64 bytes, closed loop. */
const FOLLOWED = [
  { title: "SET", workload: "set", pipeline: 1, distribution: "uniform" },
  { title: "SET p16", workload: "set", pipeline: 16, distribution: "uniform" },
  { title: "GET", workload: "get", pipeline: 1, distribution: "uniform" },
  { title: "GET p16", workload: "get", pipeline: 16, distribution: "uniform" },
  { title: "GET p16 hot", workload: "get", pipeline: 16, distribution: "hot" },
  { title: "mixed", workload: "mixed", pipeline: 1, distribution: "uniform" },
  { title: "mixed p16", workload: "mixed", pipeline: 16, distribution: "uniform" },
  { title: "INCR", workload: "incr", pipeline: 1, distribution: "uniform" },
] as const;
type Followed = (typeof FOLLOWED)[number];

export interface ListedReport {
  /** The file's name without its ending. */
  readonly stem: string;
  readonly report: Report;
}

/** Rewrites list and chart of the directory; does nothing where there is no README.md, or none with markers. */
export function updateIndex(directory: string): void {
  const page = join(directory, "README.md");
  if (!existsSync(page)) return;
  const text = readFileSync(page, "utf8");
  const reports = readReports(directory);
  const picture = `![Ratio to redis-server over the reports](${TREND_FILE})`;
  const updated = withList(text, `${picture}\n\n${renderList(reports)}`);
  if (updated === undefined) return;
  writeFileSync(join(directory, TREND_FILE), trendChart(reports));
  if (updated !== text) writeFileSync(page, updated);
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
  const head = ["report", "commit", ...FOLLOWED.map((followed) => followed.title)];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rows = oldestFirst(reports).reverse().map(rowOf);
  return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}

/** Each load's ratio over the reports that have it, as SVG. */
export function trendChart(reports: readonly ListedReport[]): string {
  const ordered = oldestFirst(reports);
  return lineChart({
    title: "Throughput, Basalt ÷ redis-server with appendfsync always",
    x: {
      title: "reports, oldest first",
      format: (place) => ordered[place]?.report.environment.startedAt.slice(0, 10) ?? "",
    },
    y: { title: "ratio" },
    series: FOLLOWED.map((followed) => ({
      name: followed.title,
      points: ordered.flatMap(({ report }, index): [number, number][] => {
        const ratio = ratioOf(report, followed);
        return ratio === undefined ? [] : [[index, ratio]];
      }),
    })),
  });
}

function oldestFirst(reports: readonly ListedReport[]): ListedReport[] {
  return reports.toSorted((one, other) =>
    one.report.environment.startedAt.localeCompare(other.report.environment.startedAt),
  );
}

function rowOf({ stem, report }: ListedReport): string[] {
  const { startedAt, commitShort, modified } = report.environment;
  return [
    `[${startedAt.slice(0, 10)} ${report.name}](${stem}.md)`,
    modified ? `${commitShort} + changes` : commitShort,
    ...FOLLOWED.map((followed) => ratioOf(report, followed)?.toFixed(2) ?? "–"),
  ];
}

function ratioOf(report: Report, { workload, pipeline, distribution }: Followed): number | undefined {
  const summary = report.cases.find(
    ({ case: load }) =>
      load.workload === workload &&
      load.pipeline === pipeline &&
      load.distribution === distribution &&
      load.clients === 50 &&
      load.valueBytes === 64 &&
      load.rate === undefined &&
      load.data === undefined,
  );
  const ratio = summary?.ratios.find(
    ({ subject, reference }) => subject === "basalt" && reference === "redis",
  );
  return ratio?.operationsPerSecond.median;
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
