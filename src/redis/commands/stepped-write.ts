// Commands that are written once, as a generator of steps (kv/stepped.ts), whether they turn out short or long: most run to
// their end at once, in one turn; one that pauses is taken back and begun again in the stepped form.
import { notReady } from "../../kv/index";
import type { NotReady, Steps } from "../../kv/index";
import { goStepped } from "../command";
import type { GoStepped } from "../command";

/** Bytes after which a turn's share of work is done. */
export const STEP_BYTES = 1024 * 1024;

/** Runs steps to their end in this turn. What they did before they had to wait or pause is taken back by the caller. */
export function runAtOnce(steps: Steps): void | NotReady | GoStepped {
  const step = steps.next();
  if (step.done === true) return;
  steps.return();
  return step.value === "load" ? notReady : goStepped;
}

/** Counts work; true each time that a turn's share of it is done. */
export class Pace {
  private bytes = 0;

  isSpent(bytes: number): boolean {
    this.bytes += bytes;
    if (this.bytes < STEP_BYTES) return false;
    this.bytes = 0;
    return true;
  }
}
