// How a test puts a line into the report of the long tests: its seed, its counts, what it measured. Does nothing when no
// report is being written (npm test). Lines of tests that run at once do not mix: each is one append.
import { appendFileSync } from "node:fs";

export const linesFileName = "BASALT_LONG_REPORT";

export function reportLine(line: string): void {
  const path = process.env[linesFileName];
  if (path !== undefined && path !== "") appendFileSync(path, `${line}\n`);
}
