// What a benchmark will do: the cases (every combination of the options' lists), and for each repetition the turns in
// which the servers run them. Servers take turns case by case, and who goes first alternates, so that a slow minute of
// the machine hits all alike. Pure.
import type { Distribution, WorkloadName } from "./load/index";
import { workloads } from "./load/index";
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
}

/** Cases that share their preloaded data, and so their servers. */
export interface DataSet {
  readonly valueBytes: number;
  readonly keys: number;
  readonly cases: readonly BenchCase[];
}

export function dataSets(options: BenchOptions): DataSet[] {
  return options.valueBytes.map((valueBytes) => ({
    valueBytes,
    keys: options.keys,
    cases: options.clients.flatMap((clients) =>
      options.workloads.flatMap((workload) =>
        options.pipelines.map((pipeline) =>
          benchCase({ workload, pipeline, clients, valueBytes, keys: options.keys, distribution: "uniform" }),
        ),
      ),
    ),
  }));
}

function benchCase(load: Omit<BenchCase, "id">): BenchCase {
  const { workload, pipeline, clients, valueBytes, keys, distribution } = load;
  return { id: `${workload}-p${pipeline}-c${clients}-v${valueBytes}-k${keys}-${distribution}`, ...load };
}

/** The servers in the order in which they run a case: turned by one with each repetition and each case. */
export function turns(servers: readonly ServerName[], repetition: number, caseIndex: number): ServerName[] {
  const first = (repetition + caseIndex) % servers.length;
  return [...servers.slice(first), ...servers.slice(0, first)];
}

/** For people: `SET, pipeline 16`, with what else differs from the usual. */
export function caseTitle({ workload, pipeline, clients, valueBytes }: BenchCase): string {
  return `${workloads[workload].title}, pipeline ${pipeline}, ${clients} clients, ${valueBytes} B`;
}
