// Latency spikes by event, as LATENCY shows them: of each event the last 160 seconds in which one occurred, the worst of a
// second kept. Which events there are: `command` and `fast-command` (a command took that long to its reply, its commit not
// counted), `aof-fsync-always` (a batch took that long from being sealed to being durable; Redis's name for its like),
// `checkpoint`.

export type LatencyEvent = "command" | "fast-command" | "aof-fsync-always" | "checkpoint";

export interface LatencySample {
  readonly atSeconds: number;
  ms: number;
}

export interface EventHistory {
  readonly samples: LatencySample[];
  maxMs: number;
}

const SAMPLES = 160;

export class LatencyMonitor {
  private readonly history = new Map<string, EventHistory>();

  add(event: LatencyEvent, atSeconds: number, ms: number): void {
    let history = this.history.get(event);
    if (history === undefined) this.history.set(event, (history = { samples: [], maxMs: 0 }));
    history.maxMs = Math.max(history.maxMs, ms);
    const last = history.samples.at(-1);
    if (last?.atSeconds === atSeconds) {
      last.ms = Math.max(last.ms, ms);
      return;
    }
    history.samples.push({ atSeconds, ms });
    if (history.samples.length > SAMPLES) history.samples.shift();
  }

  get events(): ReadonlyMap<string, EventHistory> {
    return this.history;
  }

  of(event: string): EventHistory | undefined {
    return this.history.get(event);
  }

  /** Forgets an event, or all; answers how many there were. */
  reset(event?: string): number {
    if (event !== undefined) return this.history.delete(event) ? 1 : 0;
    const count = this.history.size;
    this.history.clear();
    return count;
  }
}
