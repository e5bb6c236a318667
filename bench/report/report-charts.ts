// The charts of a report, drawn from its data: throughput of all closed loops with the ratios, latency percentiles of each
// workload, latency against rate of each ladder of rates. Medians over the repetitions. Pure.
import { barChart, figureText, lineChart } from "../charts/index";
import type { Series } from "../charts/index";
import { caseTitle, ladderTitle } from "../plan";
import type { BenchCase } from "../plan";
import { median } from "../statistics";
import type { CaseSummary, MeasuredServer, Report, Run } from "./report-data";

export interface Chart {
  /** The file's name. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

/** As many workloads get a chart of percentiles, the first ones. */
const PERCENTILE_CHARTS_AT_MOST = 4;

export function reportCharts(report: Report): Chart[] {
  const closed = report.cases.filter((summary) => summary.case.rate === undefined);
  const charts = closed.length === 0 ? [] : [throughputChart(report, closed)];
  return [...charts, ...percentileCharts(report, closed), ...rateCharts(report)];
}

function throughputChart(report: Report, cases: readonly CaseSummary[]): Chart {
  const title = "Throughput, closed loop";
  const groups = cases.map((summary) => ({
    name: caseTitle(summary.case),
    values: report.servers.map(
      ({ name }) => summary.servers.find(({ server }) => server === name)?.operationsPerSecond.median,
    ),
    note: summary.ratios.map((ratio) => `× ${ratio.operationsPerSecond.median.toFixed(2)}`).join("  "),
  }));
  const series = report.servers.map(({ name }) => name);
  const axisTitle =
    "operations a second, median of the repetitions; × ratio of the first server to each other";
  return { name: "throughput.svg", title, svg: barChart({ title, axisTitle, series, groups }) };
}

/** Of each workload's first case. */
function percentileCharts(report: Report, cases: readonly CaseSummary[]): Chart[] {
  const first = new Map<string, BenchCase>();
  for (const { case: benchCase } of cases) {
    if (!first.has(benchCase.workload)) first.set(benchCase.workload, benchCase);
  }
  return [...first.values()].slice(0, PERCENTILE_CHARTS_AT_MOST).map((benchCase) => {
    const title = `Latency, ${caseTitle(benchCase)}`;
    const svg = lineChart({
      title,
      x: { title: "percentile", scale: "percentile", format: String },
      y: { title: "milliseconds", scale: "log", format: figureText },
      series: eachServer(report, benchCase.id, (name, runs) => ({ name, points: percentilePoints(runs) })),
    });
    return { name: `latency-${benchCase.workload}.svg`, title, svg };
  });
}

function percentilePoints(runs: readonly Run[]): [number, number][] {
  const percentiles = Object.keys(runs[0]?.latency.percentilesUs ?? {}).map(Number);
  return percentiles
    .toSorted((one, other) => one - other)
    .map((percentile) => [percentile, latencyMs(runs, percentile)]);
}

function rateCharts(report: Report): Chart[] {
  const ladders = new Map<string, BenchCase[]>();
  for (const { case: benchCase } of report.cases) {
    if (benchCase.rate === undefined) continue;
    const name = ladderTitle(benchCase);
    ladders.set(name, [...(ladders.get(name) ?? []), benchCase]);
  }
  return [...ladders].map(([name, cases], index) => {
    const title = `Latency against rate, ${name}`;
    const svg = lineChart({
      title,
      x: { title: "requests due a second (open loop)" },
      y: { title: "milliseconds from the due moment", scale: "log" },
      series: report.servers.flatMap((server) =>
        [50, 99].map((percentile) => ratePoints(report, server, cases, percentile)),
      ),
    });
    return { name: `rate-${index + 1}-${cases[0]!.workload}.svg`, title, svg };
  });
}

function ratePoints(
  report: Report,
  server: MeasuredServer,
  cases: readonly BenchCase[],
  percentile: number,
): Series {
  const points = cases.flatMap(({ id, rate = 0 }): [number, number][] => {
    const runs = runsOf(report, id, server);
    return runs.length === 0 ? [] : [[rate, latencyMs(runs, percentile)]];
  });
  return { name: `${server.name} p${percentile}`, points };
}

function eachServer(
  report: Report,
  caseId: string,
  seriesOf: (name: string, runs: readonly Run[]) => Series,
): Series[] {
  return report.servers.map((server) => seriesOf(server.name, runsOf(report, caseId, server)));
}

function runsOf(report: Report, caseId: string, { name }: MeasuredServer): Run[] {
  return report.runs.filter((run) => run.caseId === caseId && run.server === name);
}

function latencyMs(runs: readonly Run[], percentile: number): number {
  return median(runs.map((run) => run.latency.percentilesUs[percentile] ?? NaN)) / 1000;
}
