// Judges whether a client that does not take its output is to be cut off: at once beyond the hard limit, and beyond the
// soft limit when it stays there. One a connection. Pure; time is handed in.
import type { ClientLimits, OutputBufferLimit } from "./client-limits";

export type OutputClass = "normal" | "pubsub" | "monitor";

export class OutputGuard {
  /** Since when the soft limit is exceeded; undefined: it is not. */
  private overSoftSinceMs: number | undefined;

  mustCutOff(
    pendingBytes: number,
    outputClass: OutputClass,
    limits: ClientLimits,
    monotonicMs: number,
  ): boolean {
    const { hardBytes, softBytes, softSeconds } = limitOf(outputClass, limits);
    if (hardBytes > 0 && pendingBytes > hardBytes) return true;
    if (softBytes === 0 || pendingBytes <= softBytes) {
      this.overSoftSinceMs = undefined;
      return false;
    }
    this.overSoftSinceMs ??= monotonicMs;
    return monotonicMs - this.overSoftSinceMs > softSeconds * 1000;
  }
}

/**
 * Who sends commands is held back by not being read, so its class needs no limit. A monitor is a normal client for Redis;
 * but what it is sent comes from others, so where its class has no limit it gets the one at which others are not read.
 */
function limitOf(outputClass: OutputClass, limits: ClientLimits): OutputBufferLimit {
  const { normal, pubsub } = limits.outputBufferLimits;
  if (outputClass === "pubsub") return pubsub;
  if (outputClass === "normal" || normal.hardBytes > 0) return normal;
  return { ...normal, hardBytes: limits.outputLimitBytes };
}
