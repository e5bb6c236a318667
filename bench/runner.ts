// Carries out a plan: starts the servers, writes the keys, runs every case on every server in turns, measures. Whatever
// it started is stopped when it ends, also when it fails or is interrupted; nothing is killed but by the pid of a child.
import { setTimeout as sleep } from "node:timers/promises";
import { BasaltError, errorText } from "../src/base/index";
import { Ladders } from "./ladders";
import { Children } from "./children";
import { GeneratorProcess } from "./load/index";
import type { LoadResult } from "./load/index";
import {
  DEEPEST,
  DiskFile,
  PageCacheDropper,
  cpuBetween,
  machineCpuUs,
  processUsage,
  residentBytes,
  totalUs,
  untilQuiet,
} from "./measure/index";
import type { BenchOptions } from "./options";
import { dataSets, turns } from "./plan";
import type { BenchCase, DataSet } from "./plan";
import type { DiskRun, Run } from "./report/index";
import { ServerProcess, withSmallCaches } from "./servers/index";
import type { ServerKind } from "./servers/index";

const QUIET_LIMIT_MS = 30_000;
const PRELOAD_CLIENTS = 16;
/** The blocks of Basalt's tables: native/src/core/instance-options.cc. */
const TABLE_BLOCK_BYTES = 16 * 1024;
const DISK_FILE_BYTES_AT_MOST = 2 ** 30;

export interface Progress {
  /** Something happens that takes a moment. */
  step(text: string): void;
  /** A run has ended; `done` of `total`. */
  ran(run: Run, benchCase: BenchCase, done: number, total: number): void;
}

export class BenchRunner {
  private readonly children = new Children();
  private readonly runs: Run[] = [];
  private readonly disk: DiskRun[] = [];
  private total = 0;

  constructor(
    private readonly options: BenchOptions,
    private readonly kinds: readonly ServerKind[],
    private readonly dataDir: string,
    private readonly progress: Progress,
  ) {}

  /** Runs everything. Fails at the first wrong reply, lost connection or server that ends. */
  async run(): Promise<readonly Run[]> {
    const sets = dataSets(this.options);
    this.total = sets.reduce((sum, set) => sum + set.cases.length * this.kindsFor(set).length, 0);
    this.total *= this.options.repetitions;
    try {
      for (const dataSet of sets) {
        for (let repetition = 0; repetition < this.options.repetitions; repetition++) {
          await this.repeat(dataSet, repetition);
        }
      }
    } finally {
      await this.stop();
    }
    return this.runs;
  }

  /** What the disk itself gave, for the cases that read from it. */
  get diskRuns(): readonly DiskRun[] {
    return this.disk;
  }

  /** Stops all processes, those that are starting too, and removes their data; a run under way fails. */
  async stop(): Promise<void> {
    await this.children.stop();
  }

  /** The servers that can be measured on some data, as they are started for it. */
  private kindsFor({ data }: DataSet): readonly ServerKind[] {
    if (data === "memory") return this.kinds;
    return this.kinds.flatMap((kind) => withSmallCaches(kind, this.options.cacheBytes) ?? []);
  }

  private async repeat(dataSet: DataSet, repetition: number): Promise<void> {
    const kinds = this.kindsFor(dataSet);
    if (kinds.length === 0) return;
    const { repetitions } = this.options;
    const keys = `${dataSet.keys} keys of ${dataSet.valueBytes} B`;
    this.progress.step(`repetition ${repetition + 1} of ${repetitions}: starting servers, writing ${keys}`);
    const servers: ServerProcess[] = [];
    for (const kind of kinds) {
      const server = await this.children.started(
        ServerProcess.start(kind, this.dataDir, this.children.environment),
      );
      await this.guard(server, () => this.preload(server, dataSet));
      servers.push(server);
    }
    const ladders = new Ladders();
    for (const [caseIndex, benchCase] of dataSet.cases.entries()) {
      const names = turns(
        kinds.map((kind) => kind.name),
        repetition,
        caseIndex,
      );
      for (const [turn, name] of names.entries()) {
        const server = servers.find((candidate) => candidate.kind.name === name);
        if (server === undefined) throw new BasaltError("NO_SERVER", `No server ${name} runs.`);
        if (ladders.isBeyond(benchCase, name)) {
          this.total--;
          continue;
        }
        const run = await this.guard(server, () => this.measure(server, benchCase, repetition, turn));
        ladders.climb(benchCase, name, run.operationsPerSecond);
        this.runs.push(run);
        this.progress.ran(run, benchCase, this.runs.length, this.total);
      }
      if (benchCase.data === "disk") await this.measureDisk(benchCase, repetition);
    }
    await this.children.endAll();
  }

  private async preload(
    server: ServerProcess,
    { keys, valueBytes, cases, preloads }: DataSet,
  ): Promise<void> {
    const anyCase = cases[0]!;
    const generator = await this.generator(server, {
      ...anyCase,
      clients: PRELOAD_CLIENTS,
      keys,
      valueBytes,
    });
    await generator.preload(keys, preloads);
    await this.children.ended(generator);
    await this.waitUntilQuiet(server);
  }

  /** Reads as the case does, without a server: blocks at random, as many at a time as there are requests. */
  private async measureDisk(benchCase: BenchCase, repetition: number): Promise<void> {
    const { clients, pipeline, keys, valueBytes } = benchCase;
    const fileBytes = Math.min(DISK_FILE_BYTES_AT_MOST, keys * valueBytes);
    const file = DiskFile.create(this.dataDir, fileBytes);
    const stoppable = { stop: () => Promise.resolve(file.remove()) };
    this.children.keep(stoppable);
    const depth = Math.min(DEEPEST, clients * pipeline);
    const { seconds, seed } = this.options;
    const load = { blockBytes: TABLE_BLOCK_BYTES, depth, seconds, seed };
    const figures = await file.measure(load, this.children.environment);
    await this.children.ended(stoppable);
    const run = {
      caseId: benchCase.id,
      repetition,
      blockBytes: TABLE_BLOCK_BYTES,
      depth,
      fileBytes,
      ...figures,
    };
    this.disk.push(run);
    this.progress.step(
      `the disk itself: ${Math.round(figures.readsPerSecond)} reads/s of ${TABLE_BLOCK_BYTES} B, ${depth} at a time`,
    );
  }

  private async measure(
    server: ServerProcess,
    benchCase: BenchCase,
    repetition: number,
    turn: number,
  ): Promise<Run> {
    const { seconds, warmUpSeconds } = this.options;
    const generator = await this.generator(server, benchCase);
    if (warmUpSeconds > 0) await loaded(generator, warmUpSeconds, benchCase);
    await this.waitUntilQuiet(server);
    const dropper = benchCase.data === "disk" ? await PageCacheDropper.start(server.pid) : undefined;

    const machineBefore = machineCpuUs();
    const serverBefore = processUsage(server.pid);
    const generatorBefore = processUsage(generator.pid);
    const result = await loaded(generator, seconds, benchCase).finally(() => dropper?.stop());
    const generatorCpu = cpuBetween(generatorBefore, processUsage(generator.pid));
    const serverLoaded = processUsage(server.pid);
    const machineUs = machineCpuUs() - machineBefore;

    await this.children.ended(generator);
    const quiet = await this.waitUntilQuiet(server);
    const serverAfter = processUsage(server.pid);
    const ownUs = totalUs(cpuBetween(serverBefore, serverLoaded)) + totalUs(generatorCpu);
    return {
      caseId: benchCase.id,
      server: server.kind.name,
      repetition,
      turn,
      ...loadFigures(result),
      serverCpu: cpuBetween(serverBefore, serverAfter),
      serverCpuAfterLoad: cpuBetween(serverLoaded, serverAfter),
      generatorCpu,
      quiet,
      otherCores: Math.max(0, machineUs - ownUs) / result.elapsedUs,
      serverWrittenBytes: serverAfter.writtenBytes - serverBefore.writtenBytes,
      serverReadBytes: serverLoaded.readBytes - serverBefore.readBytes,
      serverResidentBytes: residentBytes(server.pid),
    };
  }

  private generator(server: ServerProcess, benchCase: BenchCase): Promise<GeneratorProcess> {
    const spec = { ...benchCase, port: server.port, seed: this.options.seed };
    return this.children.started(GeneratorProcess.start(spec, this.children.environment));
  }

  private waitUntilQuiet(server: ServerProcess): Promise<boolean> {
    return untilQuiet(server.pid, this.options.quietMs, QUIET_LIMIT_MS);
  }

  /** Does something with a server; when it fails because the server is gone, says that instead. */
  private async guard<Result>(server: ServerProcess, action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      // The exit of a child is told a moment after its connections break.
      await sleep(200);
      if (!this.children.isStopped) server.assertRunning();
      throw new BasaltError("BENCH_FAILED", `${server.kind.title}: ${errorText(error)}`, { cause: error });
    }
  }
}

/** The case's load for a time: closed loop, or open at its rate. */
function loaded(generator: GeneratorProcess, seconds: number, { rate }: BenchCase): Promise<LoadResult> {
  return rate === undefined ? generator.closedLoop(seconds) : generator.openLoop(seconds, rate);
}

function loadFigures(
  result: LoadResult,
): Pick<
  Run,
  "operations" | "elapsedUs" | "operationsPerSecond" | "latency" | "sentBytes" | "receivedBytes" | "openLoop"
> {
  return { ...result, operationsPerSecond: (result.operations / result.elapsedUs) * 1e6 };
}
