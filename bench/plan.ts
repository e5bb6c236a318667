// What a benchmark will do: the cases (every combination of the options' lists, each once), the data they share, and for
// each repetition the turns in which the servers run them. Servers take turns case by case, and who goes first
// alternates, so that a slow minute of the machine hits all alike. Pure.
import { requestTemplate, workloads } from "./load/index";
import type { Distribution, PreloadName, Workload, WorkloadName } from "./load/index";
import type { DataPlace, LoadLists } from "./load-lists";
import type { BenchOptions } from "./options";
import type { ServerName } from "./servers/index";

/** One load that every server gets. */
export interface BenchCase {
  /** Unique in a benchmark and the same in every benchmark with this load: reports are compared by it. */
  readonly id: string;
  readonly workload: WorkloadName;
  readonly pipeline: number;
  readonly clients: number;
  readonly valueBytes: number;
  readonly keys: number;
  readonly distribution: Distribution;
  /** Requests a second of an open loop; absent: closed loop. */
  readonly rate?: number;
  /** Data ten times the server's caches; absent: data that fit in memory. */
  readonly data?: "disk";
}

/** Cases that share their preloaded data, and so their servers. */
export interface DataSet {
  readonly valueBytes: number;
  readonly keys: number;
  readonly data: DataPlace;
  readonly preloads: readonly PreloadName[];
  readonly cases: readonly BenchCase[];
}

const KEY_BYTES = 16;
const TIMES_THE_CACHE = 10;
/** Where the number of keys is not given, values in memory take this much at most. */
const MEMORY_BYTES_AT_MOST = 100 * 2 ** 20;
const GENERATOR_BYTES_AT_MOST = 2 ** 30;

/** The cases of a plan in the order of its lists, each once, also those that the generator can't hold. */
export function casesOf(options: BenchOptions): BenchCase[] {
  const cases = new Map<string, BenchCase>();
  for (const benchCase of options.plan.flatMap((lists) => combinations(lists, options))) {
    if (isWanted(benchCase, options.only)) cases.set(benchCase.id, benchCase);
  }
  return [...cases.values()];
}

/** The cases to be measured, by the data that they share. */
export function dataSets(options: BenchOptions): DataSet[] {
  const sets = new Map<string, BenchCase[]>();
  for (const benchCase of casesOf(options).filter(fitsGenerator)) {
    const name = `${benchCase.valueBytes} ${benchCase.keys} ${benchCase.data ?? "memory"}`;
    const cases = sets.get(name) ?? [];
    cases.push(benchCase);
    sets.set(name, cases);
  }
  return [...sets.values()].map(dataSet);
}

/** Whether the generator can hold the case's requests: every connection keeps its own in a buffer. */
export function fitsGenerator({ workload, pipeline, clients, valueBytes }: BenchCase): boolean {
  const { requests } = workloads[workload];
  const requestBytes = requests.map(
    ({ parts, reply }) => requestTemplate(parts, reply, valueBytes).bytes.length,
  );
  return clients * pipeline * Math.max(...requestBytes) <= GENERATOR_BYTES_AT_MOST;
}

function dataSet(cases: readonly BenchCase[]): DataSet {
  const { valueBytes, keys, data = "memory" } = cases[0]!;
  const preloads = new Set(cases.map(({ workload }) => workloads[workload].preload));
  return { valueBytes, keys, data, preloads: [...preloads], cases };
}

function combinations(lists: LoadLists, options: BenchOptions): BenchCase[] {
  const sizes = lists.data.flatMap((data) => lists.valueBytes.map((valueBytes) => ({ data, valueBytes })));
  return sizes.flatMap(({ data, valueBytes }) => {
    const keys = keysOf(data, valueBytes, options);
    return lists.clients.flatMap((clients) =>
      lists.workloads.flatMap((workload) => {
        const { valueless = false, keyless = false }: Workload = workloads[workload];
        // What is no part of a workload makes no further case of it.
        if (valueless && valueBytes !== lists.valueBytes[0]) return [];
        const distributions = keyless ? lists.distributions.slice(0, 1) : lists.distributions;
        return lists.pipelines.flatMap((pipeline) =>
          distributions.flatMap((distribution) =>
            lists.rates.map((rate) =>
              benchCase({
                ...{ workload, pipeline, clients, valueBytes, keys, distribution },
                ...(rate === 0 ? {} : { rate }),
                ...(data === "disk" ? { data } : {}),
              }),
            ),
          ),
        );
      }),
    );
  });
}

/** How many keys: those asked for, but as many as it takes to be ten times the caches, and none too many for memory. */
function keysOf(data: DataPlace, valueBytes: number, options: BenchOptions): number {
  if (data === "disk") return Math.ceil((TIMES_THE_CACHE * options.cacheBytes) / (KEY_BYTES + valueBytes));
  if (options.keysGiven) return options.keys;
  return Math.min(options.keys, Math.max(1, Math.floor(MEMORY_BYTES_AT_MOST / valueBytes)));
}

function benchCase(load: Omit<BenchCase, "id">): BenchCase {
  const { workload, pipeline, clients, valueBytes, keys, distribution, rate, data } = load;
  const words = [`${workload}-p${pipeline}-c${clients}-v${valueBytes}-k${keys}-${distribution}`];
  if (data !== undefined) words.push(data);
  if (rate !== undefined) words.push(`r${rate}`);
  return { id: words.join("-"), ...load };
}

function isWanted({ id }: BenchCase, only: readonly string[]): boolean {
  return only.length === 0 || only.some((part) => id.includes(part));
}

/** The servers in the order in which they run a case: turned by one with each repetition and each case. */
export function turns(servers: readonly ServerName[], repetition: number, caseIndex: number): ServerName[] {
  const first = (repetition + caseIndex) % servers.length;
  return [...servers.slice(first), ...servers.slice(0, first)];
}

/** For people: `SET, pipeline 16, …`, with what else differs from the usual. */
export function caseTitle(benchCase: BenchCase): string {
  const { rate } = benchCase;
  return rate === undefined ? ladderTitle(benchCase) : `${ladderTitle(benchCase)}, ${rate}/s`;
}

/** The title without the rate: what the cases of one ladder of rates have in common. */
export function ladderTitle({
  workload,
  pipeline,
  clients,
  valueBytes,
  distribution,
  data,
}: BenchCase): string {
  const { title, valueless = false }: Workload = workloads[workload];
  const words = [title, `pipeline ${pipeline}`, `${clients} clients`];
  if (!valueless) words.push(`${valueBytes} B`);
  if (distribution !== "uniform") words.push(`${distribution} keys`);
  if (data === "disk") words.push("data ten times the cache");
  return words.join(", ");
}
