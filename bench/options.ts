// The command line of the bench: one table, from which parsing, help and the refusal of unknown options come. Lists are
// written with commas. Pure: whether redis-server is there, and where data can lie, is found out elsewhere.
import { join } from "node:path";
import { nearest } from "../src/config/index";
import { DISTRIBUTIONS, HOT_KEYS, MOST_KEYS, WORKLOAD_NAMES } from "./load/index";
import { DATA_PLACES, FULL_PLAN, STANDARD_PLAN, TINY_CLIENTS, TINY_PLAN, USUAL_LISTS } from "./load-lists";
import type { LoadLists } from "./load-lists";
import { integerOf, integersOf, labelOf, numberOf, risingOf, usage, wordsOf } from "./option-values";
import { casesOf, fitsGenerator } from "./plan";
import { SERVER_NAMES } from "./servers/index";
import type { ServerName } from "./servers/index";

export interface BenchOptions {
  readonly tiny: boolean;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly repetitions: number;
  /** What is measured: every combination of each of the lists. */
  readonly plan: readonly LoadLists[];
  /** Cases whose id holds one of these texts; empty: all. */
  readonly only: readonly string[];
  readonly keys: number;
  /** The number of keys was asked for: it is not lowered for large values. */
  readonly keysGiven: boolean;
  /** All caches of a server together, for data ten times as large. */
  readonly cacheBytes: number;
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

interface OptionEntry {
  readonly placeholder: string;
  readonly meaning: string;
  readonly fallback: string;
  /** The default under --tiny, where it differs. */
  readonly tiny?: string;
}

const entries = {
  seconds: { placeholder: "N", meaning: "measured time of each run", fallback: "2", tiny: "0.1" },
  "warm-up-seconds": {
    placeholder: "N",
    meaning: "load before each run, not measured",
    fallback: "0.5",
    tiny: "0",
  },
  repetitions: { placeholder: "N", meaning: "runs of each case on each server", fallback: "3", tiny: "1" },
  workload: { placeholder: "W[,W…]", meaning: `of ${WORKLOAD_NAMES.join(", ")}`, fallback: "" },
  pipeline: { placeholder: "N[,N…]", meaning: "requests in flight on a connection", fallback: "" },
  clients: { placeholder: "N[,N…]", meaning: "connections", fallback: "" },
  "value-bytes": { placeholder: "N[,N…]", meaning: "size of values", fallback: "" },
  distribution: {
    placeholder: "D[,D…]",
    meaning: `of keys: ${DISTRIBUTIONS.join(", ")} (${HOT_KEYS} keys get everything)`,
    fallback: "",
  },
  data: {
    placeholder: "P[,P…]",
    meaning: "memory; disk: ten times what the server may cache (servers with a cache only)",
    fallback: "",
  },
  rate: {
    placeholder: "N[,N…]",
    meaning: "open loop: requests due a second, rising; 0: closed loop",
    fallback: "",
  },
  only: { placeholder: "TEXT[,…]", meaning: "only cases whose id holds one of these", fallback: "" },
  keys: {
    placeholder: "N",
    meaning: "key space, written before the runs; by default fewer where values would exceed 100 MiB",
    fallback: "100000",
    tiny: "1000",
  },
  "cache-bytes": {
    placeholder: "N",
    meaning: "the server's caches where data are ten times as large",
    fallback: String(48 * 2 ** 20),
    tiny: String(2 * 2 ** 20),
  },
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

/** Options that say what is measured; any of them takes the place of the standard plan. */
const LIST_OPTIONS = [
  ...(["workload", "pipeline", "clients", "value-bytes", "distribution", "data", "rate"] as const),
] satisfies OptionName[];

const flags = {
  full: "every combination there is: some hours",
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

Runs Basalt and, where installed, redis-server in turns under the same load and writes a report. Without a list of loads
(--workload, --pipeline, --clients, --value-bytes, --distribution, --data, --rate) it measures a plan of half an hour; with
any it measures every combination of them, where the others are
  --workload ${USUAL_LISTS.workloads.join(",")} --pipeline ${USUAL_LISTS.pipelines.join(",")}
  --clients ${USUAL_LISTS.clients.join(",")} --value-bytes ${USUAL_LISTS.valueBytes.join(",")} --distribution uniform --data memory --rate 0

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
  const full = given.has("full");
  const lists = listsOf(values, tiny);
  if (full && (tiny || lists !== undefined))
    throw usage("--full is alone: it goes with no list and not with --tiny.");
  const wantsReport = !given.has("no-report") && (!tiny || values.has("out"));
  const dataDir = valueOf("dir");
  const options: BenchOptions = {
    tiny,
    seconds: numberOf("seconds", valueOf("seconds"), 0.05, 3600),
    warmUpSeconds: numberOf("warm-up-seconds", valueOf("warm-up-seconds"), 0, 600),
    repetitions: integerOf("repetitions", valueOf("repetitions"), 1, 1000),
    plan: lists === undefined ? readyPlan(tiny, full) : [lists],
    only: values.get("only")?.split(",") ?? [],
    keys: integerOf("keys", valueOf("keys"), 1, MOST_KEYS),
    keysGiven: values.has("keys"),
    cacheBytes: integerOf("cache-bytes", valueOf("cache-bytes"), 2 * 2 ** 20, 8 * 2 ** 30),
    ...serversOf(valueOf("server")),
    seed: integerOf("seed", valueOf("seed"), 0, Number.MAX_SAFE_INTEGER - 1),
    label: labelOf(valueOf("label")),
    reportDir: wantsReport ? (values.get("out") ?? join(root, entries.out.fallback)) : undefined,
    dataDir: dataDir === "" ? undefined : dataDir,
    quietMs: tiny ? 100 : 400,
  };
  refuseTooMuch(options, lists !== undefined);
  return options;
}

function readyPlan(tiny: boolean, full: boolean): readonly LoadLists[] {
  if (tiny) return TINY_PLAN;
  return full ? FULL_PLAN : STANDARD_PLAN;
}

/** The lists on the command line, each with the usual one where it is not given; undefined where none is. */
function listsOf(values: ReadonlyMap<OptionName, string>, tiny: boolean): LoadLists | undefined {
  if (!LIST_OPTIONS.some((name) => values.has(name))) return undefined;
  const list = <Item>(name: OptionName, usual: readonly Item[], read: (text: string) => Item[]) => {
    const text = values.get(name);
    return text === undefined ? usual : read(text);
  };
  const usual = tiny ? { ...USUAL_LISTS, clients: TINY_CLIENTS } : USUAL_LISTS;
  return {
    workloads: list("workload", usual.workloads, (text) => wordsOf("workload", text, WORKLOAD_NAMES)),
    pipelines: list("pipeline", usual.pipelines, (text) => integersOf("pipeline", text, 1, 10_000)),
    clients: list("clients", usual.clients, (text) => integersOf("clients", text, 1, 10_000)),
    valueBytes: list("value-bytes", usual.valueBytes, (text) =>
      integersOf("value-bytes", text, 1, 16 * 2 ** 20),
    ),
    distributions: list("distribution", usual.distributions, (text) =>
      wordsOf("distribution", text, DISTRIBUTIONS),
    ),
    data: list("data", usual.data, (text) => wordsOf("data", text, DATA_PLACES)),
    rates: list("rate", usual.rates, (text) => risingOf("rate", text, 10_000_000)),
  };
}

/** Refuses what the generator could not hold, where it was asked for; the ready plans leave such a case out. */
function refuseTooMuch(options: BenchOptions, asked: boolean): void {
  const cases = casesOf(options);
  if (asked && !cases.every(fitsGenerator)) {
    throw usage(
      "Clients times pipeline times bytes of a request exceeds 1 GiB, more than the generator may hold.",
    );
  }
  if (!cases.some(fitsGenerator)) throw usage("--only leaves no case to measure.");
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

function serversOf(text: string): Pick<BenchOptions, "servers" | "optionalServers"> {
  if (text === "both") return { servers: ["basalt", "redis"], optionalServers: ["redis"] };
  if (text === "all") {
    return { servers: ["basalt", "redis", "redis-memory"], optionalServers: ["redis", "redis-memory"] };
  }
  const named = wordsOf("server", text, SERVER_NAMES);
  // In the order of the list of servers: the first is what the others are a reference for.
  return { servers: SERVER_NAMES.filter((server) => named.includes(server)), optionalServers: [] };
}
