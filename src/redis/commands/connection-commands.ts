// PING, ECHO and SELECT: the conversation of one connection. None of them touches data.
import type { ByteString } from "../../base/index";
import type { CommandContext, CommandSpec } from "../command";
import { wrongArity } from "../dispatch-errors";
import { ERR_DATABASE } from "../errors";
import { int32Of, isDatabase } from "./database-index";

const PRINTABLE = /^[!-~]*$/;

/** Whether Redis accepts a text as a client's name: printable ASCII without spaces. */
export function isPrintable(text: ByteString): boolean {
  return PRINTABLE.test(text);
}

function ping({ args, connection, reply }: CommandContext): void {
  if (args.count > 2) return reply.error(wrongArity("ping"));
  if (connection.isSubscribed && connection.protocol === 2) {
    // As a message, which is all that such a client expects.
    reply.array(2);
    reply.bulk("pong");
    if (args.count === 1) reply.bulk("");
    else reply.bulkFrom(args.buffer, args.start(1), args.end(1));
  } else if (args.count === 2) reply.bulkFrom(args.buffer, args.start(1), args.end(1));
  else reply.simple("PONG");
}

function echo({ args, reply }: CommandContext): void {
  reply.bulkFrom(args.buffer, args.start(1), args.end(1));
}

function select({ args, reply, connection }: CommandContext): void {
  const database = int32Of(args, 1);
  if (typeof database === "string") return reply.error(database);
  if (!isDatabase(database)) return reply.error(ERR_DATABASE);
  connection.database = database;
  reply.ok();
}

const CONNECTION = {
  keys: [0, 0, 0],
  categories: ["fast", "connection"],
  since: "1.0.0",
  group: "connection",
} as const;

export const CONNECTION_COMMANDS: readonly CommandSpec[] = [
  {
    name: "ping",
    arity: -1,
    flags: ["fast"],
    tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
    ...CONNECTION,
    function: { kind: "immediate", run: ping },
  },
  {
    name: "echo",
    arity: 2,
    flags: ["loading", "stale", "fast"],
    ...CONNECTION,
    function: { kind: "immediate", run: echo },
  },
  {
    name: "select",
    arity: 2,
    flags: ["loading", "stale", "fast"],
    ...CONNECTION,
    function: { kind: "immediate", run: select },
  },
];
