// The frame of a read in slices: pins a view, gives it to the command, and ends the command exactly once. Between pages
// other work runs, and the client may go away: the command looks at `abandoned` when a page arrives and then just ends.
//
// A read that left something out because it had expired fixes the time before its reply may go, so that no later reader,
// under a slower clock, finds it again (DESIGN §3, Time).
import { assert } from "../../base/index";
import { effectsNotProposed } from "../../kv/index";
import type { PinnedView } from "../../kv/index";
import type { CommandContext } from "../command";
import { ERR_NOT_PROPOSED } from "../dispatch-errors";

export class SlicedRead {
  readonly context: CommandContext;
  readonly view: PinnedView;
  /** Set by the command when something expired was left out. */
  expired = false;
  private readonly done: (sequence: number) => void;
  private readonly connectionId: number;
  private ended = false;

  constructor(context: CommandContext, view: PinnedView, done: (sequence: number) => void) {
    this.context = context;
    this.view = view;
    this.done = done;
    this.connectionId = context.connection.id;
    context.server.reads(this.connectionId, view);
  }

  /** The client has gone: nobody waits for the rest, and nothing may be written to its reply. */
  get abandoned(): boolean {
    return !this.context.server.clients.has(this.connectionId);
  }

  /** The command's reply is complete (or the client has gone). */
  end(): void {
    assert(!this.ended, "a read in slices ends once");
    this.ended = true;
    this.view.release();
    const { evaluator } = this.context.server;
    if (!this.expired || this.abandoned) return this.done(0);
    if (!evaluator.available) return this.done(effectsNotProposed);
    evaluator.begin(false, 0).fixTime();
    this.done(evaluator.finish());
  }

  /**
   * What has been written stands: it goes to the client, and `next` follows when the client has caught up. Where something
   * has expired the whole reply waits for the time to be fixed, so nothing of it goes before.
   */
  part(next: () => void): void {
    if (this.expired) return next();
    this.context.connection.sendPart(() => this.goOn(next));
  }

  /** Runs `next` on a later turn, so that others get theirs (what is put at a turn's end belongs to that turn). */
  yield(next: () => void): void {
    this.context.server.scheduler.after(0, () => this.goOn(next));
  }

  private goOn(next: () => void): void {
    if (this.abandoned) this.end();
    else next();
  }
}

export function readInSlices(
  context: CommandContext,
  done: (sequence: number) => void,
  start: (read: SlicedRead) => void,
): void {
  context.server.evaluator.pinView((view) => {
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
