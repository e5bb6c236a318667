// Commands with subcommands (CLIENT, CONFIG, COMMAND): the table finds the subcommand, so that what is left to the container
// itself is the answer to a word that names none. Every container also answers HELP, from its rows.
import type { CommandContext, CommandFunction, CommandSpec, ImmediateFunction } from "../command";
import { unknownSubcommand } from "../errors";

/** The function of a container; `bare` runs where no subcommand is given, if that is allowed. */
export function containerOf(name: string, bare?: ImmediateFunction): CommandFunction {
  return {
    kind: "immediate",
    run: (context) => {
      const { args, reply } = context;
      if (args.count === 1 && bare !== undefined) return bare(context);
      reply.error(unknownSubcommand(name, args.string(1)));
    },
  };
}

/** HELP of a container, whose other rows are `others`. */
export function helpOf(
  name: string,
  others: readonly CommandSpec[],
  categories: readonly string[],
  row: { readonly since?: string; readonly group?: string } = {},
): CommandSpec {
  return {
    name: "help",
    arity: 2,
    flags: ["loading", "stale"],
    keys: [0, 0, 0],
    categories,
    since: row.since ?? "5.0.0",
    group: row.group ?? "server",
    function: { kind: "immediate", run: (context) => replyWithHelp(context, name, others) },
  };
}

function replyWithHelp({ reply }: CommandContext, name: string, others: readonly CommandSpec[]): void {
  const words = [...others.map((spec) => spec.name.toUpperCase()), "HELP"];
  reply.array(words.length + 1);
  reply.simple(`${name.toUpperCase()} <subcommand> [<arg> ...]. Subcommands are:`);
  for (const word of words) reply.simple(word);
}
