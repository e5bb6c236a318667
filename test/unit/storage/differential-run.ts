// Runs the processes of one differential run (differential-child) one after another until the workload is through, in a
// directory of its own that is removed unless something differs.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Arguments } from "./differential-child";

const CHILD = join(__dirname, "differential-child.js");
/** Far above what a process needs, on a machine with other work, too; a hang ends as a failure. */
const MAX_CHILD_MS = 300_000;

interface Ending {
  readonly wasKilled: boolean;
  readonly output: string;
}

function runChild(settings: Arguments): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, JSON.stringify(settings)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let isHanging = false;
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const deadline = setTimeout(() => {
      isHanging = true;
      child.kill("SIGKILL");
    }, MAX_CHILD_MS);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(deadline);
      if (isHanging) reject(new Error(`seed ${settings.seed} hangs\n${output}`));
      else if (signal === "SIGKILL") resolve({ wasKilled: true, output });
      else if (code === 0) resolve({ wasKilled: false, output });
      else reject(new Error(`seed ${settings.seed} ended with ${signal ?? code}\n${output}`));
    });
  });
}

export interface RunReport {
  readonly kills: number;
  /** Actions and reads by kind, of all processes. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Rejects with the difference that was found. */
export async function runDifferential(seed: number, steps: number, killEvery: number): Promise<RunReport> {
  const folder = mkdtempSync(join(tmpdir(), "basalt-differential-"));
  const settings = {
    directory: join(folder, "data"),
    stateFile: join(folder, "kills.json"),
    seed,
    steps,
    killEvery,
  };
  const counts: Record<string, number> = {};
  for (let kills = 0; ; kills++) {
    const { wasKilled, output } = await runChild(settings).catch((error: unknown) => {
      throw new Error(`differential run failed; its directory is ${folder}`, { cause: error });
    });
    for (const [kind, count] of Object.entries(JSON.parse(output) as Record<string, number>)) {
      counts[kind] = (counts[kind] ?? 0) + count;
    }
    if (wasKilled) continue;
    rmSync(folder, { recursive: true, force: true });
    return { kills, counts };
  }
}
