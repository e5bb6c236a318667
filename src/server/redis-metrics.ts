// Names what the Redis adapter measures, for Prometheus. Commands, and errors by code, have a series once they have
// occurred: hundreds of empty histograms would make each scrape long for nothing.
import type { Metrics, SeriesReader } from "../observability/index";
import { memoryFigures } from "../redis/index";
import type { Command, RedisServer } from "../redis/index";

export function addRedisMetrics(metrics: Metrics, redis: RedisServer): void {
  addCommandMetrics(metrics, redis);
  addConnectionMetrics(metrics, redis);
  addCheckpointMetrics(metrics, redis);
  metrics.gauges("basalt_memory_bytes", "Memory by owner; they are apart from one another", ["owner"], () => {
    const figures = memoryFigures(redis);
    return [
      [{ owner: "heap" }, figures.heapBytes],
      [{ owner: "external" }, figures.externalBytes],
      [{ owner: "block_cache" }, figures.blockCacheBytes],
      [{ owner: "memtables" }, figures.memtableBytes],
      [{ owner: "table_readers" }, figures.tableReaderBytes],
      [{ owner: "held_log" }, figures.heldLogBytes],
    ];
  });
  metrics.gauges("basalt_memory_within_bytes", "What of heap and external memory is whose", ["owner"], () => {
    const figures = memoryFigures(redis);
    return [
      [{ owner: "hot_rows" }, figures.hotRowsBytes],
      [{ owner: "in_flight" }, figures.inFlightBytes],
      [{ owner: "clients" }, figures.clientBytes],
    ];
  });
  metrics.gauge("basalt_memory_resident_bytes", "Resident memory of the process", () =>
    process.memoryUsage.rss(),
  );
  metrics.gauge(
    "basalt_memory_peak_bytes",
    "The most memory in use that was seen",
    () => redis.peakMemoryBytes,
  );
  metrics.gauges("basalt_build_info", "1, with the versions", ["version", "node"], () => [
    [{ version: redis.version, node: process.versions.node }, 1],
  ]);
  metrics.gauge(
    "basalt_start_time_seconds",
    "When the server started, since 1970",
    () => redis.startedAtMs / 1000,
  );
}

function addCommandMetrics(metrics: Metrics, redis: RedisServer): void {
  /** Of every command and subcommand where `value` has something to show. */
  const ofCommands =
    <T>(value: (command: Command) => T | undefined): SeriesReader<T> =>
    () =>
      redis.table.everyCommand.flatMap((command) => {
        const shown = value(command);
        return shown === undefined ? [] : [[{ command: command.name }, shown] as const];
      });
  const counted = (count: (command: Command) => number): SeriesReader<number> =>
    ofCommands((command) => {
      const occurred = command.callsTotal > 0 || command.rejectedTotal > 0;
      return occurred ? count(command) : undefined;
    });
  metrics.histograms(
    "basalt_redis_command_duration_seconds",
    "From the arrival of a command to the release of its reply",
    "microseconds",
    ofCommands(({ latencyUs }) => (latencyUs.count > 0 ? latencyUs : undefined)),
  );
  const labels = ["command"];
  metrics.totals(
    "basalt_redis_command_calls_total",
    "Commands that ran",
    labels,
    counted(({ callsTotal }) => callsTotal),
  );
  metrics.totals(
    "basalt_redis_command_failures_total",
    "Commands answered with an error",
    labels,
    counted(({ failedTotal }) => failedTotal),
  );
  metrics.totals(
    "basalt_redis_command_execution_seconds_total",
    "Time of commands until their replies were written, waiting for their commit not counted",
    labels,
    counted(({ executionUsTotal }) => executionUsTotal / 1e6),
  );
  metrics.totals(
    "basalt_redis_commands_rejected_total",
    "Commands refused before they ran",
    labels,
    counted(({ rejectedTotal }) => rejectedTotal),
  );
  metrics.totals("basalt_redis_errors_total", "Error replies", ["code"], () =>
    [...redis.accounting.errors.byCode].map(([code, count]) => [{ code }, count] as const),
  );
  metrics.total("basalt_redis_commands_total", "Commands received", () => redis.statistics.commandsTotal);
  metrics.total("basalt_redis_unknown_commands_total", "Commands of a name that does not exist", () => {
    return redis.unknownCommands.callsTotal;
  });
  metrics.total("basalt_redis_protocol_errors_total", "Connections ended for bytes that are no RESP", () => {
    return redis.protocolErrors.callsTotal;
  });
  metrics.total("basalt_redis_slow_commands_total", "Commands that went to the slow log", () => {
    return redis.accounting.slowLog.addedTotal;
  });
  metrics.total("basalt_redis_keyspace_hits_total", "Keys that were looked up and found", () => {
    return redis.statistics.keyspaceHitsTotal;
  });
  metrics.total("basalt_redis_keyspace_misses_total", "Keys that were looked up and not there", () => {
    return redis.statistics.keyspaceMissesTotal;
  });
}

function addConnectionMetrics(metrics: Metrics, redis: RedisServer): void {
  const { statistics } = redis;
  metrics.gauge("basalt_redis_connections", "Open connections", () => redis.clients.size);
  metrics.gauge("basalt_redis_connections_max", "Connections that may be open", () => redis.maxClients);
  metrics.total("basalt_redis_connections_total", "Connections accepted", () => statistics.connectionsTotal);
  metrics.total("basalt_redis_connections_rejected_total", "Connections refused at the limit", () => {
    return statistics.rejectedConnectionsTotal;
  });
  metrics.total("basalt_redis_input_bytes_total", "Bytes received", () => statistics.netInputBytesTotal);
  metrics.total("basalt_redis_output_bytes_total", "Bytes sent", () => statistics.netOutputBytesTotal);
  metrics.total("basalt_redis_reads_total", "Chunks received", () => statistics.readsTotal);
  metrics.total("basalt_redis_writes_total", "Writes to sockets", () => statistics.writesTotal);
}

function addCheckpointMetrics(metrics: Metrics, { checkpoints }: RedisServer): void {
  metrics.total("basalt_checkpoints_total", "Checkpoints made", () => checkpoints.savedTotal);
  metrics.total("basalt_checkpoint_failures_total", "Checkpoints that failed", () => checkpoints.failedTotal);
  metrics.gauge("basalt_checkpoint_running", "1 while one is made", () => (checkpoints.isRunning ? 1 : 0));
  metrics.gauge("basalt_checkpoint_last_time_seconds", "When the last one was made, since 1970", () => {
    return checkpoints.lastSavedAtSeconds;
  });
  metrics.gauge(
    "basalt_checkpoint_last_duration_seconds",
    "How long the last one took; -1 before there is one",
    () => {
      return checkpoints.lastDurationSeconds;
    },
  );
}
