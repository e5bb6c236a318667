// Random forms of commands that administer: only such as leave nothing behind that a later comparison would see, since
// Basalt is started again in between and the reference is not.
import type { ByteString } from "../../src/base/index";
import type { CommandMaker, RandomCommand } from "./command-maker";
import { plain } from "./command-maker";

type Generate = (make: CommandMaker) => RandomCommand;

function keyless(name: string, subcommand?: string, ...rest: ByteString[]): Generate {
  return () => {
    const words = subcommand === undefined ? [name] : [name, subcommand, ...rest];
    return plain(words, [], ...(subcommand === undefined ? [] : [subcommand]));
  };
}

/** Values that are the same again and again, and values that both refuse. */
function configSet(make: CommandMaker): RandomCommand {
  const pairs = make.random.pick([
    ["slowlog-max-len", "128"],
    ["Slowlog-Max-Len", "128", "timeout", "0"],
    ["hash-max-ziplist-entries", "512", "notify-keyspace-events", ""],
    ["client-output-buffer-limit", "slave 256mb 64mb 60"],
    ["latency-tracking-info-percentiles", "50 99 99.9"],
    ["timeout", "0", "nosuch", "1"],
    ["timeout", "0", "slowlog-max-len", "none"],
    ["databases", "4"],
    ["maxmemory", "0", "maxmemory", "0"],
  ]);
  return plain(["CONFIG", "SET", ...pairs], [], "SET");
}

function getkeysandflags(make: CommandMaker): RandomCommand {
  const command = make.random.pick([
    ["GET", "a"],
    ["SET", "a", "b"],
    ["set", "a", "b", "get"],
    ["MSET", "a", "1", "b", "2"],
    ["DEL", "a", "b", "c"],
    ["HSET", "h", "f", "v"],
    ["PING"],
    ["NOSUCH", "a"],
  ]);
  return plain(["COMMAND", "GETKEYSANDFLAGS", ...command], [], "GETKEYSANDFLAGS");
}

function commandDocs(make: CommandMaker): RandomCommand {
  const names = make.random.pick([
    [],
    ["get", "SET"],
    ["config", "config|set", "nosuch"],
    ["latency", "SCAN"],
    ["memory|doctor"],
  ]);
  return plain(["COMMAND", "DOCS", ...names], [], "DOCS", ...(names.length > 0 ? ["DOCS names"] : []));
}

function bare(name: string, ...rest: ByteString[]): Generate {
  return () => plain([name, ...rest], []);
}

export const ADMINISTRATION_GENERATORS: readonly (readonly [weight: number, generate: Generate])[] = [
  [4, configSet],
  [2, keyless("CONFIG", "RESETSTAT")],
  [1, keyless("CONFIG", "REWRITE")],
  [4, getkeysandflags],
  [4, commandDocs],
  [2, keyless("SLOWLOG", "GET")],
  [2, keyless("SLOWLOG", "GET", "-1")],
  [2, keyless("SLOWLOG", "LEN")],
  [2, keyless("SLOWLOG", "RESET")],
  [2, keyless("LATENCY", "LATEST")],
  [2, keyless("LATENCY", "HISTORY", "command")],
  [2, keyless("LATENCY", "RESET")],
  [1, keyless("LATENCY", "GRAPH", "nosuch")],
  [2, keyless("LATENCY", "HISTOGRAM", "nosuch", "set", "config")],
  [1, keyless("LATENCY", "DOCTOR")],
  [1, keyless("MEMORY", "STATS")],
  [1, keyless("MEMORY", "DOCTOR")],
  [1, keyless("MEMORY", "MALLOC-STATS")],
  [1, keyless("MEMORY", "PURGE")],
  [3, bare("TIME")],
  [3, bare("LASTSAVE")],
  [1, bare("SAVE")],
  [3, bare("WAIT", "0", "10")],
  [1, bare("WAIT", "2", "1")],
  [2, bare("ROLE")],
  [2, bare("LOLWUT")],
];

/** What must have succeeded at least once. */
export const ADMINISTRATION_TAGS: readonly string[] = [
  ...["CONFIG SET", "CONFIG RESETSTAT", "COMMAND GETKEYSANDFLAGS", "COMMAND DOCS names"],
  ...["SLOWLOG GET", "SLOWLOG LEN", "SLOWLOG RESET"],
  ...["LATEST", "HISTORY", "RESET", "HISTOGRAM", "DOCTOR"].map((name) => `LATENCY ${name}`),
  ...["STATS", "DOCTOR", "MALLOC-STATS", "PURGE"].map((name) => `MEMORY ${name}`),
  ...["TIME", "LASTSAVE", "SAVE", "WAIT", "ROLE", "LOLWUT"],
];

/** Answered with an error by both, as they should. */
export const ADMINISTRATION_REFUSALS: readonly string[] = ["CONFIG REWRITE", "LATENCY GRAPH"];

const set = (...pairs: ByteString[]): ByteString[] => ["CONFIG", "SET", ...pairs];
const get = (name: ByteString): ByteString[] => ["CONFIG", "GET", name];

/** Wrong forms, and values in every form that is accepted, each shown again; at the end everything is as it was. */
export const ADMINISTRATION_SEQUENCE: readonly (readonly ByteString[])[] = [
  ["CONFIG", "SET"],
  ["CONFIG", "SET", "timeout"],
  set("timeout", "0", "maxclients"),
  set("foo", "bar"),
  set("foo\x00bar", "x"),
  set("databases", "3"),
  set("timeout", "-1"),
  set("timeout", "2147483648"),
  set("timeout", "1.5"),
  set("timeout", " 1"),
  set("timeout", "01"),
  set("maxclients", "x"),
  set("slowlog-log-slower-than", "-2"),
  set("latency-tracking", "1"),
  set("protected-mode", "maybe"),
  set("hll-sparse-max-bytes", "-1"),
  set("hll-sparse-max-bytes", "1tb"),
  set("proto-max-bulk-len", "1x"),
  set("loglevel", "foo"),
  set("notify-keyspace-events", "ZZ"),
  set("client-output-buffer-limit", "normal 1"),
  set("client-output-buffer-limit", "foo 1 1 1"),
  set("client-output-buffer-limit", "normal x 1 1"),
  set("client-output-buffer-limit", "normal 1 1 -1"),
  set("latency-tracking-info-percentiles", "50 101"),
  set("latency-tracking-info-percentiles", "fifty"),
  set("client-output-buffer-limit", "normal 0  0 0"),
  set("timeout", "0", "timeout", "0"),
  set("slowlog-max-len", "10", "hash-max-listpack-entries", "x"),
  get("slowlog-max-len"),
  ...["xK", "KEA", "KElg$z", "g$lshzxetdKEmn", "AK", "nEt", ""].flatMap((value) => [
    set("notify-keyspace-events", value),
    get("notify-keyspace-events"),
  ]),
  ...[
    "slave 1mb 2kb 3 pubsub 0 0 0",
    "replica 1b 2k 3",
    "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60",
  ].flatMap((value) => [set("client-output-buffer-limit", value), get("client-output-buffer-limit")]),
  ...["50.5 99", " 1  2 ", "0 100", "50 99 99.9"].flatMap((value) => [
    set("latency-tracking-info-percentiles", value),
    get("latency-tracking-info-percentiles"),
  ]),
  ...["9223372036854775807", "0", "512"].flatMap((value) => [
    set("hash-max-ziplist-entries", value),
    get("hash-max-*"),
  ]),
  ...["1gb", "1G", "1kB", "3000"].flatMap((value) => [
    set("hll-sparse-max-bytes", value),
    get("hll-sparse-max-bytes"),
  ]),
  ["CONFIG", "GET", "HASH-max-ziplist-entries", "hash-max-l*", "slowlog-max-len", "slowlog-max-len"],
  ["CONFIG", "RESETSTAT", "x"],
  ["CONFIG", "REWRITE"],
  ["CONFIG", "REWRITE", "x"],
  ["COMMAND", "GETKEYSANDFLAGS"],
  ["COMMAND", "GETKEYSANDFLAGS", "get"],
  ["SLOWLOG"],
  ["SLOWLOG", "FOO"],
  ["SLOWLOG", "GET", "x"],
  ["SLOWLOG", "GET", "-2"],
  ["SLOWLOG", "GET", "1", "2"],
  ["SLOWLOG", "LEN", "x"],
  ["SLOWLOG", "RESET", "x"],
  ["LATENCY"],
  ["LATENCY", "FOO"],
  ["LATENCY", "HISTORY"],
  ["LATENCY", "LATEST", "x"],
  ["LATENCY", "GRAPH"],
  ["LATENCY", "GRAPH", "nosuch"],
  ["LATENCY", "DOCTOR", "x"],
  ["LATENCY", "RESET", "nosuch"],
  ["MEMORY"],
  ["MEMORY", "FOO"],
  ["MEMORY", "STATS", "x"],
  ["MEMORY", "DOCTOR", "x"],
  ["MEMORY", "PURGE", "x"],
  ["MEMORY", "MALLOC-STATS", "x"],
  ["TIME", "x"],
  ["ROLE", "x"],
  ["LASTSAVE", "x"],
  ["SAVE", "x"],
  ["BGSAVE", "x"],
  ["BGSAVE", "SCHEDULE", "x"],
  ["BGREWRITEAOF", "x"],
  ["WAIT"],
  ["WAIT", "a", "b"],
  ["WAIT", "0", "-1"],
  ["WAIT", "0", "x"],
  ["WAIT", "-1", "10"],
  ["LOLWUT", "x"],
  ["LOLWUT", "VERSION", "x"],
  ["DEBUG"],
];
