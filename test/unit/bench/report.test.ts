import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseBenchOptions } from "../../../bench/options";
import { dataSets } from "../../../bench/plan";
import {
  REPORT_FORMAT,
  renderList,
  renderMarkdown,
  reportCharts,
  shellWord,
  summarise,
  summariseDisk,
  thousands,
  trendChart,
  withList,
  writeReport,
} from "../../../bench/report/index";
import type { Report, Run } from "../../../bench/report/index";
import type { ServerName } from "../../../bench/servers/index";

function run(caseId: string, server: ServerName, repetition: number, operationsPerSecond: number): Run {
  const operations = operationsPerSecond * 2;
  return {
    caseId,
    server,
    repetition,
    turn: 0,
    operations,
    elapsedUs: 2_000_000,
    operationsPerSecond,
    latency: {
      count: operations,
      meanUs: 700,
      maxUs: 9000,
      percentilesUs: { 50: 600, 75: 700, 90: 900, 95: 1000, 99: 12_000, 99.5: 3000, 99.9: 5000, 99.99: 8000 },
    },
    serverCpu: { userUs: 4 * operations, systemUs: 6 * operations },
    serverCpuAfterLoad: { userUs: 0, systemUs: operations },
    generatorCpu: { userUs: operations, systemUs: 5 * operations },
    quiet: true,
    otherCores: 0.01,
    serverWrittenBytes: 1,
    serverResidentBytes: 2,
    sentBytes: 3,
    receivedBytes: 4,
  };
}

function reportOf(changes: Partial<Report> = {}): Report {
  const options = parseBenchOptions(["--workload", "set", "--pipeline", "1"], "/project");
  if (options === undefined) throw new Error("help was not asked for");
  const cases = dataSets(options).flatMap((set) => set.cases);
  const caseId = cases[0]?.id ?? "";
  const runs = [
    ...[80_000, 30_000, 70_000].map((speed, repetition) => run(caseId, "basalt", repetition, speed)),
    ...[100_000, 50_000, 50_000].map((speed, repetition) => run(caseId, "redis", repetition, speed)),
  ];
  return {
    format: REPORT_FORMAT,
    name: "bench",
    environment: {
      startedAt: "2026-11-21T08:00:00.000Z",
      commit: "9a3b095c0ffee",
      commitShort: "9a3b095",
      modified: false,
      command: "npm run bench -- --workload set --pipeline 1",
      processor: "Some CPU",
      cores: 2,
      memoryBytes: 24 * 2 ** 30,
      kernel: "6.1",
      node: "v20.0.0",
      dataFileSystem: "ext4",
      loadAverage: 0.5,
    },
    servers: [
      { name: "basalt", title: "Basalt", version: "0.1.0" },
      { name: "redis", title: "redis-server", version: "7.0.15" },
    ],
    missingServers: [],
    options,
    cases: summarise(cases, ["basalt", "redis"], runs),
    runs,
    ...changes,
  };
}

describe("a summary", () => {
  test("has medians per server and ratios of pairs", () => {
    const [summary, ...others] = reportOf().cases;
    expect(others).toEqual([]);
    expect(summary?.servers.map((server) => [server.server, server.operationsPerSecond.median])).toEqual([
      ["basalt", 70_000],
      ["redis", 50_000],
    ]);
    expect(summary?.servers[0]?.serverCpuUsPerOperation.median).toBe(10);
    expect(summary?.servers[0]?.generatorCpuUsPerOperation.median).toBe(6);
    // 0.8, 0.6 and 1.4: the ratio of the medians, 1.4, would be another.
    expect(summary?.ratios).toMatchObject([
      {
        subject: "basalt",
        reference: "redis",
        operationsPerSecond: { median: 0.8, lowest: 0.6, highest: 1.4 },
      },
    ]);
  });

  test("of runs too short for the kernel's clock has the other ratios", () => {
    const { cases, runs } = reportOf();
    const short = runs.map((each) => ({ ...each, serverCpu: { userUs: 0, systemUs: 0 } }));
    const summaries = summarise(
      cases.map((summary) => summary.case),
      ["basalt", "redis"],
      short,
    );
    expect(summaries[0]?.ratios).toMatchObject([
      { operationsPerSecond: { median: 0.8 }, serverCpu: undefined },
    ]);
    expect(renderMarkdown(reportOf({ cases: summaries }))).toContain("| **1.00** (1.00–1.00) | – |");
  });

  test("of one server alone has no ratios", () => {
    const { runs } = reportOf();
    const [benchCase] = reportOf().cases.map((summary) => summary.case);
    const alone = summarise(benchCase === undefined ? [] : [benchCase], ["redis"], runs);
    expect(alone[0]?.servers).toHaveLength(1);
    expect(alone[0]?.ratios).toEqual([]);
  });
});

describe("Markdown", () => {
  test("says what was found, how, on what and how to repeat it", () => {
    const text = renderMarkdown(reportOf());
    expect(text).toContain(
      "# Benchmark bench, 2026-11-21\n\nCommit 9a3b095. Measured: Basalt 0.1.0; redis-server 7.0.15.",
    );
    expect(text).toContain(
      "| SET, pipeline 1, 50 clients, 64 B | Basalt / redis-server | **0.80** (0.60–1.40) | **1.00** (1.00–1.00) | **1.00** (1.00–1.00) |",
    );
    expect(text).toContain("| basalt | 70\u202f000 ± 36 % | 0.60 | 12.0 | 5.00 | 10.00 | 6.00 |");
    expect(text).toContain("```sh\nnpm run bench -- --workload set --pipeline 1\n```");
    expect(text).toContain("2 × Some CPU, 24 GiB, Linux 6.1");
    expect(text).not.toContain("> ");
    expect(text.endsWith("```\n")).toBe(true);
  });

  test("warns of what disturbs the figures", () => {
    const report = reportOf();
    const text = renderMarkdown({
      ...report,
      missingServers: ["redis-memory"],
      options: { ...report.options, tiny: true },
      environment: { ...report.environment, modified: true },
      runs: report.runs.map((each, index) => ({ ...each, quiet: index > 0 })),
      cases: summarise(
        report.cases.map((summary) => summary.case),
        ["basalt", "redis"],
        report.runs.map((each) => ({ ...each, otherCores: 0.4 })),
      ),
    });
    expect(text).toContain("with changes that are not committed");
    expect(text).toContain("> A tiny run");
    expect(text).toContain("> Without redis-memory: it is not installed here.");
    expect(text).toContain("> In 1 of 6 runs the server was still busy");
    expect(text).toContain("up to 0.40 cores");
  });
});

/** A report of an open loop at two rates and of data beyond the cache, on Basalt and redis-server. */
function reportOfOtherLoads(): Report {
  const words = ["--workload", "get", "--pipeline", "1"];
  const options = parseBenchOptions([...words, "--rate", "1000,2000"], "/project");
  const diskOptions = parseBenchOptions([...words, "--data", "disk"], "/project");
  if (options === undefined || diskOptions === undefined) throw new Error("help was not asked for");
  const cases = [...dataSets(options), ...dataSets(diskOptions)].flatMap((set) => set.cases);
  const [low, high, beyond] = cases.map(({ id }) => id);
  if (low === undefined || high === undefined || beyond === undefined) throw new Error("no cases");
  const lateness = { count: 10, meanUs: 60, maxUs: 900, percentilesUs: { 50: 50, 99: 600 } };
  const open = (each: Run, rate: number): Run => ({ ...each, openLoop: { rate, unsent: 0, lateness } });
  const runs = [
    open(run(low, "basalt", 0, 999), 1000),
    open(run(low, "redis", 0, 1000), 1000),
    open(run(high, "basalt", 0, 1200), 2000),
    { ...run(beyond, "basalt", 0, 8000), serverReadBytes: 16_000 * 12_000 },
    { ...run(beyond, "basalt", 1, 6000), serverReadBytes: 12_000 * 12_000 },
  ];
  const disk = [20_000, 10_000].map((readsPerSecond, repetition) => ({
    ...{ caseId: beyond, repetition, blockBytes: 16_384, depth: 50, fileBytes: 480 * 2 ** 20 },
    ...{ readsPerSecond, p50Us: 100, p99Us: 200, direct: true },
  }));
  return reportOf({ options, cases: summarise(cases, ["basalt", "redis"], runs), runs, disk });
}

describe("other loads", () => {
  test("latency against rate is a table of its own, without ratios", () => {
    const text = renderMarkdown(reportOfOtherLoads());
    const load = "GET, pipeline 1, 50 clients, 64 B";
    expect(text).toContain(
      `| ${load} | basalt | 1\u202f000 | 999 | 0.60 | 12.0 | 5.00 | 0.05, 0.60 | 10.00 |\n| ${load} | redis | 1\u202f000 | 1\u202f000 |`,
    );
    expect(text).toContain(`| ${load} | basalt | 2\u202f000 | 1\u202f200 |`);
    expect(text).not.toContain("## Ratios");
  });

  test("data beyond the cache stand beside the disk's own limit, pair by pair", () => {
    const report = reportOfOtherLoads();
    const [summary, ...others] = summariseDisk(report.cases, report.runs, report.disk ?? []);
    expect(others).toEqual([]);
    // 8000 of 20000 and 6000 of 10000.
    expect(summary?.share).toMatchObject({ median: 0.5, lowest: 0.4, highest: 0.6 });
    expect(summary?.readBytesPerOperation.median).toBe(12_000);
    const text = renderMarkdown(report);
    expect(text).toContain("| basalt | 7\u202f000 | 15\u202f000 | **0.50** (0.40–0.60) | 12\u202f000 |");
    expect(text).toContain("The server's caches were 48 MiB in all.");
    expect(text).toContain("past the page cache (O_DIRECT)");
    const cached = (report.disk ?? []).map((each) => ({ ...each, direct: false }));
    expect(renderMarkdown({ ...report, disk: cached })).toContain("they are no limit of the disk");
  });

  test("a report from before has neither", () => {
    const text = renderMarkdown(reportOf());
    expect(text).not.toContain("## Latency against rate");
    expect(text).not.toContain("## Data ten times");
  });
});

describe("charts of a report", () => {
  test("throughput with ratios, percentiles of each workload", () => {
    const [throughput, latency, ...others] = reportCharts(reportOf());
    expect(others).toEqual([]);
    expect(throughput?.name).toBe("throughput.svg");
    for (const text of ["SET, pipeline 1, 50 clients, 64 B", "70k", "50k", "× 0.80"]) {
      expect(throughput?.svg).toContain(`>${text}</text>`);
    }
    expect(latency?.name).toBe("latency-set.svg");
    expect(latency?.title).toBe("Latency, SET, pipeline 1, 50 clients, 64 B");
    expect(latency?.svg.match(/<polyline/g)).toHaveLength(2);
  });

  test("latency against rate: p50 and p99 of each server, as far as it got", () => {
    const chart = reportCharts(reportOfOtherLoads()).find(({ name }) => name === "rate-1-get.svg");
    const lines = [...(chart?.svg ?? "").matchAll(/<polyline points="([^"]*)"/g)];
    expect(lines.map(([, points = ""]) => points.split(" ").length)).toEqual([2, 2, 1, 1]);
  });
});

test("the trend: a line for each load over the reports that have it, oldest first", () => {
  const at = (startedAt: string, cases = reportOf().cases) => ({
    stem: startedAt,
    report: reportOf({ cases, environment: { ...reportOf().environment, startedAt } }),
  });
  const svg = trendChart([
    at("2026-11-22T00:00:00.000Z"),
    at("2026-11-20T00:00:00.000Z"),
    at("2026-11-21T00:00:00.000Z", []),
  ]);
  expect(svg.indexOf("2026-11-20")).toBeLessThan(svg.indexOf("2026-11-21"));
  expect(svg.indexOf("2026-11-21")).toBeLessThan(svg.indexOf("2026-11-22"));
  const [setLine] = [...svg.matchAll(/<polyline points="([^"]*)"/g)];
  // At both ends of the axis; the report without the load is passed over. 0.8 is the top of the axis.
  expect(setLine?.[1]).toBe("78.0,66.0 716.0,66.0");
});

describe("files", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "basalt-report-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test("carry date, commit and name, and are never overwritten", () => {
    writeReport(reportOf(), directory);
    writeReport(reportOf(), directory);
    expect(readdirSync(directory).sort()).toEqual([
      "2026-11-21-9a3b095-bench",
      "2026-11-21-9a3b095-bench-2",
      "2026-11-21-9a3b095-bench-2.json",
      "2026-11-21-9a3b095-bench-2.md",
      "2026-11-21-9a3b095-bench.json",
      "2026-11-21-9a3b095-bench.md",
    ]);
    expect(readdirSync(join(directory, "2026-11-21-9a3b095-bench-2")).sort()).toEqual([
      "latency-set.svg",
      "throughput.svg",
    ]);
    const page = readFileSync(join(directory, "2026-11-21-9a3b095-bench-2.md"), "utf8");
    expect(page).toContain("![Throughput, closed loop](2026-11-21-9a3b095-bench-2/throughput.svg)");
    const stored: unknown = JSON.parse(
      readFileSync(join(directory, "2026-11-21-9a3b095-bench.json"), "utf8"),
    );
    expect(stored).toEqual(JSON.parse(JSON.stringify(reportOf())));
  });

  test("are listed in the index between its markers, other files of JSON are not", () => {
    const page = join(directory, "README.md");
    writeFileSync(
      page,
      "# Reports\n\n<!-- reports: written by npm run bench -->\n<!-- end of reports -->\n\nThe rest.\n",
    );
    writeFileSync(join(directory, "other.json"), `{"format":99}`);
    writeReport(reportOf(), directory);
    const text = readFileSync(page, "utf8");
    expect(text).toContain(
      "| [2026-11-21 bench](2026-11-21-9a3b095-bench.md) | 9a3b095 | 0.80 | – | – | – | – | – | – | – |",
    );
    expect(text).toContain("![Ratio to redis-server over the reports](trend.svg)");
    expect(readFileSync(join(directory, "trend.svg"), "utf8")).toContain(">2026-11-21</text>");
    expect(text.startsWith("# Reports\n")).toBe(true);
    expect(text.endsWith("\n\nThe rest.\n")).toBe(true);
    expect(text).not.toContain("other");
  });
});

test("the list is newest first", () => {
  const at = (startedAt: string) => reportOf({ environment: { ...reportOf().environment, startedAt } });
  const list = renderList([
    { stem: "a", report: at("2026-11-20T00:00:00.000Z") },
    { stem: "b", report: at("2026-11-22T00:00:00.000Z") },
  ]);
  expect(list.indexOf("b.md")).toBeLessThan(list.indexOf("a.md"));
  expect(list.indexOf("a.md")).toBeGreaterThan(0);
  expect(renderList([])).toBe("None yet.");
  expect(withList("a page without markers", "list")).toBeUndefined();
});

test("figures are written for people, words for shells", () => {
  expect(thousands(1234567.8)).toBe("1\u202f234\u202f568");
  expect(thousands(999)).toBe("999");
  expect(shellWord("set,get")).toBe("set,get");
  expect(shellWord("it's here")).toBe(`'it'\\''s here'`);
});
