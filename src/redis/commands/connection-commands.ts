// PING, ECHO, SELECT, QUIT and HELLO: the conversation of one connection. None of them touches data.
import type { ByteString } from "../../base/index";
import type { CommandContext, CommandSpec } from "../command";
import { wrongArity } from "../dispatch-errors";
import {
  ERR_CLIENT_NAME,
  ERR_DATABASE,
  ERR_PROTOCOL_INTEGER,
  ERR_PROTOCOL_VERSION,
  ERR_WRONG_PASSWORD,
  helloSyntaxError,
} from "../errors";
import { REDIS_VERSION } from "../redis-version";
import { int32Of, isDatabase } from "./database-index";

const PRINTABLE = /^[!-~]*$/;

/** Whether Redis accepts a text as a client's name: printable ASCII without spaces. */
export function isPrintable(text: ByteString): boolean {
  return PRINTABLE.test(text);
}

function ping({ args, reply }: CommandContext): void {
  if (args.count > 2) reply.error(wrongArity("ping"));
  else if (args.count === 2) reply.bulkFrom(args.buffer, args.start(1), args.end(1));
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

function quit({ reply, connection }: CommandContext): void {
  reply.ok();
  connection.closeAfterReply();
}

/** HELLO [protover [AUTH username password] [SETNAME clientname]]. Without a password set, any one opens `default`. */
function hello({ args, reply, connection, server }: CommandContext): void {
  let protocol: 2 | 3 = reply.protocol;
  if (args.count > 1) {
    const wanted = args.safeInteger(1);
    if (wanted === undefined && args.bigInteger(1) === undefined) return reply.error(ERR_PROTOCOL_INTEGER);
    if (wanted !== 2 && wanted !== 3) return reply.error(ERR_PROTOCOL_VERSION);
    protocol = wanted;
  }
  let userAt = 0;
  let nameAt = 0;
  for (let i = 2; i < args.count; i++) {
    const following = args.count - 1 - i;
    if (following >= 2 && args.isWord(i, "AUTH")) {
      userAt = i + 1;
      i += 2;
    } else if (following >= 1 && args.isWord(i, "SETNAME")) {
      nameAt = ++i;
    } else {
      return reply.error(helloSyntaxError(args.string(i)));
    }
  }
  if (userAt > 0 && args.string(userAt) !== "default") return reply.error(ERR_WRONG_PASSWORD);
  if (nameAt > 0) {
    const name = args.string(nameAt);
    if (!isPrintable(name)) return reply.error(ERR_CLIENT_NAME);
    connection.name = name;
  }
  reply.protocol = protocol;
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(REDIS_VERSION);
  reply.bulk("proto");
  reply.integer(protocol);
  reply.bulk("id");
  reply.integer(connection.id);
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk(server.evaluator.available ? "master" : "slave");
  reply.bulk("modules");
  reply.array(0);
}

const CONNECTION = {
  keys: [0, 0, 0],
  categories: ["fast", "connection"],
  since: "1.0.0",
  group: "connection",
} as const;
const ALWAYS_ALLOWED = ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"] as const;

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
  {
    name: "hello",
    arity: -1,
    flags: ALWAYS_ALLOWED,
    ...CONNECTION,
    since: "6.0.0",
    function: { kind: "immediate", run: hello },
  },
  {
    name: "quit",
    arity: -1,
    flags: ALWAYS_ALLOWED,
    ...CONNECTION,
    function: { kind: "immediate", run: quit },
  },
];
