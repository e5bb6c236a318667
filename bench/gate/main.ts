// `npm run bench:gate`: measures the short form of the benchmark and holds it against bench/budgets.json. Exits with 0 when
// every limit holds, with 1 when one was missed twice (or something failed), with 2 when the command line is wrong.
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { BasaltError } from "../../src/base/index";
import { Children } from "../children";
import { runProgram, say, usage } from "../command-line";
import type { GivenOptions, ProgramHelp } from "../command-line";
import { diskDirectory } from "../measure/index";
import { serverKinds } from "../servers/index";
import type { ServerKind } from "../servers/index";
import { BaseTree } from "./base-tree";
import { readBudgets } from "./budgets";
import type { FormName, GateForm } from "./budgets";
import { Gate } from "./gate";
import type { GateVerdict } from "./gate";
import { conclusion, failures, verdictTable } from "./report";
import type { Sides } from "./session";

/** This file is build/bench/gate/main.js. */
const ROOT = join(__dirname, "../../..");

const help = {
  command: "npm run bench:gate",
  summary: `Holds a short benchmark against bench/budgets.json: beside redis-server (appendfsync always) where that is installed,
or, with --base, beside a commit of this repository. A figure fails the gate only when it is missed twice.`,
  options: {
    ci: { meaning: "the form for CI: shorter, with limits for machines that are never quiet" },
    base: {
      placeholder: "REV",
      meaning: "compare the working tree with this commit, built in a temporary directory",
    },
    "base-dir": { placeholder: "DIR", meaning: "like --base, with a tree that is built already" },
    load: { placeholder: "L[,L…]", meaning: "only these loads, and no memory and start times" },
    pairs: { placeholder: "N", meaning: "pairs of the first look, at least 5 unless to try something" },
    repeat: {
      placeholder: "N",
      meaning: "the whole gate so often, with a summary: how often does it fail?",
      fallback: "1",
    },
    require: {
      placeholder: "FILE",
      meaning: "load this script into the server under test: to prove that the gate sees a slow-down",
    },
    budgets: { placeholder: "FILE", meaning: "other limits than bench/budgets.json" },
    json: { placeholder: "FILE", meaning: "write the verdicts with all values here" },
    dir: { placeholder: "DIR", meaning: "where the servers' data lies, on a disk" },
  },
} as const satisfies ProgramHelp<string>;

type Options = GivenOptions<keyof typeof help.options>;

function formOf(options: Options): GateForm {
  const compared = options.has("base") || options.has("base-dir");
  if (options.has("base") && options.has("base-dir")) throw usage("Of --base and --base-dir give one.");
  if (compared && options.has("ci")) throw usage("--ci is a form without a base.");
  const name: FormName = compared ? "base" : options.has("ci") ? "ci" : "full";
  const form = readBudgets(options.text("budgets") ?? join(ROOT, "bench/budgets.json"), name);
  const wanted = options.list(
    "load",
    form.loads.map((load) => load.name),
  );
  const pairs = options.has("pairs") ? options.integer("pairs", 1, 1000) : form.pairs;
  if (wanted === undefined) return { ...form, pairs };
  const loads = form.loads.filter((load) => wanted.includes(load.name));
  return { ...form, pairs, loads, memory: undefined, start: undefined };
}

/** Basalt of a tree, with a script loaded into its process if there is one. */
function basaltOf(root: string, script: string | undefined): ServerKind {
  const { basalt } = serverKinds(root);
  if (basalt.version() === undefined) {
    throw new BasaltError("NOT_BUILT", `There is no built Basalt in ${root}: run its scripts/setup.`);
  }
  if (script === undefined) return basalt;
  return { ...basalt, args: (port, dir) => ["--require", resolve(script), ...basalt.args(port, dir)] };
}

async function sidesOf(options: Options, children: Children): Promise<Sides> {
  const subject = basaltOf(ROOT, options.text("require"));
  const directory = options.text("base-dir");
  if (directory !== undefined) return { subject, reference: basaltOf(resolve(directory), undefined) };
  const revision = options.text("base");
  if (revision !== undefined) {
    const tree = await children.started(Promise.resolve(new BaseTree(ROOT)));
    say(`building ${revision}`);
    const commit = await tree.build(revision);
    say(`the base is ${commit}`);
    return { subject, reference: basaltOf(tree.root, undefined) };
  }
  const { redis } = serverKinds(ROOT);
  if (redis.version() !== undefined) return { subject, reference: redis };
  say("redis-server is not installed: limits of ratios are not looked at");
  return { subject, reference: undefined };
}

interface GateRun {
  readonly startedAt: string;
  readonly seconds: number;
  readonly verdicts: readonly GateVerdict[];
}

async function gate(options: Options): Promise<number> {
  const form = formOf(options);
  const repeat = options.integer("repeat", 1, 1000);
  const children = new Children();
  children.stopOnSignals();
  const runs: GateRun[] = [];
  try {
    const sides = await sidesOf(options, children);
    const given = options.text("dir");
    const data = diskDirectory(given === undefined ? [tmpdir(), join(ROOT, "data-bench")] : [given]);
    for (let run = 1; run <= repeat; run++) {
      if (repeat > 1) say(`run ${run} of ${repeat}`);
      const startedAt = new Date().toISOString();
      const begun = performance.now();
      const verdicts = await new Gate(form, sides, data.path, children, say).run();
      runs.push({ startedAt, seconds: (performance.now() - begun) / 1000, verdicts });
      say(`\n${verdictTable(verdicts)}\n\n${conclusion(verdicts)}`);
    }
  } finally {
    await children.stop();
  }
  const failed = runs.filter(({ verdicts }) => failures(verdicts).length > 0).length;
  if (repeat > 1) say(`\n${repeatSummary(runs)}\n${failed} of ${repeat} runs failed.`);
  const file = options.text("json");
  if (file !== undefined) {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ format: 1, form: form.name, runs }, undefined, 1)}\n`);
  }
  return failed === 0 ? 0 : 1;
}

/** How the looks of all runs lie against their limits. */
function repeatSummary(runs: readonly GateRun[]): string {
  const merged = new Map<string, GateVerdict>();
  for (const { verdicts } of runs) {
    for (const verdict of verdicts) {
      const name = `${verdict.subject} ${verdict.limit.figure}`;
      const before = merged.get(name);
      merged.set(name, before === undefined ? verdict : joined(before, verdict));
    }
  }
  const again = runs.filter(({ verdicts }) => verdicts.some(({ second }) => second !== undefined)).length;
  const mean = runs.reduce((sum, { seconds }) => sum + seconds, 0) / runs.length;
  return `all runs together (values of all pairs):\n${verdictTable([...merged.values()])}\n${again} of ${runs.length} runs looked again; a run took ${mean.toFixed(0)} s on average.`;
}

function joined(one: GateVerdict, other: GateVerdict): GateVerdict {
  const second = [...(one.second ?? []), ...(other.second ?? [])];
  return { ...one, first: [...one.first, ...other.first], second: second.length === 0 ? undefined : second };
}

runProgram(help, gate);
