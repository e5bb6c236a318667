// CLIENT: what a connection says and learns of itself and of the others, and what it may do to them.
import type { CommandContext, CommandSpec } from "../command";
import { isMeant, parseFilter } from "../clients/client-filter";
import type { ClientFilter } from "../clients/client-filter";
import { clientTypeNamed, lineOf, typeOf } from "../clients/client-listing";
import { trackingError } from "../clients/tracking-options";
import type { Connection } from "../connection";
import {
  ERR_CACHING_WITHOUT_TRACKING,
  ERR_CLIENT_ID,
  ERR_CLIENT_NAME,
  ERR_NOT_INTEGER,
  ERR_NO_SUCH_CLIENT,
  ERR_PAUSE_MODE,
  ERR_SYNTAX,
  ERR_TIMEOUT_NEGATIVE,
  ERR_TIMEOUT_NOT_INTEGER,
  ERR_TRACKING,
  ERR_UNBLOCK_REASON,
  invalidLibraryText,
  unknownClientType,
  unrecognizedOption,
  wrongSubcommandWords,
} from "../errors";
import { isPrintable } from "./connection-commands";
import { containerOf, helpOf } from "./containers";

function id({ reply, connection }: CommandContext): void {
  reply.integer(connection.id);
}

function setname({ args, reply, connection }: CommandContext): void {
  const name = args.string(2);
  if (!isPrintable(name)) return reply.error(ERR_CLIENT_NAME);
  connection.name = name;
  reply.ok();
}

function getname({ reply, connection }: CommandContext): void {
  if (connection.name === "") reply.null();
  else reply.bulk(connection.name);
}

/** CLIENT SETINFO LIB-NAME | LIB-VER, of Redis 7.2. */
function setinfo({ args, reply, connection }: CommandContext): void {
  const isName = args.isWord(2, "LIB-NAME");
  if (!isName && !args.isWord(2, "LIB-VER")) return reply.error(unrecognizedOption(args.string(2)));
  const text = args.string(3);
  if (!isPrintable(text)) return reply.error(invalidLibraryText(args.string(2)));
  if (isName) connection.libraryName = text;
  else connection.libraryVersion = text;
  reply.ok();
}

function info({ reply, connection }: CommandContext): void {
  reply.verbatim("txt", `${lineOf(connection)}\n`);
}

/** CLIENT LIST [TYPE type | ID id …]. */
function list({ args, reply, server }: CommandContext): void {
  let meant: readonly Connection[] = [...server.clients.values()].filter(({ isClosed }) => !isClosed);
  if (args.count === 4 && args.isWord(2, "TYPE")) {
    const type = clientTypeNamed(args.string(3));
    if (type === undefined) return reply.error(unknownClientType(args.string(3)));
    meant = meant.filter((connection) => typeOf(connection) === type);
  } else if (args.count > 3 && args.isWord(2, "ID")) {
    const found: Connection[] = [];
    for (let i = 3; i < args.count; i++) {
      const wanted = args.safeInteger(i);
      if (wanted === undefined) return reply.error(ERR_CLIENT_ID);
      const connection = server.clients.get(wanted);
      if (connection?.isClosed === false) found.push(connection);
    }
    meant = found;
  } else if (args.count > 2) {
    return reply.error(ERR_SYNTAX);
  }
  reply.verbatim("txt", meant.map((connection) => `${lineOf(connection)}\n`).join(""));
}

/** CLIENT KILL addr | filter value …: the one who asks gets its reply first. */
function kill(context: CommandContext): void {
  const { args, reply, connection: me, server } = context;
  const isOldForm = args.count === 3;
  const filter: ClientFilter | string = isOldForm
    ? { address: args.string(2), skipsMe: false }
    : parseFilter(args, 2);
  if (typeof filter === "string") return reply.error(filter);
  let killed = 0;
  for (const connection of server.clients.values()) {
    if (connection.isClosed || !isMeant(connection, filter, me)) continue;
    killed++;
    if (connection === me) me.closeAfterReply();
    else connection.cutOff();
  }
  if (!isOldForm) reply.integer(killed);
  else if (killed > 0) reply.ok();
  else reply.error(ERR_NO_SUCH_CLIENT);
}

/** CLIENT PAUSE milliseconds [WRITE | ALL]. */
function pause({ args, reply, server }: CommandContext): void {
  if (args.count > 4) return reply.error(wrongSubcommandWords("CLIENT", args.string(1)));
  const writesOnly = args.count === 4 && args.isWord(3, "WRITE");
  if (args.count === 4 && !writesOnly && !args.isWord(3, "ALL")) return reply.error(ERR_PAUSE_MODE);
  const durationMs = args.safeInteger(2);
  if (durationMs === undefined) return reply.error(ERR_TIMEOUT_NOT_INTEGER);
  if (durationMs < 0) return reply.error(ERR_TIMEOUT_NEGATIVE);
  server.pause.pause(writesOnly ? "write" : "all", durationMs);
  reply.ok();
}

function unpause({ reply, server }: CommandContext): void {
  reply.ok();
  server.scheduler.atTurnEnd(() => server.pause.unpause());
}

/** CLIENT REPLY ON | OFF | SKIP: only ON is answered. */
function replyMode({ args, reply, connection }: CommandContext): void {
  if (args.isWord(2, "ON")) {
    connection.replies.setReplyMode("on");
    reply.ok();
  } else if (args.isWord(2, "OFF")) connection.replies.setReplyMode("off");
  else if (args.isWord(2, "SKIP")) connection.replies.setReplyMode("skip");
  else reply.error(ERR_SYNTAX);
}

/** Whether the word behind the subcommand is ON or OFF; undefined, with the reply, if it is neither. */
function switchOf({ args, reply }: CommandContext): boolean | undefined {
  if (args.isWord(2, "ON")) return true;
  if (args.isWord(2, "OFF")) return false;
  reply.error(ERR_SYNTAX);
  return undefined;
}

function noEvict(context: CommandContext): void {
  const isOn = switchOf(context);
  if (isOn === undefined) return;
  context.connection.noEvict = isOn;
  context.reply.ok();
}

function noTouch(context: CommandContext): void {
  const isOn = switchOf(context);
  if (isOn === undefined) return;
  context.connection.noTouch = isOn;
  context.reply.ok();
}

/** CLIENT UNBLOCK id [TIMEOUT | ERROR]. */
function unblock({ args, reply, server }: CommandContext): void {
  if (args.count > 4) return reply.error(wrongSubcommandWords("CLIENT", args.string(1)));
  const withError = args.count === 4 && args.isWord(3, "ERROR");
  if (args.count === 4 && !withError && !args.isWord(3, "TIMEOUT")) return reply.error(ERR_UNBLOCK_REASON);
  const wanted = args.safeInteger(2);
  if (wanted === undefined && args.bigInteger(2) === undefined) return reply.error(ERR_NOT_INTEGER);
  const end = wanted === undefined ? undefined : server.clients.get(wanted)?.unblock;
  end?.(withError);
  reply.integer(end === undefined ? 0 : 1);
}

/** CLIENT TRACKING: there is none, so it can be turned off and not on. */
function tracking(context: CommandContext): void {
  const { args, reply } = context;
  const error = trackingError(context) ?? (args.isWord(2, "ON") ? ERR_TRACKING : undefined);
  if (error === undefined) reply.ok();
  else reply.error(error);
}

function caching({ reply }: CommandContext): void {
  reply.error(ERR_CACHING_WITHOUT_TRACKING);
}

function getredir({ reply }: CommandContext): void {
  reply.integer(-1);
}

function trackinginfo({ reply }: CommandContext): void {
  reply.map(3);
  reply.bulk("flags");
  reply.set(1);
  reply.bulk("off");
  reply.bulk("redirect");
  reply.integer(-1);
  reply.bulk("prefixes");
  reply.array(0);
}

const OF_CLIENT = {
  flags: ["noscript", "loading", "stale"],
  keys: [0, 0, 0],
  categories: ["slow", "connection"],
  group: "connection",
} as const;
const OF_ADMINISTRATION = {
  ...OF_CLIENT,
  flags: ["admin", "noscript", "loading", "stale"],
  categories: ["admin", "slow", "dangerous", "connection"],
} as const;
const NONDETERMINISTIC = { tips: ["nondeterministic_output"] };

const SUBCOMMANDS: readonly CommandSpec[] = [
  { name: "id", arity: 2, since: "5.0.0", ...OF_CLIENT, function: { kind: "immediate", run: id } },
  { name: "setname", arity: 3, since: "2.6.9", ...OF_CLIENT, function: { kind: "immediate", run: setname } },
  { name: "getname", arity: 2, since: "2.6.9", ...OF_CLIENT, function: { kind: "immediate", run: getname } },
  { name: "setinfo", arity: 4, since: "7.2.0", ...OF_CLIENT, function: { kind: "immediate", run: setinfo } },
  {
    name: "info",
    arity: 2,
    since: "6.2.0",
    ...OF_CLIENT,
    ...NONDETERMINISTIC,
    function: { kind: "immediate", run: info },
  },
  {
    name: "list",
    arity: -2,
    since: "2.4.0",
    ...OF_ADMINISTRATION,
    ...NONDETERMINISTIC,
    function: { kind: "immediate", run: list },
  },
  {
    name: "kill",
    arity: -3,
    since: "2.4.0",
    ...OF_ADMINISTRATION,
    function: { kind: "immediate", run: kill },
  },
  {
    name: "pause",
    arity: -3,
    since: "2.9.50",
    ...OF_ADMINISTRATION,
    function: { kind: "immediate", run: pause },
  },
  {
    name: "unpause",
    arity: 2,
    since: "6.2.0",
    ...OF_ADMINISTRATION,
    function: { kind: "immediate", run: unpause },
  },
  { name: "reply", arity: 3, since: "3.2.0", ...OF_CLIENT, function: { kind: "immediate", run: replyMode } },
  {
    name: "no-evict",
    arity: 3,
    since: "7.0.0",
    ...OF_ADMINISTRATION,
    function: { kind: "immediate", run: noEvict },
  },
  { name: "no-touch", arity: 3, since: "7.2.0", ...OF_CLIENT, function: { kind: "immediate", run: noTouch } },
  {
    name: "unblock",
    arity: -3,
    since: "5.0.0",
    ...OF_ADMINISTRATION,
    function: { kind: "immediate", run: unblock },
  },
  {
    name: "tracking",
    arity: -3,
    since: "6.0.0",
    ...OF_CLIENT,
    function: { kind: "immediate", run: tracking },
  },
  { name: "caching", arity: 3, since: "6.0.0", ...OF_CLIENT, function: { kind: "immediate", run: caching } },
  {
    name: "getredir",
    arity: 2,
    since: "6.0.0",
    ...OF_CLIENT,
    function: { kind: "immediate", run: getredir },
  },
  {
    name: "trackinginfo",
    arity: 2,
    since: "6.2.0",
    ...OF_CLIENT,
    function: { kind: "immediate", run: trackinginfo },
  },
];
const ALL_SUBCOMMANDS = [
  ...SUBCOMMANDS,
  helpOf("client", SUBCOMMANDS, ["slow", "connection"], { group: "connection" }),
];

export const CLIENT_COMMANDS: readonly CommandSpec[] = [
  {
    name: "client",
    arity: -2,
    flags: [],
    keys: [0, 0, 0],
    categories: ["slow"],
    since: "2.4.0",
    group: "connection",
    function: containerOf("client"),
    subcommands: ALL_SUBCOMMANDS,
  },
];
