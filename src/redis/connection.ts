// One client connection: parses, and runs commands in order, each in the way its kind demands. Replies go through its
// reply stream, which holds them back until they are true.
//
// A connection stops running commands (and reading its socket) while a command of its own loads, is sliced or stepped or waits
// for somebody else's stepped one, while the evaluator is congested, and while its client does not take its output: that
// is the back-pressure.
import { assert } from "../base/index";
import type { ReadView, Session } from "../kv/index";
import { effectsTooLarge, notReady } from "../kv/index";
import { CommandParser, ParseStatus } from "../resp/index";
import type { Arguments, OutputBlockPool, ReplyWriter } from "../resp/index";
import { goSliced, goStepped } from "./command";
import type { Command, CommandContext, SlicedFunction, SteppedFunction } from "./command";
import { subcommandError } from "./commands/containers";
import { ERR_NOT_PROPOSED, ERR_TOO_LARGE, speaksHttp, unknownCommand, wrongArity } from "./dispatch-errors";
import { ERR_KEY_TOO_LONG } from "./errors";
import { hasTooLongKey, isLong } from "./key-limit";
import type { RedisServer } from "./redis-server";
import { ReplyStream } from "./reply-stream";
import type { ClientSocket, SocketHandler } from "./socket-layer";
import { TransactionState } from "./transaction-state";

/** A client that takes nothing of a reply in slices for this long is let go: it holds a snapshot of the data. */
const STALLED_CLIENT_MS = 60_000;

export type ConnectionState = Pick<Connection, "database" | "name" | "libraryName" | "libraryVersion"> &
  Pick<ReplyWriter, "protocol">;

export class Connection implements SocketHandler, CommandContext {
  readonly server: RedisServer;
  readonly connection: Connection = this;
  readonly id: number;
  readonly socket: ClientSocket;
  readonly parser: CommandParser;
  readonly replies: ReplyStream;
  readonly reply: ReplyWriter;
  readonly createdAtMs: number;
  /** What the running command works with: the parser's last command, or one that was queued. */
  args: Arguments;
  session: Session;
  /** The logical database SELECT chose. */
  database = 0;
  name = "";
  libraryName = "";
  libraryVersion = "";
  lastCommand: string | undefined;
  lastCommandAtMs: number;
  /** MULTI's queue and WATCH's keys. */
  readonly transaction: TransactionState;
  /** When the bytes of the command that runs arrived; monotonic. */
  private startedMs = 0;
  /** When the command that runs now, or ran last, had its turn; monotonic. */
  commandStartedMs = 0;
  private running = false;
  /** A command is loading, in slices or in steps: nothing behind it may run. */
  private suspended = false;
  private waitingForRelief = false;
  private paused = false;
  private closing = false;
  /** The client sends no more. */
  private inputEnded = false;
  private endSent = false;
  private isClosed = false;
  /** Goes on with a command in slices when the client has caught up. */
  private caughtUp: (() => void) | undefined;

  constructor(server: RedisServer, id: number, socket: ClientSocket, pool: OutputBlockPool) {
    const { evaluator, clock, statistics } = server;
    this.server = server;
    this.id = id;
    this.socket = socket;
    this.parser = new CommandParser(server.parserLimits);
    this.args = this.parser.args;
    this.replies = new ReplyStream({
      evaluator,
      clock,
      pool,
      socket,
      statistics,
      roomMade: () => this.roomMade(),
      brokenOff: () => this.brokenOff(),
      lost: (error) => server.accounting.lost(error),
    });
    this.reply = this.replies.writer;
    this.session = evaluator.session;
    this.transaction = new TransactionState(evaluator);
    this.createdAtMs = this.lastCommandAtMs = clock.wallMs();
  }

  get pendingOutputBytes(): number {
    return this.replies.pendingBytes;
  }

  /** What commands that touch no data have made of the connection: for an EXEC that begins again from its start. */
  noteState(): ConnectionState {
    const { database, name, libraryName, libraryVersion } = this;
    return { database, name, libraryName, libraryVersion, protocol: this.reply.protocol };
  }

  restoreState({ protocol, ...state }: ConnectionState): void {
    Object.assign(this, state);
    this.reply.protocol = protocol;
  }

  /** No more commands are read; what has been answered is still sent, then the connection ends. */
  closeAfterReply(): void {
    this.closing = true;
  }

  /** The same from outside of a command of its own: what is unanswered gets its answer first. */
  finishAndClose(): void {
    this.closing = true;
    if (!this.running) this.flush();
  }

  /** A view for a read in slices, of a queued command one that shows the effects of those before it. undefined: leadership was lost. */
  pinView(ready: (view: ReadView | undefined) => void): void {
    const { view } = this.transaction;
    if (view !== undefined) ready(view);
    else this.server.evaluator.pinView(ready);
  }

  /**
   * For a command in slices: what it has written so far stands, whatever comes, and may be sent. `next` runs at once if the
   * client keeps up, else when it has caught up or has gone.
   */
  sendPart(next: () => void): void {
    assert(this.suspended, "parts are sent by a command in slices");
    // Behind replies that wait the part waits, too.
    if (!this.replies.isUngated || this.isClosed) return next();
    this.replies.sendPart();
    if (!this.isOverLimit) return next();
    const cancel = this.server.scheduler.after(STALLED_CLIENT_MS, () => this.socket.destroy());
    this.caughtUp = () => {
      cancel();
      next();
    };
  }

  private resumeSlices(): void {
    const next = this.caughtUp;
    this.caughtUp = undefined;
    next?.();
  }

  // ── Socket ────────────────────────────────────────────────────────────────────────────────────────────────────────

  chunk(bytes: Buffer): void {
    this.server.statistics.readsTotal++;
    this.server.statistics.netInputBytesTotal += bytes.length;
    if (this.closing || this.isClosed) return;
    this.parser.push(bytes);
    this.run();
  }

  /** What the client has asked is still answered, then the connection ends. */
  peerEnded(): void {
    this.inputEnded = true;
    this.run();
  }

  drained(): void {
    if (!this.isOverLimit) this.resumeSlices();
    this.run();
  }

  closed(): void {
    this.isClosed = true;
    this.closing = true;
    this.replies.close();
    this.transaction.discard();
    this.server.forget(this);
    this.resumeSlices();
  }

  private brokenOff(): void {
    this.isClosed = true;
    this.closing = true;
    this.socket.destroy();
  }

  // ── Running commands ──────────────────────────────────────────────────────────────────────────────────────────────

  private run(): void {
    if (this.running || this.isClosed) return;
    this.running = this.replies.held = true;
    const nowMs = this.server.clock.monotonicMs();
    if (!this.suspended) this.commandStartedMs = nowMs;
    while (!this.suspended && !this.closing && this.mayGoOn()) {
      const status = this.parser.next();
      if (status === ParseStatus.needMore) {
        if (this.inputEnded) this.closing = true;
        break;
      }
      this.startedMs = nowMs;
      if (status === ParseStatus.command) this.execute();
      else {
        this.reply.error(`ERR ${this.parser.error}`);
        this.answered(this.server.protocolErrors, 0);
        this.closing = true;
      }
    }
    this.running = this.replies.held = false;
    this.flush();
  }

  /** Sends what may go, ends the connection if that was all, and reads on or does not. */
  private flush(): void {
    if (this.isClosed) return;
    this.replies.send();
    if (this.closing && !this.endSent && this.replies.isUngated && !this.suspended) {
      this.endSent = true;
      this.socket.end();
    }
    this.adjustReading();
  }

  /** False while the evaluator or the client has to catch up. */
  private mayGoOn(): boolean {
    const { evaluator } = this.server;
    if (evaluator.congested) {
      if (!this.waitingForRelief) {
        this.waitingForRelief = true;
        evaluator.whenRelieved(() => {
          this.waitingForRelief = false;
          this.run();
        });
      }
      return false;
    }
    // What may go makes room now. Gated bytes go on when their batch is released; sent ones when the kernel has taken them.
    if (this.reply.length >= this.server.outputLimitBytes) this.replies.send();
    return !this.isOverLimit;
  }

  private adjustReading(): void {
    if (this.isClosed) return;
    // What still comes to a connection that ends is read and dropped: unread, it would keep the socket from closing.
    const stop = !this.closing && (this.suspended || this.waitingForRelief || this.isOverLimit);
    if (stop === this.paused) return;
    this.paused = stop;
    if (stop) this.socket.pause();
    else this.socket.resume();
  }

  private get isOverLimit(): boolean {
    return this.replies.isOver(this.server.outputLimitBytes);
  }

  private execute(): void {
    const { server, args } = this;
    server.statistics.commandsTotal++;
    const command = server.table.resolve(args);
    if (command === undefined) {
      if (speaksHttp(args)) {
        this.closing = true;
        return;
      }
      return this.refuse(server.unknownCommands, unknownCommand(args));
    }
    const { spec } = command;
    this.lastCommand = command.name;
    if (spec.arity >= 0 ? args.count !== spec.arity : args.count < -spec.arity) {
      command.rejectedTotal++;
      return this.refuse(server.rejectedCommands, wrongArity(command.name));
    }
    if (isLong(args) && hasTooLongKey(spec, args)) return this.refuse(command, ERR_KEY_TOO_LONG);
    if (this.transaction.isOpen) {
      const error = spec.subcommands && subcommandError(spec.name, spec.subcommands, args);
      if (error !== undefined) return this.refuse(command, error);
      if (this.transaction.queue(command, args, this.reply)) return this.answered(command, 0);
    }
    switch (spec.function.kind) {
      case "evaluated":
        return this.evaluate(command, 0);
      case "immediate":
        spec.function.run(this);
        return this.answered(command, 0);
      case "sliced":
        return this.slice(command, spec.function.run);
    }
  }

  /** Answers a command that is not run. */
  private refuse(command: Command, error: string): void {
    this.transaction.abort();
    this.reply.error(error);
    this.answered(command, 0);
  }

  private evaluate(command: Command, attempt: number): void {
    const { reply } = this;
    const { evaluator } = this.server;
    const definition = command.spec.function;
    assert(definition.kind === "evaluated", "only an evaluated command is evaluated");
    if (!evaluator.available) return this.ended(command, 0, ERR_NOT_PROPOSED);
    const mark = reply.length;
    let committed = command.isRead && this.replies.isUngated;
    for (;;) {
      if (!committed && evaluator.busy) {
        return this.suspend(command, attempt, (resume) => evaluator.whenIdle(resume));
      }
      const session = evaluator.begin(committed, attempt);
      const outcome = definition.run(this);
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
      if (!session.latestNeeded) {
        return this.suspend(command, attempt + 1, (resume) => evaluator.loadThen(resume));
      }
      evaluator.abandon();
      committed = false;
    }
    this.finished(command, evaluator.finish());
  }

  /** Evaluates the command again when what it waits for has come. */
  private suspend(command: Command, attempt: number, wait: (resume: () => void) => void): void {
    this.suspended = true;
    const { startedMs } = this;
    wait(() => {
      this.suspended = false;
      if (this.isClosed) return;
      this.startedMs = startedMs;
      this.evaluate(command, attempt);
      this.run();
    });
  }

  private slice(command: Command, run: SlicedFunction): void {
    run(this, this.suspendedUntilDone(command));
  }

  private step(command: Command, steps: SteppedFunction): void {
    const { evaluator } = this.server;
    assert(!evaluator.busy, "one stepped evaluation at a time");
    const done = this.suspendedUntilDone(command);
    evaluator.runSteps(
      (session) => {
        this.session = session;
        return steps(this);
      },
      (sequence) => {
        this.session = evaluator.session;
        done(sequence);
      },
    );
  }

  /** Nothing later runs until the returned function is called with the sequence the reply waits for. */
  private suspendedUntilDone(command: Command): (sequence: number) => void {
    this.suspended = true;
    const { startedMs } = this;
    let finished = false;
    return (sequence) => {
      assert(!finished, "a command is done once");
      finished = true;
      this.suspended = false;
      if (this.isClosed) {
        this.reply.discard();
        return;
      }
      this.startedMs = startedMs;
      this.finished(command, sequence);
      this.run();
    };
  }

  // ── Replies ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The reply written behind the last whole one stands, unless `sequence` says that there is nothing to it. */
  private finished(command: Command, sequence: number): void {
    if (sequence >= 0) return this.answered(command, sequence);
    // Not to a mark from before `finish`: leadership may have been lost in it, and replies before this one replaced.
    if (!this.replies.takeBack()) return;
    this.ended(command, 0, sequence === effectsTooLarge ? ERR_TOO_LARGE : ERR_NOT_PROPOSED);
  }

  /** A command that was to run ends with an error and without effects; an EXEC takes its transaction with it. */
  private ended(command: Command, sequence: number, error: string): void {
    if (command.name === "exec") this.transaction.discard();
    this.reply.error(error);
    this.answered(command, sequence);
  }

  private answered(command: Command, sequence: number): void {
    this.server.accounting.answered(this, command, this.replies.replyAt);
    this.replies.answered(command, sequence, this.startedMs);
  }

  /** A connection that ends may be done, a paused one may go on; that one not from inside the evaluator's call. */
  private roomMade(): void {
    if (this.closing) {
      if (!this.running) this.flush();
    } else if (this.paused && !this.suspended) {
      this.server.scheduler.atTurnEnd(() => this.run());
    }
  }
}
