// Errors of strings, bitmaps, HyperLogLogs and hashes.
import type { ErrorText } from "./error-text";
import { NOT_INTEGER, SYNTAX, WRONG_TYPE, each, invalidExpireTime, wrongWords } from "./error-text";

const TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
const NOT_FLOAT = "ERR value is not a valid float";
const OFFSET = "ERR bit offset is not an integer or out of range";
const BIT = "ERR bit is not an integer or out of range";
const FIELD_TYPE =
  "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
const NO_SKETCH = "WRONGTYPE Key is not a valid HyperLogLog string value.";
const CORRUPT = "INVALIDOBJ Corrupted HLL object detected";
const INCREMENT = "ERR increment or decrement would overflow";

/** Strings of 1 MiB are as long as they may be. */
const SHORT_STRINGS = { setting: ["proto-max-bulk-len", "1048576"] } as const;

const STRINGS: readonly ErrorText[] = [
  ...each(
    SYNTAX,
    "SET s v FOO",
    "SET s v EX",
    "SET s v NX XX",
    "SET s v EX 1 PX 1",
    "SET s v KEEPTTL EXAT 1",
    "GETEX s FOO",
    "GETEX s EX",
    "GETEX s PERSIST EX 1",
    "GETEX nosuch KEEPTTL",
  ),
  ...each(
    NOT_INTEGER,
    "SET s v EX x",
    "SET s v PXAT 9223372036854775808",
    "SETEX s x v",
    "PSETEX s 1.5 v",
    "GETEX s PX x",
    "INCR s",
    "DECR s",
    "INCRBY s 1",
    "INCRBY n x",
    "DECRBY s 1",
    "DECRBY n x",
    "GETRANGE s x 1",
    "GETRANGE s 0 x",
    "SUBSTR s x 1",
    "SUBSTR s 0 x",
    "SETRANGE s x v",
    "LCS s n IDX MINMATCHLEN x",
  ),
  ...each(invalidExpireTime("set"), "SET s v EX 0", "SET s v PX -1", "SET s v EX 9223372036854775807"),
  ...each(invalidExpireTime("setex"), "SETEX s 0 v", "SETEX s 9223372036854775807 v"),
  ...each(invalidExpireTime("psetex"), "PSETEX s -1 v", "PSETEX s 9223372036854775807 v"),
  ...each(invalidExpireTime("getex"), "GETEX s EX 0", "GETEX s PXAT -1", "GETEX s EX 9223372036854775807"),
  ...each(INCREMENT, "INCR max", "INCRBY max 1", "DECRBY max -1", "INCRBY n 9223372036854775807"),
  ...each("ERR decrement would overflow", "DECRBY n -9223372036854775808"),
  ...each(NOT_FLOAT, "INCRBYFLOAT n x", "INCRBYFLOAT s 1", "INCRBYFLOAT n nan"),
  ...each("ERR increment would produce NaN or Infinity", "INCRBYFLOAT n inf"),
  ...each("ERR offset is out of range", "SETRANGE s -1 v"),
  ...each(TOO_LONG, "SETRANGE s 536870912 v", "SETRANGE nosuch 9223372036854775807 v"),
  { request: "SETRANGE s 1048576 v", text: TOO_LONG, ...SHORT_STRINGS },
  { request: "APPEND long v", text: TOO_LONG, before: ["SETRANGE long 1048575 x"], ...SHORT_STRINGS },
  ...each("ERR The specified keys must contain string values", "LCS h s", "LCS s h", "LCS h h IDX LEN"),
  ...each(SYNTAX, "LCS s n FOO", "LCS s n MINMATCHLEN"),
  ...each("ERR If you want both the length and indexes, please just use IDX.", "LCS s n IDX LEN"),
  {
    request: "LCS long long",
    text: "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
    before: ["SETRANGE long 511 x"],
    ...SHORT_STRINGS,
  },
  ...each(wrongWords("mset"), "MSET a 1 b"),
  ...each(wrongWords("msetnx"), "MSETNX a 1 b"),
  ...each(
    WRONG_TYPE,
    "GET h",
    "SET h v GET",
    "GETSET h v",
    "GETDEL h",
    "GETEX h",
    "GETEX h EX 10",
    "APPEND h v",
    "STRLEN h",
    "GETRANGE h 0 1",
    "SUBSTR h 0 1",
    "SETRANGE h 0 v",
    "INCR h",
    "DECR h",
    "INCRBY h 1",
    "DECRBY h 1",
    "INCRBYFLOAT h 1",
  ),
];

const BITMAPS: readonly ErrorText[] = [
  ...each(OFFSET, "SETBIT s x 1", "SETBIT s -1 1", "SETBIT s 4294967296 1", "GETBIT s x", "GETBIT s -1"),
  ...each(OFFSET, "BITFIELD s GET u8 x", "BITFIELD s SET u8 #536870912 1", "BITFIELD_RO s GET u8 -1"),
  { request: "SETBIT s 8388608 1", text: OFFSET, ...SHORT_STRINGS },
  ...each(BIT, "SETBIT s 0 x", "SETBIT s 0 2"),
  ...each(SYNTAX, "BITCOUNT s 0", "BITCOUNT s 0 1 FOO", "BITCOUNT s 0 1 BIT x"),
  ...each(SYNTAX, "BITPOS s 1 0 1 FOO", "BITPOS s 1 0 1 BIT x", "BITOP FOO d s", "BITFIELD s FOO"),
  ...each(SYNTAX, "BITFIELD s GET u8", "BITFIELD s OVERFLOW", "BITFIELD_RO s GET u8"),
  ...each(NOT_INTEGER, "BITCOUNT s x 1", "BITCOUNT s 0 x", "BITPOS s x", "BITPOS s 1 x", "BITPOS s 1 0 x"),
  ...each(NOT_INTEGER, "BITFIELD s SET u8 0 x", "BITFIELD s INCRBY u8 0 x"),
  ...each("ERR The bit argument must be 1 or 0.", "BITPOS s 2", "BITPOS s -1"),
  ...each("ERR BITOP NOT must be called with a single source key.", "BITOP NOT d s n"),
  ...each(FIELD_TYPE, "BITFIELD s GET x8 0", "BITFIELD s GET u64 0", "BITFIELD_RO s GET i65 0"),
  ...each("ERR Invalid OVERFLOW type specified", "BITFIELD s OVERFLOW FOO"),
  ...each("ERR BITFIELD_RO only supports the GET subcommand", "BITFIELD_RO s SET u8 0 1"),
  ...each(WRONG_TYPE, "SETBIT h 0 1", "GETBIT h 0", "BITCOUNT h", "BITPOS h 1", "BITOP AND d s h"),
  ...each(WRONG_TYPE, "BITFIELD h GET u8 0", "BITFIELD h SET u8 0 1", "BITFIELD_RO h GET u8 0"),
];

const SKETCHES: readonly ErrorText[] = [
  ...each(WRONG_TYPE, "PFADD h a", "PFCOUNT h", "PFCOUNT p h", "PFMERGE d h", "PFMERGE h p"),
  ...each(WRONG_TYPE, "PFDEBUG ENCODING h"),
  ...each(NO_SKETCH, "PFADD s a", "PFCOUNT s", "PFCOUNT p s", "PFMERGE d s", "PFDEBUG ENCODING s"),
  ...each(CORRUPT, "PFADD corrupt a", "PFCOUNT corrupt", "PFCOUNT p corrupt", "PFMERGE d corrupt"),
  ...each(CORRUPT, "PFDEBUG TODENSE corrupt"),
  ...each("ERR The specified key does not exist", "PFDEBUG ENCODING nosuch"),
  ...each("ERR HLL encoding is not sparse", "PFDEBUG DECODE dense"),
  ...each("ERR Unknown PFDEBUG subcommand 'FOO'", "PFDEBUG FOO p"),
];

const HASHES: readonly ErrorText[] = [
  ...each(wrongWords("hset"), "HSET h f v g"),
  ...each(WRONG_TYPE, "HSET s f v", "HGET s f", "HDEL s f", "HGETALL s", "HLEN s", "HSCAN s 0"),
  ...each("ERR invalid cursor", "HSCAN h x", "HSCAN nosuch 18446744073709551616"),
  ...each(SYNTAX, "HSCAN h 0 FOO", "HSCAN h 0 COUNT", "HSCAN h 0 COUNT 0", "HSCAN h 0 TYPE string"),
  ...each(NOT_INTEGER, "HSCAN h 0 COUNT x"),
  {
    request: ["HSET", "h", "x".repeat(65_537), "v"],
    text: "ERR a field is longer than 65536 bytes",
    difference: "long-keys",
  },
  {
    request: ["HSET", "h", "f", "x".repeat(17 * 1024 * 1024)],
    text: "ERR The effects of this command exceed a limit (one value 16 MiB, all of them 1 GiB); nothing was changed. Split it into smaller commands",
    difference: "large-writes",
  },
];

export const VALUE_ERRORS: readonly ErrorText[] = [...STRINGS, ...BITMAPS, ...SKETCHES, ...HASHES];
