// The command behind scripts/raft-trace: replays trace files and tells every difference. Exit code 0: every block of
// every file is byte-equal; 1: there are differences, or a file cannot be read or holds no block; 2: wrong usage.
import { readFileSync } from "node:fs";
import { runTrace } from "./runner";
import type { Difference } from "./runner";

const USAGE = `Usage: scripts/raft-trace [--quiet] FILE…
Replays trace files of etcd-io/raft (interaction, confchange and quorum) against src/raft/core.
Exits 0 only if every block's output is byte-equal. --quiet prints differences only.
`;

function main(args: readonly string[]): number {
  if (args.includes("--help")) {
    process.stdout.write(USAGE);
    return 0;
  }
  const quiet = args.includes("--quiet");
  const files = args.filter((arg) => arg !== "--quiet");
  if (files.length === 0 || files.some((file) => file.startsWith("-"))) {
    process.stderr.write(USAGE);
    return 2;
  }
  let failed = 0;
  for (const file of files) if (!replay(file, quiet)) failed++;
  if (!quiet) process.stdout.write(`${files.length - failed} of ${files.length} files equal\n`);
  return failed === 0 ? 0 : 1;
}

function replay(file: string, quiet: boolean): boolean {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    process.stderr.write(
      `${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return false;
  }
  const { blocks, differences } = runTrace(text);
  if (blocks === 0) {
    process.stderr.write(`${file}: holds no block\n`);
    return false;
  }
  for (const difference of differences) process.stdout.write(differenceText(file, difference));
  if (differences.length === 0 && !quiet) process.stdout.write(`ok ${file} (${blocks} blocks)\n`);
  return differences.length === 0;
}

function differenceText(file: string, { line, command, expected, got }: Difference): string {
  return `${file}:${line}: ${command} differs\nexpected:\n${expected}got:\n${got}\n`;
}

process.exitCode = main(process.argv.slice(2));
