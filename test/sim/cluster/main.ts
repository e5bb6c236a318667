// npm run sim -- --seeds N [--seed S] [--minutes M]: runs the simulator of several nodes over seeds from S on, N of them or as
// many as fit into M minutes. The first seed that fails ends it: its step and the history around the failure are printed, a
// picture of it is written, and the exit code is 1.
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { ClusterFailure } from "./cluster-failure";
import { drawFailure, runClusterSeeds } from "./cluster-seeds";

const PICTURES = "build/sim";
const USAGE = "npm run sim -- --seeds N [--seed S] [--minutes M]";
const PROGRESS_MS = 10_000;

function numberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} needs a number above 0, not '${text}'. ${USAGE}`);
}

function main(): void {
  const { values } = parseArgs({
    options: { seeds: { type: "string" }, seed: { type: "string" }, minutes: { type: "string" } },
  });
  const minutes = numberOf(values.minutes, "minutes");
  const seeds = numberOf(values.seeds, "seeds") ?? (minutes === undefined ? 100 : Number.POSITIVE_INFINITY);
  const firstSeed = numberOf(values.seed, "seed") ?? 1;
  const started = performance.now();
  let toldMs = started;
  const goesOn = (done: number): boolean => {
    const nowMs = performance.now();
    if (nowMs - toldMs > PROGRESS_MS) {
      toldMs = nowMs;
      process.stderr.write(`${done} seeds have passed\n`);
    }
    return minutes === undefined || nowMs - started < minutes * 60_000;
  };
  process.stdout.write(`${runClusterSeeds(firstSeed, seeds, goesOn).summary}\n`);
}

function tellFailure(failure: ClusterFailure): void {
  process.stdout.write(`${failure.message}\n${failure.cause instanceof Error ? failure.cause.stack : ""}\n`);
  mkdirSync(PICTURES, { recursive: true });
  const file = path.join(PICTURES, `seed-${failure.seed}.svg`);
  writeFileSync(file, drawFailure({ seed: failure.seed }));
  process.stdout.write(`A picture of it: ${file}. Again: npm run sim -- --seeds 1 --seed ${failure.seed}\n`);
}

try {
  main();
} catch (error) {
  if (error instanceof ClusterFailure) tellFailure(error);
  else process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
