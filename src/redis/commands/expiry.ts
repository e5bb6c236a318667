// EXPIRE and its kin, TTL, PTTL, EXPIRETIME, PEXPIRETIME, PERSIST. The time to live stands in the header; a time that has passed deletes the key.
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady } from "../../kv/index";
import { changedHeader } from "../../storage/index";
import type { CommandContext, CommandSpec } from "../command";
import { ERR_EXPIRE_GT_LT, ERR_EXPIRE_NX, unsupportedOption } from "../errors";
import { NotificationClass, notify } from "../notifications";
import { expiryTime } from "./expiry-time";
import { countLookup } from "./lookup";

interface Conditions {
  onlyWithout: boolean;
  onlyWith: boolean;
  onlyLater: boolean;
  onlyEarlier: boolean;
}

/** The options behind a time; a string is the error to reply with. */
function conditionsOf(context: CommandContext): Conditions | string {
  const { args } = context;
  const conditions = { onlyWithout: false, onlyWith: false, onlyLater: false, onlyEarlier: false };
  for (let i = 3; i < args.count; i++) {
    if (args.isWord(i, "NX")) conditions.onlyWithout = true;
    else if (args.isWord(i, "XX")) conditions.onlyWith = true;
    else if (args.isWord(i, "GT")) conditions.onlyLater = true;
    else if (args.isWord(i, "LT")) conditions.onlyEarlier = true;
    else return unsupportedOption(args.string(i));
  }
  const { onlyWithout, onlyWith, onlyLater, onlyEarlier } = conditions;
  if (onlyWithout && (onlyWith || onlyLater || onlyEarlier)) return ERR_EXPIRE_NX;
  if (onlyLater && onlyEarlier) return ERR_EXPIRE_GT_LT;
  return conditions;
}

/** Whether a key that expires at `presentMs` (0: never) may be told to expire at `newMs`. */
function permitted(conditions: Conditions, presentMs: number, newMs: number): boolean {
  if (conditions.onlyWithout && presentMs !== 0) return false;
  if (conditions.onlyWith && presentMs === 0) return false;
  if (conditions.onlyLater && (presentMs === 0 || newMs <= presentMs)) return false;
  if (conditions.onlyEarlier && presentMs !== 0 && newMs >= presentMs) return false;
  return true;
}

function expireIn(
  context: CommandContext,
  command: ByteString,
  unitMs: number,
  baseMs: number,
): void | NotReady {
  const { args, reply, session } = context;
  const conditions = args.count > 3 ? conditionsOf(context) : undefined;
  if (typeof conditions === "string") return reply.error(conditions);
  const expiryMs = expiryTime(args, 2, unitMs, baseMs, command, false);
  if (typeof expiryMs === "string") return reply.error(expiryMs);
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null || (conditions !== undefined && !permitted(conditions, header.expiryMs, expiryMs))) {
    return reply.integer(0);
  }
  if (expiryMs <= session.nowMs) {
    session.removeHeader(database, key, header);
    notify(context, NotificationClass.generic, "del", key);
  } else {
    session.putHeader(database, key, changedHeader(header, { expiryMs }));
    notify(context, NotificationClass.generic, "expire", key);
  }
  reply.integer(1);
}

function expire(context: CommandContext): void | NotReady {
  return expireIn(context, "expire", 1000, context.session.nowMs);
}

function pexpire(context: CommandContext): void | NotReady {
  return expireIn(context, "pexpire", 1, context.session.nowMs);
}

function expireat(context: CommandContext): void | NotReady {
  return expireIn(context, "expireat", 1000, 0);
}

function pexpireat(context: CommandContext): void | NotReady {
  return expireIn(context, "pexpireat", 1, 0);
}

/** A key's expiry in units of `unitMs`, rounded, counted from `baseMs`. */
function expiry(context: CommandContext, unitMs: number, baseMs: number): void | NotReady {
  const { args, reply, session } = context;
  const header = session.header(session.database(context.connection.database), args.string(1));
  if (header === notReady) return notReady;
  countLookup(context, header !== null);
  if (header === null) return reply.integer(-2);
  if (header.expiryMs === 0) return reply.integer(-1);
  const ms = header.expiryMs - baseMs;
  reply.integer(unitMs === 1 ? ms : Math.floor((ms + 500) / unitMs));
}

function ttl(context: CommandContext): void | NotReady {
  return expiry(context, 1000, context.session.nowMs);
}

function pttl(context: CommandContext): void | NotReady {
  return expiry(context, 1, context.session.nowMs);
}

function expiretime(context: CommandContext): void | NotReady {
  return expiry(context, 1000, 0);
}

function pexpiretime(context: CommandContext): void | NotReady {
  return expiry(context, 1, 0);
}

function persist(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null || header.expiryMs === 0) return reply.integer(0);
  session.putHeader(database, key, changedHeader(header, { expiryMs: 0 }));
  notify(context, NotificationClass.generic, "persist", key);
  reply.integer(1);
}

const SETS_EXPIRY = {
  arity: -3,
  flags: ["write", "fast"],
  keys: [1, 1, 1],
  keyAccess: ["RW", "update"],
  categories: ["keyspace", "write", "fast"],
  group: "generic",
} as const;

const READS_EXPIRY = {
  arity: 2,
  flags: ["readonly", "fast"],
  keys: [1, 1, 1],
  keyAccess: ["RO", "access"],
  categories: ["keyspace", "read", "fast"],
  group: "generic",
} as const;

const WHAT_PASSES = { ...READS_EXPIRY, tips: ["nondeterministic_output"] } as const;

export const EXPIRY_COMMANDS: readonly CommandSpec[] = [
  { name: "expire", since: "1.0.0", ...SETS_EXPIRY, function: { kind: "evaluated", run: expire } },
  { name: "pexpire", since: "2.6.0", ...SETS_EXPIRY, function: { kind: "evaluated", run: pexpire } },
  { name: "expireat", since: "1.2.0", ...SETS_EXPIRY, function: { kind: "evaluated", run: expireat } },
  { name: "pexpireat", since: "2.6.0", ...SETS_EXPIRY, function: { kind: "evaluated", run: pexpireat } },
  {
    name: "persist",
    since: "2.2.0",
    ...SETS_EXPIRY,
    arity: 2,
    function: { kind: "evaluated", run: persist },
  },
  { name: "ttl", since: "1.0.0", ...WHAT_PASSES, function: { kind: "evaluated", run: ttl } },
  { name: "pttl", since: "2.6.0", ...WHAT_PASSES, function: { kind: "evaluated", run: pttl } },
  { name: "expiretime", since: "7.0.0", ...READS_EXPIRY, function: { kind: "evaluated", run: expiretime } },
  { name: "pexpiretime", since: "7.0.0", ...READS_EXPIRY, function: { kind: "evaluated", run: pexpiretime } },
];
