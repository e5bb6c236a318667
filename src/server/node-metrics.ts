// Names what a node measures, for Prometheus: figures are kept where they arise and read here at scrape time.
import type { Evaluator, Sweeper } from "../kv/index";
import { Metrics } from "../observability/index";
import type { RaftGroup } from "../raft/host/index";
import type { RedisServer } from "../redis/index";
import type { Storage } from "../storage/index";

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

  for (const command of redis.table.all) {
    const labels = { command: command.spec.name };
    metrics.histogram(
      "basalt_redis_command_duration_seconds",
      "From the arrival of a command to the release of its reply",
      "microseconds",
      labels,
      command.latencyUs,
    );
    metrics.total(
      "basalt_redis_commands_rejected_total",
      "Commands refused before they ran",
      () => command.rejectedTotal,
      labels,
    );
  }
  metrics.total("basalt_redis_commands_total", "Commands received", () => redis.statistics.commandsTotal);
  metrics.total("basalt_redis_unknown_commands_total", "Commands of a name that does not exist", () => {
    return redis.unknownCommands.latencyUs.count;
  });
  metrics.total("basalt_redis_protocol_errors_total", "Connections ended for bytes that are no RESP", () => {
    return redis.protocolErrors.latencyUs.count;
  });
  metrics.gauge("basalt_redis_connections", "Open connections", () => redis.clients.size);
  metrics.total(
    "basalt_redis_connections_total",
    "Connections accepted",
    () => redis.statistics.connectionsTotal,
  );
  metrics.total("basalt_redis_connections_rejected_total", "Connections refused at the limit", () => {
    return redis.statistics.rejectedConnectionsTotal;
  });
  metrics.total(
    "basalt_redis_input_bytes_total",
    "Bytes received",
    () => redis.statistics.netInputBytesTotal,
  );
  metrics.total("basalt_redis_output_bytes_total", "Bytes sent", () => redis.statistics.netOutputBytesTotal);

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
