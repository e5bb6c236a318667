// LATENCY: spikes by event, and how the times of each command are distributed.
import type { LatencyHistogram } from "../../base/index";
import type { ReplyWriter } from "../../resp/index";
import type { Command, CommandContext, CommandSpec } from "../command";
import { noSamples } from "../errors";
import { ADMINISTRATION, CONTAINER, TO_ALL_NODES } from "./administration";
import { containerOf, helpOf } from "./containers";
import { latencyDoctor, latencyGraph } from "./latency-report";

function history({ args, reply, server }: CommandContext): void {
  const samples = server.accounting.latency.of(args.string(2))?.samples ?? [];
  reply.array(samples.length);
  for (const { atSeconds, ms } of samples) {
    reply.array(2);
    reply.integer(atSeconds);
    reply.integer(ms);
  }
}

/** Of each event its name, the time and length of the latest spike, and the longest ever. */
function latest({ reply, server }: CommandContext): void {
  const { events } = server.accounting.latency;
  reply.array(events.size);
  for (const [event, { samples, maxMs }] of events) {
    const sample = samples.at(-1)!;
    reply.array(4);
    reply.bulk(event);
    reply.integer(sample.atSeconds);
    reply.integer(sample.ms);
    reply.integer(maxMs);
  }
}

/** LATENCY RESET [event …]: how many were forgotten. */
function reset({ args, reply, server }: CommandContext): void {
  const { latency } = server.accounting;
  if (args.count === 2) return reply.integer(latency.reset());
  let count = 0;
  for (let i = 2; i < args.count; i++) count += latency.reset(args.string(i));
  reply.integer(count);
}

function graph({ args, reply, server }: CommandContext): void {
  const event = args.string(2);
  const history = server.accounting.latency.of(event);
  if (history === undefined) {
    return reply.error(noSamples(event));
  }
  reply.verbatim("txt", latencyGraph(event, history, Math.floor(server.clock.wallMs() / 1000)));
}

function doctor({ reply, server }: CommandContext): void {
  const { settings, accounting } = server;
  reply.verbatim("txt", latencyDoctor(accounting.latency.events, settings.latencyThresholdMs));
}

/** LATENCY HISTOGRAM [command …]: of each that has run, calls and how many took up to so many microseconds. */
function histogram({ args, reply, server }: CommandContext): void {
  const { table } = server;
  const wanted =
    args.count === 2
      ? table.everyCommand
      : Array.from({ length: args.count - 2 }, (_, i) => args.string(i + 2).toLowerCase()).flatMap((name) => {
          const command = table.byFullName(name);
          return command === undefined ? [] : [command, ...command.subcommands];
        });
  const found = [...new Set(wanted)].filter(({ executionUs }) => executionUs.count > 0);
  reply.map(found.length);
  for (const command of found) writeHistogram(reply, command);
}

function writeHistogram(reply: ReplyWriter, { name, executionUs }: Command): void {
  const buckets = cumulativeBuckets(executionUs);
  reply.bulk(name);
  reply.map(2);
  reply.bulk("calls");
  reply.integer(executionUs.count);
  reply.bulk("histogram_usec");
  reply.map(buckets.length);
  for (const [edge, count] of buckets) {
    reply.integer(edge);
    reply.integer(count);
  }
}

/** Edges that are powers of two, where the fine buckets have edges too; those that nothing was added at are left out. */
export function cumulativeBuckets(histogram: LatencyHistogram): [edge: number, count: number][] {
  const buckets: [number, number][] = [];
  let before = 0;
  for (let exponent = 0; before < histogram.count && exponent <= 40; exponent++) {
    const count = histogram.countAtOrBelow(2 ** exponent - 1);
    if (count > before) buckets.push([2 ** exponent, count]);
    before = count;
  }
  return buckets;
}

const OF_ALL = {
  ...ADMINISTRATION,
  tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
  since: "2.8.13",
} as const;

const SUBCOMMANDS: readonly CommandSpec[] = [
  { name: "history", arity: 3, ...OF_ALL, function: { kind: "immediate", run: history } },
  { name: "latest", arity: 2, ...OF_ALL, function: { kind: "immediate", run: latest } },
  {
    name: "reset",
    arity: -2,
    ...OF_ALL,
    ...TO_ALL_NODES,
    function: { kind: "immediate", run: reset },
  },
  { name: "graph", arity: 3, ...OF_ALL, function: { kind: "immediate", run: graph } },
  { name: "doctor", arity: 2, ...OF_ALL, function: { kind: "immediate", run: doctor } },
  {
    name: "histogram",
    arity: -2,
    ...OF_ALL,
    since: "7.0.0",
    function: { kind: "immediate", run: histogram },
  },
];
const ALL_SUBCOMMANDS = [...SUBCOMMANDS, helpOf("latency", SUBCOMMANDS, ["slow"], { since: "2.8.13" })];

export const LATENCY_COMMANDS: readonly CommandSpec[] = [
  {
    name: "latency",
    ...CONTAINER,
    since: "2.8.13",
    function: containerOf("latency"),
    subcommands: ALL_SUBCOMMANDS,
  },
];
