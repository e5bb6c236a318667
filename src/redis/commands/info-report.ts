// What INFO says: sections of named figures, in Redis's names where it has one that means the same here. A figure that
// Basalt does not have is left out, never invented.
import * as os from "node:os";
import type { Command } from "../command";
import type { RedisServer } from "../redis-server";
import { REDIS_VERSION } from "../redis-version";

export interface KeyspaceFigures {
  readonly database: number;
  readonly keys: number;
  /** Keys with a time to live. */
  readonly expires: number;
}

type Lines = readonly string[];

const DEFAULT_SECTIONS = [
  "server",
  "clients",
  "memory",
  "persistence",
  "stats",
  "replication",
  "cpu",
  "modules",
  "cluster",
  "keyspace",
];
const ALL_SECTIONS = [...DEFAULT_SECTIONS, "commandstats", "latencystats", "storage"];

/** The sections that INFO's words name, in lower case; unknown words name none. */
export function sectionsOf(words: readonly string[]): ReadonlySet<string> {
  const sections = new Set<string>();
  for (const word of words.length === 0 ? ["default"] : words) {
    if (word === "default") for (const section of DEFAULT_SECTIONS) sections.add(section);
    else if (word === "all" || word === "everything")
      for (const section of ALL_SECTIONS) sections.add(section);
    else if (ALL_SECTIONS.includes(word)) sections.add(word);
  }
  return sections;
}

/** The text of INFO. `keyspace` is undefined where nobody can tell (no leader). */
export function infoText(
  server: RedisServer,
  sections: ReadonlySet<string>,
  keyspace: readonly KeyspaceFigures[] | undefined,
): string {
  const report: readonly (readonly [title: string, lines: () => Lines])[] = [
    ["Server", () => serverLines(server)],
    ["Clients", () => clientLines(server)],
    ["Memory", memoryLines],
    ["Persistence", persistenceLines],
    ["Stats", () => statisticsLines(server)],
    ["Replication", () => replicationLines(server)],
    ["CPU", cpuLines],
    ["Modules", () => []],
    ["Commandstats", () => commandLines(server.table.all)],
    ["Latencystats", () => latencyLines(server.table.all)],
    ["Cluster", () => ["cluster_enabled:0"]],
    ["Storage", () => storageLines(server)],
    ["Keyspace", () => (keyspace ?? []).map(keyspaceLine)],
  ];
  const parts = report
    .filter(([title]) => sections.has(title.toLowerCase()))
    .map(([title, lines]) => [`# ${title}`, ...lines()].map((line) => `${line}\r\n`).join(""));
  return parts.join("\r\n");
}

function serverLines(server: RedisServer): Lines {
  const nowMs = server.clock.wallMs();
  const uptimeSeconds = Math.max(0, Math.floor((nowMs - server.startedAtMs) / 1000));
  return [
    `redis_version:${REDIS_VERSION}`,
    `basalt_version:${server.version}`,
    "redis_mode:standalone",
    `os:${os.type()} ${os.release()} ${os.machine()}`,
    "arch_bits:64",
    `node_version:${process.versions.node}`,
    `process_id:${process.pid}`,
    `run_id:${runId(server)}`,
    `tcp_port:${server.port}`,
    `server_time_usec:${Math.floor(nowMs * 1000)}`,
    `uptime_in_seconds:${uptimeSeconds}`,
    `uptime_in_days:${Math.floor(uptimeSeconds / 86_400)}`,
    `executable:${process.execPath}`,
    "config_file:",
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

function clientLines(server: RedisServer): Lines {
  return [
    `connected_clients:${server.clients.size}`,
    "cluster_connections:0",
    `maxclients:${server.maxClients}`,
    `blocked_clients:${[...server.clients.values()].filter((client) => client.isBlocked).length}`,
    "tracking_clients:0",
    `pubsub_clients:${server.subscriptions.subscriberCount}`,
  ];
}

function memoryLines(): Lines {
  const memory = process.memoryUsage();
  const used = memory.heapUsed + memory.external;
  const total = os.totalmem();
  return [
    `used_memory:${used}`,
    `used_memory_human:${human(used)}`,
    `used_memory_rss:${memory.rss}`,
    `used_memory_rss_human:${human(memory.rss)}`,
    `total_system_memory:${total}`,
    `total_system_memory_human:${human(total)}`,
    "maxmemory:0",
    "maxmemory_human:0B",
    "maxmemory_policy:noeviction",
    `mem_fragmentation_ratio:${(memory.rss / used).toFixed(2)}`,
    `mem_fragmentation_bytes:${memory.rss - used}`,
    "mem_allocator:v8",
  ];
}

/** Every acknowledged write is synced, which is what Redis calls an append-only file that is always synced. */
function persistenceLines(): Lines {
  return [
    "loading:0",
    "async_loading:0",
    "rdb_changes_since_last_save:0",
    "rdb_bgsave_in_progress:0",
    "rdb_last_bgsave_status:ok",
    "aof_enabled:1",
    "aof_rewrite_in_progress:0",
    "aof_rewrite_scheduled:0",
    "aof_last_bgrewrite_status:ok",
    "aof_last_write_status:ok",
  ];
}

function statisticsLines(server: RedisServer): Lines {
  const { statistics } = server;
  return [
    `total_connections_received:${statistics.connectionsTotal}`,
    `total_commands_processed:${statistics.commandsTotal}`,
    `total_net_input_bytes:${statistics.netInputBytesTotal}`,
    `total_net_output_bytes:${statistics.netOutputBytesTotal}`,
    `rejected_connections:${statistics.rejectedConnectionsTotal}`,
    "evicted_keys:0",
    `keyspace_hits:${statistics.keyspaceHitsTotal}`,
    `keyspace_misses:${statistics.keyspaceMissesTotal}`,
    `pubsub_channels:${server.subscriptions.channelCount("channel")}`,
    `pubsub_patterns:${server.subscriptions.patternCount}`,
    `pubsubshard_channels:${server.subscriptions.channelCount("shard")}`,
  ];
}

function replicationLines(server: RedisServer): Lines {
  return [`role:${server.evaluator.available ? "master" : "slave"}`, "connected_slaves:0"];
}

function cpuLines(): Lines {
  const { user, system } = process.cpuUsage();
  return [`used_cpu_sys:${(system / 1e6).toFixed(6)}`, `used_cpu_user:${(user / 1e6).toFixed(6)}`];
}

/** Time runs from the arrival of a command's bytes to the release of its reply. */
function commandLines(commands: readonly Command[]): Lines {
  return commands
    .filter(({ latencyUs, rejectedTotal }) => latencyUs.count > 0 || rejectedTotal > 0)
    .map(({ spec, latencyUs, rejectedTotal }) => {
      const { count, sum } = latencyUs;
      const each = count === 0 ? 0 : sum / count;
      return `cmdstat_${spec.name}:calls=${count},usec=${Math.round(sum)},usec_per_call=${each.toFixed(2)},rejected_calls=${rejectedTotal}`;
    });
}

function latencyLines(commands: readonly Command[]): Lines {
  return commands
    .filter(({ latencyUs }) => latencyUs.count > 0)
    .map(({ spec, latencyUs }) => {
      const [p50, p99, p999] = [0.5, 0.99, 0.999].map((fraction) => latencyUs.quantile(fraction).toFixed(3));
      return `latency_percentiles_usec_${spec.name}:p50=${p50},p99=${p99},p99.9=${p999}`;
    });
}

function storageLines(server: RedisServer): Lines {
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

function keyspaceLine({ database, keys, expires }: KeyspaceFigures): string {
  return `db${database}:keys=${keys},expires=${expires},avg_ttl=0`;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Redis's way to write bytes for people. */
function human(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  const units = ["K", "M", "G", "T", "P"];
  let value = bytes / 1024;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toFixed(2)}${units[unit]}`;
}
