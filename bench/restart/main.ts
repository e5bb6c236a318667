// `npm run bench:restart`: how long a server with a million keys takes to serve again after kill -9, over and over. Each
// round kills it under a load of SETs, so that its log holds what its data does not have yet, and starts it on what is
// left; the clock runs from the start of the process to the right answer of a GET. Writes a dated report.
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BasaltError } from "../../src/base/index";
import { Children } from "../children";
import { runProgram, say } from "../command-line";
import type { GivenOptions, ProgramHelp } from "../command-line";
import { GeneratorProcess } from "../load/index";
import type { LoadSpec } from "../load/index";
import { diskDirectory, residentBytes } from "../measure/index";
import { Questions } from "../questions";
import { readEnvironment } from "../report/index";
import type { Environment } from "../report/index";
import { SERVER_NAMES, ServerProcess, serverKinds } from "../servers/index";
import type { ServerKind } from "../servers/index";
import { spread } from "../statistics";

/** This file is build/bench/restart/main.js. */
const ROOT = join(__dirname, "../../..");

const help = {
  command: "npm run bench:restart",
  summary:
    "Measures how long a server with many keys takes to serve again after kill -9 under load; writes a report.",
  options: {
    keys: { placeholder: "N", meaning: "in the server, of 64 bytes", fallback: "1000000" },
    rounds: { placeholder: "N", meaning: "kills and restarts", fallback: "7" },
    "load-ms": { placeholder: "N", meaning: "of SETs before each kill", fallback: "2000" },
    server: { placeholder: "S", meaning: SERVER_NAMES.join(", "), fallback: "basalt" },
    dir: { placeholder: "DIR", meaning: "where the server's data lies, on a disk" },
    "no-report": { meaning: "write no report" },
  },
} as const satisfies ProgramHelp<string>;

type Options = GivenOptions<keyof typeof help.options>;

interface Round {
  /** From the start of the process to PONG, and to the value of a key. */
  readonly pongMs: number;
  readonly valueMs: number;
  /** SETs that were answered under the load before the kill. */
  readonly setsBefore: number;
  readonly residentMiB: number;
}

async function restart(options: Options): Promise<number> {
  const keys = options.integer("keys", 1, 100_000_000);
  const rounds = options.integer("rounds", 1, 1000);
  const loadMs = options.integer("load-ms", 100, 600_000);
  const kind = serverKinds(ROOT)[options.choice("server", SERVER_NAMES)];
  if (kind.version() === undefined) throw new BasaltError("NOT_INSTALLED", `${kind.title} is not there.`);
  const given = options.text("dir");
  const data = diskDirectory(given === undefined ? [tmpdir(), join(ROOT, "data-bench")] : [given]);
  const environment = readEnvironment(ROOT, process.argv.slice(2), data.fileSystem, help.command);
  const children = new Children();
  children.stopOnSignals();
  try {
    const measured = await measure(children, kind, data.path, { keys, rounds, loadMs });
    const text = report(environment, kind, keys, measured);
    say(`\n${text}`);
    if (!options.has("no-report")) {
      const directory = join(ROOT, "perf-reports");
      mkdirSync(directory, { recursive: true });
      const name = `${environment.startedAt.slice(0, 10)}-${environment.commitShort}-restart.md`;
      writeFileSync(join(directory, name), text);
      say(`report: perf-reports/${name}`);
    }
  } finally {
    await children.stop();
  }
  return 0;
}

async function measure(
  children: Children,
  kind: ServerKind,
  dataDir: string,
  { keys, rounds, loadMs }: { keys: number; rounds: number; loadMs: number },
): Promise<Round[]> {
  const server = await children.started(ServerProcess.start(kind, dataDir, children.environment));
  const spec: LoadSpec = {
    ...{ port: server.port, workload: "set", clients: 50, pipeline: 1, valueBytes: 64 },
    ...{ keys, distribution: "uniform", seed: 1 },
  };
  say(`writing ${keys} keys`);
  const preloader = await children.started(GeneratorProcess.start(spec, children.environment));
  await preloader.preload(keys);
  await children.ended(preloader);
  const measured: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    const setsBefore = await killUnderLoad(children, server, spec, loadMs);
    const begun = performance.now();
    await server.restart();
    const pongMs = performance.now() - begun;
    const questions = await Questions.connect(server.port);
    const key = `key:${String((round * 7919) % keys).padStart(12, "0")}`;
    const value = await questions.ask("GET", key);
    const valueMs = performance.now() - begun;
    const size = await questions.ask("DBSIZE");
    questions.close();
    if (typeof value !== "string" || value.length !== spec.valueBytes || size !== keys) {
      throw new BasaltError(
        "KEYS_LOST",
        `After the restart ${typeof size === "number" ? size : "not"} of ${keys} keys are there, and ${key} is ${typeof value === "string" ? "there" : "not"}.`,
      );
    }
    measured.push({ pongMs, valueMs, setsBefore, residentMiB: residentBytes(server.pid) / 2 ** 20 });
    say(`round ${round} of ${rounds}: serves after ${valueMs.toFixed(0)} ms`);
  }
  return measured;
}

/** Kills the server while SETs run; the answer is about how many it had answered in that time. */
async function killUnderLoad(
  children: Children,
  server: ServerProcess,
  spec: LoadSpec,
  loadMs: number,
): Promise<number> {
  const generator = await children.started(GeneratorProcess.start(spec, children.environment));
  const { operations, elapsedUs } = await generator.closedLoop(loadMs / 2000);
  const load = generator.closedLoop(loadMs / 1000);
  // It fails when the server dies, which is the point.
  const broken = load.then(
    () => false,
    () => true,
  );
  await sleep(loadMs / 2);
  await server.kill();
  if (!(await broken))
    throw new BasaltError("NO_LOAD", "The load did not notice that its server was killed.");
  await children.ended(generator);
  return Math.round(operations + (operations / elapsedUs) * 1000 * (loadMs / 2));
}

function report(environment: Environment, kind: ServerKind, keys: number, rounds: readonly Round[]): string {
  const row = (title: string, values: readonly number[], digits: number): string => {
    const { median, lowest, highest } = spread(values);
    return `| ${title} | ${[median, lowest, highest].map((value) => value.toFixed(digits)).join(" | ")} |`;
  };
  const { startedAt, commit, modified, processor, cores, kernel, node, dataFileSystem, loadAverage } =
    environment;
  return `# Restart after kill -9, ${startedAt.slice(0, 10)}

${kind.title} ${kind.version() ?? ""} with ${keys} keys of 64 B, killed ${rounds.length} times under a load of SETs (50 connections) and started
again on what was left. The time runs from the start of the process to the right answer of a GET on a new connection;
afterwards DBSIZE named all keys, each time.

| what | median | lowest | highest |
| --- | ---: | ---: | ---: |
${row(
  "until PONG, ms",
  rounds.map(({ pongMs }) => pongMs),
  0,
)}
${row(
  "until a value, ms",
  rounds.map(({ valueMs }) => valueMs),
  0,
)}
${row(
  "SETs before the kill, about",
  rounds.map(({ setsBefore }) => setsBefore),
  0,
)}
${row(
  "resident memory then, MiB",
  rounds.map(({ residentMiB }) => residentMiB),
  0,
)}

${cores} × ${processor}, Linux ${kernel}, Node ${node}; data on ${dataFileSystem}; load average at the start ${loadAverage.toFixed(2)};
started ${startedAt}; commit ${commit}${modified ? " with changes that are not committed" : ""}.

\`\`\`sh
${environment.command}
\`\`\`
`;
}

runProgram(help, restart);
