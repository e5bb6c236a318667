// APPEND, STRLEN, GETRANGE (also as SUBSTR) and SETRANGE: parts of strings. On a long string they touch only the chunks they need.
import { loaded, notReady } from "../../kv/index";
import type { NotReady, Steps } from "../../kv/index";
import { ValueEncoding, ValueType } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import { goSliced, goStepped } from "../command";
import type { CommandContext, CommandSpec, GoSliced, GoStepped } from "../command";
import { ERR_NOT_INTEGER, ERR_OFFSET, ERR_STRING_TOO_LONG } from "../errors";
import { integerWithin } from "./integer-arguments";
import { NotificationClass, notify } from "../notifications";
import { countLookup, isWrongType } from "./lookup";
import { replyWithOneSliced } from "./sliced-strings";
import type { RangeOf } from "./sliced-strings";
import { STEP_BYTES } from "./stepped-write";
import { writeInSteps } from "./string-steps";
import { SLICED_STRING_BYTES, putString, replyWithString, writeString } from "./string-values";

/** Whether a string must not grow to so many bytes (proto-max-bulk-len). */
function isTooLong({ server }: CommandContext, bytes: number): boolean {
  return bytes > server.settings.maxBulkBytes;
}

function append(context: CommandContext): void | NotReady | GoStepped {
  const { args, reply, session } = context;
  const valueBytes = args.length(2);
  if (valueBytes > STEP_BYTES) return goStepped;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (isWrongType(context, header, ValueType.string)) return;
  let length: number | NotReady = valueBytes;
  if (header === null) {
    putString(session, database, args.buffer, args.start(1), args.end(1), args.start(2), args.end(2), 0);
  } else {
    if (isTooLong(context, header.length + valueBytes)) return reply.error(ERR_STRING_TOO_LONG);
    length = header.length;
    // A write all the same: it aborts those who watch the key.
    if (valueBytes === 0) session.putHeader(database, key, header);
    else length = writeString(session, database, key, header, header.length, args.string(2));
  }
  if (length === notReady) return notReady;
  notify(context, NotificationClass.string, "append", key);
  reply.integer(length);
}

function* appendSteps(context: CommandContext): Steps {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = yield* loaded(() => session.header(database, key));
  if (isWrongType(context, header, ValueType.string)) return;
  const offset = header === null ? 0 : header.length;
  if (isTooLong(context, offset + args.length(2))) return reply.error(ERR_STRING_TOO_LONG);
  const length = yield* writeInSteps(session, database, key, header, offset, args, 2);
  notify(context, NotificationClass.string, "append", key);
  reply.integer(length);
}

function strlen(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const header = session.header(session.database(context.connection.database), args.string(1));
  if (header === notReady) return notReady;
  countLookup(context, header !== null);
  if (!isWrongType(context, header, ValueType.string)) reply.integer(header === null ? 0 : header.length);
}

function setrange(context: CommandContext): void | NotReady | GoStepped {
  const { args, reply, session } = context;
  const offset = integerWithin(args, 2);
  if (offset === undefined) return reply.error(ERR_NOT_INTEGER);
  if (offset < 0) return reply.error(ERR_OFFSET);
  const valueBytes = args.length(3);
  if (valueBytes > STEP_BYTES) return goStepped;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (isWrongType(context, header, ValueType.string)) return;
  if (valueBytes === 0) return reply.integer(header === null ? 0 : header.length);
  if (isTooLong(context, offset + valueBytes)) return reply.error(ERR_STRING_TOO_LONG);
  const length = writeString(session, database, key, header, offset, args.string(3));
  if (length === notReady) return notReady;
  notify(context, NotificationClass.string, "setrange", key);
  reply.integer(length);
}

function* setrangeSteps(context: CommandContext): Steps {
  const { args, reply, session } = context;
  const offset = integerWithin(args, 2) ?? 0;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = yield* loaded(() => session.header(database, key));
  if (isWrongType(context, header, ValueType.string)) return;
  if (isTooLong(context, offset + args.length(3))) return reply.error(ERR_STRING_TOO_LONG);
  const length = yield* writeInSteps(session, database, key, header, offset, args, 3);
  notify(context, NotificationClass.string, "setrange", key);
  reply.integer(length);
}

function getrange(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const start = integerWithin(args, 2);
  const end = integerWithin(args, 3);
  if (start === undefined || end === undefined) return reply.error(ERR_NOT_INTEGER);
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (!isWrongType(context, header, ValueType.string)) {
    const { from, to } = rangeOf(start, end, header === null ? 0 : header.length);
    if (header === null || from === to) reply.bulk("");
    else if (isSliced(header, from, to)) return goSliced;
    else if (replyWithString(session, reply, database, key, header, from, to) === notReady) return notReady;
  }
  countLookup(context, header !== null);
}

function isSliced(header: ValueHeader, from: number, to: number): boolean {
  return header.encoding === ValueEncoding.chunked && to - from > SLICED_STRING_BYTES;
}

/** GETRANGE's bounds, both included and negative from the end, as [from, to) within a string of `length` bytes. */
export function rangeOf(start: number, end: number, length: number): { from: number; to: number } {
  if (start < 0 && end < 0 && start > end) return { from: 0, to: 0 };
  const from = Math.max(0, start < 0 ? length + start : start);
  const to = Math.min(length, Math.max(0, end < 0 ? length + end : end) + 1);
  return from < to ? { from, to } : { from: 0, to: 0 };
}

function getrangeSliced(context: CommandContext, done: (sequence: number) => void): void {
  const { args } = context;
  const start = integerWithin(args, 2) ?? 0;
  const end = integerWithin(args, 3) ?? 0;
  const range: RangeOf = (length) => rangeOf(start, end, length);
  replyWithOneSliced(context, args.string(1), range, ({ reply }) => reply.bulk(""), done);
}

export const STRING_RANGE_COMMANDS: readonly CommandSpec[] = [
  {
    name: "append",
    arity: 3,
    flags: ["write", "denyoom", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RW", "insert"],
    categories: ["write", "string", "fast"],
    since: "2.0.0",
    group: "string",
    function: { kind: "evaluated", run: append, stepped: appendSteps },
  },
  {
    name: "strlen",
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RO"],
    categories: ["read", "string", "fast"],
    since: "2.2.0",
    group: "string",
    function: { kind: "evaluated", run: strlen },
  },
  {
    name: "getrange",
    arity: 4,
    flags: ["readonly"],
    keys: [1, 1, 1],
    keyAccess: ["RO", "access"],
    categories: ["read", "string", "slow"],
    since: "2.4.0",
    group: "string",
    function: { kind: "evaluated", run: getrange, sliced: getrangeSliced },
  },
  {
    name: "substr",
    arity: 4,
    flags: ["readonly"],
    keys: [1, 1, 1],
    keyAccess: ["RO", "access"],
    categories: ["read", "string", "slow"],
    since: "1.0.0",
    group: "string",
    function: { kind: "evaluated", run: getrange, sliced: getrangeSliced },
  },
  {
    name: "setrange",
    arity: 4,
    flags: ["write", "denyoom"],
    keys: [1, 1, 1],
    keyAccess: ["RW", "update"],
    categories: ["write", "string", "slow"],
    since: "2.2.0",
    group: "string",
    function: { kind: "evaluated", run: setrange, stepped: setrangeSteps },
  },
];
