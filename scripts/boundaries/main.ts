// `npm run boundaries`: tries the checker on its canaries, then checks src/, bench/ and scripts/. Prints one line a
// violation and exits with 1 if there is any.
import { readFileSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { CANARIES, failedCanaries } from "./canary";
import { violationsOf } from "./rules";

const REPOSITORY = join(__dirname, "..", "..", "..");
const CHECKED_FOLDERS = ["src", "bench", "scripts"];

function main(): number {
  const failed = failedCanaries();
  for (const sentence of failed) console.error(sentence);
  if (failed.length > 0) {
    console.error(
      `The checker itself is broken: ${failed.length} of ${CANARIES.length} canaries were judged wrongly.`,
    );
    return 1;
  }
  const files = CHECKED_FOLDERS.flatMap(sourcesIn);
  const violations = files.flatMap((file) =>
    violationsOf(file, readFileSync(join(REPOSITORY, file), "utf8")),
  );
  for (const { rule, file, line, sentence } of violations)
    console.error(`${file}:${line} [${rule}] ${sentence}`);
  if (violations.length > 0) return 1;
  console.log(
    `Room boundaries hold: ${files.length} files; ${CANARIES.length} canaries were judged rightly.`,
  );
  return 0;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name.split(sep).join("/")}`)
    .sort();
}

process.exitCode = main();
