// GET, SET and their plural forms. A SET without options, or with nothing but a time, reads nothing: it is blind, whatever
// the key held before.
import { notReady } from "../../kv/index";
import type { NotReady } from "../../kv/index";
import { MAX_PAYLOAD_BYTES, INLINE_STRING_MAX_BYTES, ValueType } from "../../storage/index";
import { goSliced } from "../command";
import type { CommandContext, CommandSpec, GoSliced } from "../command";
import { ERR_TOO_LARGE, wrongArity } from "../dispatch-errors";
import { ERR_SYNTAX } from "../errors";
import { NotificationClass, notify, wantsNewKeys } from "../notifications";
import { expiryTime } from "./expiry-time";
import { countLookup, isWrongType, notifyMiss, tellsMisses } from "./lookup";
import { replyWithManySliced, replyWithOneSliced, wholeString } from "./sliced-strings";
import { SLICED_STRING_BYTES, putString, replyWithString } from "./string-values";

function get(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null) {
    reply.null();
  } else if (!isWrongType(context, header, ValueType.string)) {
    if (header.length > SLICED_STRING_BYTES) return goSliced;
    if (replyWithString(session, reply, database, key, header, 0, header.length) === notReady)
      return notReady;
  }
  countLookup(context, header !== null);
}

function mget(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const count = args.count - 1;
  reply.array(count);
  let ready = true;
  let bytes = 0;
  let found = 0;
  for (let i = 1; i <= count; i++) {
    const key = args.string(i);
    const header = session.header(database, key);
    if (header !== null) found++;
    else if (tellsMisses(context)) notifyMiss(context, key);
    if (header === notReady) {
      ready = false;
    } else if (header === null || header.type !== ValueType.string) {
      reply.null();
    } else if (header.length <= INLINE_STRING_MAX_BYTES) {
      reply.bulk(header.rest);
    } else {
      bytes += header.length;
      if (bytes > SLICED_STRING_BYTES) return goSliced;
      if (replyWithString(session, reply, database, key, header, 0, header.length) === notReady)
        ready = false;
    }
  }
  if (!ready) return notReady;
  const { statistics } = context.server;
  statistics.keyspaceHitsTotal += found;
  statistics.keyspaceMissesTotal += count - found;
}

function set(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  if (args.count > 3) return setWithOptions(context);
  if (args.length(2) > MAX_PAYLOAD_BYTES) return reply.error(ERR_TOO_LARGE);
  const database = session.database(context.connection.database);
  if (wantsNewKeys(context) && session.header(database, args.string(1)) === notReady) return notReady;
  putString(session, database, args.buffer, args.start(1), args.end(1), args.start(2), args.end(2), 0);
  tellSet(context, 1);
  reply.ok();
}

/** Tells of a SET of the key at `index`; nothing is made of the key while nobody listens. */
function tellSet(context: CommandContext, index: number): void {
  if (context.server.limits.keyspaceEvents === 0) return;
  notify(context, NotificationClass.string, "set", context.args.string(index));
}

function setWithOptions(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  let onlyIfAbsent = false;
  let onlyIfPresent = false;
  let wantsOld = false;
  let keepsExpiry = false;
  let timeAt = 0;
  let unitMs = 1;
  let baseMs = 0;
  for (let i = 3; i < args.count; i++) {
    const hasNext = i + 1 < args.count;
    const mayHaveTime = hasNext && timeAt === 0 && !keepsExpiry;
    if (args.isWord(i, "NX") && !onlyIfPresent) {
      onlyIfAbsent = true;
    } else if (args.isWord(i, "XX") && !onlyIfAbsent) {
      onlyIfPresent = true;
    } else if (args.isWord(i, "GET")) {
      wantsOld = true;
    } else if (args.isWord(i, "KEEPTTL") && timeAt === 0) {
      keepsExpiry = true;
    } else if (mayHaveTime && args.isWord(i, "EX")) {
      timeAt = ++i;
      unitMs = 1000;
      baseMs = session.nowMs;
    } else if (mayHaveTime && args.isWord(i, "PX")) {
      timeAt = ++i;
      baseMs = session.nowMs;
    } else if (mayHaveTime && args.isWord(i, "EXAT")) {
      timeAt = ++i;
      unitMs = 1000;
    } else if (mayHaveTime && args.isWord(i, "PXAT")) {
      timeAt = ++i;
    } else {
      return reply.error(ERR_SYNTAX);
    }
  }
  let expiryMs = 0;
  if (timeAt > 0) {
    const time = expiryTime(args, timeAt, unitMs, baseMs, "set", true);
    if (typeof time === "string") return reply.error(time);
    expiryMs = time;
  }
  if (args.length(2) > MAX_PAYLOAD_BYTES) return reply.error(ERR_TOO_LARGE);

  const database = session.database(context.connection.database);
  if (wantsOld || keepsExpiry || onlyIfAbsent || onlyIfPresent || wantsNewKeys(context)) {
    const key = args.string(1);
    const header = session.header(database, key);
    if (header === notReady) return notReady;
    if (wantsOld) {
      if (isWrongType(context, header, ValueType.string)) return;
      if (header === null) reply.null();
      else if (replyWithString(session, reply, database, key, header, 0, header.length) === notReady)
        return notReady;
      countLookup(context, header !== null);
    }
    if (header === null ? onlyIfPresent : onlyIfAbsent) {
      if (!wantsOld) reply.null();
      return;
    }
    if (header !== null) {
      if (keepsExpiry) expiryMs = header.expiryMs;
      session.abandonElements(database, key, header);
    }
  }
  putString(session, database, args.buffer, args.start(1), args.end(1), args.start(2), args.end(2), expiryMs);
  tellSet(context, 1);
  if (timeAt > 0) notify(context, NotificationClass.generic, "expire", args.string(1));
  if (!wantsOld) reply.ok();
}

function mset(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  if (args.count % 2 === 0) return reply.error(wrongArity("mset"));
  if (args.end(args.count - 1) - args.start(1) > MAX_PAYLOAD_BYTES) return reply.error(ERR_TOO_LARGE);
  const database = session.database(context.connection.database);
  if (wantsNewKeys(context) && !areHeadersReady(context, database)) return notReady;
  for (let i = 1; i < args.count; i += 2) {
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
  reply.ok();
}

/** Whether what MSET's keys held is in memory. */
function areHeadersReady({ args, session }: CommandContext, database: number): boolean {
  let ready = true;
  for (let i = 1; i < args.count; i += 2) {
    if (session.header(database, args.string(i)) === notReady) ready = false;
  }
  return ready;
}

export const STRING_COMMANDS: readonly CommandSpec[] = [
  {
    name: "get",
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RO", "access"],
    categories: ["read", "string", "fast"],
    since: "1.0.0",
    group: "string",
    function: {
      kind: "evaluated",
      run: get,
      sliced: (context, done) =>
        replyWithOneSliced(context, context.args.string(1), wholeString, ({ reply }) => reply.null(), done),
    },
  },
  {
    name: "set",
    arity: -3,
    flags: ["write", "denyoom"],
    keys: [1, 1, 1],
    keyAccess: ["RW", "access", "update", "variable_flags"],
    keyNotes: "RW and ACCESS due to the optional `GET` argument",
    categories: ["write", "string", "slow"],
    since: "1.0.0",
    group: "string",
    function: { kind: "evaluated", run: set },
  },
  {
    name: "mget",
    arity: -2,
    flags: ["readonly", "fast"],
    keys: [1, -1, 1],
    keyAccess: ["RO", "access"],
    categories: ["read", "string", "fast"],
    tips: ["request_policy:multi_shard"],
    since: "1.0.0",
    group: "string",
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
    name: "mset",
    arity: -3,
    flags: ["write", "denyoom"],
    keys: [1, -1, 2],
    keyAccess: ["OW", "update"],
    categories: ["write", "string", "slow"],
    tips: ["request_policy:multi_shard", "response_policy:all_succeeded"],
    since: "1.0.1",
    group: "string",
    function: { kind: "evaluated", run: mset },
  },
];
