// npm run sim -- --seeds N [--seed S] [--minutes M] [--canary TEXT]: runs the simulator of several nodes over seeds from S on, N of them or as
// many as fit into M minutes. The first seed that fails ends it: its step and the history around the failure are printed, a
// picture of it is written, and the exit code is 1. With a canary a bug is put in on purpose: the one whose name holds TEXT.
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { CLUSTER_CANARIES } from "./cluster-canaries";
import type { ClusterCanary } from "./cluster-canaries";
import { SimulationFailure } from "../simulation-failure";
import { drawFailure, runClusterSeeds } from "./cluster-seeds";

const PICTURES = "build/sim";
const USAGE = "npm run sim -- --seeds N [--seed S] [--minutes M] [--canary TEXT]";
const PROGRESS_MS = 10_000;
const STRING = { type: "string" } as const;

function numberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} needs a number above 0, not '${text}'. ${USAGE}`);
}

function canaryOf(text: string | undefined): ClusterCanary | undefined {
  if (text === undefined) return undefined;
  const canary = CLUSTER_CANARIES.find(({ name }) => name.includes(text));
  if (canary !== undefined) return canary;
  const names = CLUSTER_CANARIES.map(({ name }) => `  ${name}`).join("\n");
  throw new Error(`There is no canary whose name holds '${text}'. There are:\n${names}`);
}

/** Prints what came out; a seed that fails ends it. */
function main(): void {
  const options = { seeds: STRING, seed: STRING, minutes: STRING, canary: STRING };
  const { values } = parseArgs({ options });
  const canary = canaryOf(values.canary);
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
  try {
    process.stdout.write(`${runClusterSeeds(firstSeed, seeds, goesOn, canary?.sabotage).summary}\n`);
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error;
    tellFailure(error, canary);
    process.exitCode = 1;
  }
}

function tellFailure(failure: SimulationFailure, canary: ClusterCanary | undefined): void {
  process.stdout.write(`${failure.message}\n${failure.cause instanceof Error ? failure.cause.stack : ""}\n`);
  mkdirSync(PICTURES, { recursive: true });
  const file = path.join(PICTURES, `seed-${failure.seed}.svg`);
  writeFileSync(file, drawFailure({ seed: failure.seed, ...(canary && { sabotage: canary.sabotage }) }));
  const again = `npm run sim -- --seeds 1 --seed ${failure.seed}${canary === undefined ? "" : ` --canary "${canary.name}"`}`;
  process.stdout.write(`A picture of it: ${file}. Again: ${again}\n`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
