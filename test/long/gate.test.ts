// The gate itself, end to end: it fails when the server under test is made 30 % slower from outside, and holds for the same
// tree without that. The base is this very build. It measures, so it is no test of every day: nothing may run beside it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(__dirname, "../../..");
const ENTRY = join(ROOT, "build/bench/gate/main.js");
const SLOW_DOWN = join(__dirname, "slow-down.js");

const limits = { clients: 20, valueBytes: 64, throughputRatioMin: 0.5, cpuRatioMax: 1.15 };
const budgets = {
  forms: {
    base: {
      ...{ pairs: 7, secondPairs: 7, mostPairs: 15, seconds: 0.3, warmUpSeconds: 0.7, keys: 2000 },
      loads: {
        get16: { workload: "get", pipeline: 16, ...limits },
        set16: { workload: "set", pipeline: 16, ...limits },
      },
    },
  },
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "basalt-gate-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Verdict {
  readonly limit: { readonly figure: string };
  readonly first: readonly number[];
  readonly second?: readonly number[];
}

function gate(...words: string[]) {
  const file = join(directory, "budgets.json");
  const json = join(directory, "verdicts.json");
  writeFileSync(file, JSON.stringify(budgets));
  const data = mkdtempSync(join(directory, "data-"));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [ENTRY, "--base-dir", ROOT, "--budgets", file, "--dir", data, "--json", json, ...words],
    { encoding: "utf8", timeout: 110_000 },
  );
  expect(stderr).toBe("");
  expect(readdirSync(data)).toEqual([]);
  const { runs } = JSON.parse(readFileSync(json, "utf8")) as { runs: { verdicts: Verdict[] }[] };
  return { status, stdout, verdicts: runs.flatMap(({ verdicts }) => verdicts) };
}

test("a slow-down of 30 % fails the gate, by CPU per operation and after two looks", () => {
  const { status, stdout, verdicts } = gate("--require", SLOW_DOWN);
  expect(stdout).toContain("with fresh servers");
  expect(stdout).toMatch(/The gate fails, missed twice: .*CPU per operation, ratio/);
  expect(status).toBe(1);
  const cpu = verdicts.filter(({ limit, second }) => limit.figure === "cpuRatio" && second !== undefined);
  expect(cpu.length).toBeGreaterThan(0);
  for (const { first, second } of cpu) {
    expect(first).toHaveLength(7);
    expect(second?.length).toBeGreaterThanOrEqual(7);
  }
});

test("the same tree without it holds", () => {
  const { status, stdout, verdicts } = gate("--pairs", "5");
  expect(stdout).toContain("The gate holds: 4 figures within their limits.");
  expect(status).toBe(0);
  expect(verdicts.map(({ limit }) => limit.figure).sort()).toEqual([
    ...["cpuRatio", "cpuRatio"],
    ...["throughputRatio", "throughputRatio"],
  ]);
});
