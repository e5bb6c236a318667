// Reports on disk: DATE-COMMIT-NAME.md and .json side by side. A report is never overwritten: a second one of the same
// name gets a number.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { updateIndex } from "./index-page";
import { renderMarkdown } from "./markdown";
import type { Report } from "./report-data";

export interface ReportFiles {
  readonly markdown: string;
  readonly json: string;
}

/** Writes both files, and the index if the directory has one. */
export function writeReport(report: Report, directory: string): ReportFiles {
  mkdirSync(directory, { recursive: true });
  const { startedAt, commitShort } = report.environment;
  const stem = `${startedAt.slice(0, 10)}-${commitShort}-${report.name}`;
  let base = join(directory, stem);
  for (let number = 2; existsSync(`${base}.json`) || existsSync(`${base}.md`); number++) {
    base = join(directory, `${stem}-${number}`);
  }
  const files = { markdown: `${base}.md`, json: `${base}.json` };
  writeFileSync(files.markdown, renderMarkdown(report));
  writeFileSync(files.json, `${JSON.stringify(report, null, 1)}\n`);
  updateIndex(directory);
  return files;
}
