// `npm run bench:soak`: a server under a mixed load for a long time, with an eye on all that could grow. Writes a dated
// report with charts; exits with 1 when something is shown to grow.
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Children } from "../children";
import { runProgram, say } from "../command-line";
import type { GivenOptions, ProgramHelp } from "../command-line";
import { diskDirectory, residentBytes } from "../measure/index";
import { Questions } from "../questions";
import { readEnvironment } from "../report/index";
import { ServerProcess, serverKinds } from "../servers/index";
import { descriptorsOf, directoryBytes } from "./figures";
import type { SoakSample } from "./figures";
import type { SoakLoadSpec } from "./load-messages";
import { conclusion, soakCharts, soakReport, trendsOf } from "./report";
import { SoakLoad } from "./soak-load";
import { SAMPLES_AT_LEAST } from "./trend";

/** This file is build/bench/soak/main.js. */
const ROOT = join(__dirname, "../../..");
const SAMPLES = 240;
const PROGRESS_LINES = 20;

const help = {
  command: "npm run bench:soak",
  summary:
    "Watches memory, descriptors, latency and RocksDB's size under a mixed load over time; writes a report with charts.",
  options: {
    minutes: { placeholder: "N", meaning: "how long", fallback: "30" },
    clients: { placeholder: "N", meaning: "connections at any time", fallback: "50" },
    pipeline: { placeholder: "N", meaning: "commands in flight on a connection", fallback: "4" },
    rate: {
      placeholder: "N",
      meaning: "commands a second, all clients together, at most",
      fallback: "15000",
    },
    keys: { placeholder: "N", meaning: "key space of each kind of key", fallback: "100000" },
    "value-bytes": { placeholder: "N", meaning: "size of values", fallback: "128" },
    seed: { placeholder: "N", meaning: "of the random commands", fallback: "1" },
    out: { placeholder: "DIR", meaning: "where the report goes", fallback: "perf-reports" },
    dir: { placeholder: "DIR", meaning: "where the server's data lies, on a disk" },
    "no-report": { meaning: "write no report" },
  },
} as const satisfies ProgramHelp<string>;

type Options = GivenOptions<keyof typeof help.options>;

async function soak(options: Options): Promise<number> {
  const minutes = options.number("minutes", 0.1, 100_000);
  const load = {
    clients: options.integer("clients", 1, 10_000),
    pipeline: options.integer("pipeline", 1, 1000),
    rate: options.integer("rate", 1, 10_000_000),
    keys: options.integer("keys", 10, 100_000_000),
    valueBytes: options.integer("value-bytes", 1, 2 ** 20),
    seed: options.integer("seed", 0, 2 ** 32),
  };
  const given = options.text("dir");
  const data = diskDirectory(given === undefined ? [tmpdir(), join(ROOT, "data-bench")] : [given]);
  const environment = readEnvironment(ROOT, process.argv.slice(2), data.fileSystem, help.command);
  const children = new Children();
  children.stopOnSignals();
  let samples: SoakSample[];
  let spec: SoakLoadSpec;
  try {
    const server = await children.started(
      ServerProcess.start(serverKinds(ROOT).basalt, data.path, children.environment),
    );
    spec = { ...load, port: server.port };
    samples = await watch(children, server, spec, minutes * 60);
  } finally {
    await children.stop();
  }
  const trends = trendsOf(samples);
  const stem = `${environment.startedAt.slice(0, 10)}-${environment.commitShort}-soak`;
  const charts = soakCharts(stem, samples);
  const text = soakReport(environment, spec, samples, trends, charts.keys());
  say(`\n${text}`);
  if (!options.has("no-report")) {
    const directory = resolve(options.text("out") ?? "perf-reports");
    mkdirSync(directory, { recursive: true });
    for (const [file, chart] of charts) writeFileSync(join(directory, file), chart);
    writeFileSync(join(directory, `${stem}.md`), text);
    say(`report: ${join(directory, stem)}.md`);
  }
  say(conclusion(trends));
  return trends.some(({ trend }) => trend.verdict === "grows") ? 1 : 0;
}

/** Samples at even distances until the time is up. */
async function watch(
  children: Children,
  server: ServerProcess,
  spec: SoakLoadSpec,
  seconds: number,
): Promise<SoakSample[]> {
  const questions = await Questions.connect(server.port);
  const load = await children.started(SoakLoad.start(spec, children.environment));
  const count = Math.max(SAMPLES_AT_LEAST, Math.min(SAMPLES, Math.floor(seconds)));
  const everyMs = (seconds * 1000) / count;
  const begun = performance.now();
  let before = begun;
  const samples: SoakSample[] = [];
  while (samples.length < count) {
    await sleep(Math.max(0, begun + (samples.length + 1) * everyMs - performance.now()));
    const loadSample = await load.sample();
    const now = performance.now();
    const info = new Map<string, string>();
    for (const section of ["memory", "storage", "clients"]) {
      for (const [name, value] of await questions.info(section)) info.set(name, value);
    }
    samples.push({
      seconds: (now - begun) / 1000,
      residentBytes: residentBytes(server.pid),
      descriptors: descriptorsOf(server.pid),
      directoryBytes: directoryBytes(server.dataDir),
      info,
      keys: Number(await questions.ask("DBSIZE")),
      load: loadSample,
      loadSeconds: (now - before) / 1000,
    });
    before = now;
    if (samples.length % Math.ceil(count / PROGRESS_LINES) === 0) say(progressLine(samples.at(-1)!));
  }
  questions.close();
  await children.ended(load);
  return samples;
}

function progressLine({
  seconds,
  residentBytes: bytes,
  descriptors,
  keys,
  load,
  loadSeconds,
}: SoakSample): string {
  return [
    `${(seconds / 60).toFixed(1)} min: ${(load.commands / loadSeconds).toFixed(0)}/s`,
    `p99 ${load.p99Ms.toFixed(2)} ms`,
    `${(bytes / 2 ** 20).toFixed(0)} MiB resident`,
    `${descriptors} descriptors`,
    `${keys} keys`,
  ].join(", ");
}

runProgram(help, soak);
