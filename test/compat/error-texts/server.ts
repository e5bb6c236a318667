// Errors of commands that look at the server or administer it.
import type { ErrorText } from "./error-text";
import { NOT_INTEGER, SYNTAX, TIMEOUT_NOT_INTEGER, each, wrongWords } from "./error-text";

const COUNT = "ERR count should be greater than or equal to -1";

/** CONFIG SET that is refused for its value. */
function refused(line: string, problem: string, more: Partial<ErrorText> = {}): ErrorText {
  const name = line.split(" ", 1)[0]!;
  return {
    request: `CONFIG SET ${line}`,
    text: `ERR CONFIG SET failed (possibly related to argument '${name}') - ${problem}`,
    ...more,
  };
}

const OWN_CONFIGURATION = { difference: "config-options" } as const;
const PERCENTILES = "latency-tracking-info-percentiles";
const BUFFERS = "client-output-buffer-limit";

const PARAMETERS: readonly ErrorText[] = [
  ...each("ERR unknown subcommand 'FOO'. Try CONFIG HELP.", "CONFIG FOO"),
  ...each(wrongWords("config|set"), "CONFIG SET timeout"),
  ...each(SYNTAX, "CONFIG SET timeout 0 maxclients"),
  ...each("ERR Unknown option or number of arguments for CONFIG SET - 'foo'", "CONFIG SET foo bar"),
  ...each("ERR Unknown option or number of arguments for CONFIG SET - 'foo'", "CONFIG SET timeout 1 foo bar"),
  refused("databases 4", "can't set immutable config"),
  refused("dir /", "can't set protected config"),
  refused("maxmemory 0 maxmemory 0", "duplicate parameter"),
  refused("timeout x", "argument couldn't be parsed into an integer"),
  refused("timeout -1", "argument must be between 0 and 2147483647 inclusive"),
  refused("hll-sparse-max-bytes x", "argument must be a memory value"),
  refused("latency-tracking 1", "argument must be 'yes' or 'no'"),
  refused("loglevel foo", "argument(s) must be one of the following: debug, verbose, notice, warning"),
  refused("notify-keyspace-events Q", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."),
  refused(`${BUFFERS} "normal 1"`, "Wrong number of arguments in buffer limit configuration."),
  refused(`${BUFFERS} "foo 1 1 1"`, "Invalid client class specified in buffer limit configuration."),
  refused(
    `${BUFFERS} "normal x 1 1"`,
    "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
  ),
  refused(`${PERCENTILES} x`, `Invalid ${PERCENTILES} parameters`),
  refused(`${PERCENTILES} 101`, `${PERCENTILES} parameters should sit between [0.0,100.0]`),
  ...(
    [
      ["maxmemory 1gb", "the data live on disk and are not bounded by memory, only 0 is accepted"],
      ['save "60 1"', "there is no schedule of checkpoints, only an empty value is accepted; use BGSAVE"],
      ["list-max-listpack-size -1", "can't set immutable config"],
    ] as const
  ).map(([line, problem]) => refused(line, problem, OWN_CONFIGURATION)),
  ...each("ERR The server is running without a config file", "CONFIG REWRITE"),
];

const SERVER: readonly ErrorText[] = [
  ...each("ERR unknown subcommand 'FOO'. Try COMMAND HELP.", "COMMAND FOO"),
  ...each("ERR Invalid command specified", "COMMAND GETKEYS nosuch a", "COMMAND GETKEYSANDFLAGS nosuch a"),
  ...each("ERR The command has no key arguments", "COMMAND GETKEYS PING a", "COMMAND GETKEYSANDFLAGS PING a"),
  ...each("ERR Invalid number of arguments specified for command", "COMMAND GETKEYS GET a b"),
  ...each("ERR Invalid number of arguments specified for command", "COMMAND GETKEYSANDFLAGS GET a b"),
  ...each(SYNTAX, "COMMAND LIST FOO", "COMMAND LIST FILTERBY FOO x", "COMMAND LIST FILTERBY MODULE"),
  ...each("ERR unknown subcommand 'FOO'. Try SLOWLOG HELP.", "SLOWLOG FOO"),
  ...each(COUNT, "SLOWLOG GET x", "SLOWLOG GET -2"),
  ...each(
    "ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.",
    "SLOWLOG GET 1 2",
  ),
  ...each("ERR unknown subcommand 'FOO'. Try LATENCY HELP.", "LATENCY FOO"),
  ...each("ERR No samples available for event 'nosuch'", "LATENCY GRAPH nosuch"),
  ...each("ERR unknown subcommand 'FOO'. Try MEMORY HELP.", "MEMORY FOO"),
  ...each(NOT_INTEGER, "LOLWUT VERSION x", "WAIT x 0"),
  ...each(TIMEOUT_NOT_INTEGER, "WAIT 0 x"),
  ...each("ERR timeout is negative", "WAIT 0 -1"),
  ...each(SYNTAX, "BGSAVE FOO", "BGSAVE SCHEDULE x"),
  ...each(SYNTAX, "SHUTDOWN FOO", "SHUTDOWN SAVE NOSAVE", "SHUTDOWN NOW ABORT"),
  ...each("ERR No shutdown in progress.", "SHUTDOWN ABORT"),
  ...each("ERR unknown subcommand or wrong number of arguments for 'FOO'. Try DEBUG HELP.", "DEBUG FOO"),
  ...each(
    "ERR unknown subcommand or wrong number of arguments for 'OBJECT'. Try DEBUG HELP.",
    "DEBUG OBJECT",
  ),
  ...each("ERR no such key", "DEBUG OBJECT nosuch"),
  { request: "DEBUG SLEEP x", text: "ERR value is not a valid float", difference: "debug" },
  ...(
    [
      ["WAITAOF x 0 0", NOT_INTEGER],
      ["WAITAOF 2 0 0", "ERR value is out of range, must be between 0 and 1"],
      ["WAITAOF 0 -1 0", "ERR value is out of range, must be positive"],
      ["WAITAOF 0 0 x", TIMEOUT_NOT_INTEGER],
      ["WAITAOF 0 0 -1", "ERR timeout is negative"],
    ] as const
  ).map(([request, text]) => ({
    request,
    text,
    difference: "waitaof",
    redisText: `ERR unknown command 'WAITAOF', with args beginning with: ${request
      .split(" ")
      .slice(1)
      .map((word) => `'${word}' `)
      .join("")}`,
  })),
];

export const SERVER_ERRORS: readonly ErrorText[] = [...PARAMETERS, ...SERVER];
