// COMMAND GETKEYS and GETKEYSANDFLAGS: where the keys of a whole command stand, by the key positions of its row.
import type { CommandContext, CommandSpec } from "../command";
import { ERR_INVALID_ARGUMENTS, ERR_INVALID_COMMAND, ERR_NO_KEYS } from "../errors";

/** COMMAND GETKEYS command [argument …]. */
export function getkeys(context: CommandContext): void {
  const found = keysOf(context);
  if (found === undefined) return;
  const { args, reply } = context;
  reply.array(found.places.length);
  for (const at of found.places) reply.bulkFrom(args.buffer, args.start(at), args.end(at));
}

/** COMMAND GETKEYSANDFLAGS command [argument …]: each key with what is done to it. */
export function getkeysandflags(context: CommandContext): void {
  const found = keysOf(context);
  if (found === undefined) return;
  const { args, reply } = context;
  const access = accessOf(context, found.spec);
  reply.array(found.places.length);
  for (const at of found.places) {
    reply.array(2);
    reply.bulkFrom(args.buffer, args.start(at), args.end(at));
    reply.set(access.length);
    for (const word of access) reply.simple(word);
  }
}

/** Where the row says that it depends on the options, what these options amount to. */
function accessOf({ args }: CommandContext, spec: CommandSpec): readonly string[] {
  const access = spec.keyAccess ?? [];
  if (!access.includes("variable_flags")) return access;
  const given = (word: string, from: number): boolean => {
    for (let at = from; at < args.count; at++) if (args.isWord(at, word)) return true;
    return false;
  };
  if (spec.name === "set") return given("GET", 5) ? ["RW", "access", "update"] : ["OW", "update"];
  const writes = given("SET", 4) || given("INCRBY", 4);
  return writes ? ["RW", "access", "update"] : ["RO", "access"];
}

interface FoundKeys {
  readonly spec: CommandSpec;
  /** Among the words of COMMAND itself. */
  readonly places: readonly number[];
}

/** undefined when an error was answered. */
function keysOf({ args, reply, server }: CommandContext): FoundKeys | undefined {
  const container = server.table.find(args.buffer, args.start(2), args.end(2));
  const subcommand =
    args.count > 3 ? container?.subcommands.find(({ word }) => args.isWord(3, word)) : undefined;
  const spec = (subcommand ?? container)?.spec;
  const refuse = (error: string): undefined => reply.error(error) as undefined;
  if (spec === undefined) return refuse(ERR_INVALID_COMMAND);
  const [first, lastKey, step] = spec.keys;
  if (first === 0) return refuse(ERR_NO_KEYS);
  const wordCount = args.count - 2;
  const { arity } = spec;
  if (arity >= 0 ? wordCount !== arity : wordCount < -arity) return refuse(ERR_INVALID_ARGUMENTS);
  const last = lastKey < 0 ? wordCount + lastKey : lastKey;
  const places: number[] = [];
  for (let at = first; at <= last; at += step) places.push(at + 2);
  return { spec, places };
}
