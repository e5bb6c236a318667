// `npm run bench`: reads the command line, finds out what can be measured, runs it with progress on standard output,
// writes the report. Exits with 0, with 1 when something failed, with 2 when the command line is wrong.
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BasaltError, errorText } from "../src/base/index";
import { diskDirectory } from "./measure/index";
import { benchHelp, parseBenchOptions } from "./options";
import type { BenchOptions } from "./options";
import { caseTitle, dataSets } from "./plan";
import type { BenchCase } from "./plan";
import {
  REPORT_FORMAT,
  milliseconds,
  readEnvironment,
  renderMarkdown,
  summarise,
  thousands,
  writeReport,
} from "./report/index";
import type { MeasuredServer, Report, Run } from "./report/index";
import { BenchRunner } from "./runner";
import { serverKinds } from "./servers/index";
import type { ServerKind, ServerName } from "./servers/index";

/** This file is build/bench/main.js. */
const ROOT = join(__dirname, "../..");

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface Available {
  readonly kinds: readonly ServerKind[];
  readonly servers: readonly MeasuredServer[];
  readonly missing: readonly ServerName[];
}

/** What is there of the servers asked for; one that was asked for by name must be. */
function availableServers(options: BenchOptions): Available {
  const all = serverKinds(ROOT);
  const kinds: ServerKind[] = [];
  const servers: MeasuredServer[] = [];
  const missing: ServerName[] = [];
  for (const name of options.servers) {
    const kind = all[name];
    const version = kind.version();
    if (version !== undefined) {
      kinds.push(kind);
      servers.push({ name, title: kind.title, version });
    } else if (options.optionalServers.includes(name)) {
      missing.push(name);
    } else {
      const remedy = name === "basalt" ? "build the project first" : "install redis-server, or leave it out";
      throw new BasaltError("NOT_INSTALLED", `${kind.title} is not there: ${remedy}.`);
    }
  }
  return { kinds, servers, missing };
}

/** How long the rest takes if it goes on as it went. */
function timeLeft(startedMs: number, done: number, total: number): string {
  const seconds = (((performance.now() - startedMs) / done) * (total - done)) / 1000;
  return seconds < 90 ? `${Math.round(seconds)} s left` : `${Math.round(seconds / 60)} min left`;
}

function progressLine(run: Run, benchCase: BenchCase, done: number, total: number): string {
  const percentiles = run.latency.percentilesUs;
  const perOperation = (cpu: Run["serverCpu"]) => ((cpu.userUs + cpu.systemUs) / run.operations).toFixed(1);
  return [
    `[${String(done).padStart(String(total).length)}/${total}] ${caseTitle(benchCase)}: ${run.server.padEnd(12)}`,
    `${thousands(run.operationsPerSecond).padStart(9)}/s`,
    `p50 ${milliseconds(percentiles[50] ?? NaN)}  p99 ${milliseconds(percentiles[99] ?? NaN)} ms`,
    `CPU/op ${perOperation(run.serverCpu)} µs, generator ${perOperation(run.generatorCpu)} µs`,
  ].join("  ");
}

async function bench(words: readonly string[]): Promise<void> {
  const options = parseBenchOptions(words, ROOT);
  if (options === undefined) {
    process.stdout.write(benchHelp());
    return;
  }
  const { reportDir, dataDir, ...load } = options;
  const { kinds, servers, missing } = availableServers(options);
  for (const name of missing) say(`${name} is skipped: redis-server is not installed`);
  const places = dataDir === undefined ? [tmpdir(), join(ROOT, "data-bench")] : [dataDir];
  const data = diskDirectory(places);
  // Before the runs: a report that has no place to go should not be found out minutes later.
  if (reportDir !== undefined) mkdirSync(reportDir, { recursive: true });
  const environment = readEnvironment(ROOT, words, data.fileSystem);

  const startedMs = performance.now();
  const runner = new BenchRunner(options, kinds, data.path, {
    step: say,
    ran: (run, benchCase, done, total) =>
      say(`${progressLine(run, benchCase, done, total)}  ${timeLeft(startedMs, done, total)}`),
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      void runner.stop().finally(() => process.exit(130));
    });
  }
  const runs = await runner.run();

  const report: Report = {
    format: REPORT_FORMAT,
    name: options.label,
    environment,
    servers,
    missingServers: missing,
    options: load,
    cases: summarise(
      dataSets(options).flatMap(({ cases }) => cases),
      servers.map(({ name }) => name),
      runs,
    ),
    runs,
    disk: runner.diskRuns,
  };
  if (reportDir === undefined) {
    say(`\n${renderMarkdown(report)}`);
    return;
  }
  const files = writeReport(report, reportDir);
  say(`\n${files.page}`);
  say(`report: ${files.markdown} and ${files.json}`);
}

bench(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`bench: ${errorText(error)}\n`);
  process.exit(error instanceof BasaltError && error.code === "USAGE" ? 2 : 1);
});
