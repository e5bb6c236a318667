// Commands in the order in which they ran, neighbours that are the same as one run with a number: what is measured of them
// together is recorded once a run, not once a command. It keeps its arrays, so that noting allocates nothing.
import type { Command } from "../command";

/** A list that has grown beyond this is not kept. */
const KEPT_RUNS = 16;

export class CommandRuns {
  private commands: Command[] = [];
  private times: number[] = [];
  /** Number of runs. */
  length = 0;
  /** Number of commands. */
  total = 0;

  add(command: Command): void {
    const last = this.length - 1;
    this.total++;
    if (last >= 0 && this.commands[last] === command) {
      this.times[last]!++;
      return;
    }
    this.commands[this.length] = command;
    this.times[this.length++] = 1;
  }

  commandAt(run: number): Command {
    return this.commands[run]!;
  }

  /** How often the command of a run ran in it. */
  timesAt(run: number): number {
    return this.times[run]!;
  }

  clear(): void {
    this.length = this.total = 0;
    if (this.commands.length > KEPT_RUNS) [this.commands, this.times] = [[], []];
  }
}
