// White-box notes of when, and in which view, each command was evaluated: the hints by which the checker finds an order
// without search, and the time at which expiry was judged. It wraps the evaluator's calls and the functions of the command
// table; what the commands do is not changed, but for an EXEC that now and then goes in steps although it is short.
import type { SeededRandom } from "../../src/base/index";
import type { Evaluator } from "../../src/kv/index";
import type { CommandSpec } from "../../src/redis/index";
import { goStepped } from "../../src/redis/command";
import type {
  CommandContext,
  EvaluatedFunction,
  SlicedFunction,
  SteppedFunction,
} from "../../src/redis/command";
import type { Connection } from "../../src/redis/connection";
import { compareOrder } from "./history";
import type { Operation, Order } from "./history";

export interface NotedProcess {
  /** What the connection, or the client that it stands in for, has asked for. */
  operationOf(connection: Connection): Operation;
  readonly epoch: number;
  /** The last batch that the rows in storage show. */
  readonly appliedSequence: number;
  /** How likely a short EXEC goes in steps. */
  readonly steppedExecs: number;
  /** A key that had expired is deleted ahead of whatever else the evaluation under way does. */
  expiredAhead(database: number, userKey: string, nowMs: number, order: Order): void;
}

export class EvaluationNotes {
  private evaluations = 0;
  private committedView = false;
  /** The command in slices that is about to pin its view. */
  private pinning: Operation | undefined;
  private readonly lastOrders = new Map<number, Order>();
  /** Forgets where the evaluation that is about to end stood. */
  private takeBack: (() => void) | undefined;
  /** What the stepped evaluation under way has found expired and so deletes. */
  private readonly expired: { readonly database: number; readonly userKey: string }[] = [];

  constructor(
    private readonly process: NotedProcess,
    private readonly evaluator: Evaluator,
    private readonly random: SeededRandom,
  ) {
    const begin = evaluator.begin.bind(evaluator);
    evaluator.begin = (committed, attempt) => {
      this.committedView = committed;
      return begin(committed, attempt);
    };
    const finishOf = evaluator["finishOf"].bind(evaluator);
    evaluator["finishOf"] = (session): number => {
      const sequence = finishOf(session);
      // Nothing of it was kept.
      if (sequence < 0) this.takeBack?.();
      this.takeBack = undefined;
      return sequence;
    };
    const pinView = evaluator.pinView.bind(evaluator);
    evaluator.pinView = (ready): void => {
      const operation = this.pinning;
      pinView((view) => {
        if (view !== undefined && operation !== undefined) {
          operation.nowMs = view.nowMs;
          operation.order = this.order(this.process.appliedSequence, true);
        }
        ready(view);
      });
    };
    const session = evaluator.steppedSession;
    const meetExpired = session["meetExpired"].bind(session);
    session["meetExpired"] = (database, userKey, row) => {
      this.expired.push({ database, userKey });
      return meetExpired(database, userKey, row);
    };
  }

  /** What a stepped evaluation has found expired goes to the log with its next stage. */
  private noteExpired(): void {
    const session = this.evaluator.steppedSession;
    const order = this.openOrder;
    for (const { database, userKey } of this.expired.splice(0)) {
      this.process.expiredAhead(database, userKey, session.nowMs, order);
    }
  }

  /** Where what is being evaluated now, and writes, stands. */
  get openOrder(): Order {
    return { ...this.order(this.evaluator["overlay"].open.sequence, false), wrote: true };
  }

  /** The command, with a note of its evaluation. */
  observed(spec: CommandSpec): CommandSpec {
    const { function: definition } = spec;
    if (definition.kind === "immediate") return spec;
    if (definition.kind === "sliced") {
      return { ...spec, function: { ...definition, run: this.sliced(definition.run) } };
    }
    const { sliced, stepped } = definition;
    const run: EvaluatedFunction = (context) => {
      if (spec.name === "exec" && this.goesInSteps(context)) return goStepped;
      const outcome = definition.run(context);
      if (outcome === undefined && !isNested(spec, context)) this.evaluated(context, this.committedView);
      return outcome;
    };
    return {
      ...spec,
      function: {
        kind: "evaluated",
        run,
        ...(sliced !== undefined && { sliced: this.sliced(sliced) }),
        ...(stepped !== undefined && { stepped: this.stepped(spec, stepped) }),
      },
    };
  }

  private sliced(run: SlicedFunction): SlicedFunction {
    return (context, done) => {
      this.pinning = this.process.operationOf(context.connection);
      run(context, done);
      this.pinning = undefined;
    };
  }

  private stepped(spec: CommandSpec, steps: SteppedFunction): SteppedFunction {
    const notes = this;
    return function* (context) {
      const nested = isNested(spec, context);
      // Its client may go away before it ends.
      if (!nested) {
        notes.process.operationOf(context.connection).isUnderWay = true;
        notes.expired.length = 0;
      }
      for (const step of steps(context)) {
        if (step === "stage" && !nested) notes.noteExpired();
        yield step;
      }
      if (!nested) notes.evaluated(context, false);
    };
  }

  private goesInSteps({ connection }: CommandContext): boolean {
    const { isOpen, isAborted } = connection.transaction;
    return isOpen && !isAborted && this.random.chance(this.process.steppedExecs);
  }

  private order(sequence: number, committed: boolean): Order {
    const { epoch } = this.process;
    return { epoch, sequence, committed, count: ++this.evaluations, wrote: false, survived: false };
  }

  /** Notes where in the order of batches an evaluation stands: in its own, or behind the last one it depends on. */
  private evaluated(context: CommandContext, inCommittedView: boolean): void {
    const { session, connection } = context;
    const { open, committedSequence } = this.evaluator["overlay"];
    const writes = session.hasWritten || session.observedSequence === open.sequence;
    const seen = inCommittedView ? committedSequence : Math.max(session.observedSequence, committedSequence);
    let order = writes ? this.order(open.sequence, false) : this.order(seen, true);
    // What its connection asked before comes before it.
    const before = this.lastOrders.get(connection.id);
    if (before !== undefined && before.epoch === order.epoch && compareOrder(before, order) > 0) {
      order = this.order(before.sequence, before.committed || before.sequence !== open.sequence);
    }
    this.lastOrders.set(connection.id, order);
    this.takeBack = (): void => {
      if (before === undefined) this.lastOrders.delete(connection.id);
      else this.lastOrders.set(connection.id, before);
    };
    const operation = this.process.operationOf(connection);
    operation.nowMs = session.nowMs;
    operation.order = { ...order, wrote: session.hasWritten };
  }
}

/** A queued command that EXEC runs: it is a part of that operation. */
function isNested(spec: CommandSpec, { connection }: CommandContext): boolean {
  return connection.lastCommand === "exec" && spec.name !== "exec";
}
