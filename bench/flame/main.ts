// `npm run flame`: a flame graph of the server under a load. With 0x the JavaScript side (V8's own profiler); with perf all
// of it: JavaScript, the addon, RocksDB, the kernel. Output goes to build/flame/, which is not kept in git.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BasaltError } from "../../src/base/index";
import { Children } from "../children";
import { runProgram, say } from "../command-line";
import type { GivenOptions, ProgramHelp } from "../command-line";
import { GeneratorProcess, WORKLOAD_NAMES, workloads } from "../load/index";
import type { LoadSpec } from "../load/index";
import { diskDirectory } from "../measure/index";
import { ServerProcess, serverKinds } from "../servers/index";
import { flameGraph } from "./flame-graph";
import { ProfiledServer } from "./profiled-server";
import { foldPerfScript, foldedText, innermost, threads } from "./stacks";
import type { FrameShare } from "./stacks";

/** This file is build/bench/flame/main.js. */
const ROOT = join(__dirname, "../../..");
const TOOLS = ["0x", "perf"] as const;
type Tool = (typeof TOOLS)[number];
const PERF_HERTZ = "499";
const SHOWN_FRAMES = 12;

const help = {
  command: "npm run flame",
  summary:
    "Draws a flame graph of the server under a load: 0x for JavaScript, perf for the native side as well.",
  options: {
    tool: { placeholder: "T", meaning: TOOLS.join(", "), fallback: "0x" },
    workload: { placeholder: "W", meaning: WORKLOAD_NAMES.join(", "), fallback: "mixed" },
    clients: { placeholder: "N", meaning: "connections", fallback: "50" },
    pipeline: { placeholder: "N", meaning: "requests in flight on a connection", fallback: "1" },
    "value-bytes": { placeholder: "N", meaning: "size of values", fallback: "64" },
    keys: { placeholder: "N", meaning: "key space, written before", fallback: "100000" },
    seconds: { placeholder: "N", meaning: "of load that is drawn", fallback: "10" },
    "warm-up-seconds": { placeholder: "N", meaning: "of load before", fallback: "2" },
    "call-graph": {
      placeholder: "fp|dwarf",
      meaning: "how perf walks stacks: dwarf is slow, and sees into RocksDB",
      fallback: "fp",
    },
    out: { placeholder: "DIR", meaning: "where it goes", fallback: "build/flame" },
    dir: { placeholder: "DIR", meaning: "where the server's data lies, on a disk" },
  },
} as const satisfies ProgramHelp<string>;

type Options = GivenOptions<keyof typeof help.options>;

interface Profile {
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly callGraph: "fp" | "dwarf";
  readonly spec: LoadSpec;
  /** A directory of this profile's own. */
  readonly out: string;
  /** The node that the server runs in. */
  readonly program: string;
  /** Its arguments that start the server on its data. */
  readonly serve: readonly string[];
  readonly children: Children;
}

async function flame(options: Options): Promise<number> {
  const tool = options.choice("tool", TOOLS);
  if (tool === "perf") checkPerf();
  const keys = options.integer("keys", 1, 100_000_000);
  const load = {
    workload: options.choice("workload", WORKLOAD_NAMES),
    clients: options.integer("clients", 1, 10_000),
    pipeline: options.integer("pipeline", 1, 10_000),
    valueBytes: options.integer("value-bytes", 1, 2 ** 20),
    ...{ keys, seed: 1 },
  };
  const seconds = options.number("seconds", 0.2, 3600);
  const warmUpSeconds = options.number("warm-up-seconds", 0, 600);
  const callGraph = options.choice("call-graph", ["fp", "dwarf"]);
  const given = options.text("dir");
  const data = diskDirectory(given === undefined ? [tmpdir(), join(ROOT, "data-bench")] : [given]);
  const out = outputDirectory(options, tool, `${load.workload}-p${load.pipeline}-c${load.clients}`);

  const children = new Children();
  children.stopOnSignals();
  try {
    const { basalt } = serverKinds(ROOT);
    const server = await children.started(ServerProcess.start(basalt, data.path, children.environment));
    const spec: LoadSpec = { ...load, distribution: "uniform", port: server.port };
    say(`writing ${keys} keys`);
    const preloader = await children.started(GeneratorProcess.start(spec, children.environment));
    await preloader.preload(keys, [workloads[spec.workload].preload]);
    await children.ended(preloader);
    // Its data stay for the server under the profiler: what is drawn is the load, not the writing of keys.
    await server.kill();
    const serve = basalt.args(server.port, server.dataDir);
    const { program } = basalt;
    const profile: Profile = { seconds, warmUpSeconds, callGraph, spec, out, program, serve, children };
    await (tool === "0x" ? with0x(profile) : withPerf(profile));
  } finally {
    await children.stop();
  }
  return 0;
}

function outputDirectory(options: Options, tool: Tool, load: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "").replace("T", "-");
  const out = join(resolve(ROOT, options.text("out") ?? "build/flame"), `${stamp}-${tool}-${load}`);
  mkdirSync(out, { recursive: true });
  return out;
}

/** Throws what a person has to do when perf is not there or may not be used. */
function checkPerf(): void {
  const { status, stderr, error } = spawnSync("perf", ["record", "-o", "/dev/null", "--", "true"], {
    encoding: "utf8",
  });
  if (error !== undefined) {
    throw new BasaltError(
      "NO_PERF",
      "perf is not installed: install it (Debian: `sudo apt-get install linux-perf`), or use --tool 0x.",
    );
  }
  if (status !== 0) {
    throw new BasaltError(
      "NO_PERF",
      `perf may not be used here (see kernel.perf_event_paranoid): ${stderr.trim().slice(-500)}`,
    );
  }
}

async function with0x({ out, serve, children, spec, seconds, warmUpSeconds }: Profile): Promise<void> {
  const entry = require.resolve("0x/cmd.js");
  const page = join(out, "0x");
  const command = [
    ...[process.execPath, entry, "--output-dir", page, "--title", titleOf(spec), "--"],
    ...[process.execPath, ...serve],
  ];
  const server = await children.started(
    ProfiledServer.start(command, spec.port, join(out, "server.log"), out, children.environment),
  );
  await underLoad(children, spec, warmUpSeconds, seconds, () => Promise.resolve());
  say("drawing");
  await server.finish();
  say(`flame graph: ${join(page, "flamegraph.html")}`);
}

async function withPerf(profile: Profile): Promise<void> {
  const { out, program, serve, children, spec, seconds, warmUpSeconds, callGraph } = profile;
  // Names of compiled functions for perf, in /tmp/perf-PID.map: perf looks nowhere else.
  const command = [program, "--perf-basic-prof", ...serve];
  const server = await children.started(
    ProfiledServer.start(command, spec.port, join(out, "server.log"), out, children.environment),
  );
  const pid = await server.pid();
  if (pid === undefined) throw new BasaltError("PROFILE_FAILED", "The server under perf is gone.");
  const names = `/tmp/perf-${pid}.map`;
  try {
    const recorded = join(out, "perf.data");
    await underLoad(children, spec, warmUpSeconds, seconds, () =>
      outputOf([
        "perf",
        "record",
        "-q",
        "-F",
        PERF_HERTZ,
        "--call-graph",
        callGraph,
        "-p",
        String(pid),
        "-o",
        recorded,
        "--",
        "sleep",
        String(seconds),
      ]),
    );
    const text = await outputOf(["perf", "script", "-i", recorded, "-F", "comm,pid,tid,ip,sym,dso"]);
    const stacks = foldPerfScript(text, ROOT);
    if (stacks.size === 0) throw new BasaltError("PROFILE_FAILED", "perf recorded no samples.");
    writeFileSync(join(out, "perf.folded"), foldedText(stacks));
    writeFileSync(join(out, "flame.svg"), flameGraph(titleOf(spec), stacks));
    sayShares("threads:", threads(stacks));
    sayShares("innermost frames:", innermost(stacks).slice(0, SHOWN_FRAMES));
    say(`flame graph: ${join(out, "flame.svg")}; folded stacks beside it`);
  } finally {
    await children.ended(server);
    rmSync(names, { force: true });
  }
}

function sayShares(title: string, shares: readonly FrameShare[]): void {
  say(title);
  for (const { frame, share } of shares) say(`  ${(share * 100).toFixed(1).padStart(5)} %  ${frame}`);
}

/** Loads the server, first to warm it up; `record` runs beside the load that counts. */
async function underLoad(
  children: Children,
  spec: LoadSpec,
  warmUpSeconds: number,
  seconds: number,
  record: () => Promise<unknown>,
): Promise<void> {
  const generator = await children.started(GeneratorProcess.start(spec, children.environment));
  if (warmUpSeconds > 0) await generator.closedLoop(warmUpSeconds);
  const [{ operations, elapsedUs }] = await Promise.all([generator.closedLoop(seconds), record()]);
  say(`${Math.round((operations / elapsedUs) * 1e6)} operations/s under the profiler`);
  await children.ended(generator);
}

function titleOf({ workload, pipeline, clients, valueBytes }: LoadSpec): string {
  return `Basalt, ${workload}, pipeline ${pipeline}, ${clients} clients, ${valueBytes} B`;
}

/** What a command says on standard output. */
async function outputOf(words: readonly string[]): Promise<string> {
  const [program, ...args] = words;
  const child = spawn(program!, args, { stdio: ["ignore", "pipe", "pipe"] });
  const parts: Buffer[] = [];
  let complaint = "";
  child.stdout.on("data", (part: Buffer) => parts.push(part));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  await once(child, "close");
  if (child.exitCode === 0) return Buffer.concat(parts).toString("utf8");
  throw new BasaltError(
    "PROFILE_FAILED",
    `${words.slice(0, 2).join(" ")} failed: ${complaint.trim().slice(-1000)}`,
  );
}

runProgram(help, flame);
