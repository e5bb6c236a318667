// The workloads by name: which requests, in which proportion, on which kind of keys. A new workload is one entry here.
// Everything a workload asks for exists before it begins (the runner preloads it), so a GET always finds a value, a SET
// always overwrites one, an HSET always changes a field that is there, and replies have a size that is known. Pure.
import { COUNTER, COUNTER_START, HASH, KEY, VALUE } from "./request-template";
import type { ExpectedReply, RequestPart } from "./request-template";

export interface WeightedRequest {
  readonly parts: readonly RequestPart[];
  readonly reply: ExpectedReply;
  /** Its share against the sum of the workload's weights. */
  readonly weight: number;
}

/** What a preload writes, one for each key of the key space (`counter`: one in all). */
export const preloads = {
  strings: { requests: [{ parts: ["SET", KEY, VALUE], reply: "ok", weight: 1 }], single: false },
  counters: { requests: [{ parts: ["SET", COUNTER, COUNTER_START], reply: "ok", weight: 1 }], single: false },
  counter: { requests: [{ parts: ["SET", COUNTER, COUNTER_START], reply: "ok", weight: 1 }], single: true },
  hashes: { requests: [{ parts: ["HSET", HASH, "field", VALUE], reply: "digit", weight: 1 }], single: false },
} as const satisfies Record<string, { requests: readonly WeightedRequest[]; single: boolean }>;

export type PreloadName = keyof typeof preloads;

export interface Workload {
  readonly title: string;
  readonly requests: readonly WeightedRequest[];
  readonly preload: PreloadName;
  /** True: values are no part of it, so their size is none either. */
  readonly valueless?: boolean;
  /** True: it names one key only, so the distribution of keys is no part of it. */
  readonly keyless?: boolean;
}

const set: WeightedRequest = { parts: ["SET", KEY, VALUE], reply: "ok", weight: 1 };
const get: WeightedRequest = { parts: ["GET", KEY], reply: "value", weight: 1 };

function tenTimes(parts: readonly RequestPart[]): RequestPart[] {
  return Array.from({ length: 10 }, () => parts).flat();
}

export const workloads = {
  set: { title: "SET", requests: [set], preload: "strings" },
  get: { title: "GET", requests: [get], preload: "strings" },
  mixed: { title: "SET/GET 50/50", requests: [set, get], preload: "strings" },
  mget: {
    title: "MGET 10",
    requests: [{ parts: ["MGET", ...tenTimes([KEY])], reply: "values", weight: 1 }],
    preload: "strings",
  },
  mset: {
    title: "MSET 10",
    requests: [{ parts: ["MSET", ...tenTimes([KEY, VALUE])], reply: "ok", weight: 1 }],
    preload: "strings",
  },
  incr: {
    title: "INCR of one key",
    requests: [{ parts: ["INCR", "ctr:000000000000"], reply: "counter", weight: 1 }],
    preload: "counter",
    valueless: true,
    keyless: true,
  },
  "incr-spread": {
    title: "INCR of spread keys",
    requests: [{ parts: ["INCR", COUNTER], reply: "counter", weight: 1 }],
    preload: "counters",
    valueless: true,
  },
  hset: {
    title: "HSET",
    requests: [{ parts: ["HSET", HASH, "field", VALUE], reply: "digit", weight: 1 }],
    preload: "hashes",
  },
} as const satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof workloads;
export const WORKLOAD_NAMES = Object.keys(workloads) as readonly WorkloadName[];
