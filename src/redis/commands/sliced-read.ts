// The frame of a read in slices: pins a view, gives it to the command, and ends the command exactly once. Between pages
// other work runs, and the client may go away: the command looks at `abandoned` when a page arrives and then just ends.
//
// A read that left something out because it had expired fixes the time before its reply, or the first part of it, may go, so
// that no later reader, under a slower clock, finds it again (DESIGN §3, Time). Everything is judged at the view's time,
// so once is enough.
import { assert } from "../../base/index";
import { effectsNotProposed } from "../../kv/index";
import type { ReadView } from "../../kv/index";
import type { CommandContext } from "../command";
import { ERR_NOT_PROPOSED } from "../dispatch-errors";

export class SlicedRead {
  readonly context: CommandContext;
  readonly view: ReadView;
  /** Set by the command when something expired was left out. */
  expired = false;
  private timeIsFixed = false;
  private readonly done: (sequence: number) => void;
  private readonly connectionId: number;
  /** Within an EXEC: nothing goes before its end, and its evaluation fixes the time. */
  private readonly inTransaction: boolean;
  private isReleased = false;
  private ended = false;

  constructor(context: CommandContext, view: ReadView, done: (sequence: number) => void) {
    this.context = context;
    this.view = view;
    this.done = done;
    this.connectionId = context.connection.id;
    this.inTransaction = context.connection.transaction.view === view;
    if (!this.inTransaction) context.server.reads(this.connectionId, view);
  }

  /** The client has gone, or the view: nobody waits for the rest, and nothing may be written to its reply. */
  get abandoned(): boolean {
    return this.view.isVoid || !this.context.server.clients.has(this.connectionId);
  }

  /** The command has read all it needs: what it keeps on writing pins nothing. */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.view.release();
  }

  /** The command's reply is complete (or the client has gone). */
  end(): void {
    assert(!this.ended, "a read in slices ends once");
    this.ended = true;
    this.release();
    if (this.expired && !this.timeIsFixed && !this.abandoned) this.fixTime(this.done);
    else this.done(0);
  }

  /** What has been written stands: it goes to the client, and `next` follows when the client has caught up. */
  part(next: () => void): void {
    if (this.inTransaction) return next();
    if (!this.expired || this.timeIsFixed) return this.sendPart(next);
    this.fixTime((sequence) => {
      if (this.abandoned) return this.end();
      if (sequence < 0) return this.fail(sequence);
      this.timeIsFixed = true;
      const { evaluator } = this.context.server;
      if (sequence <= evaluator.releasedSequence) return this.sendPart(next);
      evaluator.waitFor(sequence, {
        released: () => this.yield(() => this.sendPart(next)),
        lost: () => this.yield(() => this.fail(effectsNotProposed)),
      });
    });
  }

  /** Runs `next` on a later turn, so that others get theirs (what is put at a turn's end belongs to that turn). */
  yield(next: () => void): void {
    this.context.server.scheduler.after(0, () => this.goOn(next));
  }

  private sendPart(next: () => void): void {
    this.context.connection.sendPart(() => this.goOn(next));
  }

  private goOn(next: () => void): void {
    if (this.abandoned) this.end();
    else next();
  }

  private fail(sequence: number): void {
    this.ended = true;
    this.release();
    this.done(sequence);
  }

  /** Calls `then` with the sequence that makes it last, or with what `finish` answers instead. */
  private fixTime(then: (sequence: number) => void): void {
    const { evaluator } = this.context.server;
    if (this.inTransaction) {
      this.context.connection.session.fixTime();
      then(0);
    } else if (!evaluator.available) {
      then(effectsNotProposed);
    } else if (evaluator.busy) {
      evaluator.whenIdle(() => this.fixTime(then));
    } else {
      evaluator.begin(false, 0).fixTime();
      then(evaluator.finish());
    }
  }
}

export function readInSlices(
  context: CommandContext,
  done: (sequence: number) => void,
  start: (read: SlicedRead) => void,
): void {
  context.connection.pinView((view) => {
    if (view === undefined) {
      const { server, connection, reply } = context;
      if (server.clients.has(connection.id)) reply.error(ERR_NOT_PROPOSED);
      return done(0);
    }
    const read = new SlicedRead(context, view, done);
    if (read.abandoned) read.end();
    else start(read);
  });
}
