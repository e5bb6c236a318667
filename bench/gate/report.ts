// What the gate says: a table of verdicts, in words for people and as JSON for machines. Pure.
import { boundText } from "./budgets";
import { lookFigure, outcomeOf } from "./decision";
import type { FigureName } from "./decision";
import type { GateVerdict } from "./gate";

const TITLES: Readonly<Record<FigureName, string>> = {
  throughputRatio: "throughput, ratio",
  cpuRatio: "CPU per operation, ratio",
  cpuUs: "CPU per operation, µs",
  p99Ms: "p99, ms",
  residentMiB: "resident memory, MiB",
  startMs: "start, ms",
  restartMs: "restart after kill -9, ms",
};

function figureText(figure: FigureName, values: readonly number[]): string {
  if (values.length === 0) return "–";
  const digits = figure.endsWith("Ratio") || figure === "cpuUs" || figure === "p99Ms" ? 2 : 0;
  const text = (value: number) => value.toFixed(digits);
  const middle = text(lookFigure(figure, values));
  return values.length === 1
    ? middle
    : `${middle} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

/** One line a figure: what, how much, the limit, the outcome. */
export function verdictTable(verdicts: readonly GateVerdict[]): string {
  const rows = verdicts.map((verdict) => [
    verdict.subject,
    TITLES[verdict.limit.figure],
    figureText(verdict.limit.figure, verdict.first),
    verdict.second === undefined ? "" : figureText(verdict.limit.figure, verdict.second),
    boundText(verdict.limit),
    outcomeOf(verdict),
  ]);
  const head = ["load", "figure", "median (range)", "second look", "limit", "outcome"];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

export function failures(verdicts: readonly GateVerdict[]): GateVerdict[] {
  return verdicts.filter((verdict) => outcomeOf(verdict) === "missed twice");
}

/** `The gate holds.`, or what was missed. */
export function conclusion(verdicts: readonly GateVerdict[]): string {
  const missed = failures(verdicts);
  if (missed.length === 0) return `The gate holds: ${verdicts.length} figures within their limits.`;
  const list = missed.map(
    ({ subject, limit, second }) =>
      `${subject}: ${TITLES[limit.figure]} ${figureText(limit.figure, second ?? [])}, limit ${boundText(limit)}`,
  );
  return `The gate fails, missed twice: ${list.join("; ")}.`;
}
