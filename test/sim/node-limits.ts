// The limits of a run's processes, drawn from its seed.
import type { SeededRandom } from "../../src/base/index";
import type { EvaluatorOptions } from "../../src/kv/index";

/** What differs from run to run; small limits make rare paths common. */
export interface NodeLimits {
  readonly hotRowsBytes: number;
  readonly maxInFlightBytes: number;
  readonly maxBatchBytes: number;
  /** A batch that is longer becomes fragments. */
  readonly maxEntryBytes: number;
  readonly maxEffectsBytes: number;
  readonly stageBytes: number;
  /** How likely a short EXEC goes in steps, and how likely a step has used up its turn. */
  readonly steppedExecs: number;
  readonly slowSteps: number;
  readonly outputLimitBytes: number;
  readonly keepEntries: number;
  readonly maxLogBytes: number;
  /** How likely a row is in memory. */
  readonly inMemory: number;
  readonly sweptRowsPerSecond: number;
  /** How likely a batch is said to be awaited that the evaluator does not call so: it changes when, and nothing else. */
  readonly awaited: number;
}

/** Those that are the evaluator's. */
export function evaluatorLimits({
  hotRowsBytes,
  maxInFlightBytes,
  maxBatchBytes,
  maxEntryBytes,
  maxEffectsBytes,
  stageBytes,
}: NodeLimits): Omit<EvaluatorOptions, "storage" | "clock" | "scheduler"> {
  return { hotRowsBytes, maxInFlightBytes, maxBatchBytes, maxEntryBytes, maxEffectsBytes, stageBytes };
}

/** Small limits make rare paths common. */
export function randomLimits(random: SeededRandom): NodeLimits {
  return {
    hotRowsBytes: random.pick([0, 1500, 6000, 1 << 20]),
    maxInFlightBytes: random.pick([400, 3000, 1 << 20, 1 << 20]),
    maxBatchBytes: random.pick([100, 600, 1 << 20, 1 << 20]),
    outputLimitBytes: random.pick([60, 400, 1 << 20, 1 << 20]),
    keepEntries: random.pick([0, 5, 1000]),
    maxLogBytes: random.pick([500, 5000, 1 << 28]),
    maxEntryBytes: random.pick([60, 200, 1 << 20]),
    maxEffectsBytes: random.pick([400, ...Array.from({ length: 7 }, () => 1 << 30)]),
    stageBytes: random.pick([1, 1, 150, 1 << 20]),
    steppedExecs: random.pick([0, 0.3, 1]),
    slowSteps: random.pick([0, 0.3, 0.8]),
    inMemory: random.pick([1, 0.95, 0.6, 0.1]),
    sweptRowsPerSecond: random.pick([20, 200, 20_000]),
    awaited: random.pick([0, 0.5, 1]),
  };
}
