// The report of a soak: verdicts first, then what they rest on, then charts. Pure but for what it is handed.
import { lineChart } from "../charts/index";
import type { Environment } from "../report/index";
import { soakFigures } from "./figures";
import type { ChartName, SoakFigure, SoakSample } from "./figures";
import type { SoakLoadSpec } from "./load-messages";
import { trendOf } from "./trend";
import type { Trend } from "./trend";

const CHARTS: Readonly<Record<ChartName, { readonly title: string; readonly axis: string }>> = {
  memory: { title: "Memory", axis: "MiB" },
  rocksdb: { title: "RocksDB on disk", axis: "MiB" },
  descriptors: { title: "Descriptors and clients", axis: "" },
  latency: { title: "Latency of a pipeline", axis: "ms" },
  load: { title: "Commands a second, keys", axis: "" },
};

export interface FigureTrend {
  readonly figure: SoakFigure;
  readonly trend: Trend;
}

export function trendsOf(samples: readonly SoakSample[]): FigureTrend[] {
  return soakFigures.flatMap((figure) => {
    const { tolerance } = figure;
    if (tolerance === undefined) return [];
    const points = samples.map((sample) => ({ seconds: sample.seconds, value: figure.value(sample) }));
    return [{ figure, trend: trendOf(points, tolerance) }];
  });
}

/** Charts as SVG by the name of their file. */
export function soakCharts(stem: string, samples: readonly SoakSample[]): ReadonlyMap<string, string> {
  const charts = new Map<string, string>();
  for (const [name, { title, axis }] of Object.entries(CHARTS)) {
    const series = soakFigures
      .filter(({ chart }) => chart === name)
      .map((figure) => ({
        name: figure.name,
        points: samples.map((sample) => [sample.seconds / 60, figure.value(sample)] as const),
      }));
    charts.set(
      `${stem}-${name}.svg`,
      lineChart({ title, x: { title: "minutes" }, y: { title: axis }, series }),
    );
  }
  return charts;
}

export function conclusion(trends: readonly FigureTrend[]): string {
  const names = (verdict: Trend["verdict"]) =>
    trends.filter(({ trend }) => trend.verdict === verdict).map(({ figure }) => figure.name);
  const grows = names("grows");
  const open = names("not decided");
  if (grows.length > 0) return `Not flat. What grows: ${grows.join("; ")}.`;
  if (open.length > 0)
    return `Nothing is shown to grow; too short or too noisy to call flat: ${open.join("; ")}.`;
  return "Flat: none of the judged figures grows.";
}

export function soakReport(
  environment: Environment,
  spec: SoakLoadSpec,
  samples: readonly SoakSample[],
  trends: readonly FigureTrend[],
  charts: Iterable<string>,
): string {
  const { startedAt, commit, modified, processor, cores, kernel, node, dataFileSystem, loadAverage } =
    environment;
  const minutes = (samples.at(-1)!.seconds / 60).toFixed(0);
  const commands = samples.reduce((sum, { load }) => sum + load.commands, 0);
  const connections = samples.reduce((sum, { load }) => sum + load.connections, 0);
  const seconds = samples.reduce((sum, { loadSeconds }) => sum + loadSeconds, 0);
  const judged = ((trends[0]?.trend.judgedSeconds ?? 0) / 60).toFixed(1);
  const figure = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));
  const rows = trends.map(
    ({ figure: { name, chart, tolerance }, trend }) =>
      `| ${name}${CHARTS[chart].axis === "" ? "" : `, ${CHARTS[chart].axis}`} | ${figure(trend.level)} | ${figure(trend.growth)} (${figure(trend.lowest)} to ${figure(trend.highest)}) | ${figure(tolerance?.(trend.level) ?? NaN)} | ${trend.verdict} |`,
  );
  return `# Soak of ${minutes} minutes, ${startedAt.slice(0, 10)}

**${conclusion(trends)}**

${spec.clients} clients, pipelines of ${spec.pipeline}, at most ${spec.rate} commands a second: strings set, read, deleted, set with an expiry of 0.5 to
20 s, counters, hashes that grow and shrink; every connection is dropped after 20 to 400 pipelines and opened anew.
${commands} commands (${Math.round(commands / seconds)} a second) over ${connections} connections; no error reply, no connection lost.

| figure | level | rise over the last ${judged} minutes (95 %) | counts as none | verdict |
| --- | ---: | ---: | ---: | --- |
${rows.join("\n")}

The first 30 % of the run are warming up and not judged. The rise is that of a straight line through the medians of ten
blocks of samples. Flat: even the upper end of the interval counts as no rise.

${[...charts].map((file) => `![${file.slice(file.lastIndexOf("-") + 1, -4)}](${file})`).join("\n\n")}

${cores} × ${processor}, Linux ${kernel}, Node ${node}; data on ${dataFileSystem}; load average at the start ${loadAverage.toFixed(2)};
started ${startedAt}; commit ${commit}${modified ? " with changes that are not committed" : ""}.

\`\`\`sh
${environment.command}
\`\`\`
`;
}
