// A report for people. Tables first, then how it was measured and on what, so that whoever reads only the top has the
// result and whoever doubts it finds the command that repeats it. Pure.
import { caseTitle } from "../plan";
import { relativeWidth } from "../statistics";
import type { Spread } from "../statistics";
import type { CaseSummary, Report, ServerSummary } from "./report-data";

/** From this much CPU used by others, a note says that the figures are disturbed. */
const NOISY_OTHER_CORES = 0.15;

export function renderMarkdown(report: Report): string {
  const blocks = [
    heading(report),
    notes(report),
    ratioTable(report),
    figureTable(report),
    method(report),
    machine(report),
    `## Repeat\n\n\`\`\`sh\n${report.environment.command}\n\`\`\``,
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function heading({ environment, name, servers }: Report): string {
  const changed = environment.modified ? ", with changes that are not committed" : "";
  const measured = servers.map((server) => `${server.title} ${server.version}`).join("; ");
  return `# Benchmark ${name}, ${environment.startedAt.slice(0, 10)}\n\nCommit ${environment.commitShort}${changed}. Measured: ${measured}.`;
}

function notes({ cases, missingServers, options, runs }: Report): string {
  const lines: string[] = [];
  if (options.tiny)
    lines.push("A tiny run: it shows that everything works. Its figures say nothing of speed.");
  for (const server of missingServers) lines.push(`Without ${server}: it is not installed here.`);
  const busy = runs.filter((run) => !run.quiet).length;
  if (busy > 0) {
    lines.push(
      `In ${busy} of ${runs.length} runs the server was still busy when the wait for its background work was given up; their CPU per operation is too low.`,
    );
  }
  const others = Math.max(
    ...cases.flatMap(({ servers }) => servers.map((server) => server.otherCores.median)),
    0,
  );
  if (others > NOISY_OTHER_CORES) {
    lines.push(
      `The machine had other work: up to ${others.toFixed(2)} cores (median of a case) were used by processes that are no part of this benchmark. Trust the ratios more than the figures, and neither much.`,
    );
  }
  return lines.map((line) => `> ${line}`).join("\n>\n");
}

function ratioTable(report: Report): string {
  const title = new Map(report.servers.map((server) => [server.name, server.title]));
  const rows = report.cases.flatMap((summary) =>
    summary.ratios.map((ratio) => [
      caseTitle(summary.case),
      `${title.get(ratio.subject) ?? ratio.subject} / ${title.get(ratio.reference) ?? ratio.reference}`,
      times(ratio.operationsPerSecond),
      times(ratio.p99),
      times(ratio.serverCpu),
    ]),
  );
  if (rows.length === 0) return "";
  const head = ["load", "ratio of", "throughput", "p99", "server CPU per operation"];
  return `## Ratios\n\nMedian of the ratios of pairs, with the lowest and the highest. More is better for throughput, less for the others.\n\n${table(head, rows)}`;
}

function figureTable(report: Report): string {
  const head = [
    ...["load", "server", "operations/s", "p50 ms", "p99 ms", "p99.9 ms"],
    ...["server µs/op", "generator µs/op"],
  ];
  return `## Figures\n\nMedians over the repetitions; ± is half the distance from lowest to highest.\n\n${table(head, report.cases.flatMap(figureRows))}`;
}

function figureRows({ case: benchCase, servers }: CaseSummary): string[][] {
  return servers.map((server: ServerSummary) => [
    caseTitle(benchCase),
    server.server,
    `${thousands(server.operationsPerSecond.median)} ± ${((relativeWidth(server.operationsPerSecond) / 2) * 100).toFixed(0)} %`,
    milliseconds(server.p50Us.median),
    milliseconds(server.p99Us.median),
    milliseconds(server.p999Us.median),
    server.serverCpuUsPerOperation.median.toFixed(2),
    server.generatorCpuUsPerOperation.median.toFixed(2),
  ]);
}

function method({ options, servers }: Report): string {
  const turns =
    servers.length > 1
      ? `; in each, every server (started fresh, on the same file system) runs each load in turn, and who goes first alternates`
      : ", each with a fresh server";
  return `## How it was measured

- ${options.repetitions} repetition${options.repetitions === 1 ? "" : "s"}${turns}.
- ${thousands(options.keys)} keys, all written before the runs; uniform choice of keys; values of random bytes.
- Closed loop by Basalt's own generator, a process apart on the same machine over 127.0.0.1: each connection writes a
  pipeline's requests at once and waits for all replies. Latency is from that write to the last of its replies.
- ${options.warmUpSeconds} s of load before each run are not measured; then the server is left alone until it is quiet; then
  ${options.seconds} s are measured.
- Server CPU is user and system time of the whole process, all threads, from the begin of the measured load until the
  server was quiet again (no CPU and no writing to speak of for ${options.quietMs} ms), divided by the operations.`;
}

function machine({ environment }: Report): string {
  const gibibytes = (environment.memoryBytes / 2 ** 30).toFixed(0);
  return `## Machine

${environment.cores} × ${environment.processor}, ${gibibytes} GiB, Linux ${environment.kernel}, Node ${environment.node}; data on ${environment.dataFileSystem};
load average at the start ${environment.loadAverage.toFixed(2)}; started ${environment.startedAt}; commit ${environment.commit}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  // The first two columns are words, the others figures.
  const rule = head.map((_, column) => (column < 2 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

function times(ratio: Spread | undefined): string {
  if (ratio === undefined) return "–";
  const { median, lowest, highest } = ratio;
  return `**${median.toFixed(2)}** (${lowest.toFixed(2)}–${highest.toFixed(2)})`;
}

/** 64210 → `64 210`, with a narrow space that does not break. */
export function thousands(figure: number): string {
  return Math.round(figure)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function milliseconds(microseconds: number): string {
  const figure = microseconds / 1000;
  return figure < 10 ? figure.toFixed(2) : figure.toFixed(1);
}
