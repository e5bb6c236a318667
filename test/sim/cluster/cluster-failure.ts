// What a failed run of a cluster tells: the seed, the step, what is wrong, and the history around it, for people.
import { historyLines } from "../history";
import type { Operation } from "../history";
import { SimulationFailure } from "../simulation-failure";
import type { Trace } from "../trace";

const HISTORY_LINES = 90;
/** So many of them come behind the failure. */
const LINES_BEHIND = 15;

/** What of a world a failure shows. */
export interface FailedWorld {
  readonly trace: Trace;
  readonly history: { readonly operations: readonly Operation[] };
}

export function failureOf(seed: number, { trace, history }: FailedWorld, cause: unknown): SimulationFailure {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const { step, events } = trace;
  const lines = historyLines(history.operations, events);
  const behind = lines.findIndex((line) => line.step > step);
  const end = Math.min(lines.length, (behind < 0 ? lines.length : behind) + LINES_BEHIND);
  const text = lines
    .slice(Math.max(0, end - HISTORY_LINES), end)
    .map((line) => `${String(line.step).padStart(8)} ${line.text}`)
    .join("\n");
  return new SimulationFailure(seed, step, reason, text, cause);
}
