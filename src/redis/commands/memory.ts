// MEMORY: whose the memory is (accounting/memory-figures.ts), and giving back what nobody uses.
import { getHeapSpaceStatistics } from "node:v8";
import { memoryFigures } from "../accounting/memory-figures";
import type { MemoryFigures } from "../accounting/memory-figures";
import type { CommandContext, CommandSpec } from "../command";
import { CONTAINER, isConnected } from "./administration";
import { containerOf, helpOf } from "./containers";
import { human } from "./info-state";
import { MEMORY_USAGE } from "./memory-usage";
import { countAllKeys } from "./server-commands";

/** MEMORY STATS: Redis's names where they mean the same here, Basalt's owners beside them. */
function stats(context: CommandContext, done: (sequence: number) => void): void {
  countAllKeys(context, (keyspace = []) => {
    if (isConnected(context)) {
      const keys = keyspace.reduce((sum, figures) => sum + figures.keys, 0);
      writeStats(context, memoryFigures(context.server), keys);
    }
    done(0);
  });
}

function writeStats({ reply }: CommandContext, memory: MemoryFigures, keys: number): void {
  const { usedBytes, peakBytes, residentBytes, hotRowsBytes, blockCacheBytes, memtableBytes } = memory;
  const datasetBytes = hotRowsBytes + blockCacheBytes + memtableBytes;
  const integers: readonly (readonly [string, number])[] = [
    ["peak.allocated", peakBytes],
    ["total.allocated", usedBytes],
    ["replication.backlog", 0],
    ["clients.slaves", 0],
    ["clients.normal", memory.clientBytes],
    ["cluster.links", 0],
    ["aof.buffer", memory.inFlightBytes],
    ["lua.caches", 0],
    ["functions.caches", 0],
    ["overhead.total", usedBytes - datasetBytes],
    ["keys.count", keys],
    ["keys.bytes-per-key", keys === 0 ? 0 : Math.floor(datasetBytes / keys)],
    ["dataset.bytes", datasetBytes],
    ["heap.used", memory.heapBytes],
    ["heap.committed", memory.heapCommittedBytes],
    ["external", memory.externalBytes],
    ["block.cache", blockCacheBytes],
    ["memtables", memtableBytes],
    ["table.readers", memory.tableReaderBytes],
    ["hot.rows", hotRowsBytes],
    ["in.flight", memory.inFlightBytes],
    ["held.log", memory.heldLogBytes],
    ["resident", residentBytes],
    ["fragmentation.bytes", residentBytes - usedBytes],
  ];
  const doubles: readonly (readonly [string, number])[] = [
    ["dataset.percentage", (datasetBytes / usedBytes) * 100],
    ["peak.percentage", (usedBytes / peakBytes) * 100],
    ["fragmentation", residentBytes / usedBytes],
  ];
  reply.map(integers.length + doubles.length);
  for (const [name, value] of integers) {
    reply.bulk(name);
    reply.integer(value);
  }
  for (const [name, value] of doubles) {
    reply.bulk(name);
    reply.double(value);
  }
}

function doctor({ reply, server }: CommandContext): void {
  const memory = memoryFigures(server);
  const findings: string[] = [];
  const { usedBytes, peakBytes, residentBytes, heapBytes, heapCommittedBytes, clientBytes } = memory;
  if (usedBytes * 1.5 < peakBytes) {
    findings.push(
      `At its peak ${human(peakBytes)} were in use, now it is ${human(usedBytes)}: what is resident may fall behind. MEMORY PURGE gives back what can be given.`,
    );
  }
  if (residentBytes > usedBytes * 1.6 && residentBytes - usedBytes > 256 * 1024 * 1024) {
    findings.push(
      `${human(residentBytes - usedBytes)} are resident beyond what is accounted for: fragments of the allocators, stacks and code.`,
    );
  }
  if (heapBytes > heapCommittedBytes * 0.95 && heapBytes > 256 * 1024 * 1024) {
    findings.push(
      `The JavaScript heap is nearly full (${human(heapBytes)}): a smaller --hot-rows-bytes helps.`,
    );
  }
  if (clientBytes > usedBytes * 0.3) {
    findings.push(
      `Clients hold ${human(clientBytes)}: some do not read their replies, or send long commands.`,
    );
  }
  const head = `Basalt uses ${human(usedBytes)}, ${human(residentBytes)} are resident.`;
  const text = findings.length === 0 ? "Nothing is out of the ordinary." : findings.join("\n");
  reply.verbatim("txt", `${head}\n${text}\n`);
}

/** What V8 keeps in its spaces, and what RocksDB holds. */
function mallocStats({ reply, server }: CommandContext): void {
  const line = (name: string, used: number, committed: number): string =>
    `${name.padEnd(28)} ${String(used).padStart(14)} ${String(committed).padStart(14)}\n`;
  const spaces = getHeapSpaceStatistics().map((space) =>
    line(space.space_name, space.space_used_size, space.space_size),
  );
  const memory = memoryFigures(server);
  const owners: readonly (readonly [string, number])[] = [
    ["external", memory.externalBytes],
    ["block_cache", memory.blockCacheBytes],
    ["memtables", memory.memtableBytes],
    ["table_readers", memory.tableReaderBytes],
    ["held_log", memory.heldLogBytes],
  ];
  const head = `${"owner".padEnd(28)} ${"used".padStart(14)} ${"committed".padStart(14)}\n`;
  reply.verbatim(
    "txt",
    [head, ...spaces, ...owners.map(([name, bytes]) => line(name, bytes, bytes))].join(""),
  );
}

function purge(context: CommandContext, done: (sequence: number) => void): void {
  context.server.storage.releaseMemory(() => {
    if (isConnected(context)) context.reply.ok();
    done(0);
  });
}

const OF_MEMORY = {
  flags: [],
  keys: [0, 0, 0],
  categories: ["slow"],
  since: "4.0.0",
  group: "server",
  tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
} as const;

const SUBCOMMANDS: readonly CommandSpec[] = [
  { name: "stats", arity: 2, ...OF_MEMORY, function: { kind: "sliced", run: stats } },
  { name: "doctor", arity: 2, ...OF_MEMORY, function: { kind: "immediate", run: doctor } },
  { name: "malloc-stats", arity: 2, ...OF_MEMORY, function: { kind: "immediate", run: mallocStats } },
  {
    name: "purge",
    arity: 2,
    ...OF_MEMORY,
    tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
    function: { kind: "sliced", run: purge },
  },
  MEMORY_USAGE,
];
const ALL_SUBCOMMANDS = [...SUBCOMMANDS, helpOf("memory", SUBCOMMANDS, ["slow"], { since: "4.0.0" })];

export const MEMORY_COMMANDS: readonly CommandSpec[] = [
  {
    name: "memory",
    ...CONTAINER,
    since: "4.0.0",
    function: containerOf("memory"),
    subcommands: ALL_SUBCOMMANDS,
  },
];
