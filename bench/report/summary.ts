// From runs to summaries: a server's medians over the repetitions, and ratios of pairs against each other server. Pure.
import type { BenchCase } from "../plan";
import type { ServerName } from "../servers/index";
import { ratioOfPairs, spread } from "../statistics";
import type { Spread } from "../statistics";
import type { CpuTime } from "../measure/index";
import type { CaseSummary, DiskRun, RatioSummary, Run, ServerSummary } from "./report-data";

type Figure = (run: Run) => number;

const operationsPerSecond: Figure = (run) => run.operationsPerSecond;
const p99Us: Figure = (run) => percentileUs(run, 99);
const serverCpuUsPerOperation: Figure = (run) => cpuPerOperation(run.serverCpu, run);

/** Summaries of the cases that were run, in the order given; the first server is the subject of the ratios. */
export function summarise(
  cases: readonly BenchCase[],
  servers: readonly ServerName[],
  runs: readonly Run[],
): CaseSummary[] {
  const summaries: CaseSummary[] = [];
  for (const benchCase of cases) {
    const own = runs.filter((run) => run.caseId === benchCase.id);
    if (own.length > 0) summaries.push(caseSummary(benchCase, servers, own));
  }
  return summaries;
}

/** A server that reads from disk beside the disk's own limit. */
export interface DiskSummary {
  readonly case: BenchCase;
  readonly server: ServerName;
  readonly operationsPerSecond: Spread;
  readonly diskReadsPerSecond: Spread;
  /** Operations for each read that the disk gives, of pairs within a repetition. */
  readonly share: Spread | undefined;
  readonly readBytesPerOperation: Spread;
  /** One of the disk's runs, for what they have in common. */
  readonly diskRun: DiskRun;
}

/** One for each server and each case of which the disk was measured. */
export function summariseDisk(
  cases: readonly CaseSummary[],
  runs: readonly Run[],
  disk: readonly DiskRun[],
): DiskSummary[] {
  return cases.flatMap(({ case: benchCase, servers }) => {
    const diskRuns = disk.filter((run) => run.caseId === benchCase.id);
    const [diskRun] = diskRuns;
    if (diskRun === undefined) return [];
    const limits = new Map(diskRuns.map((run) => [run.repetition, run.readsPerSecond]));
    return servers.map(({ server, operationsPerSecond: speed }) => {
      const own = runs.filter((run) => run.caseId === benchCase.id && run.server === server);
      return {
        case: benchCase,
        server,
        operationsPerSecond: speed,
        diskReadsPerSecond: spread([...limits.values()]),
        share: ratioOfPairs(byRepetition(own, server, operationsPerSecond), limits),
        readBytesPerOperation: spread(own.map((run) => (run.serverReadBytes ?? 0) / run.operations)),
        diskRun,
      };
    });
  });
}

function caseSummary(
  benchCase: BenchCase,
  servers: readonly ServerName[],
  runs: readonly Run[],
): CaseSummary {
  const ranServers = servers.filter((server) => runs.some((run) => run.server === server));
  const [subject, ...references] = ranServers;
  return {
    case: benchCase,
    servers: ranServers.map((server) =>
      serverSummary(
        server,
        runs.filter((run) => run.server === server),
      ),
    ),
    ratios:
      subject === undefined
        ? []
        : references.flatMap((reference) => ratioSummary(subject, reference, runs) ?? []),
  };
}

function serverSummary(server: ServerName, runs: readonly Run[]): ServerSummary {
  const over = (figure: Figure) => spread(runs.map(figure));
  return {
    server,
    operationsPerSecond: over(operationsPerSecond),
    p50Us: over((run) => percentileUs(run, 50)),
    p99Us: over(p99Us),
    p999Us: over((run) => percentileUs(run, 99.9)),
    serverCpuUsPerOperation: over(serverCpuUsPerOperation),
    generatorCpuUsPerOperation: over((run) => cpuPerOperation(run.generatorCpu, run)),
    otherCores: over((run) => run.otherCores),
  };
}

function ratioSummary(
  subject: ServerName,
  reference: ServerName,
  runs: readonly Run[],
): RatioSummary | undefined {
  const ratioOf = (figure: Figure) =>
    ratioOfPairs(byRepetition(runs, subject, figure), byRepetition(runs, reference, figure));
  const throughput = ratioOf(operationsPerSecond);
  const p99 = ratioOf(p99Us);
  const serverCpu = ratioOf(serverCpuUsPerOperation);
  if (throughput === undefined || p99 === undefined) return undefined;
  return { subject, reference, operationsPerSecond: throughput, p99, serverCpu };
}

function byRepetition(runs: readonly Run[], server: ServerName, figure: Figure): Map<number, number> {
  return new Map(runs.filter((run) => run.server === server).map((run) => [run.repetition, figure(run)]));
}

function percentileUs(run: Run, percentile: number): number {
  return run.latency.percentilesUs[percentile] ?? NaN;
}

function cpuPerOperation(cpu: CpuTime, run: Run): number {
  return (cpu.userUs + cpu.systemUs) / run.operations;
}
