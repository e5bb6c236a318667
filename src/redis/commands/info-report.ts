// What INFO says: sections of named figures, in Redis's names where it has one that means the same here. A figure that
// Basalt does not have is left out, never invented; one that is nought by its nature (evictions, replicas of a single
// node) says so, since exporters ask for it.
import type { RedisServer } from "../redis-server";
import { commandLines, errorLines, latencyLines, statisticsLines } from "./info-activity";
import {
  clientLines,
  cpuLines,
  memoryLines,
  persistenceLines,
  replicationLines,
  serverLines,
  storageLines,
} from "./info-state";

export interface KeyspaceFigures {
  readonly database: number;
  readonly keys: number;
  /** Keys with a time to live. */
  readonly expires: number;
}

const DEFAULT_SECTIONS = [
  "server",
  "clients",
  "memory",
  "persistence",
  "stats",
  "replication",
  "cpu",
  "modules",
  "errorstats",
  "cluster",
  "keyspace",
];
const ALL_SECTIONS = [...DEFAULT_SECTIONS, "commandstats", "latencystats", "storage"];

/** The sections that INFO's words name, in lower case; unknown words name none. */
export function sectionsOf(words: readonly string[]): ReadonlySet<string> {
  const sections = new Set<string>();
  for (const word of words.length === 0 ? ["default"] : words) {
    if (word === "default") for (const section of DEFAULT_SECTIONS) sections.add(section);
    else if (word === "all" || word === "everything")
      for (const section of ALL_SECTIONS) sections.add(section);
    else if (ALL_SECTIONS.includes(word)) sections.add(word);
  }
  return sections;
}

/** The text of INFO. `keyspace` is undefined where nobody can tell (no leader). */
export function infoText(
  server: RedisServer,
  sections: ReadonlySet<string>,
  keyspace: readonly KeyspaceFigures[] | undefined,
): string {
  const commands = server.table.everyCommand;
  const report: readonly (readonly [title: string, lines: () => readonly string[]])[] = [
    ["Server", () => serverLines(server)],
    ["Clients", () => clientLines(server)],
    ["Memory", () => memoryLines(server)],
    ["Persistence", () => persistenceLines(server)],
    ["Stats", () => statisticsLines(server)],
    ["Replication", () => replicationLines(server)],
    ["CPU", cpuLines],
    ["Modules", () => []],
    ["Commandstats", () => commandLines(commands)],
    ["Errorstats", () => errorLines(server)],
    ["Latencystats", () => latencyLines(server, commands)],
    ["Cluster", () => ["cluster_enabled:0"]],
    ["Storage", () => storageLines(server)],
    ["Keyspace", () => (keyspace ?? []).map(keyspaceLine)],
  ];
  const parts = report
    .filter(([title]) => sections.has(title.toLowerCase()))
    .map(([title, lines]) => [`# ${title}`, ...lines()].map((line) => `${line}\r\n`).join(""));
  return parts.join("\r\n");
}

function keyspaceLine({ database, keys, expires }: KeyspaceFigures): string {
  return `db${database}:keys=${keys},expires=${expires},avg_ttl=0`;
}
