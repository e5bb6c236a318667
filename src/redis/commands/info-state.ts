// INFO's sections about what is: Server, Clients, Memory, Persistence, Replication, CPU, Storage.
import * as os from "node:os";
import * as path from "node:path";
import { memoryFigures } from "../accounting/memory-figures";
import type { RedisServer } from "../redis-server";
import { REDIS_VERSION } from "../redis-version";

type Lines = readonly string[];

export function serverLines(server: RedisServer): Lines {
  const nowMs = server.clock.wallMs();
  const uptimeSeconds = Math.max(0, Math.floor((nowMs - server.startedAtMs) / 1000));
  return [
    `redis_version:${REDIS_VERSION}`,
    "redis_git_sha1:00000000",
    "redis_git_dirty:0",
    `basalt_version:${server.version}`,
    "redis_mode:standalone",
    `os:${os.type()} ${os.release()} ${os.machine()}`,
    "arch_bits:64",
    `multiplexing_api:${server.multiplexingApi}`,
    `node_version:${process.versions.node}`,
    `process_id:${process.pid}`,
    "process_supervised:no",
    `run_id:${runId(server)}`,
    `tcp_port:${server.port}`,
    `server_time_usec:${Math.floor(nowMs * 1000)}`,
    `uptime_in_seconds:${uptimeSeconds}`,
    `uptime_in_days:${Math.floor(uptimeSeconds / 86_400)}`,
    "hz:10",
    "configured_hz:10",
    `executable:${process.execPath}`,
    `config_file:${server.configFile === undefined ? "" : path.resolve(server.configFile)}`,
    "io_threads_active:0",
    `node_id:${server.nodeId}`,
    `data_directory:${server.dataDirectory}`,
  ];
}

/** Forty hexadecimal digits that differ from run to run. */
function runId(server: RedisServer): string {
  const incarnation = server.storage.incarnation.toString(16).padStart(16, "0");
  const started = Math.floor(server.startedAtMs).toString(16).padStart(14, "0");
  return `${incarnation}${started}${process.pid.toString(16).padStart(10, "0")}`.slice(-40);
}

export function clientLines(server: RedisServer): Lines {
  let maxInput = 0;
  let maxOutput = 0;
  let blocked = 0;
  for (const connection of server.clients.values()) {
    if (connection.isBlocked) blocked++;
    maxInput = Math.max(maxInput, connection.parser.pendingBytes);
    maxOutput = Math.max(maxOutput, connection.replies.pendingBytes);
  }
  return [
    `connected_clients:${server.clients.size}`,
    "cluster_connections:0",
    `maxclients:${server.maxClients}`,
    `client_recent_max_input_buffer:${maxInput}`,
    `client_recent_max_output_buffer:${maxOutput}`,
    `blocked_clients:${blocked}`,
    "tracking_clients:0",
    `pubsub_clients:${server.subscriptions.subscriberCount}`,
    `watching_clients:${server.evaluator.watches.watcherCount}`,
    "clients_in_timeout_table:0",
  ];
}

export function memoryLines(server: RedisServer): Lines {
  const memory = memoryFigures(server);
  const { usedBytes, peakBytes, residentBytes } = memory;
  const total = os.totalmem();
  const both = (name: string, bytes: number): string[] => [
    `${name}:${bytes}`,
    `${name}_human:${human(bytes)}`,
  ];
  return [
    ...both("used_memory", usedBytes),
    ...both("used_memory_rss", residentBytes),
    ...both("used_memory_peak", peakBytes),
    `used_memory_peak_perc:${((usedBytes / peakBytes) * 100).toFixed(2)}%`,
    `used_memory_heap:${memory.heapBytes}`,
    `used_memory_heap_committed:${memory.heapCommittedBytes}`,
    `used_memory_external:${memory.externalBytes}`,
    `used_memory_block_cache:${memory.blockCacheBytes}`,
    `used_memory_memtables:${memory.memtableBytes}`,
    `used_memory_table_readers:${memory.tableReaderBytes}`,
    `used_memory_held_log:${memory.heldLogBytes}`,
    `used_memory_hot_rows:${memory.hotRowsBytes}`,
    `used_memory_in_flight:${memory.inFlightBytes}`,
    ...both("total_system_memory", total),
    "used_memory_lua:0",
    ...both("maxmemory", 0),
    "maxmemory_policy:noeviction",
    `mem_fragmentation_ratio:${(residentBytes / usedBytes).toFixed(2)}`,
    `mem_fragmentation_bytes:${residentBytes - usedBytes}`,
    "mem_not_counted_for_evict:0",
    "mem_replication_backlog:0",
    "mem_clients_slaves:0",
    `mem_clients_normal:${memory.clientBytes}`,
    "mem_cluster_links:0",
    `mem_aof_buffer:${memory.inFlightBytes}`,
    `mem_allocator:${server.allocator}`,
    "active_defrag_running:0",
    "lazyfree_pending_objects:0",
  ];
}

/** Every acknowledged write is synced, which is what Redis calls an append-only file that is always synced. */
export function persistenceLines({ checkpoints, storage }: RedisServer): Lines {
  const figures = storage.statistics();
  return [
    "loading:0",
    "async_loading:0",
    `rdb_changes_since_last_save:${checkpoints.changesSinceLast}`,
    `rdb_bgsave_in_progress:${checkpoints.isRunning ? 1 : 0}`,
    `rdb_last_save_time:${checkpoints.lastSavedAtSeconds}`,
    `rdb_last_bgsave_status:${checkpoints.lastFailure === undefined ? "ok" : "err"}`,
    `rdb_last_bgsave_time_sec:${checkpoints.lastDurationSeconds}`,
    `rdb_current_bgsave_time_sec:${checkpoints.runningSeconds}`,
    `rdb_saves:${checkpoints.savedTotal}`,
    `last_checkpoint:${checkpoints.lastName}`,
    "aof_enabled:1",
    "aof_rewrite_in_progress:0",
    "aof_rewrite_scheduled:0",
    "aof_last_rewrite_time_sec:-1",
    "aof_current_rewrite_time_sec:-1",
    "aof_last_bgrewrite_status:ok",
    "aof_last_write_status:ok",
    ...(figures["walBytes"] === undefined ? [] : [`aof_current_size:${figures["walBytes"]}`]),
    "module_fork_in_progress:0",
  ];
}

/** There are no replicas yet: the offset counts the bytes of the log that this leader has proposed since its start. */
export function replicationLines(server: RedisServer): Lines {
  const { evaluator } = server;
  return [
    `role:${evaluator.available ? "master" : "slave"}`,
    "connected_slaves:0",
    "master_failover_state:no-failover",
    `master_replid:${runId(server)}`,
    `master_replid2:${"0".repeat(40)}`,
    `master_repl_offset:${evaluator.statistics.bytesTotal}`,
    "second_repl_offset:-1",
    "repl_backlog_active:0",
    "repl_backlog_size:0",
    "repl_backlog_first_byte_offset:0",
    "repl_backlog_histlen:0",
  ];
}

export function cpuLines(): Lines {
  const { user, system } = process.cpuUsage();
  return [
    `used_cpu_sys:${(system / 1e6).toFixed(6)}`,
    `used_cpu_user:${(user / 1e6).toFixed(6)}`,
    "used_cpu_sys_children:0.000000",
    "used_cpu_user_children:0.000000",
  ];
}

export function storageLines(server: RedisServer): Lines {
  const { evaluator, storage } = server;
  const { rows, bytes } = evaluator.cacheStatistics;
  return [
    `batches_total:${evaluator.statistics.batchesTotal}`,
    `operations_total:${evaluator.statistics.operationsTotal}`,
    `batch_bytes_total:${evaluator.statistics.bytesTotal}`,
    `in_flight_bytes:${evaluator.inFlightBytes}`,
    `hot_rows:${rows}`,
    `hot_rows_bytes:${bytes}`,
    ...Object.entries(storage.statistics()).map(([name, value]) => `${snakeCase(name)}:${value}`),
  ];
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Redis's way to write bytes for people. */
export function human(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  const units = ["K", "M", "G", "T", "P"];
  let value = bytes / 1024;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toFixed(2)}${units[unit]}`;
}
