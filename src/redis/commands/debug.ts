// DEBUG: for tests and for looking inside. Who may use it is said by enable-debug-command, by default clients on this
// machine. SLEEP holds up its own connection and nobody else's.
import type { ByteString } from "../../base/index";
import { ValueEncoding } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import type { CommandContext, CommandSpec } from "../command";
import { ERR_DEBUG_NOT_ALLOWED, ERR_NOT_FLOAT, ERR_NO_SUCH_KEY, wrongSubcommandWords } from "../errors";
import type { LiveSettings } from "../parameters/live-settings";
import { ADMINISTRATION, isConnected } from "./administration";
import { digestOfAll, digestOfKey, runDigest } from "./data-digest";
import type { DigestSteps } from "./data-digest";
import { readInSlices } from "./sliced-read";
import type { SlicedRead } from "./sliced-read";
import { liveHeader } from "./sliced-strings";
import { encodingOf } from "./value-encoding";

type Done = (sequence: number) => void;

const MAX_SLEEP_MS = 2 ** 31 - 1;

const HELP = [
  "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
  "DIGEST",
  "    A digest of all data: equal for equal data.",
  "DIGEST-VALUE <key> [<key> ...]",
  "    A digest of each key's value.",
  "OBJECT <key>",
  "    How a key's value is stored.",
  "SET-ACTIVE-EXPIRE <0|1>",
  "    Whether keys are removed when their time is over, without anybody meeting them.",
  "SLEEP <seconds>",
  "    Answers after so many seconds. Other connections are served meanwhile.",
  "HELP",
  "    This text.",
];

function debug(context: CommandContext, done: Done): void {
  const { args, reply, server, connection } = context;
  if (!isAllowed(server.settings, connection.socket.remoteAddress)) {
    reply.error(ERR_DEBUG_NOT_ALLOWED);
    return done(0);
  }
  const is = (word: string, count: number): boolean => args.count === count && args.isWord(1, word);
  if (is("DIGEST", 2)) return digest(context, done);
  if (args.count >= 3 && args.isWord(1, "DIGEST-VALUE")) return digestValues(context, done);
  if (is("OBJECT", 3)) return object(context, done);
  if (is("SLEEP", 3)) return sleep(context, done);
  if (is("SET-ACTIVE-EXPIRE", 3)) {
    server.setActiveExpiry(args.safeInteger(2) !== 0);
    reply.ok();
  } else if (is("HELP", 2)) {
    reply.array(HELP.length);
    for (const line of HELP) reply.simple(line);
  } else {
    reply.error(wrongSubcommandWords("DEBUG", args.string(1)));
  }
  done(0);
}

function isAllowed({ debugCommand }: LiveSettings, remoteAddress: string): boolean {
  if (debugCommand !== "local") return debugCommand === "yes";
  return /^(127\.|\[::1\]|\[::ffff:127\.)/.test(remoteAddress);
}

function digest(context: CommandContext, done: Done): void {
  readInSlices(context, done, (read) => {
    runDigest(read, digestOfAll(read), (text) => {
      context.reply.simple(text);
      read.end();
    });
  });
}

function digestValues(context: CommandContext, done: Done): void {
  const { args, connection } = context;
  const keys = Array.from({ length: args.count - 2 }, (_, i) => args.string(i + 2));
  const { database } = connection;
  readInSlices(context, done, (read) => {
    runDigest(read, digestsOf(read, database, keys), (digests) => {
      context.reply.array(digests.length);
      for (const text of digests) context.reply.simple(text);
      read.end();
    });
  });
}

function* digestsOf(read: SlicedRead, database: number, keys: readonly ByteString[]): DigestSteps<string[]> {
  const digests: string[] = [];
  for (const key of keys) digests.push(yield* digestOfKey(read, database, key));
  return digests;
}

function object(context: CommandContext, done: Done): void {
  const { args, connection, reply, server } = context;
  const key = args.string(2);
  readInSlices(context, done, (read) => {
    const { view } = read;
    const database = view.database(connection.database);
    const answer = (header: ValueHeader, encoding: string): void => {
      reply.simple(description(header, encoding));
      read.end();
    };
    view.header(database, key, (stored) => {
      if (read.abandoned) return read.end();
      const header = liveHeader(read, stored);
      if (header === null) {
        reply.error(ERR_NO_SUCH_KEY);
        return read.end();
      }
      const judged = encodingOf(database, key, header, server.settings);
      if (typeof judged === "string") return answer(header, judged);
      view.scan(judged.lower, judged.upper, judged.limits, (rows) => {
        if (read.abandoned) return read.end();
        answer(header, judged.encodingOf(rows, rows.done));
      });
    });
  });
}

/** In Redis's words; the address is the incarnation's version. */
function description(header: ValueHeader, encoding: string): string {
  const version = `${header.versionMs.toString(16)}:${header.versionCounter.toString(16)}`;
  const length = header.encoding === ValueEncoding.inline ? header.rest.length : header.length;
  return (
    `Value at:0x${version} refcount:1 encoding:${encoding} ` +
    `serializedlength:${length} lru:0 lru_seconds_idle:0`
  );
}

function sleep(context: CommandContext, done: Done): void {
  const seconds = Number(context.args.string(2));
  if (!Number.isFinite(seconds)) {
    context.reply.error(ERR_NOT_FLOAT);
    return done(0);
  }
  context.server.scheduler.after(Math.min(MAX_SLEEP_MS, Math.max(0, seconds * 1000)), () => {
    if (isConnected(context)) context.reply.ok();
    done(0);
  });
}

export const DEBUG_COMMANDS: readonly CommandSpec[] = [
  {
    name: "debug",
    arity: -2,
    ...ADMINISTRATION,
    since: "1.0.0",
    function: { kind: "sliced", run: debug },
  },
];
