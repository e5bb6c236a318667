// A report as data: what the JSON file holds and what Markdown is rendered from. Later versions may add fields; one that
// changes a field's meaning raises `format`. Runs are kept whole, so that a summary can be computed anew.
import type { LatencySummary, OpenLoopFigures } from "../load/index";
import type { CpuTime, DiskFigures } from "../measure/index";
import type { BenchOptions } from "../options";
import type { BenchCase } from "../plan";
import type { ServerName } from "../servers/index";
import type { Spread } from "../statistics";

export const REPORT_FORMAT = 1;

/** One load on one server. */
export interface Run {
  readonly caseId: string;
  readonly server: ServerName;
  /** From 0; runs of one case with the same repetition are a pair. */
  readonly repetition: number;
  /** 0 for the server that went first. */
  readonly turn: number;
  readonly operations: number;
  readonly elapsedUs: number;
  readonly operationsPerSecond: number;
  readonly latency: LatencySummary;
  /** All threads, from the load's begin until the server was quiet again. */
  readonly serverCpu: CpuTime;
  /** The part of `serverCpu` that was used after the load had ended. */
  readonly serverCpuAfterLoad: CpuTime;
  /** From the load's begin to its end. */
  readonly generatorCpu: CpuTime;
  /** False: the server was still busy when the wait for quiet was given up. */
  readonly quiet: boolean;
  /** CPU that neither server nor generator used while the load ran, in cores; high: the machine had other work. */
  readonly otherCores: number;
  readonly serverWrittenBytes: number;
  /** Read from the disk itself while the load ran; absent in older reports. */
  readonly serverReadBytes?: number;
  readonly serverResidentBytes: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Of an open loop. */
  readonly openLoop?: OpenLoopFigures;
}

/** What the disk itself gave within the same minute as the runs of a case whose data do not fit in memory. */
export interface DiskRun extends DiskFigures {
  readonly caseId: string;
  readonly repetition: number;
  readonly blockBytes: number;
  readonly depth: number;
  readonly fileBytes: number;
}

/** A server's figures for a case, over the repetitions. */
export interface ServerSummary {
  readonly server: ServerName;
  readonly operationsPerSecond: Spread;
  readonly p50Us: Spread;
  readonly p99Us: Spread;
  readonly p999Us: Spread;
  readonly serverCpuUsPerOperation: Spread;
  readonly generatorCpuUsPerOperation: Spread;
  readonly otherCores: Spread;
}

/** The first server against another: medians of the ratios of pairs. */
export interface RatioSummary {
  readonly subject: ServerName;
  readonly reference: ServerName;
  readonly operationsPerSecond: Spread;
  readonly p99: Spread;
  /** Undefined where a run was too short for the kernel's clock to see any CPU time. */
  readonly serverCpu: Spread | undefined;
}

export interface CaseSummary {
  readonly case: BenchCase;
  readonly servers: readonly ServerSummary[];
  readonly ratios: readonly RatioSummary[];
}

export interface MeasuredServer {
  readonly name: ServerName;
  readonly title: string;
  readonly version: string;
}

/** Where and of what a report was made. */
export interface Environment {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly commit: string;
  readonly commitShort: string;
  /** Files of the working tree differ from the commit, reports aside. */
  readonly modified: boolean;
  readonly command: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly dataFileSystem: string;
  readonly loadAverage: number;
}

export interface Report {
  readonly format: typeof REPORT_FORMAT;
  readonly name: string;
  readonly environment: Environment;
  readonly servers: readonly MeasuredServer[];
  /** Servers that were wanted and are not installed. */
  readonly missingServers: readonly ServerName[];
  /** Without directories: they belong to one machine. */
  readonly options: Omit<BenchOptions, "reportDir" | "dataDir">;
  readonly cases: readonly CaseSummary[];
  readonly runs: readonly Run[];
  /** Absent in older reports. */
  readonly disk?: readonly DiskRun[];
}
