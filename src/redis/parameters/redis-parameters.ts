// The parameters that Redis has, as far as they mean something here: each either honoured while the server runs, or shown
// with the value that Basalt's behaviour amounts to. Those of the server itself (addresses, directories, its own options)
// are added by server/, which knows them.
import { bytesOf } from "../../base/index";
import { parseKeyspaceEvents, showKeyspaceEvents } from "./keyspace-events";
import type { LiveSettings } from "./live-settings";
import { parseOutputBufferLimits, showOutputBufferLimits } from "./output-buffer-limits";
import {
  INT32_MAX,
  booleanParameter,
  fixedParameter,
  immutableParameter,
  integerParameter,
  memoryParameter,
  valueParameter,
  wordParameter,
} from "./parameter";
import type { Judged, Parameter } from "./parameter";

const MiB = 2 ** 20;
const MAX_CLIENTS = 1_000_000;
/** Offsets within one command are 32-bit integers. */
const MAX_QUERY_BYTES = INT32_MAX;
const MAX_BULK_BYTES = 512 * MiB;
const MAX_SLOW_COMMANDS = 1_000_000;

/** What happens when a parameter is changed that somebody must be told of. */
export interface ParameterListener {
  /** client-query-buffer-limit or proto-max-bulk-len. */
  readonly parserLimitsChanged: () => void;
  readonly slowlogLengthChanged: () => void;
}

/** All parameters that need nothing but the settings. */
export function redisParameters(settings: LiveSettings, listener: ParameterListener): readonly Parameter[] {
  return [
    ...connectionParameters(settings, listener),
    ...encodingParameters(settings),
    ...observationParameters(settings, listener),
    ...FIXED,
    immutableParameter("databases", () => "16"),
    immutableParameter("io-threads", () => "1"),
    immutableParameter("cluster-enabled", () => "no"),
    immutableParameter("tcp-backlog", () => "511"),
    immutableParameter("daemonize", () => "no"),
    immutableParameter("supervised", () => "no"),
    immutableParameter("unixsocket", () => ""),
    immutableParameter("pidfile", () => ""),
    immutableParameter("logfile", () => ""),
    immutableParameter("tls-port", () => "0"),
    {
      ...wordParameter(
        "enable-debug-command",
        ["no", "yes", "local"],
        () => settings.debugCommand,
        (word) => void (settings.debugCommand = word === "yes" || word === "local" ? word : "no"),
      ),
      access: "immutable",
    },
    immutableParameter("enable-protected-configs", () => "no"),
    immutableParameter("enable-module-command", () => "no"),
  ];
}

function connectionParameters(settings: LiveSettings, listener: ParameterListener): readonly Parameter[] {
  const changed = listener.parserLimitsChanged;
  return [
    integerParameter(settings, "maxclients", "maxClients", 1, MAX_CLIENTS, {
      aliases: ["max-clients"],
      option: "max-clients",
    }),
    integerParameter(settings, "timeout", "timeoutSeconds", 0, INT32_MAX),
    memoryParameter(settings, "proto-max-bulk-len", "maxBulkBytes", MiB, MAX_BULK_BYTES, { changed }),
    memoryParameter(settings, "client-query-buffer-limit", "maxQueryBytes", MiB, MAX_QUERY_BYTES, {
      changed,
    }),
    valueParameter(
      "client-output-buffer-limit",
      () => showOutputBufferLimits(settings.outputBufferLimits),
      (text) => {
        const judged = parseOutputBufferLimits(text, settings.outputBufferLimits);
        if ("problem" in judged) return judged;
        return { value: () => void Object.assign(settings.outputBufferLimits, judged.value) };
      },
    ),
    memoryParameter(settings, "output-limit-bytes", "outputLimitBytes", 64 * 1024, 16 * 1024 * MiB, {
      option: "output-limit-bytes",
    }),
    valueParameter(
      "requirepass",
      () => settings.password,
      (text) => ({ value: () => void (settings.password = text) }),
    ),
    booleanParameter(settings, "protected-mode", "protectedMode"),
    integerParameter(settings, "checkpoints-kept", "checkpointsKept", 1, 1000, {
      option: "checkpoints-kept",
    }),
  ];
}

/** Names of before Redis 7, which had ziplists. */
function alsoZiplist(name: string): { aliases: string[] } {
  return { aliases: [name.replace("listpack", "ziplist")] };
}

function encodingParameters(settings: LiveSettings): readonly Parameter[] {
  return [
    integerParameter(settings, "hash-max-listpack-entries", "hashMaxListpackEntries", 0, undefined, {
      ...alsoZiplist("hash-max-listpack-entries"),
    }),
    memoryParameter(settings, "hash-max-listpack-value", "hashMaxListpackValue", 0, undefined, {
      ...alsoZiplist("hash-max-listpack-value"),
    }),
    memoryParameter(settings, "hll-sparse-max-bytes", "hllSparseMaxBytes", 0),
    ...OF_ABSENT_TYPES.map(([name, value]) => ({
      ...immutableParameter(name, () => value),
      aliases: name.includes("listpack") && !name.startsWith("set-") ? alsoZiplist(name).aliases : [],
    })),
  ];
}

/**
 * Limits of types that Basalt does not have yet: clients read them, so they show Redis's defaults; nothing would honour
 * another value, so none is taken.
 */
const OF_ABSENT_TYPES: readonly (readonly [name: string, value: string])[] = [
  ["list-max-listpack-size", "-2"],
  ["list-compress-depth", "0"],
  ["set-max-intset-entries", "512"],
  ["set-max-listpack-entries", "128"],
  ["set-max-listpack-value", "64"],
  ["zset-max-listpack-entries", "128"],
  ["zset-max-listpack-value", "64"],
  ["stream-node-max-bytes", "4096"],
  ["stream-node-max-entries", "100"],
];

function observationParameters(settings: LiveSettings, listener: ParameterListener): readonly Parameter[] {
  return [
    integerParameter(settings, "slowlog-log-slower-than", "slowlogSlowerThanUs", -1),
    integerParameter(settings, "slowlog-max-len", "slowlogMaxEntries", 0, MAX_SLOW_COMMANDS, {
      changed: listener.slowlogLengthChanged,
    }),
    integerParameter(settings, "latency-monitor-threshold", "latencyThresholdMs", 0),
    booleanParameter(settings, "latency-tracking", "latencyTracking"),
    valueParameter(
      "latency-tracking-info-percentiles",
      () => settings.latencyPercentiles.join(" "),
      (text) => {
        const judged = percentiles(text);
        if ("problem" in judged) return judged;
        return { value: () => void (settings.latencyPercentiles = judged.value) };
      },
    ),
    valueParameter(
      "notify-keyspace-events",
      () => showKeyspaceEvents(settings.keyspaceEvents),
      (text) => {
        const bits = parseKeyspaceEvents(text);
        if (bits === undefined) {
          return { problem: "Invalid event class character. Use 'Ag$lshzxeKEtmdn'." };
        }
        return { value: () => void (settings.keyspaceEvents = bits) };
      },
    ),
  ];
}

function percentiles(text: string): Judged<readonly number[]> {
  const words = text === "" ? [] : text.split(" ");
  const values = words.map((word) => (/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(word) ? Number(word) : NaN));
  if (values.some(Number.isNaN)) return { problem: "Invalid latency-tracking-info-percentiles parameters" };
  if (values.some((value) => value < 0 || value > 100)) {
    return { problem: "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]" };
  }
  return { value: values };
}

const ALWAYS_LAZY = "deleting is always done in the background here, only 'yes' is accepted";

const FIXED: readonly Parameter[] = [
  fixedParameter(
    "tcp-keepalive",
    "300",
    "silent connections are probed after 300 seconds, only 300 is accepted",
  ),
  fixedParameter("maxmemory", "0", "the data live on disk and are not bounded by memory, only 0 is accepted"),
  fixedParameter("maxmemory-policy", "noeviction", "nothing is ever evicted, only 'noeviction' is accepted"),
  fixedParameter("maxmemory-clients", "0", "clients are bounded one by one, only 0 is accepted"),
  fixedParameter("appendonly", "yes", "every write is logged before its reply, only 'yes' is accepted"),
  fixedParameter(
    "save",
    "",
    "there is no schedule of checkpoints, only an empty value is accepted; use BGSAVE",
  ),
  fixedParameter("lazyfree-lazy-eviction", "yes", ALWAYS_LAZY),
  fixedParameter("lazyfree-lazy-expire", "yes", ALWAYS_LAZY),
  fixedParameter("lazyfree-lazy-server-del", "yes", ALWAYS_LAZY),
  fixedParameter("lazyfree-lazy-user-del", "yes", ALWAYS_LAZY),
  fixedParameter("lazyfree-lazy-user-flush", "yes", ALWAYS_LAZY),
  fixedParameter("replica-lazy-flush", "yes", ALWAYS_LAZY),
  fixedParameter(
    "stop-writes-on-bgsave-error",
    "no",
    "a write is durable without checkpoints, only 'no' is accepted",
  ),
  fixedParameter("activedefrag", "no", "there is no such defragmentation, only 'no' is accepted"),
];

/** What a server stores as text, for a reply: its UTF-8 bytes. */
export function shownText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The text of bytes that are UTF-8; undefined for others, which a configuration file cannot hold. */
export function textOfBytes(bytes: string): string | undefined {
  const text = Buffer.from(bytesOf(bytes)).toString("utf8");
  return shownText(text) === bytes ? text : undefined;
}
