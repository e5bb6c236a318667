// Loads as lists of which every combination is measured, and the plans made of them: the standard one answers what the
// README and the issues ask within half an hour, the full one is every combination there is and takes hours. Pure.
import { DISTRIBUTIONS, WORKLOAD_NAMES } from "./load/index";
import type { Distribution, WorkloadName } from "./load/index";

/** `memory`: the data fit in the server's caches; `disk`: they are ten times as large as its caches. */
export const DATA_PLACES = ["memory", "disk"] as const;
export type DataPlace = (typeof DATA_PLACES)[number];

/** Every combination is a case. */
export interface LoadLists {
  readonly workloads: readonly WorkloadName[];
  readonly pipelines: readonly number[];
  readonly clients: readonly number[];
  readonly valueBytes: readonly number[];
  readonly distributions: readonly Distribution[];
  readonly data: readonly DataPlace[];
  /** Requests a second of an open loop, rising; 0: closed loop. */
  readonly rates: readonly number[];
}

/** The load that the others differ from. */
export const USUAL_LISTS: LoadLists = {
  workloads: WORKLOAD_NAMES,
  pipelines: [1, 16],
  clients: [50],
  valueBytes: [64],
  distributions: ["uniform"],
  data: ["memory"],
  rates: [0],
};

/** Up to what two cores give; a server that falls behind at a rate is spared the higher ones. */
const RATES = [5000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 130_000];

const BEYOND_THE_CACHE: LoadLists = {
  ...USUAL_LISTS,
  workloads: ["get"],
  pipelines: [1],
  valueBytes: [1024],
  data: ["disk"],
};

const AGAINST_RATE: LoadLists = {
  ...USUAL_LISTS,
  workloads: ["set", "get"],
  pipelines: [1],
  rates: RATES,
};

export const STANDARD_PLAN: readonly LoadLists[] = [
  USUAL_LISTS,
  { ...USUAL_LISTS, workloads: ["get"], pipelines: [16], distributions: ["hot"] },
  { ...USUAL_LISTS, workloads: ["get", "mixed"], pipelines: [16], distributions: ["zipfian"] },
  { ...USUAL_LISTS, workloads: ["set", "get"], clients: [500] },
  AGAINST_RATE,
  { ...USUAL_LISTS, workloads: ["set", "get"], valueBytes: [1024] },
  { ...USUAL_LISTS, workloads: ["set", "get"], pipelines: [1], valueBytes: [16_384] },
  BEYOND_THE_CACHE,
];

export const FULL_PLAN: readonly LoadLists[] = [
  { ...USUAL_LISTS, clients: [50, 500], valueBytes: [64, 1024, 16_384], distributions: DISTRIBUTIONS },
  { ...AGAINST_RATE, workloads: WORKLOAD_NAMES },
  {
    ...BEYOND_THE_CACHE,
    workloads: ["get", "mixed"],
    pipelines: [1, 16],
    distributions: ["uniform", "zipfian"],
  },
];

export const TINY_CLIENTS = [8];
const TINY_LISTS: LoadLists = { ...USUAL_LISTS, clients: TINY_CLIENTS, pipelines: [4] };

/** Everything once that the others are made of, as small as it can be. */
export const TINY_PLAN: readonly LoadLists[] = [
  TINY_LISTS,
  { ...TINY_LISTS, workloads: ["get"], pipelines: [1], distributions: ["zipfian", "hot"] },
  { ...TINY_LISTS, workloads: ["get"], pipelines: [1], rates: [500] },
  { ...BEYOND_THE_CACHE, clients: TINY_CLIENTS },
];
