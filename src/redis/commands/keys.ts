// DEL, UNLINK, EXISTS, TOUCH and TYPE. Deleting is O(1) for every type: the header goes, elements are left to the sweeper.
import { notReady } from "../../kv/index";
import type { NotReady } from "../../kv/index";
import { ValueType } from "../../storage/index";
import type { CommandContext, CommandSpec } from "../command";
import { NotificationClass, notify } from "../notifications";
import { areHeadersReady, countLookup, notifyMiss, tellsMisses } from "./lookup";

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [ValueType.string]: "string",
  [ValueType.hash]: "hash",
  [ValueType.list]: "list",
  [ValueType.set]: "set",
  [ValueType.sortedSet]: "zset",
  [ValueType.stream]: "stream",
};

/** The word by which clients know a type. */
export function typeName(type: number): string {
  return TYPE_NAMES[type] ?? "unknown";
}

function del(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  if (args.count > 2 && !areHeadersReady(context, database, 1, args.count)) return notReady;
  let deleted = 0;
  for (let i = 1; i < args.count; i++) {
    const key = args.string(i);
    const header = session.header(database, key);
    if (header === notReady) return notReady;
    if (header === null) continue;
    session.removeHeader(database, key, header);
    notify(context, NotificationClass.generic, "del", key);
    deleted++;
  }
  reply.integer(deleted);
}

/** Also TOUCH: when a key was last used is not kept, so it is counted and no more. */
function exists(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  let ready = true;
  let found = 0;
  for (let i = 1; i < args.count; i++) {
    const header = session.header(database, args.string(i));
    if (header === notReady) ready = false;
    else if (header !== null) found++;
    else if (tellsMisses(context)) notifyMiss(context, args.string(i));
  }
  if (!ready) return notReady;
  const { statistics } = context.server;
  statistics.keyspaceHitsTotal += found;
  statistics.keyspaceMissesTotal += args.count - 1 - found;
  reply.integer(found);
}

function type(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const header = session.header(session.database(context.connection.database), args.string(1));
  if (header === notReady) return notReady;
  countLookup(context, header !== null);
  reply.simple(header === null ? "none" : typeName(header.type));
}

const MULTI_SHARD_SUM = ["request_policy:multi_shard", "response_policy:agg_sum"];

export const KEY_COMMANDS: readonly CommandSpec[] = [
  {
    name: "del",
    arity: -2,
    flags: ["write"],
    keys: [1, -1, 1],
    keyAccess: ["RM", "delete"],
    categories: ["keyspace", "write", "slow"],
    tips: MULTI_SHARD_SUM,
    since: "1.0.0",
    group: "generic",
    function: { kind: "evaluated", run: del },
  },
  {
    name: "unlink",
    arity: -2,
    flags: ["write", "fast"],
    keys: [1, -1, 1],
    keyAccess: ["RM", "delete"],
    categories: ["keyspace", "write", "fast"],
    tips: MULTI_SHARD_SUM,
    since: "4.0.0",
    group: "generic",
    function: { kind: "evaluated", run: del },
  },
  {
    name: "exists",
    arity: -2,
    flags: ["readonly", "fast"],
    keys: [1, -1, 1],
    keyAccess: ["RO"],
    categories: ["keyspace", "read", "fast"],
    tips: MULTI_SHARD_SUM,
    since: "1.0.0",
    group: "generic",
    function: { kind: "evaluated", run: exists },
  },
  {
    name: "touch",
    arity: -2,
    flags: ["readonly", "fast"],
    keys: [1, -1, 1],
    keyAccess: ["RO"],
    categories: ["keyspace", "read", "fast"],
    tips: MULTI_SHARD_SUM,
    since: "3.2.1",
    group: "generic",
    function: { kind: "evaluated", run: exists },
  },
  {
    name: "type",
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RO"],
    categories: ["keyspace", "read", "fast"],
    since: "1.0.0",
    group: "generic",
    function: { kind: "evaluated", run: type },
  },
];
