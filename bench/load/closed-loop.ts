// The closed loop: every connection writes a batch, waits for all its replies, writes the next. Latency is from a batch's
// write to its last reply; what a stalled server is not asked meanwhile, no latency tells (the open loop does). Single
// thread; one load at a time.
import { LatencyRecord } from "./latency-record";
import type { LoadResult } from "./load-messages";
import { nowUs } from "./loop-connections";
import type { LoopConnection, LoopConnections } from "./loop-connections";

/** When a load ends: no batch is begun after the time is up, or after the count is reached. */
export interface LoadLimit {
  readonly seconds?: number;
  readonly batches?: number;
}

export class ClosedLoop {
  private readonly latencies = new LatencyRecord();
  private busy = 0;
  private deadlineUs = 0;
  private batchesLeft = 0;
  private batchesDone = 0;
  private finished: (() => void) | undefined;

  constructor(private readonly connections: LoopConnections) {}

  /** Loads the server until the limit and answers when the last reply is there; rejects at the first wrong reply. */
  async run(limit: LoadLimit): Promise<LoadResult> {
    const { connections } = this;
    connections.begin(this);
    this.latencies.reset();
    this.batchesDone = 0;
    const startedUs = nowUs();
    this.deadlineUs = limit.seconds === undefined ? Infinity : startedUs + limit.seconds * 1e6;
    this.batchesLeft = limit.batches ?? Infinity;
    await new Promise<void>((resolve) => {
      this.finished = resolve;
      this.busy = connections.all.length;
      for (const connection of connections.all) this.proceed(connection, startedUs);
    });
    return connections.end(this.batchesDone, startedUs, this.latencies);
  }

  answered(connection: LoopConnection, now: number): void {
    this.latencies.record(now - connection.startedUs);
    this.batchesDone++;
    this.proceed(connection, now);
  }

  failed(): void {
    this.finished?.();
  }

  /** Begins the connection's next batch, or takes the connection out of the load. */
  private proceed(connection: LoopConnection, now: number): void {
    if (now >= this.deadlineUs || this.batchesLeft <= 0) {
      if (--this.busy === 0) this.finished?.();
      return;
    }
    this.batchesLeft--;
    connection.startedUs = now;
    this.connections.send(connection);
  }
}
