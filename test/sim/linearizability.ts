// Is there one order of all operations, agreeing with what clients saw, with real time and with the order of each
// connection, in which every answer is what the sequential model gives? The search of Wing & Gong ("Testing and verifying
// concurrent objects", 1993) with Lowe's memory of configurations: a configuration is how far each connection is, and the
// state. It is searched over the whole state at once, so that commands on several keys are checked as atomic.
//
// An operation without an answer may take effect once within its interval, or not at all. The order in which the server
// evaluated is only a hint about what to try first: with it a right history is found without search.
import { applyOperation } from "./reference-model";
import { EMPTY_STATE, stateText } from "./reference-state";
import type { State } from "./reference-state";
import { commandText, compareOrder } from "./history";
import type { Operation } from "./history";

export interface Verdict {
  readonly ok: boolean;
  /** Configurations looked at. */
  readonly searched: number;
  /** The state behind the last operation, if ok. */
  readonly state: State;
  /** Where the search came furthest: what it could not go on with. */
  readonly stuckAt: readonly Operation[];
  /** Why, for people. */
  readonly reason: string;
}

const DEFAULT_MAX_CONFIGURATIONS = 20_000;

interface Process {
  readonly operations: Operation[];
  /** Least `returned` of the operations from each place on. */
  readonly earliestReturn: number[];
}

interface Frame {
  readonly state: State;
  readonly stateId: number;
  /** What may come next, most likely first; a negative number skips the process -n - 1. */
  readonly choices: readonly number[];
  next: number;
  /** The process that this frame's choice moved on. */
  moved: number;
}

export function checkLinearizability(
  operations: readonly Operation[],
  start: State = EMPTY_STATE,
  maxConfigurations = DEFAULT_MAX_CONFIGURATIONS,
): Verdict {
  return new Search(operations, maxConfigurations).run(start);
}

class Search {
  private readonly processes: Process[];
  private readonly total: number;
  /** How many operations of each process are placed. */
  private readonly places: number[];
  private readonly seen = new Set<string>();
  private readonly stateIds = new Map<string, number>();
  private furthest = -1;
  private stuckAt: Operation[] = [];
  private reason = "";

  constructor(
    operations: readonly Operation[],
    private readonly maxConfigurations: number,
  ) {
    const byProcess = new Map<number, Operation[]>();
    let total = 0;
    for (const operation of operations) {
      if (operation.excluded) continue;
      total++;
      const list = byProcess.get(operation.process);
      if (list === undefined) byProcess.set(operation.process, [operation]);
      else list.push(operation);
    }
    this.total = total;
    this.processes = [...byProcess.values()].map((list) => {
      const earliestReturn = list.map((operation) => operation.returned);
      for (let at = list.length - 2; at >= 0; at--) {
        earliestReturn[at] = Math.min(earliestReturn[at]!, earliestReturn[at + 1]!);
      }
      return { operations: list, earliestReturn };
    });
    this.places = this.processes.map(() => 0);
  }

  run(start: State): Verdict {
    const stack: Frame[] = [this.frame(start)];
    let placed = 0;
    while (placed < this.total) {
      const frame = stack[stack.length - 1]!;
      const next = this.advance(frame);
      if (next !== undefined) {
        stack.push(next);
        placed++;
        continue;
      }
      stack.pop();
      const before = stack[stack.length - 1];
      if (before === undefined || this.seen.size > this.maxConfigurations) {
        const gaveUp = before !== undefined;
        const reason = gaveUp
          ? `gave up after ${this.seen.size} configurations; ${this.reason}`
          : this.reason;
        return { ok: false, searched: this.seen.size, state: start, stuckAt: this.stuckAt, reason };
      }
      this.places[before.moved]!--;
      placed--;
    }
    const { state } = stack[stack.length - 1]!;
    return { ok: true, searched: this.seen.size, state, stuckAt: [], reason: "" };
  }

  private frame(state: State): Frame {
    return { state, stateId: this.idOf(state), choices: this.choices(), next: 0, moved: -1 };
  }

  private idOf(state: State): number {
    const text = stateText(state);
    let id = this.stateIds.get(text);
    if (id === undefined) this.stateIds.set(text, (id = this.stateIds.size));
    return id;
  }

  /** Processes whose next operation may come next in real time. */
  private choices(): number[] {
    const { processes, places } = this;
    // An operation may come next unless another one, still to be placed, had returned before it was sent.
    let earliest = Number.POSITIVE_INFINITY;
    let secondEarliest = Number.POSITIVE_INFINITY;
    let earliestAt = -1;
    for (let at = 0; at < processes.length; at++) {
      const returned = processes[at]!.earliestReturn[places[at]!];
      if (returned === undefined) continue;
      if (returned < earliest) {
        secondEarliest = earliest;
        earliest = returned;
        earliestAt = at;
      } else if (returned < secondEarliest) {
        secondEarliest = returned;
      }
    }
    const candidates: number[] = [];
    for (let at = 0; at < processes.length; at++) {
      const { operations, earliestReturn } = processes[at]!;
      const place = places[at]!;
      const operation = operations[place];
      if (operation === undefined) continue;
      if (operation.reply === undefined) candidates.push(-at - 1);
      const { invoked } = operation;
      const behindIt = earliestReturn[place + 1];
      const others = at === earliestAt ? secondEarliest : earliest;
      if (others >= invoked && (behindIt === undefined || behindIt >= invoked)) candidates.push(at);
    }
    return candidates.sort((a, b) => this.compare(a, b));
  }

  private operationOf(choice: number): Operation {
    const at = choice < 0 ? -choice - 1 : choice;
    return this.processes[at]!.operations[this.places[at]!]!;
  }

  private compare(a: number, b: number): number {
    const [one, other] = [this.operationOf(a), this.operationOf(b)];
    if (one === other) return (one.order?.survived === true ? 1 : -1) * (b - a);
    // What was never evaluated has no effect and is in nobody's way.
    if (one.order === undefined || other.order === undefined) {
      return (
        Number(one.order !== undefined) - Number(other.order !== undefined) || one.invoked - other.invoked
      );
    }
    return compareOrder(one.order, other.order);
  }

  /** Takes the frame's next choice that leads to a configuration not seen yet. */
  private advance(frame: Frame): Frame | undefined {
    while (frame.next < frame.choices.length) {
      const choice = frame.choices[frame.next++]!;
      const skips = choice < 0;
      const at = skips ? -choice - 1 : choice;
      const operation = this.operationOf(choice);
      let { state } = frame;
      if (!skips) {
        const outcome = applyOperation(state, operation);
        if (operation.reply !== undefined && operation.reply !== outcome.reply) {
          this.noteStuck(operation, outcome.reply);
          continue;
        }
        state = outcome.state;
      }
      this.places[at]!++;
      const next = this.frame(state);
      const configuration = `${this.places.join(",")}|${next.stateId}`;
      if (this.seen.has(configuration)) {
        this.places[at]!--;
        continue;
      }
      this.seen.add(configuration);
      frame.moved = at;
      return next;
    }
    return undefined;
  }

  private noteStuck(operation: Operation, expected: string): void {
    const placed = this.places.reduce((sum, place) => sum + place, 0);
    if (placed < this.furthest) return;
    if (placed > this.furthest) this.stuckAt = [];
    this.furthest = placed;
    if (!this.stuckAt.includes(operation)) this.stuckAt.push(operation);
    this.reason =
      `behind ${placed} of ${this.total} operations, #${operation.id} ${commandText(operation)} answered ` +
      `${operation.reply} where the model says ${expected}`;
  }
}
