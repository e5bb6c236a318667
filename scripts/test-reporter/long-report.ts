// The report of `npm run test:long`: perf-reports/long/<date>-<commit>.md with what was run, on what, and each result,
// plus the lines that tests attached with reportLine (seeds, counts).
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join, relative } from "node:path";
import type { RunResults } from "./count-line-reporter";
import { linesFileName } from "./report-line";

const REPOSITORY = join(__dirname, "..", "..", "..");
const FOLDER = join(REPOSITORY, "perf-reports", "long");
const COMPILED_TESTS = join(REPOSITORY, "build");

export class LongReport {
  private readonly linesFile = join(REPOSITORY, "build", `long-report-${process.pid}.txt`);

  begin(): void {
    process.env[linesFileName] = this.linesFile;
    writeFileSync(this.linesFile, "");
  }

  write(results: RunResults, problems: readonly string[]): void {
    const lines = readFileSync(this.linesFile, "utf8");
    rmSync(this.linesFile);
    const date = new Date(results.startTime).toISOString();
    const commit = git("rev-parse", "--short=10", "HEAD") || "unknown";
    const changed =
      git("status", "--porcelain", "--untracked-files=no") === "" ? "" : ", with uncommitted changes";
    const minutes = (Date.now() - results.startTime) / 60_000;
    const rows = results.testResults.flatMap((file) => {
      const name = relative(COMPILED_TESTS, file.testFilePath).replace(/\.js$/, ".ts");
      if (file.testExecError !== undefined) return [`| ${name} | could not be run | |`];
      return file.testResults.map(
        ({ fullName, status, duration }) =>
          `| ${name}: ${fullName.replaceAll("|", "\\|")} | ${status} | ${((duration ?? 0) / 1000).toFixed(1)} |`,
      );
    });
    const content = [
      `# Long tests, ${date.slice(0, 10)}`,
      "",
      `Commit ${commit}${changed}; started ${date}; ${minutes.toFixed(1)} minutes; Node ${process.versions.node}, ` +
        `Linux ${release()}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, ` +
        `${(totalmem() / 2 ** 30).toFixed(0)} GiB.`,
      "",
      "| test | result | seconds |",
      "|---|---|---|",
      ...rows,
      "",
      ...problems.map((problem) => `**${problem}**\n`),
      "## What the tests reported",
      "",
      "```",
      lines.trimEnd() === "" ? "nothing" : lines.trimEnd(),
      "```",
      "",
    ].join("\n");
    mkdirSync(FOLDER, { recursive: true });
    const path = unusedPath(`${date.slice(0, 10)}-${commit}`);
    writeFileSync(path, content);
    process.stderr.write(`Report: ${relative(REPOSITORY, path)}\n`);
  }
}

/** A second run on one day and commit does not overwrite the first one's report. */
function unusedPath(name: string): string {
  for (let run = 1; ; run++) {
    const path = join(FOLDER, `${name}${run === 1 ? "" : `-${run}`}.md`);
    if (!existsSync(path)) return path;
  }
}

function git(...words: string[]): string {
  try {
    return execFileSync("git", words, {
      cwd: REPOSITORY,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}
