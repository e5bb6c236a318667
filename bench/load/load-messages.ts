// What the bench process and a generator process say to each other over Node's IPC channel: one request at a time, each
// answered once. Plain data.
import type { Distribution } from "./key-source";
import type { WorkloadName } from "./workloads";

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
  /** Writes every key of the key space once, whatever the workload. */
  | { readonly type: "preload" }
  /** Closed loop: each connection sends its next batch when the replies to the last have come. */
  | { readonly type: "closed-loop"; readonly seconds: number };

export type GeneratorAnswer =
  | { readonly type: "done"; readonly result: LoadResult | undefined }
  | { readonly type: "failed"; readonly message: string };

/** Latencies of batches, from the write of a batch to its last reply, in microseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly meanUs: number;
  readonly maxUs: number;
  /** Percentile → microseconds, for LATENCY_PERCENTILES. */
  readonly percentilesUs: Readonly<Record<string, number>>;
}

export const LATENCY_PERCENTILES = [50, 75, 90, 95, 99, 99.5, 99.9, 99.99] as const;

export interface LoadResult {
  /** Requests answered. */
  readonly operations: number;
  /** From the first write to the last reply. */
  readonly elapsedUs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly latency: LatencySummary;
}
