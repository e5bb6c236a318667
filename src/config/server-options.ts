// The one table of all options of `serve`. Parsing, the environment, the file, help and the type of ServerConfig are all
// read from it; a new option is one entry here. An option that nothing serves yet carries `notServed`; whoever builds
// what serves it removes that line.
import { anyTextKind, bytesKind, hostKind, integerKind, portKind, textKind, wordKind } from "./option-kinds";
import type { PortSetting } from "./option-kinds";
import { option } from "./option-table";
import type { Option, OptionOwner, OptionTable } from "./option-table";

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const TiB = 2 ** 40;

function servedPort(owner: OptionOwner, defaultPort: number, meaning: string): Option<PortSetting> {
  return { kind: portKind, default: { value: defaultPort }, meaning, owner };
}

/** A port of the table that stays closed: only `off` is accepted, and `off` is what the configuration says. */
function unservedPort(
  owner: OptionOwner,
  plannedPort: number,
  meaning: string,
  what: string,
): Option<PortSetting> {
  return {
    kind: portKind,
    default: { value: "off" },
    meaning,
    owner,
    notServed: `this version does not serve ${what} yet: leave the option out, or give off`,
    acceptedUnserved: "off",
    plannedDefault: String(plannedPort),
  };
}

export const serverOptions = {
  dataDir: option<string>({
    kind: textKind("DIR"),
    default: { value: "./data" },
    meaning: "where RocksDB lives; a second process on the same directory is refused",
    owner: "storage",
  }),
  nodeId: option<number>({
    kind: integerKind(1, Number.MAX_SAFE_INTEGER),
    default: { value: 1 },
    meaning: "this node's number; must match what the data directory says",
    owner: "server",
  }),
  host: option<string>({
    kind: hostKind,
    default: { value: "127.0.0.1" },
    meaning: "the address that all ports are bound to",
    owner: "server",
  }),
  advertiseHost: option<string>({
    kind: hostKind,
    default: { sameAs: "host" },
    meaning: "the address that others are told",
    owner: "server",
  }),
  redisPort: servedPort("redis", 6379, "Redis protocol (RESP2 and RESP3)"),
  grpcPort: unservedPort("grpc", 7379, "Raft transport and gRPC APIs", "gRPC"),
  cluster: option<string | undefined>({
    kind: textKind("SPEC"),
    default: { value: undefined },
    meaning: "initial members, as in 1=host:7379,2=host:7379; else a cluster of one node",
    owner: "raft",
    notServed: "this version runs a single node only: start without the option",
  }),
  join: option<string | undefined>({
    kind: textKind("HOST:PORT"),
    default: { value: undefined },
    meaning: "ask a running cluster to add this node",
    owner: "raft",
    notServed: "this version runs a single node only: start without the option",
  }),
  routerPort: unservedPort("http", 8080, "router's HTTP API", "the router's HTTP API"),
  managerPort: unservedPort("http", 8081, "manager's HTTP API", "the manager's HTTP API"),
  routerMetricsPort: servedPort("observability", 9090, "Prometheus metrics, /health and /ready"),
  managerMetricsPort: unservedPort(
    "observability",
    9091,
    "manager's Prometheus metrics",
    "the manager's metrics",
  ),
  dynamodbPort: unservedPort("dynamodb", 8000, "DynamoDB API", "the DynamoDB API"),
  fsync: option<"always" | "never">({
    kind: wordKind("always", "never"),
    default: { value: "always" },
    meaning: "whether a write is on disk before its reply; never is for benchmarks only",
    owner: "storage",
    warning: {
      value: "never",
      sentence: "--fsync never: acknowledged writes can be lost when this machine stops; for benchmarks only",
    },
  }),
  cacheBytes: option<number>({
    kind: bytesKind(1 * MiB, 16 * TiB),
    default: { value: 128 * MiB },
    meaning: "memory for RocksDB's block cache",
    owner: "storage",
  }),
  writeBufferBytes: option<number>({
    kind: bytesKind(1 * MiB, 64 * GiB),
    default: { value: 64 * MiB },
    meaning: "memory that collects applied data before it is written out",
    owner: "storage",
  }),
  hotRowsBytes: option<number>({
    kind: bytesKind(0, 16 * GiB),
    default: { value: 256 * MiB },
    meaning: "memory for the cache of hot rows before RocksDB; 0 turns it off",
    owner: "kv",
  }),
  maxInFlightBytes: option<number>({
    kind: bytesKind(1 * MiB, 16 * GiB),
    default: { value: 32 * MiB },
    meaning: "writes accepted and not yet applied; at the limit clients are not read",
    owner: "kv",
  }),
  sweepRate: option<number>({
    kind: integerKind(1, 1e9, "ROWS"),
    default: { value: 20_000 },
    meaning: "rows a second that the pass which reclaims space may look at",
    owner: "kv",
  }),
  maxClients: option<number>({
    kind: integerKind(1, 1e6),
    default: { value: 10_000 },
    meaning: "Redis connections open at once; more are refused with an error",
    owner: "redis",
  }),
  outputLimitBytes: option<number>({
    kind: bytesKind(64 * KiB, 16 * GiB),
    default: { value: 16 * MiB },
    meaning: "replies a client may leave unread; at the limit it is not read until it has caught up",
    owner: "redis",
  }),
  checkpointsKept: option<number>({
    kind: integerKind(1, 1000),
    default: { value: 2 },
    meaning: "checkpoints of SAVE and BGSAVE that stay under DIR/checkpoints; older ones are removed",
    owner: "storage",
  }),
  socketLayer: option<"native" | "epoll" | "net">({
    kind: wordKind("native", "epoll", "net"),
    default: { value: "native" },
    meaning: "who serves the Redis port: the addon by io_uring where allowed, by epoll, or Node's net",
    owner: "redis",
  }),
  requirepass: option<string>({
    kind: anyTextKind("PASSWORD"),
    default: { value: "" },
    meaning: "the password of Redis's user default; better given as BASALT_REQUIREPASS or in the file",
    owner: "redis",
  }),
  protectedMode: option<"yes" | "no">({
    kind: wordKind("yes", "no"),
    default: { value: "yes" },
    meaning: "without a password, Redis clients of other machines are refused",
    owner: "redis",
  }),
  logLevel: option<LogLevel>({
    kind: wordKind("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    default: { value: "info" },
    meaning: "the least severe log lines to write",
    owner: "observability",
  }),
} satisfies OptionTable;

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
