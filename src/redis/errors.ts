// Error replies of commands, in Redis's words; those behind "Basalt" at the end are for what Redis does not limit. Errors
// of the connection itself (unknown command, arity, outcomes) are in dispatch-errors.ts.
import type { ByteString } from "../base/index";
import { MAX_KEY_BYTES } from "../storage/index";
import { shown } from "./dispatch-errors";

export const ERR_SYNTAX = "ERR syntax error";
export const ERR_WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
export const ERR_NOT_INTEGER = "ERR value is not an integer or out of range";
export const ERR_NOT_INT32 = "ERR value is out of range, value must between -2147483648 and 2147483647";
export const ERR_INCREMENT_OVERFLOW = "ERR increment or decrement would overflow";
export const ERR_DECREMENT_OVERFLOW = "ERR decrement would overflow";
export const ERR_OFFSET = "ERR offset is out of range";
export const ERR_STRING_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
export const ERR_DATABASE = "ERR DB index is out of range";
export const ERR_FIRST_DATABASE = "ERR invalid first DB index";
export const ERR_SECOND_DATABASE = "ERR invalid second DB index";
export const ERR_SAME_OBJECT = "ERR source and destination objects are the same";
export const ERR_NO_SUCH_KEY = "ERR no such key";
export const ERR_NO_FREQUENCY =
  "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
export const ERR_NO_IDLE_TIME =
  "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
export const ERR_CURSOR = "ERR invalid cursor";
export const ERR_EXPIRE_NX = "ERR NX and XX, GT or LT options at the same time are not compatible";
export const ERR_EXPIRE_GT_LT = "ERR GT and LT options at the same time are not compatible";
export const ERR_CLIENT_NAME = "ERR Client names cannot contain spaces, newlines or special characters.";
export const ERR_PROTOCOL_INTEGER = "ERR Protocol version is not an integer or out of range";
export const ERR_PROTOCOL_VERSION = "NOPROTO unsupported protocol version";
export const ERR_WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled.";
export const ERR_NO_SHUTDOWN = "ERR No shutdown in progress.";
export const ERR_INVALID_COMMAND = "ERR Invalid command specified";
export const ERR_INVALID_ARGUMENTS = "ERR Invalid number of arguments specified for command";
export const ERR_NOT_FLOAT = "ERR value is not a valid float";
export const ERR_NOT_FINITE = "ERR increment would produce NaN or Infinity";
export const ERR_LCS_NO_STRINGS = "ERR The specified keys must contain string values";
export const ERR_LCS_LENGTH_AND_INDEXES = "ERR If you want both the length and indexes, please just use IDX.";
export const ERR_LCS_TOO_LARGE =
  "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
export const ERR_BIT_OFFSET = "ERR bit offset is not an integer or out of range";
export const ERR_BIT_VALUE = "ERR bit is not an integer or out of range";
export const ERR_BIT_ARGUMENT = "ERR The bit argument must be 1 or 0.";
export const ERR_BITOP_NOT = "ERR BITOP NOT must be called with a single source key.";
export const ERR_BITFIELD_TYPE =
  "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
export const ERR_BITFIELD_OVERFLOW = "ERR Invalid OVERFLOW type specified";
export const ERR_BITFIELD_RO = "ERR BITFIELD_RO only supports the GET subcommand";
export const ERR_NOT_SKETCH = "WRONGTYPE Key is not a valid HyperLogLog string value.";
export const ERR_CORRUPT_SKETCH = "INVALIDOBJ Corrupted HLL object detected";
export const ERR_SKETCH_ABSENT = "ERR The specified key does not exist";
export const ERR_SKETCH_NOT_SPARSE = "ERR HLL encoding is not sparse";
export const ERR_NO_KEYS = "ERR The command has no key arguments";
export const ERR_NESTED_MULTI = "ERR MULTI calls can not be nested";
export const ERR_WATCH_IN_MULTI = "ERR WATCH inside MULTI is not allowed";
export const ERR_EXEC_WITHOUT_MULTI = "ERR EXEC without MULTI";
export const ERR_DISCARD_WITHOUT_MULTI = "ERR DISCARD without MULTI";
export const ERR_EXEC_ABORTED = "EXECABORT Transaction discarded because of previous errors.";
export const ERR_NOT_IN_TRANSACTION = "ERR Command not allowed inside a transaction";

export const ERR_NO_AUTHENTICATION = "NOAUTH Authentication required.";
export const ERR_HELLO_NO_AUTHENTICATION =
  "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time";
export const ERR_NO_PASSWORD =
  "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?";
export const ERR_MONITOR_KEYSPACE = "ERR Replica can't interact with the keyspace";
export const ERR_MONITOR_IN_MULTI = "ERR MONITOR isn't allowed for DENY BLOCKING client";
export const ERR_TIMEOUT_NOT_INTEGER = "ERR timeout is not an integer or out of range";
export const ERR_TIMEOUT_NEGATIVE = "ERR timeout is negative";
export const ERR_PAUSE_MODE = "ERR CLIENT PAUSE mode must be WRITE or ALL";
export const ERR_NO_SUCH_CLIENT = "ERR No such client";
export const ERR_KILL_ID = "ERR client-id should be greater than 0";
export const ERR_CLIENT_ID = "ERR Invalid client ID";
export const ERR_UNBLOCK_REASON = "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR";
export const ERR_CACHING_WITHOUT_TRACKING =
  "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled";

export const ERR_REDIRECTED_TWICE = "ERR A client can only redirect to a single other client";
export const ERR_REDIRECT_ABSENT = "ERR The client ID you want redirect to does not exist";
export const ERR_TRACKING_PREFIX = "ERR PREFIX option requires BCAST mode to be enabled";
export const ERR_TRACKING_BROADCAST = "ERR OPTIN and OPTOUT are not compatible with BCAST";
export const ERR_TRACKING_MODES = "ERR You can't specify both OPTIN mode and OPTOUT mode";

export const ERR_NO_FILE = "ERR The server is running without a config file";
export const ERR_DEBUG_NOT_ALLOWED =
  'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.';
export const ERR_SAVE_RUNS = "ERR Background save already in progress";
export const ERR_SHUTDOWN = "ERR Errors trying to SHUTDOWN. Check logs.";
export const ERR_WAITAOF_LOCAL = "ERR value is out of range, must be between 0 and 1";
export const ERR_WAITAOF_REPLICAS = "ERR value is out of range, must be positive";
export const ERR_SLOWLOG_COUNT = "ERR count should be greater than or equal to -1";

export function overlappingPrefixes(prefix: ByteString, other: ByteString): string {
  return `ERR Prefix '${shown(prefix, Infinity)}' overlaps with another provided prefix '${shown(other, Infinity)}'. Prefixes for a single client must not overlap.`;
}

export function unknownParameter(name: ByteString): string {
  return `ERR Unknown option or number of arguments for CONFIG SET - '${shown(name, Infinity)}'`;
}

export function refusedParameter(name: ByteString, problem: string): string {
  return `ERR CONFIG SET failed (possibly related to argument '${shown(name, Infinity)}') - ${problem}`;
}

export function failedRewrite(problem: string): string {
  return `ERR Rewriting config file: ${problem}`;
}

export function noSamples(event: ByteString): string {
  return `ERR No samples available for event '${shown(event, Infinity)}'`;
}

/** Where the subcommand is known and its words are too many, and for DEBUG, which looks at its words itself. */
export function wrongSubcommandWords(container: string, word: ByteString): string {
  return `ERR unknown subcommand or wrong number of arguments for '${shown(word)}'. Try ${container} HELP.`;
}

export function notWhileSubscribed(command: string): string {
  return `ERR Can't execute '${command}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`;
}

export function unknownClientType(type: ByteString): string {
  return `ERR Unknown client type '${shown(type, Infinity)}'`;
}

export function noSuchUser(user: ByteString): string {
  return `ERR No such user '${shown(user, Infinity)}'`;
}

export function unknownCategory(category: ByteString): string {
  return `ERR Unknown category '${shown(category, Infinity)}'`;
}

export function execAborted(reason: string): string {
  return `EXECABORT Transaction discarded because of: ${reason.replace(/^ERR /, "")}`;
}

export function invalidExpireTime(command: ByteString): string {
  return `ERR invalid expire time in '${command}' command`;
}

export function unsupportedOption(option: ByteString): string {
  return `ERR Unsupported option ${shown(option, Infinity)}`;
}

export function helloSyntaxError(option: ByteString): string {
  return `ERR Syntax error in HELLO option '${shown(option, Infinity)}'`;
}

export function unknownSubcommand(container: ByteString, word: ByteString): string {
  return `ERR unknown subcommand '${shown(word)}'. Try ${container.toUpperCase()} HELP.`;
}

export function unrecognizedOption(option: ByteString): string {
  return `ERR Unrecognized option '${shown(option, Infinity)}'`;
}

export function invalidLibraryText(option: ByteString): string {
  return `ERR ${shown(option, Infinity)} cannot contain spaces, newlines or special characters.`;
}

export function unknownPfdebug(word: ByteString): string {
  return `ERR Unknown PFDEBUG subcommand '${shown(word, Infinity)}'`;
}

// Basalt's own limits (README.md, "Differences").
export const ERR_KEY_TOO_LONG = `ERR a key is longer than ${MAX_KEY_BYTES} bytes`;
export const ERR_NO_DATABASE_IDS =
  "ERR this group has flushed databases four billion times and has no ids left for another";
export const ERR_WORD_TOO_LONG = "ERR an argument is longer than 536870888 bytes";
export const ERR_FIELD_TOO_LONG = `ERR a field is longer than ${MAX_KEY_BYTES} bytes`;
export const ERR_TRACKING =
  "ERR CLIENT TRACKING is not supported: this server does not tell clients what to drop from their caches";
export const ERR_TRANSACTION_TOO_LARGE =
  "ERR the commands queued by MULTI exceed 1 GiB; this one was not queued and EXEC will run none of them";
export const ERR_CHANNEL_TOO_LONG = `ERR a channel or a pattern is longer than ${MAX_KEY_BYTES} bytes`;
