// The door of observability/: logs, metrics and the HTTP server that shows them.
export { createLogger, flushLogger } from "./logger";
export { LogWriter } from "./log-writer";
export { readableLine } from "./readable-line";
export type { LogDestination, LogLevel, Logger } from "./logger";
export { Counter } from "./counter";
export { Metrics } from "./metrics";
export type { SeriesReader } from "./metrics";
export type { HistogramUnit, Labels } from "./histogram-export";
export { startMetricsServer } from "./metrics-server";
export type { MetricsServer, MetricsServerOptions, Probes } from "./metrics-server";
