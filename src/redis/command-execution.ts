// How the commands of one connection run, each in the way its kind demands: at once, through an evaluation, in slices or
// in steps. While one loads, is sliced or stepped, waits for somebody else's stepped one or is held by a pause, nothing
// behind it runs.
import { assert } from "../base/index";
import { effectsTooLarge, notReady } from "../kv/index";
import { goSliced, goStepped } from "./command";
import type { Command, SlicedFunction, SteppedFunction } from "./command";
import type { Connection } from "./connection";
import { ERR_NOT_PROPOSED, ERR_TOO_LARGE } from "./dispatch-errors";
import { ForwardedCommand } from "./forwarding/forwarded-command";

export class CommandExecution {
  private readonly connection: Connection;
  /** Nothing behind the present command may run. */
  isSuspended = false;
  /** The present command was suspended: its time is its own. */
  isResumed = false;
  /** When the bytes of the command that runs arrived; monotonic. */
  startedMs = 0;
  /** The clock was read for a command of this turn already, of which this one is neighbour. */
  momentIsRead = false;
  /** The command that runs, or ran last. */
  current: Command | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  run(command: Command): void {
    this.current = command;
    if (!command.isShort) this.connection.server.accounting.settle(this.connection);
    const definition = command.spec.function;
    switch (definition.kind) {
      case "evaluated":
        return this.evaluate(command, 0);
      case "immediate":
        definition.run(this.connection);
        return this.executed(command, 0);
      case "sliced":
        if (command.isRead && !this.connection.server.evaluator.available) return this.forward(command);
        return this.slice(command, definition.run);
    }
  }

  /** This node does not lead: the command runs where that is known to be, or not at all. */
  private forward(command: Command): void {
    const { connection } = this;
    const { forwarder } = connection.server;
    const to = connection.isStandIn ? undefined : forwarder?.target;
    if (forwarder === undefined || to === undefined) return this.ended(command, ERR_NOT_PROPOSED);
    const forwarded = new ForwardedCommand(connection, command, forwarder, to);
    if (forwarded.answeredHere()) return this.answered(command, 0);
    this.suspend(
      (resume) => forwarded.send(resume),
      () => {
        forwarded.answer();
        this.answered(command, 0);
      },
    );
  }

  /** Answers a command that was not run. */
  answered(command: Command, sequence: number, changesClient = false): void {
    const { connection } = this;
    const { replies, parser } = connection;
    const goesOn = parser.pendingBytes > 0 && !this.isResumed;
    connection.server.accounting.answered(connection, command, replies.replyAt, goesOn);
    replies.answered(command, sequence, this.startedMs, changesClient);
  }

  /** Answers a command that will run within an EXEC, and is accounted for there. */
  queued(command: Command): void {
    this.connection.replies.answered(command, 0, this.startedMs, true);
  }

  /** Tries `again` when what it waits for has come. */
  suspend(wait: (resume: () => void) => void, again: () => void): void {
    const { connection, startedMs } = this;
    this.isSuspended = true;
    connection.server.accounting.settle(connection);
    wait(() => {
      this.isSuspended = false;
      if (connection.isClosed) return;
      this.startedMs = startedMs;
      this.resume(again);
    });
  }

  /** Goes on with a command that was suspended. */
  private resume(step: () => void): void {
    this.isResumed = true;
    this.momentIsRead = false;
    this.connection.runCommand(step);
  }

  private evaluate(command: Command, attempt: number, confirmed = false): void {
    const { connection } = this;
    const { reply, replies } = connection;
    const { evaluator } = connection.server;
    const definition = command.spec.function;
    assert(definition.kind === "evaluated", "only an evaluated command is evaluated");
    if (!evaluator.available) return this.forward(command);
    if (!confirmed && !evaluator.isCurrent) return this.evaluateConfirmed(command, attempt);
    const mark = reply.length;
    let committed = command.isRead && replies.isUngated;
    for (;;) {
      if (!committed && evaluator.busy) return this.evaluateWhenIdle(command, attempt);
      const session = evaluator.begin(committed, attempt, this.momentIsRead);
      this.momentIsRead = true;
      const outcome = definition.run(connection);
      if (outcome === undefined) break;
      reply.rollback(mark);
      if (outcome === goSliced) {
        evaluator.abandon();
        assert(definition.sliced !== undefined, "a command that goes sliced has a sliced form");
        return this.slice(command, definition.sliced);
      }
      if (outcome === goStepped) {
        evaluator.abandon();
        assert(definition.stepped !== undefined, "a command that goes stepped has a stepped form");
        return this.step(command, definition.stepped);
      }
      assert(outcome === notReady, "an evaluation ends or is not ready");
      if (!session.latestNeeded) return this.evaluateLoaded(command, attempt + 1);
      evaluator.abandon();
      committed = false;
    }
    this.finished(command, evaluator.finish());
  }

  // Apart from `evaluate`, so that what every command goes through makes no closure.

  private evaluateConfirmed(command: Command, attempt: number): void {
    const { evaluator } = this.connection.server;
    this.suspend(
      (resume) => evaluator.confirm(resume),
      () => this.evaluate(command, attempt, true),
    );
  }

  private evaluateWhenIdle(command: Command, attempt: number): void {
    const { evaluator } = this.connection.server;
    this.suspend(
      (resume) => evaluator.whenIdle(resume),
      () => this.evaluate(command, attempt),
    );
  }

  private evaluateLoaded(command: Command, attempt: number): void {
    const { evaluator } = this.connection.server;
    this.suspend(
      (resume) => evaluator.loadThen(resume),
      () => this.evaluate(command, attempt),
    );
  }

  private slice(command: Command, run: SlicedFunction): void {
    run(this.connection, this.suspendedUntilDone(command));
  }

  private step(command: Command, steps: SteppedFunction): void {
    const { connection } = this;
    const { evaluator } = connection.server;
    assert(!evaluator.busy, "one stepped evaluation at a time");
    const done = this.suspendedUntilDone(command);
    evaluator.runSteps(
      (session) => {
        connection.session = session;
        return steps(connection);
      },
      (sequence) => {
        connection.session = evaluator.session;
        done(sequence);
      },
    );
  }

  /** Nothing later runs until the returned function is called with the sequence the reply waits for. */
  private suspendedUntilDone(command: Command): (sequence: number) => void {
    const { connection, startedMs } = this;
    this.isSuspended = true;
    connection.server.accounting.settle(connection);
    let finished = false;
    return (sequence) => {
      assert(!finished, "a command is done once");
      finished = true;
      this.isSuspended = false;
      if (connection.isClosed) {
        connection.reply.discard();
        return;
      }
      this.startedMs = startedMs;
      this.resume(() => this.finished(command, sequence));
    };
  }

  /** The reply written behind the last whole one stands, unless `sequence` says that there is nothing to it. */
  private finished(command: Command, sequence: number): void {
    if (sequence >= 0) return this.executed(command, sequence);
    // Not to a mark from before `finish`: leadership may have been lost in it, and replies before this one replaced.
    if (!this.connection.replies.takeBack()) return;
    this.ended(command, sequence === effectsTooLarge ? ERR_TOO_LARGE : ERR_NOT_PROPOSED);
  }

  private executed(command: Command, sequence: number): void {
    const { connection } = this;
    const isExec = command.spec.name === "exec";
    this.answered(command, sequence, isExec ? connection.transaction.changesClient : command.changesClient);
    if (!connection.server.monitors.isEmpty) connection.tellMonitors(command);
  }

  /** A command that was to run ends with an error and without effects; an EXEC takes its transaction with it. */
  private ended(command: Command, error: string): void {
    const { connection } = this;
    if (command.spec.name === "exec") {
      const { transaction } = connection;
      transaction.discard();
      // Its commands may have changed the client before the others were dropped.
      if (transaction.changesClient) connection.closeAfterReply();
    }
    connection.reply.error(error);
    this.answered(command, 0);
  }
}
