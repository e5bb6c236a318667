// Finds and ends the processes that tests left behind. Whatever a test run starts inherits a variable whose value is
// that run's own, so another run on the same machine, and everything else, is out of reach. Linux only (/proc).
import { readFileSync, readdirSync } from "node:fs";

export const markerName = "BASALT_TEST_RUN";

const POLL_MS = 50;

interface MarkedProcess {
  readonly id: number;
  readonly command: string;
}

/**
 * Waits up to `waitMs` for the processes marked with `marker`, other than this one, to be gone; then kills the ones still
 * there and returns their command lines.
 */
export async function endMarkedProcesses(marker: string, waitMs: number): Promise<string[]> {
  let left = markedProcesses(marker);
  for (let waitedMs = 0; left.length > 0 && waitedMs < waitMs; waitedMs += POLL_MS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    left = markedProcesses(marker);
  }
  for (const { id } of left) {
    try {
      process.kill(id, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  return left.map(({ command }) => command);
}

function markedProcesses(marker: string): MarkedProcess[] {
  const entry = `${markerName}=${marker}`;
  const found: MarkedProcess[] = [];
  for (const name of readdirSync("/proc")) {
    const id = Number(name);
    if (!Number.isInteger(id) || id === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, "utf8").split("\0").includes(entry)) continue;
      found.push({ id, command: readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").join(" ").trim() });
    } catch {
      // Ended meanwhile, or another user's.
    }
  }
  return found;
}
