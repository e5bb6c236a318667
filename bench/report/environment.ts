// What a report says of where it was made: machine, kernel, Node, commit. No names of hosts and no paths.
import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import type { Environment } from "./report-data";

/** `root` is the project's directory; `words` are the program's own arguments. */
export function readEnvironment(
  root: string,
  words: readonly string[],
  dataFileSystem: string,
  program = "npm run bench",
): Environment {
  const commit = git(root, ["rev-parse", "HEAD"]) ?? "unknown";
  const changes = git(root, ["status", "--porcelain", "--", ".", ":(exclude)perf-reports"]);
  return {
    startedAt: new Date().toISOString(),
    commit,
    commitShort: git(root, ["rev-parse", "--short=7", "HEAD"]) ?? "unknown",
    modified: changes !== undefined && changes !== "",
    command: [program, ...(words.length === 0 ? [] : ["--", ...words.map(shellWord)])].join(" "),
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    dataFileSystem,
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** A word as a shell reads it. */
export function shellWord(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What git says, or undefined where there is no git or no repository. */
function git(root: string, args: readonly string[]): string | undefined {
  const answer = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}
