// One look's measurements: the subject and its reference run at the same time on the same disk, each load in turns, pair
// after pair. Pairs are the outer loop: what disturbs the machine for some seconds hits one pair of each load, not all
// pairs of one. Within a pair the sides take turns several times, for the same reason. A look has fresh servers, so that an unlucky process (memory layout, what the JIT compiled first) is looked
// at once only.
import { assert } from "../../src/base/index";
import type { Children } from "../children";
import { GeneratorProcess, workloads } from "../load/index";
import type { LoadResult, PreloadName } from "../load/index";
import { cpuBetween, processUsage, residentBytes, totalUs, untilQuiet } from "../measure/index";
import type { CpuTime } from "../measure/index";
import { ServerProcess } from "../servers/index";
import type { ServerKind } from "../servers/index";
import { median } from "../statistics";
import type { GateForm, GateLoad, MemoryBudget, StartBudget } from "./budgets";

const PRELOAD_CLIENTS = 16;
const QUIET_MS = 200;
const QUIET_LIMIT_MS = 20_000;
const SEED = 1;
/** Of each side in a pair: the shorter they are, the more alike is what disturbs both sides. */
const SLICES = 10;

/** One load on one server, all slices of a pair together. */
export interface Sample {
  readonly operationsPerSecond: number;
  /** Of an operation, with the work it caused in the background. */
  readonly cpuUs: number;
  /** The middle one of the slices' own. */
  readonly p99Ms: number;
}

export interface Pair {
  readonly load: string;
  readonly subject: Sample;
  readonly reference: Sample | undefined;
}

export interface Sides {
  readonly subject: ServerKind;
  /** Undefined where there is none: then ratios are not looked at. */
  readonly reference: ServerKind | undefined;
}

interface Side {
  readonly server: ServerProcess;
  readonly generators: ReadonlyMap<string, GeneratorProcess>;
}

export class GateSession {
  constructor(
    private readonly form: GateForm,
    private readonly sides: Sides,
    private readonly dataDir: string,
    private readonly children: Children,
    private readonly progress: (text: string) => void,
  ) {}

  /** So many pairs of each of the loads, on fresh servers. */
  async pairs(loads: readonly GateLoad[], count: number): Promise<Pair[]> {
    const subject = await this.start(this.sides.subject, loads);
    const reference =
      this.sides.reference === undefined ? undefined : await this.start(this.sides.reference, loads);
    const pairs: Pair[] = [];
    for (let pair = 0; pair < count; pair++) {
      for (const [at, load] of loads.entries()) {
        pairs.push(await this.pair(load, subject, reference, (pair + at) % 2 === 1));
        this.progress(pairText(pairs.at(-1)!, pair + 1, count));
      }
    }
    await this.stop(subject);
    if (reference !== undefined) await this.stop(reference);
    return pairs;
  }

  /** Resident memory of a fresh subject after a load of SETs, in MiB. */
  async memory({ sets, keys }: MemoryBudget): Promise<number> {
    const server = await this.children.started(
      ServerProcess.start(this.sides.subject, this.dataDir, this.children.environment),
    );
    const generator = await this.generator(server, { ...this.preloadLoad(), name: "memory" }, keys);
    for (let written = 0; written < sets; written += keys) await generator.preload(keys);
    await this.children.ended(generator);
    await this.quiet(server);
    const mebibytes = residentBytes(server.pid) / 2 ** 20;
    await this.children.ended(server);
    this.progress(`memory after ${sets} SETs over ${keys} keys: ${mebibytes.toFixed(0)} MiB`);
    return mebibytes;
  }

  /** How long the subject takes to serve: new, and killed with keys in it; in milliseconds. */
  async starts({ keys }: StartBudget): Promise<{ startMs: number; restartMs: number }> {
    let begun = performance.now();
    const server = await this.children.started(
      ServerProcess.start(this.sides.subject, this.dataDir, this.children.environment),
    );
    const startMs = performance.now() - begun;
    const generator = await this.generator(server, { ...this.preloadLoad(), name: "start" }, keys);
    await generator.preload(keys);
    await this.children.ended(generator);
    await server.kill();
    begun = performance.now();
    await server.restart();
    const restartMs = performance.now() - begun;
    await this.children.ended(server);
    this.progress(
      `start ${startMs.toFixed(0)} ms, restart with ${keys} keys after kill -9 ${restartMs.toFixed(0)} ms`,
    );
    return { startMs, restartMs };
  }

  private async start(kind: ServerKind, loads: readonly GateLoad[]): Promise<Side> {
    const server = await this.children.started(
      ServerProcess.start(kind, this.dataDir, this.children.environment),
    );
    const preloader = await this.generator(server, this.preloadLoad(), this.form.keys);
    await preloader.preload(this.form.keys, preloadsOf(loads));
    await this.children.ended(preloader);
    const generators = new Map<string, GeneratorProcess>();
    for (const load of loads) {
      const generator = await this.generator(server, load, this.form.keys);
      if (this.form.warmUpSeconds > 0) await generator.closedLoop(this.form.warmUpSeconds);
      generators.set(load.name, generator);
    }
    await this.quiet(server);
    return { server, generators };
  }

  private async stop({ server, generators }: Side): Promise<void> {
    for (const generator of generators.values()) await this.children.ended(generator);
    await this.children.ended(server);
  }

  /** Loads the sides in short slices, A B B A A B B A; CPU is that of the whole pair, until both servers are quiet again. */
  private async pair(
    load: GateLoad,
    subject: Side,
    reference: Side | undefined,
    referenceFirst: boolean,
  ): Promise<Pair> {
    const sides = [subject, ...(reference === undefined ? [] : [reference])].map((side) => new Slices(side));
    if (referenceFirst) sides.reverse();
    for (let slice = 0; slice < SLICES; slice++) {
      const order = slice % 2 === 0 ? sides : sides.toReversed();
      for (const side of order) {
        side.add(await generatorOf(side.side, load).closedLoop(this.form.seconds / SLICES));
      }
    }
    for (const { side } of sides) await this.quiet(side.server);
    const sampleOf = (wanted: Side) => sides.find(({ side }) => side === wanted)!.sample();
    return {
      load: load.name,
      subject: sampleOf(subject),
      reference: reference === undefined ? undefined : sampleOf(reference),
    };
  }

  private preloadLoad(): GateLoad {
    const { valueBytes } = this.form.loads[0]!;
    return {
      name: "preload",
      workload: "set",
      clients: PRELOAD_CLIENTS,
      pipeline: 1,
      valueBytes,
      limits: [],
    };
  }

  private generator(server: ServerProcess, load: GateLoad, keys: number): Promise<GeneratorProcess> {
    const { workload, clients, pipeline, valueBytes } = load;
    return this.children.started(
      GeneratorProcess.start(
        {
          ...{ port: server.port, workload, clients, pipeline, valueBytes },
          ...{ keys, distribution: "uniform", seed: SEED },
        },
        this.children.environment,
      ),
    );
  }

  private quiet(server: ServerProcess): Promise<boolean> {
    return untilQuiet(server.pid, QUIET_MS, QUIET_LIMIT_MS);
  }
}

/** What has to be in a server before these loads. */
function preloadsOf(loads: readonly GateLoad[]): readonly PreloadName[] {
  return [...new Set(loads.map(({ workload }): PreloadName => workloads[workload].preload))];
}

function generatorOf({ generators }: Side, load: GateLoad): GeneratorProcess {
  const generator = generators.get(load.name);
  assert(generator !== undefined, "every load has its generator");
  return generator;
}

/** What one side did in a pair so far. */
class Slices {
  private readonly before: CpuTime;
  private readonly p99Ms: number[] = [];
  private operations = 0;
  private elapsedUs = 0;

  constructor(readonly side: Side) {
    this.before = processUsage(side.server.pid);
  }

  add({ operations, elapsedUs, latency }: LoadResult): void {
    this.operations += operations;
    this.elapsedUs += elapsedUs;
    this.p99Ms.push((latency.percentilesUs[99] ?? NaN) / 1000);
  }

  sample(): Sample {
    const cpuUs = totalUs(cpuBetween(this.before, processUsage(this.side.server.pid)));
    return {
      operationsPerSecond: (this.operations / this.elapsedUs) * 1e6,
      cpuUs: cpuUs / this.operations,
      p99Ms: median(this.p99Ms),
    };
  }
}

function pairText({ load, subject, reference }: Pair, pair: number, count: number): string {
  const side = ({ operationsPerSecond, cpuUs, p99Ms }: Sample) =>
    `${Math.round(operationsPerSecond).toString().padStart(7)}/s ${cpuUs.toFixed(2).padStart(6)} µs p99 ${p99Ms.toFixed(2)} ms`;
  const other = reference === undefined ? "" : `  |  ${side(reference)}`;
  return `  pair ${pair} of ${count}, ${load.padEnd(8)} ${side(subject)}${other}`;
}
