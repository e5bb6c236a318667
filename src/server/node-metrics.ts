// Names what a node measures, for Prometheus: figures are kept where they arise and read here at scrape time.
import type { Evaluator, Sweeper } from "../kv/index";
import { Metrics } from "../observability/index";
import type { RaftGroup } from "../raft/host/index";
import type { RedisServer } from "../redis/index";
import type { Storage } from "../storage/index";
import { addRedisMetrics } from "./redis-metrics";

export interface MeasuredNode {
  readonly storage: Storage;
  readonly group: RaftGroup;
  readonly evaluator: Evaluator;
  readonly sweeper: Sweeper;
  readonly redis: RedisServer;
}

export function nodeMetrics(node: MeasuredNode): Metrics {
  const { storage, group, evaluator, sweeper, redis } = node;
  const metrics = new Metrics();
  metrics.addProcessMetrics();

  addRedisMetrics(metrics, redis);

  const { statistics } = evaluator;
  metrics.total("basalt_kv_batches_total", "Batches proposed", () => statistics.batchesTotal);
  metrics.total("basalt_kv_operations_total", "Operations proposed", () => statistics.operationsTotal);
  metrics.total("basalt_kv_batch_bytes_total", "Payload bytes proposed", () => statistics.bytesTotal);
  metrics.histogram(
    "basalt_kv_batch_operations",
    "Operations in a batch",
    "operations",
    {},
    statistics.batchOperations,
  );
  metrics.histogram("basalt_kv_batch_bytes", "Payload bytes of a batch", "bytes", {}, statistics.batchBytes);
  metrics.histogram(
    "basalt_kv_commit_duration_seconds",
    "From sealing a batch to its commit",
    "microseconds",
    {},
    statistics.commitUs,
  );
  metrics.total(
    "basalt_kv_loads_total",
    "Evaluations that had to wait for the disk",
    () => statistics.loadsTotal,
  );
  metrics.total("basalt_kv_congestions_total", "Times that reading stopped at the in-flight limit", () => {
    return statistics.congestionsTotal;
  });
  metrics.gauge("basalt_kv_in_flight_bytes", "Bytes proposed and not applied", () => evaluator.inFlightBytes);
  metrics.total("basalt_kv_expired_keys_total", "Keys deleted because their time was over", () => {
    return statistics.expiredTotal;
  });
  metrics.gauge("basalt_kv_hot_rows", "Rows in the hot-row cache", () => evaluator.cacheStatistics.rows);
  metrics.gauge("basalt_kv_hot_rows_young_bytes", "Bytes of its young generation", () => {
    return evaluator.cacheStatistics.bytes;
  });
  metrics.total("basalt_kv_hot_row_hits_total", "Reads answered by the hot-row cache", () => {
    return evaluator.cacheStatistics.hitsTotal;
  });
  metrics.total("basalt_kv_hot_row_misses_total", "Reads that asked RocksDB", () => {
    return evaluator.cacheStatistics.missesTotal;
  });

  metrics.total("basalt_sweeper_passes_total", "Passes over all rows", () => sweeper.statistics.passesTotal);
  metrics.total("basalt_sweeper_rows_total", "Rows looked at", () => sweeper.statistics.rowsExaminedTotal);
  metrics.total("basalt_sweeper_reclaimed_total", "Things deleted", () => sweeper.statistics.expiredTotal, {
    kind: "expired",
  });
  metrics.total("basalt_sweeper_reclaimed_total", "Things deleted", () => sweeper.statistics.orphansTotal, {
    kind: "orphan",
  });
  metrics.total("basalt_sweeper_reclaimed_total", "Things deleted", () => sweeper.statistics.databasesTotal, {
    kind: "database",
  });

  const labels = { group: String(group.id) };
  metrics.gauge(
    "basalt_raft_leading",
    "1 while this node leads and evaluates",
    () => (group.status.leading ? 1 : 0),
    labels,
  );
  metrics.gauge("basalt_raft_term", "Term it leads in, 0 when not", () => group.status.term, labels);
  metrics.gauge("basalt_raft_commit_index", "Commit index", () => group.status.commitIndex, labels);
  metrics.gauge("basalt_raft_applied_index", "Applied index", () => group.status.appliedIndex, labels);
  metrics.gauge(
    "basalt_raft_persisted_index",
    "Applied index on disk",
    () => group.status.persistedIndex,
    labels,
  );
  metrics.gauge(
    "basalt_raft_apply_lag_entries",
    "Entries committed and not applied",
    () => group.status.commitIndex - group.status.appliedIndex,
    labels,
  );
  metrics.figures("basalt_storage_", "Storage", () => ({ ...storage.statistics() }));
  return metrics;
}
