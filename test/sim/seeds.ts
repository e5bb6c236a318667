// Runs of many seeds, and what they amount to. Shared by the short and the long test.
import { runSimulation } from "./world";
import type { RunResult } from "./world";

export interface SeedsResult {
  readonly acknowledged: number;
  readonly unknown: number;
  readonly transactions: RunResult["transactions"];
  readonly faults: Readonly<Record<string, number>>;
  /** For people. The rate is told, never asserted. */
  readonly summary: string;
}

export function runSeeds(firstSeed: number, seeds: number, every?: (done: number) => void): SeedsResult {
  const started = performance.now();
  const totals = {
    acknowledged: 0,
    unknown: 0,
    refused: 0,
    periodsOfLeadership: 0,
    simulatedMs: 0,
    steps: 0,
  };
  const transactions = { run: 0, runWatching: 0, givenUp: 0, inSteps: 0 };
  const faults: Record<string, number> = {};
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const result = runSimulation({ seed });
    totals.acknowledged += result.acknowledged;
    totals.unknown += result.unknown;
    totals.refused += result.refused;
    totals.periodsOfLeadership += result.periodsOfLeadership;
    totals.simulatedMs += result.simulatedMs;
    totals.steps += result.steps;
    transactions.run += result.transactions.run;
    transactions.runWatching += result.transactions.runWatching;
    transactions.givenUp += result.transactions.givenUp;
    transactions.inSteps += result.transactions.inSteps;
    for (const [name, count] of Object.entries(result.faults)) faults[name] = (faults[name] ?? 0) + count;
    every?.(seed - firstSeed + 1);
  }
  const seconds = (performance.now() - started) / 1000;
  const each = (total: number): string => (total / seeds).toFixed(1);
  const struck = Object.entries(faults).map(([name, count]) => `${count} ${name}`);
  const summary =
    `${seeds} seeds from ${firstSeed} in ${seconds.toFixed(1)} s (${(seeds / seconds).toFixed(1)} seeds/s, ` +
    `${(totals.simulatedMs / 1000 / seconds).toFixed(0)} simulated seconds a second); a seed on average: ` +
    `${each(totals.steps)} steps, ${each(totals.acknowledged)} commands acknowledged, ${each(totals.unknown)} unknown, ` +
    `${each(totals.refused)} refused, ${each(transactions.run)} transactions (${each(transactions.runWatching)} behind a ` +
    `WATCH), ${each(transactions.givenUp)} given up, ${each(transactions.inSteps)} commands in steps, ` +
    `${each(totals.periodsOfLeadership)} periods of leadership. ` +
    `Faults: ${struck.join(", ")}.`;
  return { acknowledged: totals.acknowledged, unknown: totals.unknown, transactions, faults, summary };
}
