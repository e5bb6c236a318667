// GET and SET and what is made of them: plural forms, forms with a condition or a time. A SET without options, or with nothing
// but a time, reads nothing: it is blind, whatever the key held before.
import { loaded, notReady } from "../../kv/index";
import type { HeaderRow, NotReady, Session, Steps } from "../../kv/index";
import type { Arguments, ReplyWriter } from "../../resp/index";
import { ValueEncoding, ValueType } from "../../storage/index";
import { goSliced, goStepped } from "../command";
import type { CommandContext, CommandSpec, GoSliced, GoStepped } from "../command";
import { wrongArity } from "../dispatch-errors";
import { ERR_SYNTAX } from "../errors";
import { NotificationClass, notify, tellsEvents } from "../notifications";
import { expiryTime } from "./expiry-time";
import { countLookup, isWrongType, notifyMiss, tellsMisses } from "./lookup";
import { replyWithManySliced, replyWithOneSliced, wholeString } from "./sliced-strings";
import { STEP_BYTES, runAtOnce } from "./stepped-write";
import { expiryOf, stringOptionsOf } from "./string-options";
import type { StringOptions } from "./string-options";
import { putManyInSteps, putStringInSteps, replyInSteps } from "./string-steps";
import { SLICED_STRING_BYTES, putString, replyWithString } from "./string-values";

/** Words of MSET and MSETNX that are worth a turn; an even number. */
const WORDS_A_STEP = 4000;

/** GET, and GETEX without options. */
export function get(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const header = session.headerOf(database, args.buffer, args.start(1), args.end(1));
  if (header === notReady) return notReady;
  if (header === null) {
    reply.null();
  } else if (!isWrongType(context, header, ValueType.string)) {
    const answer = replyWithWhole(session, reply, database, args, 1, header);
    if (answer !== undefined) return answer;
  }
  countLookup(context, header !== null);
}

/** Replies with the string whose key is argument `keyAt`. */
function replyWithWhole(
  session: Session,
  reply: ReplyWriter,
  database: number,
  args: Arguments,
  keyAt: number,
  header: HeaderRow,
): void | NotReady | GoSliced {
  if (header.encoding === ValueEncoding.inline) {
    reply.bulkViewed(header.segment, header.restStart, header.restEnd);
    return;
  }
  const { length } = header;
  if (length > SLICED_STRING_BYTES) return goSliced;
  return replyWithString(session, reply, database, args.string(keyAt), header, 0, length);
}

export function getSliced(context: CommandContext, done: (sequence: number) => void): void {
  replyWithOneSliced(context, context.args.string(1), wholeString, ({ reply }) => reply.null(), done);
}

function mget(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const count = args.count - 1;
  if (count > WORDS_A_STEP) return goSliced;
  reply.array(count);
  let ready = true;
  let bytes = 0;
  let found = 0;
  for (let i = 1; i <= count; i++) {
    const header = session.headerOf(database, args.buffer, args.start(i), args.end(i));
    if (header !== null) found++;
    else if (tellsMisses(context)) notifyMiss(context, args.string(i));
    if (header === notReady) {
      ready = false;
    } else if (header === null || header.type !== ValueType.string) {
      reply.null();
    } else {
      bytes += header.length;
      if (bytes > SLICED_STRING_BYTES) return goSliced;
      if (replyWithWhole(session, reply, database, args, i, header) !== undefined) ready = false;
    }
  }
  if (!ready) return notReady;
  const { statistics } = context.server;
  statistics.keyspaceHitsTotal += found;
  statistics.keyspaceMissesTotal += count - found;
}

function set(context: CommandContext): void | NotReady | GoStepped {
  const { args, reply } = context;
  if (args.length(2) > STEP_BYTES) return goStepped;
  if (args.count > 3) return setWithOptions(context);
  if (tellsEvents(context)) return runAtOnce(setSteps(context));
  putArgument(context, 2, 0);
  reply.ok();
}

function setWithOptions(context: CommandContext): void | NotReady | GoStepped {
  const options = stringOptionsOf(context.args, 3, true);
  if (options === undefined) return context.reply.error(ERR_SYNTAX);
  if (readsOld(options) || tellsEvents(context)) return runAtOnce(setSteps(context));
  const expiryMs = expiryOf(context, options, "set");
  if (typeof expiryMs === "string") return context.reply.error(expiryMs);
  putArgument(context, 2, expiryMs);
  context.reply.ok();
}

function* setSteps(context: CommandContext): Steps {
  const { args, reply, session } = context;
  const options = stringOptionsOf(args, 3, true);
  if (options === undefined) return reply.error(ERR_SYNTAX);
  const expiryMs = expiryOf(context, options, "set");
  if (typeof expiryMs === "string") return reply.error(expiryMs);

  const { wantsOld, keepsExpiry, onlyIfAbsent, onlyIfPresent, timeAt } = options;
  const database = session.database(context.connection.database);
  if (readsOld(options)) {
    const key = args.string(1);
    const header = yield* loaded(() => session.header(database, key));
    if (wantsOld) {
      if (isWrongType(context, header, ValueType.string)) return;
      yield* replyInSteps(session, reply, database, key, header);
      countLookup(context, header !== null);
    }
    if (header === null ? onlyIfPresent : onlyIfAbsent) {
      if (!wantsOld) reply.null();
      return;
    }
    const expiry = header !== null && keepsExpiry ? header.expiryMs : expiryMs;
    yield* putStringInSteps(session, database, args, 1, 2, expiry);
    if (header !== null) session.abandonElements(database, key, header);
  } else {
    yield* putStringInSteps(session, database, args, 1, 2, expiryMs);
  }
  tellSet(context, 1, timeAt > 0);
  if (!wantsOld) reply.ok();
}

/** Whether a SET has to know what was there. */
function readsOld({ wantsOld, keepsExpiry, onlyIfAbsent, onlyIfPresent }: StringOptions): boolean {
  return wantsOld || keepsExpiry || onlyIfAbsent || onlyIfPresent;
}

/** Tells that the key in argument `keyAt` was set, and when it is to expire. */
function tellSet(context: CommandContext, keyAt: number, hasTime = false): void {
  if (!tellsEvents(context)) return;
  const key = context.args.string(keyAt);
  notify(context, NotificationClass.string, "set", key);
  if (hasTime) notify(context, NotificationClass.generic, "expire", key);
}

/** Puts the string in an argument at the key in argument 1, in this turn. */
function putArgument({ args, connection, session }: CommandContext, value: number, expiryMs: number): void {
  const database = session.database(connection.database);
  putString(
    session,
    database,
    args.buffer,
    args.start(1),
    args.end(1),
    args.start(value),
    args.end(value),
    expiryMs,
  );
}

// ── SETNX, SETEX, PSETEX, GETSET ────────────────────────────────────────────────────────────────────────────────────

function setnx(context: CommandContext): void | NotReady | GoStepped {
  if (context.args.length(2) > STEP_BYTES) return goStepped;
  return runAtOnce(setnxSteps(context));
}

function* setnxSteps(context: CommandContext): Steps {
  const { args, connection, reply, session } = context;
  const database = session.database(connection.database);
  const header = yield* loaded(() => session.header(database, args.string(1)));
  if (header !== null) return reply.integer(0);
  yield* putStringInSteps(session, database, args, 1, 2, 0);
  tellSet(context, 1);
  reply.integer(1);
}

/** SETEX and PSETEX are blind. */
function setWithTime(command: string, unitMs: number): CommandSpec["function"] {
  const expiry = ({ args, session }: CommandContext): number | string =>
    expiryTime(args, 2, unitMs, session.nowMs, command, true);
  function* stepped(context: CommandContext): Steps {
    const { args, connection, reply, session } = context;
    const expiryMs = expiry(context);
    if (typeof expiryMs === "string") return reply.error(expiryMs);
    yield* putStringInSteps(session, session.database(connection.database), args, 1, 3, expiryMs);
    tellSet(context, 1, true);
    reply.ok();
  }
  return {
    kind: "evaluated",
    run: (context) => {
      const expiryMs = expiry(context);
      if (typeof expiryMs === "string") return context.reply.error(expiryMs);
      if (context.args.length(3) > STEP_BYTES) return goStepped;
      if (tellsEvents(context)) return runAtOnce(stepped(context));
      putArgument(context, 3, expiryMs);
      context.reply.ok();
    },
    stepped,
  };
}

function getset(context: CommandContext): void | NotReady | GoStepped {
  if (context.args.length(2) > STEP_BYTES) return goStepped;
  return runAtOnce(getsetSteps(context));
}

function* getsetSteps(context: CommandContext): Steps {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = yield* loaded(() => session.header(database, key));
  if (isWrongType(context, header, ValueType.string)) return;
  yield* replyInSteps(session, reply, database, key, header);
  countLookup(context, header !== null);
  yield* putStringInSteps(session, database, args, 1, 2, 0);
  if (header !== null) session.abandonElements(database, key, header);
  tellSet(context, 1);
}

// ── MSET and MSETNX ─────────────────────────────────────────────────────────────────────────────────────────────────

function mset(context: CommandContext): void | NotReady | GoStepped {
  const { args, reply } = context;
  if (args.count % 2 === 0) return reply.error(wrongArity("mset"));
  if (isLong(context)) return goStepped;
  if (!areReadyForPut(context) || putPairs(context) === notReady) return notReady;
  reply.ok();
}

function* msetSteps(context: CommandContext): Steps {
  yield* putPairsInSteps(context);
  context.reply.ok();
}

function msetnx(context: CommandContext): void | NotReady | GoStepped {
  const { args, reply } = context;
  if (args.count % 2 === 0) return reply.error(wrongArity("msetnx"));
  if (isLong(context)) return goStepped;
  const areAbsent = keysAreAbsent(context, 1, args.count);
  if (areAbsent === notReady) return notReady;
  if (areAbsent && putPairs(context) === notReady) return notReady;
  reply.integer(areAbsent ? 1 : 0);
}

function* msetnxSteps(context: CommandContext): Steps {
  const { args, reply } = context;
  let areAbsent = true;
  for (let from = 1; from < args.count && areAbsent; from += WORDS_A_STEP) {
    const to = Math.min(args.count, from + WORDS_A_STEP);
    areAbsent = yield* loaded(() => keysAreAbsent(context, from, to));
    yield "pause";
  }
  if (areAbsent) yield* putPairsInSteps(context);
  reply.integer(areAbsent ? 1 : 0);
}

function isLong({ args }: CommandContext): boolean {
  return args.count > WORDS_A_STEP || args.end(args.count - 1) - args.start(1) > STEP_BYTES;
}

/** Whether none of the keys among the words [from, to) is there; a pair begins at `from`. */
function keysAreAbsent(
  { args, connection, session }: CommandContext,
  from: number,
  to: number,
): boolean | NotReady {
  const database = session.database(connection.database);
  let ready = true;
  for (let i = from; i < to; i += 2) {
    const header = session.header(database, args.string(i));
    if (header === notReady) ready = false;
    else if (header !== null) return false;
  }
  return ready || notReady;
}

/** Whether what the keys hold is in memory, where it has to be known before they are put. */
function areReadyForPut(context: CommandContext): boolean {
  if (!tellsEvents(context)) return true;
  const { args, connection, session } = context;
  const database = session.database(connection.database);
  let ready = true;
  for (let i = 1; i < args.count; i += 2) {
    if (!session.isReadyForPut(database, args.string(i))) ready = false;
  }
  return ready;
}

function putPairsInSteps(context: CommandContext): Steps {
  const { args, connection, session } = context;
  const database = session.database(connection.database);
  return putManyInSteps(session, database, args, (keyAt) => tellSet(context, keyAt));
}

/** What each key held is told of, where it is to be, before what becomes of it. */
function putPairs(context: CommandContext): void | NotReady {
  const { args, connection, session } = context;
  const database = session.database(connection.database);
  const tells = tellsEvents(context);
  for (let i = 1; i < args.count; i += 2) {
    if (tells && session.beforePut(database, args.string(i)) === notReady) return notReady;
    putString(
      session,
      database,
      args.buffer,
      args.start(i),
      args.end(i),
      args.start(i + 1),
      args.end(i + 1),
      0,
    );
    tellSet(context, i);
  }
}

const STRING = { group: "string" } as const;
const ONE_KEY = { ...STRING, keys: [1, 1, 1] } as const;
const SLOW_WRITE = { flags: ["write", "denyoom"], categories: ["write", "string", "slow"] } as const;
const FAST_WRITE = {
  flags: ["write", "denyoom", "fast"],
  categories: ["write", "string", "fast"],
} as const;
const FAST_READ = { flags: ["readonly", "fast"], categories: ["read", "string", "fast"] } as const;

export const STRING_COMMANDS: readonly CommandSpec[] = [
  {
    ...ONE_KEY,
    ...FAST_READ,
    name: "get",
    arity: 2,
    keyAccess: ["RO", "access"],
    since: "1.0.0",
    function: { kind: "evaluated", run: get, sliced: getSliced },
  },
  {
    ...ONE_KEY,
    ...SLOW_WRITE,
    name: "set",
    arity: -3,
    keyAccess: ["RW", "access", "update", "variable_flags"],
    keyNotes: "RW and ACCESS due to the optional `GET` argument",
    since: "1.0.0",
    function: { kind: "evaluated", run: set, stepped: setSteps },
  },
  {
    ...ONE_KEY,
    ...FAST_WRITE,
    name: "setnx",
    arity: 3,
    keyAccess: ["OW", "insert"],
    since: "1.0.0",
    function: { kind: "evaluated", run: setnx, stepped: setnxSteps },
  },
  {
    ...ONE_KEY,
    ...SLOW_WRITE,
    name: "setex",
    arity: 4,
    keyAccess: ["OW", "update"],
    since: "2.0.0",
    function: setWithTime("setex", 1000),
  },
  {
    ...ONE_KEY,
    ...SLOW_WRITE,
    name: "psetex",
    arity: 4,
    keyAccess: ["OW", "update"],
    since: "2.6.0",
    function: setWithTime("psetex", 1),
  },
  {
    ...ONE_KEY,
    ...FAST_WRITE,
    name: "getset",
    arity: 3,
    keyAccess: ["RW", "access", "update"],
    since: "1.0.0",
    function: { kind: "evaluated", run: getset, stepped: getsetSteps },
  },
  {
    ...STRING,
    ...FAST_READ,
    name: "mget",
    arity: -2,
    keys: [1, -1, 1],
    keyAccess: ["RO", "access"],
    tips: ["request_policy:multi_shard"],
    since: "1.0.0",
    function: {
      kind: "evaluated",
      run: mget,
      sliced: (context, done) => {
        const { args } = context;
        const keys = Array.from({ length: args.count - 1 }, (_, i) => args.string(i + 1));
        replyWithManySliced(context, keys, done);
      },
    },
  },
  {
    ...STRING,
    ...SLOW_WRITE,
    name: "mset",
    arity: -3,
    keys: [1, -1, 2],
    keyAccess: ["OW", "update"],
    tips: ["request_policy:multi_shard", "response_policy:all_succeeded"],
    since: "1.0.1",
    function: { kind: "evaluated", run: mset, stepped: msetSteps },
  },
  {
    ...STRING,
    ...SLOW_WRITE,
    name: "msetnx",
    arity: -3,
    keys: [1, -1, 2],
    keyAccess: ["OW", "insert"],
    tips: ["request_policy:multi_shard", "response_policy:agg_min"],
    since: "1.0.1",
    function: { kind: "evaluated", run: msetnx, stepped: msetnxSteps },
  },
];
