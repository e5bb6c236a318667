// Reports on disk: DATE-COMMIT-NAME.md and .json side by side, and a folder DATE-COMMIT-NAME with the charts. A report is
// never overwritten: a second one of the same name gets a number.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { updateIndex } from "./index-page";
import { renderMarkdown } from "./markdown";
import { reportCharts } from "./report-charts";
import type { Report } from "./report-data";

export interface ReportFiles {
  readonly markdown: string;
  readonly json: string;
  /** The text of the Markdown file. */
  readonly page: string;
}

/** Writes the files, and the index if the directory has one. */
export function writeReport(report: Report, directory: string): ReportFiles {
  mkdirSync(directory, { recursive: true });
  const { startedAt, commitShort } = report.environment;
  const stem = `${startedAt.slice(0, 10)}-${commitShort}-${report.name}`;
  let base = join(directory, stem);
  for (let number = 2; existsSync(`${base}.json`) || existsSync(`${base}.md`); number++) {
    base = join(directory, `${stem}-${number}`);
  }
  const charts = reportCharts(report);
  if (charts.length > 0) mkdirSync(base, { recursive: true });
  for (const { name, svg } of charts) writeFileSync(join(base, name), svg);
  const pictures = charts.map(({ name, title }) => ({ path: `${basename(base)}/${name}`, title }));
  const page = renderMarkdown(report, pictures);
  const files = { markdown: `${base}.md`, json: `${base}.json`, page };
  writeFileSync(files.markdown, page);
  writeFileSync(files.json, `${JSON.stringify(report, null, 1)}\n`);
  updateIndex(directory);
  return files;
}
