// A report for people. Tables first, then how it was measured and on what, so that whoever reads only the top has the
// result and whoever doubts it finds the command that repeats it. Pure.
import { HOT_KEYS, ZIPFIAN_EXPONENT } from "../load/index";
import { caseTitle, ladderTitle } from "../plan";
import { median, relativeWidth } from "../statistics";
import type { Spread } from "../statistics";
import { milliseconds, thousands } from "./figures";
import type { CaseSummary, Report, ServerSummary } from "./report-data";
import { summariseDisk } from "./summary";

/** From this much CPU used by others, a note says that the figures are disturbed. */
const NOISY_OTHER_CORES = 0.15;

/** A picture of the report: where it lies from the page, and what it shows. */
export interface Picture {
  readonly path: string;
  readonly title: string;
}

export function renderMarkdown(report: Report, pictures: readonly Picture[] = []): string {
  const blocks = [
    heading(report),
    notes(report),
    ratioTable(report),
    pictures.map(({ path, title }) => `![${title}](${path})`).join("\n\n"),
    figureTable(report),
    rateTable(report),
    diskTable(report),
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
  const rows = closedLoops(report).flatMap((summary) =>
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

function closedLoops({ cases }: Report): CaseSummary[] {
  return cases.filter((summary) => summary.case.rate === undefined);
}

function figureTable(report: Report): string {
  const rows = closedLoops(report).flatMap(figureRows);
  if (rows.length === 0) return "";
  const head = [
    ...["load", "server", "operations/s", "p50 ms", "p99 ms", "p99.9 ms"],
    ...["server µs/op", "generator µs/op"],
  ];
  return `## Figures\n\nMedians over the repetitions; ± is half the distance from lowest to highest.\n\n${table(head, rows)}`;
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

function rateTable({ cases, runs }: Report): string {
  const rows = cases.flatMap(({ case: benchCase, servers }) => {
    const { rate, id } = benchCase;
    if (rate === undefined) return [];
    return servers.map((summary) => {
      const own = runs.filter((run) => run.caseId === id && run.server === summary.server);
      const late = (percentile: number) =>
        milliseconds(median(own.map((run) => run.openLoop?.lateness.percentilesUs[percentile] ?? NaN)));
      return [
        ladderTitle(benchCase),
        summary.server,
        thousands(rate),
        thousands(summary.operationsPerSecond.median),
        ...[summary.p50Us, summary.p99Us, summary.p999Us].map((spread) => milliseconds(spread.median)),
        `${late(50)}, ${late(99)}`,
        summary.serverCpuUsPerOperation.median.toFixed(2),
      ];
    });
  });
  if (rows.length === 0) return "";
  const head = [
    ...["load", "server", "due/s", "answered/s", "p50 ms", "p99 ms", "p99.9 ms"],
    ...["sent late ms (p50, p99)", "server µs/op"],
  ];
  return `## Latency against rate

Open loop: requests are due at the rate whatever the server does, and latency counts from the moment at which a request was
due, so that a stall is charged with all that became due in it. "Sent late" is the generator's own part of that. A server
that answered less than nine tenths of what was due was spared the higher rates.

${table(head, rows)}`;
}

function diskTable({ cases, runs, disk = [], options }: Report): string {
  const summaries = summariseDisk(cases, runs, disk);
  const [first] = summaries;
  if (first === undefined) return "";
  const { blockBytes, depth, fileBytes, direct } = first.diskRun;
  const rows = summaries.map((summary) => [
    caseTitle(summary.case),
    summary.server,
    thousands(summary.operationsPerSecond.median),
    thousands(summary.diskReadsPerSecond.median),
    times(summary.share),
    thousands(summary.readBytesPerOperation.median),
  ]);
  const head = ["load", "server", "operations/s", "the disk's own reads/s", "ratio", "bytes read/op"];
  const how = direct
    ? "past the page cache (O_DIRECT)"
    : "through the page cache, which this file system does not let one avoid: they are no limit of the disk";
  return `## Data ten times the cache, beside the disk's own limit

The server's caches were ${mebibytes(options.cacheBytes)} MiB in all. The disk's own limit: random reads of ${blockBytes} B (a block of Basalt's tables),
${depth} at a time, of a file of ${mebibytes(fileBytes)} MiB on the same file system, ${how}, within the same
minute. While the server was measured, its table files were dropped from the page cache four times a second; the bytes that
it read from the disk for each operation tell how much was answered by the disk.

${table(head, rows)}`;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

function method(report: Report): string {
  const { options, servers } = report;
  const turns =
    servers.length > 1
      ? `; in each, every server (started fresh, on the same file system) runs each load in turn, and who goes first alternates`
      : ", each with a fresh server";
  return `## How it was measured

- ${options.repetitions} repetition${options.repetitions === 1 ? "" : "s"}${turns}.
- ${keysText(report)}, all written before the runs; keys chosen uniformly unless the load says otherwise (zipfian: exponent
  ${ZIPFIAN_EXPONENT}, popular keys spread over the key space; hot: ${HOT_KEYS} keys get everything); values of random bytes.
- Load by Basalt's own generator, a process apart on the same machine over 127.0.0.1. Closed loop: each connection writes a
  pipeline's requests at once and waits for all replies. Latency is from that write to the last of its replies.
- ${options.warmUpSeconds} s of load before each run are not measured; then the server is left alone until it is quiet; then
  ${options.seconds} s are measured.
- Server CPU is user and system time of the whole process, all threads, from the begin of the measured load until the
  server was quiet again (no CPU and no writing to speak of for ${options.quietMs} ms), divided by the operations.`;
}

function keysText({ cases }: Report): string {
  const counts = [...new Set(cases.map((summary) => summary.case.keys))].sort((one, other) => one - other);
  return `${counts.map(thousands).join(" or ")} keys`;
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
