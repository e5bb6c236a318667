// RENAME, RENAMENX, COPY and MOVE: a value goes to another key or database, with its time to live. What was at the target is
// replaced or forbids it; the old incarnation goes in O(1). A value of many rows is copied in steps (value-copy.ts).
import { loaded, notReady } from "../../kv/index";
import type { NotReady, Steps } from "../../kv/index";
import type { ValueHeader } from "../../storage/index";
import { goStepped } from "../command";
import type { CommandContext, CommandFunction, CommandSpec, GoStepped } from "../command";
import { ERR_DATABASE, ERR_NO_SUCH_KEY, ERR_SAME_OBJECT, ERR_SYNTAX } from "../errors";
import { NotificationClass, notify } from "../notifications";
import { int32Of, isDatabase } from "./database-index";
import { countLookup } from "./lookup";
import { copyAtOnce, copyInSteps } from "./value-copy";
import type { KeyPlace } from "./value-copy";

interface Transfer {
  readonly from: KeyPlace;
  readonly source: ValueHeader;
  readonly to: KeyPlace;
  /** The value that is replaced. */
  readonly replaced: ValueHeader | null;
  /** Counts, tells of it and writes the reply. */
  readonly answer: (context: CommandContext) => void;
  /** The source stays. */
  readonly keepsSource: boolean;
}

/** The command was answered: there is nothing to do. */
const answered: unique symbol = Symbol("answered");
type Plan = (context: CommandContext) => Transfer | NotReady | typeof answered;

/** The two headers, both asked for before one of them is waited for. */
function headersOf(
  { session }: CommandContext,
  from: KeyPlace,
  to: KeyPlace,
): { source: ValueHeader | null; target: ValueHeader | null } | NotReady {
  const source = session.header(from.database, from.key);
  const target = session.header(to.database, to.key);
  return source === notReady || target === notReady ? notReady : { source, target };
}

function renamePlan(replaces: boolean): Plan {
  return (context) => {
    const { args, reply, session } = context;
    const database = session.database(context.connection.database);
    const from = { database, key: args.string(1) };
    const to = { database, key: args.string(2) };
    const headers = headersOf(context, from, to);
    if (headers === notReady) return notReady;
    const { source, target } = headers;
    const answer = (): void => {
      notify(context, NotificationClass.generic, "rename_from", from.key);
      notify(context, NotificationClass.generic, "rename_to", to.key);
      if (replaces) reply.ok();
      else reply.integer(1);
    };
    const same = (): void => (replaces ? reply.ok() : reply.integer(0));
    if (source === null) reply.error(ERR_NO_SUCH_KEY);
    else if (from.key === to.key) same();
    else if (target !== null && !replaces) reply.integer(0);
    else return { from, source, to, replaced: target, answer, keepsSource: false };
    return answered;
  };
}

/** COPY source destination [DB database] [REPLACE] */
const copyPlan: Plan = (context) => {
  const { args, reply, session, connection } = context;
  let logical = connection.database;
  let replaces = false;
  const refuse = (error: string): typeof answered => {
    reply.error(error);
    return answered;
  };
  for (let i = 3; i < args.count; i++) {
    if (args.isWord(i, "REPLACE")) {
      replaces = true;
    } else if (args.isWord(i, "DB") && i + 1 < args.count) {
      const wanted = int32Of(args, ++i);
      if (typeof wanted === "string") return refuse(wanted);
      if (!isDatabase(wanted)) return refuse(ERR_DATABASE);
      logical = wanted;
    } else {
      return refuse(ERR_SYNTAX);
    }
  }
  const from = { database: session.database(connection.database), key: args.string(1) };
  const to = { database: session.database(logical), key: args.string(2) };
  if (logical === connection.database && from.key === to.key) return refuse(ERR_SAME_OBJECT);
  const headers = headersOf(context, from, to);
  if (headers === notReady) return notReady;
  const { source, target } = headers;
  if (source === null || (target !== null && !replaces)) {
    countLookup(context, source !== null);
    reply.integer(0);
    return answered;
  }
  const answer = (): void => {
    countLookup(context, true);
    notify(context, NotificationClass.generic, "copy_to", to.key, logical);
    reply.integer(1);
  };
  return { from, source, to, replaced: target, answer, keepsSource: true };
};

const movePlan: Plan = (context) => {
  const { args, reply, session, connection } = context;
  const logical = int32Of(args, 2);
  const refuse = (error: string): typeof answered => {
    reply.error(error);
    return answered;
  };
  if (typeof logical === "string") return refuse(logical);
  if (!isDatabase(logical)) return refuse(ERR_DATABASE);
  if (logical === connection.database) return refuse(ERR_SAME_OBJECT);
  const key = args.string(1);
  const from = { database: session.database(connection.database), key };
  const to = { database: session.database(logical), key };
  const headers = headersOf(context, from, to);
  if (headers === notReady) return notReady;
  const { source, target } = headers;
  if (source === null || target !== null) {
    reply.integer(0);
    return answered;
  }
  const answer = (): void => {
    notify(context, NotificationClass.generic, "move_from", key);
    notify(context, NotificationClass.generic, "move_to", key, logical);
    reply.integer(1);
  };
  return { from, source, to, replaced: null, answer, keepsSource: false };
};

/** The copy takes its place, and the reply tells so. */
function publish(context: CommandContext, transfer: Transfer, copy: ValueHeader): void {
  const { session } = context;
  const { from, source, to, replaced, answer, keepsSource } = transfer;
  // What replaces it is a new key.
  if (replaced !== null) session.removeHeader(to.database, to.key, replaced);
  session.putHeader(to.database, to.key, copy);
  if (!keepsSource) session.removeHeader(from.database, from.key, source);
  answer(context);
}

function transferOf(plan: Plan): CommandFunction {
  const run = (context: CommandContext): void | NotReady | GoStepped => {
    const transfer = plan(context);
    if (transfer === notReady) return notReady;
    if (transfer === answered) return;
    const copy = copyAtOnce(context.session, transfer.from, transfer.source, transfer.to);
    if (copy === notReady || copy === goStepped) return copy;
    publish(context, transfer, copy);
  };
  function* stepped(context: CommandContext): Steps {
    const transfer = yield* loaded(() => plan(context));
    if (transfer === answered) return;
    const copy = yield* copyInSteps(context, transfer.from, transfer.source, transfer.to);
    yield* loaded(() => context.session.beforePut(transfer.to.database, transfer.to.key));
    publish(context, transfer, copy);
  }
  return { kind: "evaluated", run, stepped };
}

export const KEY_TRANSFER_COMMANDS: readonly CommandSpec[] = [
  {
    name: "rename",
    arity: 3,
    flags: ["write"],
    keys: [1, 2, 1],
    keySpecifications: [
      { keys: [1, 1, 1], access: ["RW", "access", "delete"] },
      { keys: [2, 2, 1], access: ["OW", "update"] },
    ],
    categories: ["keyspace", "write", "slow"],
    since: "1.0.0",
    group: "generic",
    function: transferOf(renamePlan(true)),
  },
  {
    name: "renamenx",
    arity: 3,
    flags: ["write", "fast"],
    keys: [1, 2, 1],
    keySpecifications: [
      { keys: [1, 1, 1], access: ["RW", "access", "delete"] },
      { keys: [2, 2, 1], access: ["OW", "insert"] },
    ],
    categories: ["keyspace", "write", "fast"],
    since: "1.0.0",
    group: "generic",
    function: transferOf(renamePlan(false)),
  },
  {
    name: "copy",
    arity: -3,
    flags: ["write", "denyoom"],
    keys: [1, 2, 1],
    keySpecifications: [
      { keys: [1, 1, 1], access: ["RO", "access"] },
      { keys: [2, 2, 1], access: ["OW", "update"] },
    ],
    categories: ["keyspace", "write", "slow"],
    since: "6.2.0",
    group: "generic",
    function: transferOf(copyPlan),
  },
  {
    name: "move",
    arity: 3,
    flags: ["write", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RW", "access", "update"],
    categories: ["keyspace", "write", "fast"],
    since: "1.0.0",
    group: "generic",
    function: transferOf(movePlan),
  },
];
