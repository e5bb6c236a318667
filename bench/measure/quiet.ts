// Waiting until the background work that a load caused (flushes, compactions, applying) has ended: CPU per operation
// counts it. A server is quiet when, over a window, it has used hardly any CPU and written hardly anything; the second
// matters because a flush that waits for the disk uses no CPU.
import { setTimeout as sleep } from "node:timers/promises";
import { processUsage, totalUs } from "./process-usage";
import type { ProcessUsage } from "./process-usage";

const SAMPLES_PER_WINDOW = 4;
/** Ticks and timers of an idle server. Two ticks of the kernel's clock are allowed whatever the window. */
const IDLE_CPU_SHARE = 0.05;
const IDLE_CPU_AT_LEAST_US = 20_000;
const IDLE_WRITTEN_BYTES = 64 * 1024;

/** Whether the window between two samples was quiet. */
export function isQuiet(before: ProcessUsage, after: ProcessUsage, windowMs: number): boolean {
  const allowedUs = Math.max(IDLE_CPU_AT_LEAST_US, windowMs * 1000 * IDLE_CPU_SHARE);
  return (
    totalUs(after) - totalUs(before) <= allowedUs &&
    after.writtenBytes - before.writtenBytes <= IDLE_WRITTEN_BYTES
  );
}

/** Answers true when the process has been quiet for a window, false when the limit came first. */
export async function untilQuiet(pid: number, windowMs: number, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  const samples: ProcessUsage[] = [processUsage(pid)];
  for (;;) {
    await sleep(windowMs / SAMPLES_PER_WINDOW);
    samples.push(processUsage(pid));
    if (samples.length > SAMPLES_PER_WINDOW) {
      if (isQuiet(samples[0]!, samples.at(-1)!, windowMs)) return true;
      samples.shift();
    }
    if (performance.now() > deadline) return false;
  }
}
