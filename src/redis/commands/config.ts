// CONFIG: the server's parameters, read, set together or not at all, and written to the configuration file; and the
// counters, begun anew.
import type { ByteString } from "../../base/index";
import type { CommandContext, CommandSpec } from "../command";
import { ERR_NO_FILE, ERR_SYNTAX, failedRewrite, refusedParameter, unknownParameter } from "../errors";
import { ADMINISTRATION, CONTAINER, TO_ALL_NODES, isConnected } from "./administration";
import { containerOf, helpOf } from "./containers";

/** CONFIG GET pattern [pattern …]. */
function get({ args, reply, server }: CommandContext): void {
  const patterns = Array.from({ length: args.count - 2 }, (_, i) => args.string(i + 2));
  const found = server.parameters.matching(patterns);
  reply.map(found.length);
  for (const { name, value } of found) {
    reply.bulk(name);
    reply.bulk(value);
  }
}

/** CONFIG SET name value [name value …]. */
function set({ args, reply, server }: CommandContext): void {
  if (args.count % 2 === 1) return reply.error(ERR_SYNTAX);
  const pairs: [ByteString, ByteString][] = [];
  for (let i = 2; i < args.count; i += 2) pairs.push([args.string(i), args.string(i + 1)]);
  const failure = server.parameters.set(pairs);
  if (failure === undefined) return reply.ok();
  const { name, problem } = failure;
  reply.error(problem === undefined ? unknownParameter(name) : refusedParameter(name, problem));
}

function resetstat({ reply, server }: CommandContext): void {
  server.resetStatistics();
  reply.ok();
}

/** Writes what CONFIG SET has changed; the rest of the file stays as it is. */
function rewrite(context: CommandContext, done: (sequence: number) => void): void {
  const { reply, server } = context;
  const { parameters } = server;
  if (parameters.rewriter === undefined) {
    reply.error(ERR_NO_FILE);
    return done(0);
  }
  void parameters.rewriter(parameters.changed()).then((problem) => {
    if (isConnected(context)) {
      if (problem === undefined) reply.ok();
      else reply.error(failedRewrite(problem));
    }
    done(0);
  });
}

const SUBCOMMANDS: readonly CommandSpec[] = [
  { name: "get", arity: -3, since: "2.0.0", ...ADMINISTRATION, function: { kind: "immediate", run: get } },
  {
    name: "set",
    arity: -4,
    since: "2.0.0",
    ...ADMINISTRATION,
    ...TO_ALL_NODES,
    function: { kind: "immediate", run: set },
  },
  {
    name: "resetstat",
    arity: 2,
    since: "2.0.0",
    ...ADMINISTRATION,
    function: { kind: "immediate", run: resetstat },
  },
  {
    name: "rewrite",
    arity: 2,
    since: "2.8.0",
    ...ADMINISTRATION,
    function: { kind: "sliced", run: rewrite },
  },
];
const ALL_SUBCOMMANDS = [...SUBCOMMANDS, helpOf("config", SUBCOMMANDS, ["slow"])];

export const CONFIG_COMMANDS: readonly CommandSpec[] = [
  {
    name: "config",
    ...CONTAINER,
    since: "2.0.0",
    function: containerOf("config"),
    subcommands: ALL_SUBCOMMANDS,
  },
];
