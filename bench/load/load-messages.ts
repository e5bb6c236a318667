// What the bench process and a generator process say to each other over Node's IPC channel: one request at a time, each
// answered once. Plain data.
import type { Distribution } from "./key-source";
import type { PreloadName, WorkloadName } from "./workloads";

/** Everything that describes a load but its length. */
export interface LoadSpec {
  /** Always on this machine: generators connect to 127.0.0.1 only. */
  readonly port: number;
  readonly workload: WorkloadName;
  readonly clients: number;
  readonly pipeline: number;
  readonly valueBytes: number;
  readonly keys: number;
  readonly distribution: Distribution;
  readonly seed: number;
}

export type GeneratorRequest =
  | { readonly type: "connect"; readonly spec: LoadSpec }
  /** Writes every key of the key space once, for each of the kinds of keys, whatever the workload. */
  | { readonly type: "preload"; readonly kinds: readonly PreloadName[] }
  /** Closed loop: each connection sends its next batch when the replies to the last have come. */
  | { readonly type: "closed-loop"; readonly seconds: number }
  /** Open loop: `rate` requests a second are due, whatever the server does. */
  | { readonly type: "open-loop"; readonly seconds: number; readonly rate: number };

export type GeneratorAnswer =
  | { readonly type: "done"; readonly result: LoadResult | undefined }
  | { readonly type: "failed"; readonly message: string };

/**
 * Latencies of batches in microseconds, to a batch's last reply: in a closed loop from its write, in an open loop from
 * the moment at which it was due.
 */
export interface LatencySummary {
  readonly count: number;
  readonly meanUs: number;
  readonly maxUs: number;
  /** Percentile → microseconds, for LATENCY_PERCENTILES. */
  readonly percentilesUs: Readonly<Record<string, number>>;
}

export const LATENCY_PERCENTILES = [10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99] as const;

/** What only an open loop has. */
export interface OpenLoopFigures {
  /** Requests a second that were due. */
  readonly rate: number;
  /** Requests that were due and still not sent when the load was given up: the server is far beyond its limit. */
  readonly unsent: number;
  /**
   * How much later than due batches were sent although a connection was free: the generator's own part of the latencies,
   * which is not taken out of them.
   */
  readonly lateness: LatencySummary;
}

export interface LoadResult {
  /** Requests answered. */
  readonly operations: number;
  /** From the first write to the last reply. */
  readonly elapsedUs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly latency: LatencySummary;
  readonly openLoop?: OpenLoopFigures;
}
