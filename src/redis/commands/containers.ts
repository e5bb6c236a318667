// Commands with subcommands (CLIENT, CONFIG, COMMAND): finding the one that is meant, with Redis's errors. Every container
// also answers HELP, from its rows.
import type { Arguments } from "../../resp/index";
import type { CommandContext, CommandSpec, ImmediateFunction } from "../command";
import { wrongArity } from "../dispatch-errors";
import { unknownSubcommand } from "../errors";

/** The function of a container; `bare` runs where no subcommand is given, if that is allowed. */
export function containerOf(
  name: string,
  subcommands: readonly CommandSpec[],
  bare?: ImmediateFunction,
): ImmediateFunction {
  return (context) => {
    const { args, reply } = context;
    if (args.count === 1) return bare === undefined ? reply.error(wrongArity(name)) : bare(context);
    const error = subcommandError(name, subcommands, args);
    if (error !== undefined) return reply.error(error);
    const spec = subcommandOf(subcommands, args);
    if (spec?.function.kind === "immediate") spec.function.run(context);
  };
}

function subcommandOf(subcommands: readonly CommandSpec[], args: Arguments): CommandSpec | undefined {
  return subcommands.find((candidate) => args.isWord(1, candidate.name.toUpperCase()));
}

/** Why the subcommand that is named cannot be run, or queued; undefined if it can, or none is named. */
export function subcommandError(
  name: string,
  subcommands: readonly CommandSpec[],
  args: Arguments,
): string | undefined {
  if (args.count === 1) return undefined;
  const spec = subcommandOf(subcommands, args);
  if (spec === undefined) return unknownSubcommand(name, args.string(1));
  const { arity } = spec;
  const fits = arity >= 0 ? args.count === arity : args.count >= -arity;
  return fits ? undefined : wrongArity(`${name}|${spec.name}`);
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
