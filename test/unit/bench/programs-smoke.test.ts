// The smaller programs of bench/ in their shortest forms: that they work and clean up, not how fast anything is.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suites } from "../../../bench/micro/suites";

const BENCH = join(__dirname, "../../../bench");

let directory: string;
let dataDir: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "basalt-programs-"));
  dataDir = join(directory, "data");
  mkdirSync(dataDir);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function run(program: string, ...words: string[]) {
  const entry = join(BENCH, program, "main.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...words], {
    encoding: "utf8",
    timeout: 110_000,
  });
  return { status, stdout, stderr };
}

/** Runs a program that must succeed and leave nothing in its data directory. */
function runWell(program: string, ...words: string[]): string {
  const { status, stdout, stderr } = run(program, ...words);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(readdirSync(dataDir)).toEqual([]);
  return stdout;
}

test("every micro-benchmark runs and is reported", () => {
  const file = join(directory, "micro.json");
  runWell("micro", "--tiny", "--json", file);
  const { figures } = JSON.parse(readFileSync(file, "utf8")) as {
    figures: { suite: string; medianNs: number }[];
  };
  expect(new Set(figures.map(({ suite }) => suite))).toEqual(new Set(suites.map(({ name }) => name)));
  for (const { medianNs } of figures) expect(medianNs).toBeGreaterThan(0);
});

test("micro-benchmarks by suite and by name", () => {
  const stdout = runWell("micro", "--tiny", "packing", "--task", "deletion");
  expect(stdout).toContain("deletion");
  expect(stdout).not.toContain("element");
  expect(run("micro", "nothing")).toMatchObject({ status: 2, stdout: "" });
  expect(run("micro", "packing", "--task", "nothing").stderr).toContain("No task has");
});

test("restart: all keys are there after kill -9 under load", () => {
  const stdout = runWell(
    "restart",
    "--keys",
    "3000",
    "--rounds",
    "2",
    "--load-ms",
    "300",
    "--no-report",
    "--dir",
    dataDir,
  );
  expect(stdout).toContain("with 3000 keys of 64 B, killed 2 times");
  expect(stdout).toMatch(/\| until a value, ms \| \d+ \| \d+ \| \d+ \|/);
});

test("soak: samples, charts, a report", () => {
  const out = join(directory, "reports");
  const { status, stderr, stdout } = run(
    ...["soak", "--minutes", "0.1", "--keys", "500", "--rate", "3000", "--clients", "8"],
    ...["--out", out, "--dir", dataDir],
  );
  // In six seconds some figure may well grow: both verdicts are right, an error is not.
  expect([0, 1]).toContain(status);
  expect(stderr).toBe("");
  expect(readdirSync(dataDir)).toEqual([]);
  const files = readdirSync(out);
  expect(files.filter((name) => name.endsWith(".svg"))).toHaveLength(5);
  const page = readFileSync(join(out, files.find((name) => name.endsWith(".md")) ?? ""), "utf8");
  expect(stdout).toContain(page);
  const [, commands, connections] = /(\d+) commands \(.* over (\d+) connections/.exec(page) ?? [];
  expect(Number(commands)).toBeGreaterThan(1000);
  expect(Number(connections)).toBeGreaterThan(8);
  for (const file of files.filter((name) => name.endsWith(".svg"))) {
    expect(page).toContain(`](${file})`);
    expect(readFileSync(join(out, file), "utf8")).not.toContain("NaN");
  }
});

test("flame: a page from 0x", () => {
  const stdout = runWell(
    ...["flame", "--seconds", "0.5", "--warm-up-seconds", "0", "--keys", "500"],
    ...["--out", directory, "--dir", dataDir],
  );
  const page = /flame graph: (.*\.html)/.exec(stdout)?.[1] ?? "";
  expect(readFileSync(page, "utf8")).toContain("<html");
});

test("flame: perf that is not there is a sentence", () => {
  const entry = join(BENCH, "flame", "main.js");
  const { status, stderr } = spawnSync(process.execPath, [entry, "--tool", "perf"], {
    encoding: "utf8",
    env: { ...process.env, PATH: directory },
  });
  expect(status).toBe(1);
  expect(stderr).toContain("perf is not installed: install it");
});
