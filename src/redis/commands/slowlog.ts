// SLOWLOG: the commands that took long, newest first (accounting/slow-log.ts keeps them).
import type { CommandContext, CommandSpec } from "../command";
import { ERR_SLOWLOG_COUNT, wrongSubcommandWords } from "../errors";
import { ADMINISTRATION, CONTAINER, TO_ALL_NODES } from "./administration";
import { containerOf, helpOf } from "./containers";

const DEFAULT_COUNT = 10;

/** SLOWLOG GET [count]: id, time, microseconds, words, client's address, client's name of each. */
function get({ args, reply, server }: CommandContext): void {
  if (args.count > 3) {
    return reply.error(wrongSubcommandWords("SLOWLOG", args.string(1)));
  }
  const count = args.count === 2 ? DEFAULT_COUNT : args.safeInteger(2);
  if (count === undefined || count < -1) return reply.error(ERR_SLOWLOG_COUNT);
  const entries = server.accounting.slowLog.newest(count === -1 ? Infinity : count);
  reply.array(entries.length);
  for (const { id, atSeconds, durationUs, words, client, clientName } of entries) {
    reply.array(6);
    reply.integer(id);
    reply.integer(atSeconds);
    reply.integer(durationUs);
    reply.array(words.length);
    for (const word of words) reply.bulk(word);
    reply.bulk(client);
    reply.bulk(clientName);
  }
}

function len({ reply, server }: CommandContext): void {
  reply.integer(server.accounting.slowLog.length);
}

function reset({ reply, server }: CommandContext): void {
  server.accounting.slowLog.clear();
  reply.ok();
}

const OF_SLOWLOG = { ...ADMINISTRATION, flags: ["admin", "loading", "stale"], since: "2.2.12" } as const;

const SUBCOMMANDS: readonly CommandSpec[] = [
  {
    name: "get",
    arity: -2,
    ...OF_SLOWLOG,
    tips: ["request_policy:all_nodes", "nondeterministic_output"],
    function: { kind: "immediate", run: get },
  },
  {
    name: "len",
    arity: 2,
    ...OF_SLOWLOG,
    tips: ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
    function: { kind: "immediate", run: len },
  },
  {
    name: "reset",
    arity: 2,
    ...OF_SLOWLOG,
    ...TO_ALL_NODES,
    function: { kind: "immediate", run: reset },
  },
];
const ALL_SUBCOMMANDS = [...SUBCOMMANDS, helpOf("slowlog", SUBCOMMANDS, ["slow"], { since: "6.2.0" })];

export const SLOWLOG_COMMANDS: readonly CommandSpec[] = [
  {
    name: "slowlog",
    ...CONTAINER,
    since: "2.2.12",
    function: containerOf("slowlog"),
    subcommands: ALL_SUBCOMMANDS,
  },
];
