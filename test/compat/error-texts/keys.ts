// Errors of keys, databases and transactions.
import type { ErrorText } from "./error-text";
import { NOT_INTEGER, SYNTAX, each, invalidExpireTime, wrongWords } from "./error-text";

const NO_KEY = "ERR no such key";
const SAME = "ERR source and destination objects are the same";
const DATABASE = "ERR DB index is out of range";
const NOT_INT32 = "ERR value is out of range, value must between -2147483648 and 2147483647";
const NX = "ERR NX and XX, GT or LT options at the same time are not compatible";
const FREQUENCY =
  "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
const IDLE_TIME =
  "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";

const KEYS: readonly ErrorText[] = [
  ...each(NO_KEY, "RENAME nosuch s", "RENAME nosuch nosuch", "RENAMENX nosuch s"),
  ...each(SAME, "COPY s s", "COPY s s DB 0 REPLACE", "COPY nosuch nosuch", "MOVE s 0"),
  ...each(SYNTAX, "COPY s d FOO", "COPY s d DB", "COPY s d REPLACE x"),
  ...each(DATABASE, "COPY s d DB 16", "COPY s d DB -1", "MOVE s 16", "MOVE s -1", "SELECT 16", "SELECT -1"),
  ...each(DATABASE, "SWAPDB 0 16", "SWAPDB -1 0"),
  ...each(NOT_INTEGER, "COPY s d DB x", "MOVE s x", "SELECT x"),
  ...each(NOT_INT32, "COPY s d DB 2147483648", "MOVE s -2147483649", "SELECT 2147483648"),
  ...each("ERR invalid first DB index", "SWAPDB x 0", "SWAPDB 2147483648 0"),
  ...each("ERR invalid second DB index", "SWAPDB 0 x"),
  ...each(SYNTAX, "FLUSHDB FOO", "FLUSHDB SYNC ASYNC", "FLUSHALL FOO"),
  ...each("ERR invalid cursor", "SCAN x", "SCAN 18446744073709551616"),
  ...each(SYNTAX, "SCAN 0 FOO", "SCAN 0 MATCH", "SCAN 0 COUNT 0", "SCAN 0 FOO bar", "SCAN 0 TYPE"),
  ...each(NOT_INTEGER, "SCAN 0 COUNT x"),
  ...each("ERR unknown subcommand 'FOO'. Try OBJECT HELP.", "OBJECT FOO", "OBJECT FOO s"),
  ...each(FREQUENCY, "OBJECT FREQ s"),
  { request: "OBJECT IDLETIME s", text: IDLE_TIME, difference: "object-idletime" },
  ...each(SYNTAX, "MEMORY USAGE s FOO", "MEMORY USAGE s SAMPLES", "MEMORY USAGE s SAMPLES -1"),
  ...each(NOT_INTEGER, "MEMORY USAGE s SAMPLES x"),
  {
    request: ["GET", "x".repeat(65_537)],
    text: "ERR a key is longer than 65536 bytes",
    difference: "long-keys",
  },
];

const EXPIRY: readonly ErrorText[] = [
  ...["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"].flatMap((name) => [
    ...each(NOT_INTEGER, `${name} s x`, `${name} nosuch 9223372036854775808`),
    ...each("ERR Unsupported option FOO", `${name} s 10 FOO`),
    ...each(NX, `${name} s 10 NX XX`, `${name} s 10 NX GT`, `${name} s 10 LT NX`),
    ...each("ERR GT and LT options at the same time are not compatible", `${name} s 10 GT LT`),
  ]),
  ...each(invalidExpireTime("expire"), "EXPIRE s 9223372036854775807", "EXPIRE s -9223372036854775808"),
  ...each(invalidExpireTime("pexpire"), "PEXPIRE s 9223372036854775807"),
  ...each(invalidExpireTime("expireat"), "EXPIREAT s 9223372036854775807"),
];

const TRANSACTIONS: readonly ErrorText[] = [
  { request: "MULTI", text: "ERR MULTI calls can not be nested", before: ["MULTI"] },
  { request: "WATCH s", text: "ERR WATCH inside MULTI is not allowed", before: ["MULTI"] },
  ...each("ERR EXEC without MULTI", "EXEC"),
  ...each("ERR DISCARD without MULTI", "DISCARD"),
  ...["NOSUCH", "GET", "CONFIG FOO", "CONFIG GET"].map((line) => ({
    request: "EXEC",
    text: "EXECABORT Transaction discarded because of previous errors.",
    before: ["MULTI", "SET s v", line],
  })),
  {
    request: "EXEC now",
    text: "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
    before: ["MULTI"],
  },
  ...["SAVE", "SHUTDOWN"].map((request) => ({
    request,
    text: "ERR Command not allowed inside a transaction",
    before: ["MULTI"],
  })),
  // The error of one command, within the reply.
  { request: "EXEC", text: NOT_INTEGER, before: ["MULTI", "INCR s"] },
  {
    request: "EXEC",
    text: "ERR MONITOR isn't allowed for DENY BLOCKING client",
    before: ["MULTI", "MONITOR"],
  },
  { request: "OBJECT FOO s", text: "ERR unknown subcommand 'FOO'. Try OBJECT HELP.", before: ["MULTI"] },
  { request: "GET", text: wrongWords("get"), before: ["MULTI"] },
];

export const KEY_ERRORS: readonly ErrorText[] = [...KEYS, ...EXPIRY, ...TRANSACTIONS];
