// The door of bench/load/: the RESP load generator, which runs in a process of its own.
export { GeneratorProcess } from "./generator-process";
export { DISTRIBUTIONS, HOT_KEYS, ZIPFIAN_EXPONENT, keySource } from "./key-source";
export type { Distribution, KeySource } from "./key-source";
export { LATENCY_PERCENTILES } from "./load-messages";
export type { LatencySummary, LoadResult, LoadSpec, OpenLoopFigures } from "./load-messages";
export { OpenLoopSchedule } from "./open-loop-schedule";
export { ValuePool, requestBatch } from "./request-batch";
export type { RequestBatch, RequestSources } from "./request-batch";
export { COUNTER, HASH, KEY, VALUE, requestTemplate } from "./request-template";
export type { RequestTemplate } from "./request-template";
export { WORKLOAD_NAMES, workloads } from "./workloads";
export type { PreloadName, Workload, WorkloadName } from "./workloads";
export { MOST_KEYS, SpreadRanks, ZipfianRanks } from "./zipfian";
