// Containers whose subcommands read keys (OBJECT, MEMORY): like containerOf, for subcommands that are evaluated.
import type {
  CommandContext,
  CommandFunction,
  CommandSpec,
  EvaluatedFunction,
  SlicedFunction,
} from "../command";
import { assert } from "../../base/index";
import { wrongArity } from "../dispatch-errors";
import { ERR_KEY_TOO_LONG, unknownSubcommand } from "../errors";
import { hasTooLongKey, isLong } from "../key-limit";

function subcommandOf(
  { args }: CommandContext,
  subcommands: readonly CommandSpec[],
): CommandSpec | undefined {
  return subcommands.find((candidate) => args.isWord(1, candidate.name.toUpperCase()));
}

export function evaluatedContainerOf(name: string, subcommands: readonly CommandSpec[]): CommandFunction {
  const run: EvaluatedFunction = (context) => {
    const { args, reply } = context;
    const spec = subcommandOf(context, subcommands);
    if (spec === undefined) return reply.error(unknownSubcommand(name, args.string(1)));
    const { arity } = spec;
    if (arity >= 0 ? args.count !== arity : args.count < -arity) {
      return reply.error(wrongArity(`${name}|${spec.name}`));
    }
    if (isLong(args) && hasTooLongKey(spec, args)) return reply.error(ERR_KEY_TOO_LONG);
    assert(spec.function.kind !== "sliced", "a subcommand begins in one turn");
    return spec.function.run(context);
  };
  const sliced: SlicedFunction = (context, done) => {
    const definition = subcommandOf(context, subcommands)?.function;
    assert(definition?.kind === "evaluated" && definition.sliced !== undefined, "it has gone sliced");
    definition.sliced(context, done);
  };
  return { kind: "evaluated", run, sliced };
}
