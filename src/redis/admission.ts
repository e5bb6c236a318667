// Whether a command may run at all: what Redis judges before it runs one, in Redis's order and words.
import type { Arguments } from "../resp/index";
import type { Command } from "./command";
import type { Connection } from "./connection";
import { wrongArity } from "./dispatch-errors";
import {
  ERR_KEY_TOO_LONG,
  ERR_MONITOR_KEYSPACE,
  ERR_NO_AUTHENTICATION,
  ERR_WORD_TOO_LONG,
  notWhileSubscribed,
  unknownSubcommand,
} from "./errors";
import { hasTooLongKey, hasTooLongWord, isLong } from "./key-limit";

/** What a client may do that has subscribed and does not speak RESP3. */
const WHILE_SUBSCRIBED: ReadonlySet<string> = new Set([
  ...["subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe"],
  ...["ping", "quit", "reset"],
]);

/** The error with which the command is refused. */
export function refusalOf(connection: Connection, command: Command, args: Arguments): string | undefined {
  const { spec } = command;
  if (spec.arity >= 0 ? args.count !== spec.arity : args.count < -spec.arity) {
    return wrongArity(command.name);
  }
  if (connection.mustAuthenticate && !command.needsNoAuthentication) return ERR_NO_AUTHENTICATION;
  if (connection.isMonitor && command.touchesKeys) return ERR_MONITOR_KEYSPACE;
  if (connection.isSubscribed && connection.protocol === 2 && !WHILE_SUBSCRIBED.has(spec.name)) {
    return notWhileSubscribed(command.name);
  }
  if (isLong(args)) {
    if (hasTooLongWord(args)) return ERR_WORD_TOO_LONG;
    if (hasTooLongKey(spec, args)) return ERR_KEY_TOO_LONG;
  }
  // Run at once, a container says so itself; what cannot be run must not be queued.
  if (connection.transaction.isOpen && spec.subcommands !== undefined && args.count > 1) {
    return unknownSubcommand(spec.name, args.string(1));
  }
  return undefined;
}
