// GETDEL and GETEX: reads that end the life of a string, or set when it ends.
import { loaded } from "../../kv/index";
import type { NotReady, Steps } from "../../kv/index";
import { ValueType, changedHeader } from "../../storage/index";
import type { CommandContext, CommandSpec, GoSliced, GoStepped } from "../command";
import { ERR_SYNTAX } from "../errors";
import { NotificationClass, notify } from "../notifications";
import { countLookup, isWrongType } from "./lookup";
import { runAtOnce } from "./stepped-write";
import { expiryOf, stringOptionsOf } from "./string-options";
import { replyInSteps } from "./string-steps";
import { get, getSliced } from "./strings";

function getdel(context: CommandContext): void | NotReady | GoStepped {
  return runAtOnce(getdelSteps(context));
}

function* getdelSteps(context: CommandContext): Steps {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = yield* loaded(() => session.header(database, key));
  if (isWrongType(context, header, ValueType.string)) return countLookup(context, true);
  yield* replyInSteps(session, reply, database, key, header);
  countLookup(context, header !== null);
  if (header === null) return;
  session.removeHeader(database, key, header);
  notify(context, NotificationClass.generic, "del", key);
}

function getex(context: CommandContext): void | NotReady | GoSliced | GoStepped {
  // Without options it changes nothing.
  return context.args.count === 2 ? get(context) : runAtOnce(getexSteps(context));
}

function* getexSteps(context: CommandContext): Steps {
  const { args, reply, session } = context;
  const options = stringOptionsOf(args, 2, false);
  if (options === undefined) return reply.error(ERR_SYNTAX);
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = yield* loaded(() => session.header(database, key));
  if (header === null) {
    countLookup(context, false);
    return reply.null();
  }
  if (isWrongType(context, header, ValueType.string)) return countLookup(context, true);
  const expiryMs = expiryOf(context, options, "getex");
  if (typeof expiryMs === "string") {
    countLookup(context, true);
    return reply.error(expiryMs);
  }
  yield* replyInSteps(session, reply, database, key, header);
  countLookup(context, true);
  const hasTime = options.timeAt > 0;
  if (hasTime && expiryMs <= session.nowMs) {
    session.removeHeader(database, key, header);
    notify(context, NotificationClass.generic, "del", key);
  } else if (hasTime || expiryMs !== header.expiryMs) {
    session.putHeader(database, key, changedHeader(header, { expiryMs }));
    notify(context, NotificationClass.generic, hasTime ? "expire" : "persist", key);
  }
}

const KEYS = { keys: [1, 1, 1], group: "string", since: "6.2.0" } as const;

export const STRING_ENDING_COMMANDS: readonly CommandSpec[] = [
  {
    ...KEYS,
    name: "getdel",
    arity: 2,
    flags: ["write", "fast"],
    keyAccess: ["RW", "access", "delete"],
    categories: ["write", "string", "fast"],
    function: { kind: "evaluated", run: getdel, stepped: getdelSteps },
  },
  {
    ...KEYS,
    name: "getex",
    arity: -2,
    flags: ["write", "fast"],
    keyAccess: ["RW", "access", "update"],
    keyNotes: "RW and UPDATE because it changes the TTL",
    categories: ["write", "string", "fast"],
    function: { kind: "evaluated", run: getex, stepped: getexSteps, sliced: getSliced },
  },
];
