// The door of bench/load/: the RESP load generator, which runs in a process of its own.
export { GeneratorProcess } from "./generator-process";
export { DISTRIBUTIONS, keySource } from "./key-source";
export type { Distribution, KeySource } from "./key-source";
export { LATENCY_PERCENTILES } from "./load-messages";
export type { LatencySummary, LoadResult, LoadSpec } from "./load-messages";
export { ValuePool, requestBatch } from "./request-batch";
export type { RequestBatch, RequestSources } from "./request-batch";
export { KEY, VALUE, requestTemplate } from "./request-template";
export type { RequestTemplate } from "./request-template";
export { WORKLOAD_NAMES, workloads } from "./workloads";
export type { Workload, WorkloadName } from "./workloads";
