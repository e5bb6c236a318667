// `npm run bench:micro -- [SUITE…]`: runs the suites with tinybench and prints nanoseconds an operation. Figures compare
// within one run on one machine; `--tiny` only shows that everything runs.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, resolve } from "node:path";
import type { Bench, Task } from "tinybench" with { "resolution-mode": "import" };
import { BasaltError, errorText } from "../../src/base/index";
import { runProgram, say, usage } from "../command-line";
import type { GivenOptions, ProgramHelp } from "../command-line";
import type { MicroAnswer, MicroSuite, MicroTask } from "./suite";
import { suites } from "./suites";

const help = {
  command: "npm run bench:micro",
  summary: "Measures the parts of a request's way alone, in nanoseconds an operation.",
  words: {
    placeholder: "[SUITE…]",
    meaning: `of ${suites.map(({ name }) => name).join(", ")}; all by default`,
  },
  options: {
    task: { placeholder: "TEXT", meaning: "only tasks with this text in their names" },
    "time-ms": { placeholder: "N", meaning: "for each task, at least", fallback: "500" },
    "warm-up-ms": { placeholder: "N", meaning: "before each task, at least", fallback: "150" },
    tiny: { meaning: "each task once or twice, to see that it runs" },
    json: { placeholder: "FILE", meaning: "write the figures here, too" },
  },
} as const satisfies ProgramHelp<string>;

type Options = GivenOptions<keyof typeof help.options>;

interface Measured {
  readonly suite: string;
  readonly task: string;
  readonly medianNs: number;
  /** Half of the samples lie within this of the median, as a share of it: what others do on the machine is not in it. */
  readonly relativeDeviation: number;
  readonly fastestNs: number;
  readonly meanNs: number;
  readonly p99Ns: number;
  readonly samples: number;
}

async function micro(options: Options): Promise<number> {
  const chosen = chosenSuites(options.words);
  const only = options.text("task");
  const measured: Measured[] = [];
  for (const suite of chosen) measured.push(...(await runSuite(suite, only, options)));
  if (measured.length === 0) throw usage(`No task has ${JSON.stringify(only)} in its name.`);
  const file = options.text("json");
  if (file !== undefined) {
    const head = { format: 1, startedAt: new Date().toISOString(), node: process.version };
    mkdirSync(dirname(resolve(file)), { recursive: true });
    const content = { ...head, processor: cpus()[0]?.model.trim() ?? "unknown", figures: measured };
    writeFileSync(file, `${JSON.stringify(content, undefined, 1)}\n`);
  }
  return 0;
}

function chosenSuites(words: readonly string[]): readonly MicroSuite[] {
  if (words.length === 0) return suites;
  return words.map((word) => {
    const suite = suites.find(({ name }) => name === word);
    if (suite === undefined) throw usage(`There is no suite ${JSON.stringify(word)}; see --help.`);
    return suite;
  });
}

async function runSuite(suite: MicroSuite, only: string | undefined, options: Options): Promise<Measured[]> {
  const prepared = await suite.prepare();
  try {
    const tasks = prepared.tasks.filter(({ name }) => only === undefined || name.includes(only));
    if (tasks.length === 0) return [];
    const width = Math.max(...tasks.map(({ name }) => name.length));
    say(`\n${suite.title} (${suite.name})\n`);
    const heads = ["median", "fastest", "p99"].map((head) => head.padStart(10));
    say(`  ${"".padEnd(width)}  ${heads[0]}           ${heads[1]}  ${heads[2]}  ns/op`);
    const measured: Measured[] = [];
    for (const task of tasks) {
      const figure = await measure(suite, task, options);
      measured.push(figure);
      const { medianNs, fastestNs, p99Ns, relativeDeviation } = figure;
      const deviation = (relativeDeviation * 100).toFixed(1).padStart(4);
      const [median, fastest, slow] = [medianNs, fastestNs, p99Ns].map(nanoseconds);
      say(`  ${task.name.padEnd(width)}  ${median} ± ${deviation} %  ${fastest}  ${slow}`);
    }
    return measured;
  } finally {
    await prepared.release?.();
  }
}

/** A bench of its own for each task: nothing of one is left when the next begins. */
async function measure(suite: MicroSuite, task: MicroTask, options: Options): Promise<Measured> {
  const tinybench = await import("tinybench");
  const tiny = options.has("tiny");
  const bench: Bench = new tinybench.Bench({
    throws: true,
    time: tiny ? 0 : options.number("time-ms", 0, 3_600_000),
    iterations: tiny ? 2 : 16,
    warmupTime: tiny ? 0 : options.number("warm-up-ms", 0, 3_600_000),
    warmupIterations: tiny ? 1 : 8,
  });
  // Told, not found out: tinybench would find out by a call that nobody awaits.
  const asynchronous = task.asynchronous === true;
  bench.add(
    task.name,
    asynchronous ? async () => ownDuration(await task.run()) : () => ownDuration(answerAtOnce(task)),
    { async: asynchronous },
  );
  const [done] = await bench.run().catch((error: unknown) => {
    throw new BasaltError("MICRO_FAILED", `${suite.name}, ${task.name}: ${errorText(error)}`, {
      cause: error,
    });
  });
  return figuresOf(suite, task, done);
}

function answerAtOnce(task: MicroTask): MicroAnswer {
  const answer = task.run();
  if (answer instanceof Promise) {
    throw new BasaltError("BAD_TASK", "A task that answers with a promise says that it is asynchronous.");
  }
  return answer;
}

function ownDuration(milliseconds: MicroAnswer): { overriddenDuration: number } | undefined {
  return typeof milliseconds === "number" ? { overriddenDuration: milliseconds } : undefined;
}

function figuresOf(suite: MicroSuite, { name, operations }: MicroTask, done: Task | undefined): Measured {
  const result = done?.result;
  if (result === undefined || !("latency" in result)) {
    throw new BasaltError("MICRO_FAILED", `${suite.name}, ${name}: no figures.`);
  }
  const { latency } = result;
  const perOperation = (milliseconds: number) => (milliseconds * 1e6) / operations;
  return {
    suite: suite.name,
    task: name,
    medianNs: perOperation(latency.p50),
    relativeDeviation: latency.mad / latency.p50,
    fastestNs: perOperation(latency.min),
    meanNs: perOperation(latency.mean),
    p99Ns: perOperation(latency.p99),
    samples: latency.samplesCount,
  };
}

function nanoseconds(figure: number): string {
  return figure.toFixed(figure < 1000 ? 1 : 0).padStart(10);
}

runProgram(help, micro);
