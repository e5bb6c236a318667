// The workloads by name: which requests, in which proportion. A new workload is one entry here. All keys exist before a
// workload begins (the runner preloads them), so a GET always finds a value and a SET always overwrites one. Pure.
import { KEY, VALUE } from "./request-template";
import type { ExpectedReply, RequestPart } from "./request-template";

export interface WeightedRequest {
  readonly parts: readonly RequestPart[];
  readonly reply: ExpectedReply;
  /** Its share against the sum of the workload's weights. */
  readonly weight: number;
}

export interface Workload {
  readonly title: string;
  readonly requests: readonly WeightedRequest[];
}

const set: WeightedRequest = { parts: ["SET", KEY, VALUE], reply: "ok", weight: 1 };
const get: WeightedRequest = { parts: ["GET", KEY], reply: "value", weight: 1 };

export const workloads = {
  set: { title: "SET", requests: [set] },
  get: { title: "GET", requests: [get] },
  mixed: { title: "SET/GET 50/50", requests: [set, get] },
} as const satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof workloads;
export const WORKLOAD_NAMES = Object.keys(workloads) as readonly WorkloadName[];
