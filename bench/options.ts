// The command line of the bench: one table, from which parsing, help and the refusal of unknown options come. Lists are
// written with commas. Pure: whether redis-server is there, and where data can lie, is found out elsewhere.
import { join } from "node:path";
import { BasaltError } from "../src/base/index";
import { nearest } from "../src/config/index";
import { WORKLOAD_NAMES } from "./load/index";
import type { WorkloadName } from "./load/index";
import { SERVER_NAMES } from "./servers/index";
import type { ServerName } from "./servers/index";

export interface BenchOptions {
  readonly tiny: boolean;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly repetitions: number;
  readonly clients: readonly number[];
  readonly pipelines: readonly number[];
  readonly workloads: readonly WorkloadName[];
  readonly valueBytes: readonly number[];
  readonly keys: number;
  readonly servers: readonly ServerName[];
  /** Servers that may be left out where they are not installed: those nobody asked for by name. */
  readonly optionalServers: readonly ServerName[];
  readonly seed: number;
  readonly label: string;
  /** Where reports go; undefined: nowhere. */
  readonly reportDir: string | undefined;
  /** Where the servers' data lies while they run; undefined: the first disk-backed of the usual places. */
  readonly dataDir: string | undefined;
  /** How long a server must have been idle before its background work counts as ended. */
  readonly quietMs: number;
}

const REQUEST_OVERHEAD_BYTES = 64;
const GENERATOR_BYTES_AT_MOST = 2 ** 30;

interface OptionEntry {
  readonly placeholder: string;
  readonly meaning: string;
  readonly fallback: string;
  /** The default under --tiny, where it differs. */
  readonly tiny?: string;
}

const entries = {
  seconds: { placeholder: "N", meaning: "measured time of each run", fallback: "3", tiny: "0.2" },
  "warm-up-seconds": {
    placeholder: "N",
    meaning: "load before each run, not measured",
    fallback: "1",
    tiny: "0.05",
  },
  repetitions: { placeholder: "N", meaning: "runs of each case on each server", fallback: "5", tiny: "1" },
  clients: { placeholder: "N[,N…]", meaning: "connections", fallback: "50", tiny: "8" },
  pipeline: { placeholder: "N[,N…]", meaning: "requests in flight on a connection", fallback: "1,16" },
  workload: { placeholder: "W[,W…]", meaning: WORKLOAD_NAMES.join(", "), fallback: WORKLOAD_NAMES.join(",") },
  "value-bytes": { placeholder: "N[,N…]", meaning: "size of values", fallback: "64" },
  keys: { placeholder: "N", meaning: "key space, written before the runs", fallback: "100000", tiny: "1000" },
  server: {
    placeholder: "S[,S…]",
    meaning: `${SERVER_NAMES.join(", ")}; both: basalt and, where installed, redis; all: redis-memory too`,
    fallback: "both",
  },
  seed: { placeholder: "N", meaning: "of the random keys and values", fallback: "1" },
  label: { placeholder: "NAME", meaning: "name of the report", fallback: "bench", tiny: "tiny" },
  out: {
    placeholder: "DIR",
    meaning: "where the report goes; under --tiny only if given",
    fallback: "perf-reports",
  },
  dir: {
    placeholder: "DIR",
    meaning: "where the servers' data lies, on a disk; default: the temporary directory, else ./data-bench",
    fallback: "",
  },
} as const satisfies Record<string, OptionEntry>;

type OptionName = keyof typeof entries;

const flags = {
  tiny: "a few seconds in all: shows that it works, says nothing of speed",
  "no-report": "write no report",
  help: "this text",
} as const;

type FlagName = keyof typeof flags;

export function benchHelp(): string {
  const lines = Object.entries<OptionEntry>(entries).map(([name, entry]) => {
    const fallback = entry.fallback === "" ? "" : ` [${entry.fallback}]`;
    return `  ${`--${name} ${entry.placeholder}`.padEnd(26)} ${entry.meaning}${fallback}`;
  });
  for (const [name, meaning] of Object.entries(flags)) lines.push(`  ${`--${name}`.padEnd(26)} ${meaning}`);
  return `Usage: npm run bench -- [OPTIONS]

Runs Basalt and, where installed, redis-server in turns under the same load and writes a report.

${lines.join("\n")}
`;
}

/**
 * The options, or undefined when help was asked for. Throws a USAGE error with one sentence. Reports go to the project
 * whose directory is `root`, unless the command line says where.
 */
export function parseBenchOptions(words: readonly string[], root: string): BenchOptions | undefined {
  const { values, given } = readWords(words);
  if (given.has("help")) return undefined;
  const tiny = given.has("tiny");
  const valueOf = (name: OptionName): string => {
    const entry: OptionEntry = entries[name];
    return values.get(name) ?? (tiny ? entry.tiny : undefined) ?? entry.fallback;
  };
  const wantsReport = !given.has("no-report") && (!tiny || values.has("out"));
  const dataDir = valueOf("dir");
  return withinMemory({
    tiny,
    seconds: numberOf("seconds", valueOf("seconds"), 0.05, 3600),
    warmUpSeconds: numberOf("warm-up-seconds", valueOf("warm-up-seconds"), 0, 600),
    repetitions: integerOf("repetitions", valueOf("repetitions"), 1, 1000),
    clients: integersOf("clients", valueOf("clients"), 1, 10_000),
    pipelines: integersOf("pipeline", valueOf("pipeline"), 1, 10_000),
    workloads: wordsOf("workload", valueOf("workload"), WORKLOAD_NAMES),
    valueBytes: integersOf("value-bytes", valueOf("value-bytes"), 1, 16 * 2 ** 20),
    keys: integerOf("keys", valueOf("keys"), 1, 2 ** 32 - 1),
    ...serversOf(valueOf("server")),
    seed: integerOf("seed", valueOf("seed"), 0, Number.MAX_SAFE_INTEGER - 1),
    label: labelOf(valueOf("label")),
    reportDir: wantsReport ? (values.get("out") ?? join(root, entries.out.fallback)) : undefined,
    dataDir: dataDir === "" ? undefined : dataDir,
    quietMs: tiny ? 100 : 400,
  });
}

/** Refuses what the generator could not hold: every connection keeps its requests in a buffer of its own. */
function withinMemory(options: BenchOptions): BenchOptions {
  const bytes =
    Math.max(...options.clients) *
    Math.max(...options.pipelines) *
    (Math.max(...options.valueBytes) + REQUEST_OVERHEAD_BYTES);
  if (bytes > GENERATOR_BYTES_AT_MOST) {
    throw usage("Clients times pipeline times value bytes exceeds 1 GiB, more than the generator may hold.");
  }
  return options;
}

interface GivenWords {
  readonly values: ReadonlyMap<OptionName, string>;
  readonly given: ReadonlySet<FlagName>;
}

/** Splits the command line into `--name value`, `--name=value` and `--flag`. */
function readWords(words: readonly string[]): GivenWords {
  const values = new Map<OptionName, string>();
  const given = new Set<FlagName>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!word.startsWith("--")) throw usage(`The bench takes options only; ${JSON.stringify(word)} is none.`);
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    if (isFlag(name)) {
      if (equals >= 0) throw usage(`--${name} takes no value.`);
      given.add(name);
    } else if (isOption(name)) {
      const value = equals < 0 ? words[++at] : word.slice(equals + 1);
      if (value === undefined || value === "")
        throw usage(`--${name} needs a value: ${entries[name].placeholder}.`);
      if (values.has(name)) throw usage(`--${name} is given twice; lists are written with commas.`);
      values.set(name, value);
    } else {
      const near = nearest(name, [...Object.keys(entries), ...Object.keys(flags)]);
      throw usage(
        `The bench has no option --${name}${near === undefined ? "" : `; --${near} is one`}. See --help.`,
      );
    }
  }
  return { values, given };
}

function isFlag(name: string): name is FlagName {
  return Object.hasOwn(flags, name);
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(entries, name);
}

function numberOf(name: OptionName, text: string, lowest: number, highest: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(value >= lowest && value <= highest)) {
    throw usage(`--${name} is a number from ${lowest} to ${highest}, not ${JSON.stringify(text)}.`);
  }
  return value;
}

function integerOf(name: OptionName, text: string, lowest: number, highest: number): number {
  const value = numberOf(name, text, lowest, highest);
  if (!Number.isInteger(value)) throw usage(`--${name} is a whole number, not ${JSON.stringify(text)}.`);
  return value;
}

function integersOf(name: OptionName, text: string, lowest: number, highest: number): number[] {
  return distinct(
    name,
    text.split(",").map((item) => integerOf(name, item, lowest, highest)),
  );
}

function wordsOf<Word extends string>(name: OptionName, text: string, allowed: readonly Word[]): Word[] {
  return distinct(
    name,
    text.split(",").map((item) => {
      const word = allowed.find((candidate) => candidate === item);
      if (word === undefined)
        throw usage(`--${name} is of ${allowed.join(", ")}; ${JSON.stringify(item)} is none.`);
      return word;
    }),
  );
}

function distinct<Item>(name: OptionName, items: Item[]): Item[] {
  if (new Set(items).size !== items.length) throw usage(`--${name} names something twice.`);
  return items;
}

function serversOf(text: string): Pick<BenchOptions, "servers" | "optionalServers"> {
  if (text === "both") return { servers: ["basalt", "redis"], optionalServers: ["redis"] };
  if (text === "all") {
    return { servers: ["basalt", "redis", "redis-memory"], optionalServers: ["redis", "redis-memory"] };
  }
  const named = wordsOf("server", text, SERVER_NAMES);
  // In the order of the list of servers: the first is what the others are a reference for.
  return { servers: SERVER_NAMES.filter((server) => named.includes(server)), optionalServers: [] };
}

function labelOf(text: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{0,60}$/.test(text)) {
    throw usage(`--label is of lower-case letters, digits, dots and hyphens, not ${JSON.stringify(text)}.`);
  }
  return text;
}

function usage(sentence: string): BasaltError {
  return new BasaltError("USAGE", sentence);
}
