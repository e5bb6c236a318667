// The whole bench in its tiny form, as CI runs it: that it works, not how fast anything is.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../../bench/report/index";

const ENTRY = join(__dirname, "../../../bench/main.js");
const redisInstalled = spawnSync("redis-server", ["--version"]).status === 0;

let directory: string;
let dataDir: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "basalt-bench-smoke-"));
  dataDir = join(directory, "data");
  mkdirSync(dataDir);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function bench(...words: string[]) {
  return spawnSync(process.execPath, [ENTRY, ...words], { encoding: "utf8", timeout: 100_000 });
}

/** Runs the tiny form on some servers and gives back its report, after looking at what it left behind. */
function tinyReport(servers: string): Report {
  const out = join(directory, "reports");
  const { status, stdout, stderr } = bench("--tiny", "--server", servers, "--out", out, "--dir", dataDir);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(readdirSync(dataDir)).toEqual([]);
  const names = readdirSync(out).sort();
  expect(names.map((name) => name.replace(/^\d{4}-\d\d-\d\d-[0-9a-z]+-/, ""))).toEqual([
    "tiny",
    "tiny.json",
    "tiny.md",
  ]);
  expect(readdirSync(join(out, names[0] ?? "")).sort()).toEqual([
    ...["latency-get.svg", "latency-mget.svg", "latency-mixed.svg", "latency-set.svg"],
    ...["rate-1-get.svg", "throughput.svg"],
  ]);
  expect(stdout).toContain(readFileSync(join(out, names[2] ?? ""), "utf8"));
  return JSON.parse(readFileSync(join(out, names[1] ?? ""), "utf8")) as Report;
}

/** Cases of the tiny plan whose data fit in memory. */
const MEMORY_CASES = 11;

function expectEveryCase(report: Report, servers: readonly string[]): void {
  const inMemory = report.cases.filter((summary) => summary.case.data === undefined);
  expect(inMemory).toHaveLength(MEMORY_CASES);
  for (const run of report.runs) {
    expect(run.operations).toBeGreaterThan(0);
    expect(run.operationsPerSecond).toBeGreaterThan(0);
    expect(run.latency.count).toBeGreaterThan(0);
  }
  for (const summary of inMemory) {
    expect(summary.servers.map((server) => server.server)).toEqual(servers);
    expect(summary.ratios).toHaveLength(servers.length - 1);
  }
}

test("redis-server alone, durable and in memory", () => {
  if (!redisInstalled) {
    console.warn("skipped: redis-server is not installed");
    return;
  }
  const report = tinyReport("redis,redis-memory");
  expectEveryCase(report, ["redis", "redis-memory"]);
  // Redis has no cache that its data could exceed.
  expect(report.cases).toHaveLength(MEMORY_CASES);
  expect(report.disk).toEqual([]);
});

test("Basalt, beside redis-server where that is installed", () => {
  const servers = redisInstalled ? ["basalt", "redis"] : ["basalt"];
  const report = tinyReport("both");
  expectEveryCase(report, servers);
  const beyond = report.cases.find((summary) => summary.case.data === "disk");
  expect(beyond?.servers.map((server) => server.server)).toEqual(["basalt"]);
  expect(report.disk).toMatchObject([{ caseId: beyond?.case.id, blockBytes: 16_384, depth: 8 }]);
  const [run] = report.runs.filter(({ caseId }) => caseId === beyond?.case.id);
  expect(run?.serverReadBytes).toBeGreaterThan(0);
  const open = report.runs.find(({ openLoop }) => openLoop !== undefined);
  expect(open?.openLoop).toMatchObject({ rate: 500, unsent: 0 });
});

test("an interrupted bench stops what it started and removes its data", async () => {
  const server = redisInstalled ? "redis" : "basalt";
  const words = ["--tiny", "--seconds", "60", "--server", server, "--dir", dataDir];
  const child = spawn(process.execPath, [ENTRY, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  while (readdirSync(dataDir).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGTERM");
  expect(await exited).toEqual([130, null]);
  expect(readdirSync(dataDir)).toEqual([]);
});

test("help, and the refusal of what is unknown", () => {
  const help = bench("--help");
  expect(help.status).toBe(0);
  expect(help.stdout).toContain("Usage: npm run bench");
  const refused = bench("--fast");
  expect(refused.status).toBe(2);
  expect(refused.stdout).toBe("");
  expect(refused.stderr).toContain("The bench has no option --fast");
});
