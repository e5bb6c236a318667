// AUTH, HELLO, RESET, QUIT and what ACL says of the one user there is: who a client is to the server, and how it begins anew.
import type { ByteString } from "../../base/index";
import { DEFAULT_USER, isAccepted, passwordHash } from "../access";
import type { CommandContext, CommandSpec } from "../command";
import {
  ERR_CLIENT_NAME,
  ERR_HELLO_NO_AUTHENTICATION,
  ERR_NO_PASSWORD,
  ERR_PROTOCOL_INTEGER,
  ERR_PROTOCOL_VERSION,
  ERR_SYNTAX,
  ERR_WRONG_PASSWORD,
  helloSyntaxError,
  unknownCategory,
  wrongSubcommandWords,
} from "../errors";
import { REDIS_VERSION } from "../redis-version";
import { isPrintable } from "./connection-commands";
import { containerOf, helpOf } from "./containers";

/** A password that is longer than this is none: it is not even looked at. */
const MAX_WORD_BYTES = 1024 * 1024;

function authenticate(context: CommandContext, userAt: number, passwordAt: number): boolean {
  const { args, connection, server } = context;
  if (Math.max(args.length(userAt), args.length(passwordAt)) > MAX_WORD_BYTES) return false;
  const user = userAt === 0 ? DEFAULT_USER : args.string(userAt);
  if (!isAccepted(server.limits, user, args.string(passwordAt))) return false;
  connection.authenticated = true;
  connection.parser.setAuthenticated(true);
  return true;
}

/** AUTH password | user password. */
function auth(context: CommandContext): void {
  const { args, reply, server } = context;
  if (args.count > 3) return reply.error(ERR_SYNTAX);
  const hasUser = args.count === 3;
  if (!hasUser && server.limits.password === "") return reply.error(ERR_NO_PASSWORD);
  if (authenticate(context, hasUser ? 1 : 0, args.count - 1)) reply.ok();
  else reply.error(ERR_WRONG_PASSWORD);
}

/** HELLO [protover [AUTH username password] [SETNAME clientname]]. */
function hello(context: CommandContext): void {
  const { args, reply, connection, server } = context;
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
  if (userAt > 0 && !authenticate(context, userAt, userAt + 1)) return reply.error(ERR_WRONG_PASSWORD);
  if (connection.mustAuthenticate) return reply.error(ERR_HELLO_NO_AUTHENTICATION);
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

/** RESET: the connection is as if it had just come. */
function reset({ reply, connection, server }: CommandContext): void {
  connection.transaction.discard();
  server.subscriptions.removeAll(connection);
  connection.isSubscribed = false;
  server.monitors.remove(connection);
  connection.isMonitor = connection.noEvict = connection.noTouch = false;
  connection.replies.setReplyMode("on");
  connection.database = 0;
  connection.name = "";
  connection.authenticated = server.limits.password === "";
  reply.protocol = 2;
  reply.simple("RESET");
}

function quit({ reply, connection }: CommandContext): void {
  reply.ok();
  connection.closeAfterReply();
}

function whoami({ reply }: CommandContext): void {
  reply.bulk(DEFAULT_USER);
}

function users({ reply }: CommandContext): void {
  reply.array(1);
  reply.bulk(DEFAULT_USER);
}

function list({ reply, server }: CommandContext): void {
  const { password } = server.limits;
  const key = password === "" ? "nopass" : `#${passwordHash(password).toString("hex")}`;
  reply.array(1);
  reply.bulk(`user ${DEFAULT_USER} on ${key} ~* &* +@all`);
}

/** In the order in which Redis names them. */
const CATEGORIES: readonly ByteString[] = [
  ...["keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog"],
  ...["geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection"],
  ...["transaction", "scripting"],
];

/** ACL CAT [category]: the categories, or the commands of one. */
function cat({ args, reply, server }: CommandContext): void {
  if (args.count === 2) {
    reply.array(CATEGORIES.length);
    for (const category of CATEGORIES) reply.bulk(category);
    return;
  }
  const category = args.string(2).toLowerCase();
  if (!CATEGORIES.includes(category)) return reply.error(unknownCategory(args.string(2)));
  const names = server.table.all
    .flatMap((command) => (command.subcommands.length > 0 ? command.subcommands : [command]))
    .filter(({ spec }) => spec.categories.includes(category))
    .map(({ name }) => name);
  reply.array(names.length);
  for (const name of names) reply.bulk(name);
}

const CONNECTION = {
  keys: [0, 0, 0],
  categories: ["fast", "connection"],
  group: "connection",
  flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
} as const;
const OF_ACL = {
  keys: [0, 0, 0],
  flags: ["noscript", "loading", "stale"],
  categories: ["slow"],
  since: "6.0.0",
  group: "server",
} as const;
const OF_ACL_ADMINISTRATION = {
  ...OF_ACL,
  flags: ["admin", "noscript", "loading", "stale"],
  categories: ["admin", "slow", "dangerous"],
} as const;

const ACL_SUBCOMMANDS: readonly CommandSpec[] = [
  {
    name: "cat",
    arity: -2,
    ...OF_ACL,
    function: {
      kind: "immediate",
      run: (context) =>
        context.args.count > 3
          ? context.reply.error(wrongSubcommandWords("ACL", context.args.string(1)))
          : cat(context),
    },
  },
  { name: "whoami", arity: 2, ...OF_ACL, function: { kind: "immediate", run: whoami } },
  { name: "users", arity: 2, ...OF_ACL_ADMINISTRATION, function: { kind: "immediate", run: users } },
  { name: "list", arity: 2, ...OF_ACL_ADMINISTRATION, function: { kind: "immediate", run: list } },
];
const ALL_ACL_SUBCOMMANDS = [
  ...ACL_SUBCOMMANDS,
  helpOf("acl", ACL_SUBCOMMANDS, ["slow"], { since: "6.0.0" }),
];

export const AUTHENTICATION_COMMANDS: readonly CommandSpec[] = [
  {
    name: "auth",
    arity: -2,
    ...CONNECTION,
    since: "1.0.0",
    function: { kind: "immediate", run: auth },
  },
  {
    name: "hello",
    arity: -1,
    ...CONNECTION,
    since: "6.0.0",
    function: { kind: "immediate", run: hello },
  },
  {
    name: "reset",
    arity: 1,
    ...CONNECTION,
    since: "6.2.0",
    function: { kind: "immediate", run: reset },
  },
  {
    name: "quit",
    arity: -1,
    ...CONNECTION,
    since: "1.0.0",
    function: { kind: "immediate", run: quit },
  },
  {
    name: "acl",
    arity: -2,
    flags: [],
    keys: [0, 0, 0],
    categories: ["slow"],
    since: "6.0.0",
    group: "server",
    function: containerOf("acl"),
    subcommands: ALL_ACL_SUBCOMMANDS,
  },
];
