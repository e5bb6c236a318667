// CLIENT: what a connection says and learns about itself.
import type { CommandContext, CommandSpec } from "../command";
import { ERR_CLIENT_NAME, invalidLibraryText, unrecognizedOption } from "../errors";
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

const OF_CLIENT = {
  flags: ["noscript", "loading", "stale"],
  keys: [0, 0, 0],
  categories: ["slow", "connection"],
  group: "connection",
} as const;

const SUBCOMMANDS: readonly CommandSpec[] = [
  { name: "id", arity: 2, since: "5.0.0", ...OF_CLIENT, function: { kind: "immediate", run: id } },
  { name: "setname", arity: 3, since: "2.6.9", ...OF_CLIENT, function: { kind: "immediate", run: setname } },
  { name: "getname", arity: 2, since: "2.6.9", ...OF_CLIENT, function: { kind: "immediate", run: getname } },
  { name: "setinfo", arity: 4, since: "7.2.0", ...OF_CLIENT, function: { kind: "immediate", run: setinfo } },
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
    function: { kind: "immediate", run: containerOf("client", ALL_SUBCOMMANDS) },
    subcommands: ALL_SUBCOMMANDS,
  },
];
