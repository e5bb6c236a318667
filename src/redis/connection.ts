// One client connection: parses, and runs commands in order. What it takes to run one is command-execution.ts; replies go
// through its reply stream, which holds them back until they are true.
//
// A connection stops running commands (and reading its socket) while a command of its own is suspended (it loads, is sliced
// or stepped, waits for somebody else's stepped one, or is held by a pause), while the evaluator is congested, and while
// its client does not take its output: that is the back-pressure. What others send a client (messages, MONITOR) cannot be
// held back that way: a client that does not take it is cut off at the limit of its class.
import { assert } from "../base/index";
import type { ByteString } from "../base/index";
import type { ReadView, Session } from "../kv/index";
import { CommandParser, ParseStatus } from "../resp/index";
import type { Arguments, OutputBlockPool, ReplyWriter } from "../resp/index";
import { CommandRuns } from "./accounting/command-runs";
import { refusalOf } from "./admission";
import { OutputGuard } from "./clients/output-guard";
import { CommandExecution } from "./command-execution";
import type { Command, CommandContext } from "./command";
import { speaksHttp, unknownCommand } from "./dispatch-errors";
import { execAborted } from "./errors";
import type { RedisServer } from "./redis-server";
import { ReplyStream } from "./reply-stream";
import type { ClientSocket, SocketHandler } from "./socket-layer";
import { TransactionState } from "./transaction-state";

/** A client that takes nothing of a reply in slices for this long is let go: it holds a snapshot of the data. */
const STALLED_CLIENT_MS = 60_000;

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
  name: ByteString = "";
  libraryName: ByteString = "";
  libraryVersion: ByteString = "";
  /** Full name of the command that runs or ran last. */
  lastCommand: string | undefined;
  /** When bytes came last or went last; monotonic. */
  lastInteractionMs: number;
  /** It has given the password, or came when there was none. */
  authenticated: boolean;
  isSubscribed = false;
  isMonitor = false;
  /** For a client of another node, whose commands are never sent on. */
  isStandIn = false;
  /** CLIENT NO-EVICT and NO-TOUCH, which change nothing here but what CLIENT LIST says. */
  noEvict = false;
  noTouch = false;
  /** Set while a command waits for something to happen: ends its wait, as its timeout would or with an error. */
  unblock: ((withError: boolean) => void) | undefined;
  /** MULTI's queue and WATCH's keys. */
  readonly transaction: TransactionState;
  readonly execution: CommandExecution;
  private readonly outputGuard = new OutputGuard();
  /** When the command that runs now, or ran last, had its turn; monotonic. */
  commandStartedMs = 0;
  readonly timedTogether = new CommandRuns();
  private running = false;
  /** A pause holds the present command. */
  isHeld = false;
  private waitingForRelief = false;
  private paused = false;
  private closing = false;
  /** The client sends no more. */
  private inputEnded = false;
  private endSent = false;
  isClosed = false;
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
      brokenOff: () => this.cutOff(),
      stateLost: () => this.closeAfterReply(),
      lost: (error) => server.accounting.lost(error),
    });
    this.reply = this.replies.writer;
    this.session = evaluator.session;
    this.transaction = new TransactionState(evaluator);
    this.execution = new CommandExecution(this);
    this.createdAtMs = clock.wallMs();
    this.lastInteractionMs = clock.monotonicMs();
    this.authenticated = server.limits.password === "";
  }

  get protocol(): 2 | 3 {
    return this.reply.protocol;
  }

  get mustAuthenticate(): boolean {
    return !this.authenticated && this.server.limits.password !== "";
  }

  get isClosing(): boolean {
    return this.closing;
  }

  /** A command waits for something to happen, or for the end of a pause. */
  get isBlocked(): boolean {
    return this.unblock !== undefined || this.isHeld;
  }

  /** A command of it is under way. */
  get isBusy(): boolean {
    return this.execution.isSuspended || !this.replies.isUngated;
  }

  get isReading(): boolean {
    return !this.paused;
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

  /** Ends it at once; what was not sent is not sent any more. */
  cutOff(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closing = true;
    this.replies.close();
    this.socket.destroy();
  }

  // ── What others send it ───────────────────────────────────────────────────────────────────────────────────────────

  /** A message between replies, which is true when batch `sequence` is released. */
  push(bytes: Buffer, sequence: number): void {
    if (this.isClosed || this.endSent) return;
    this.replies.push(bytes, sequence);
    this.checkOutput();
    if (!this.running) this.server.flushAtTurnEnd(this);
  }

  /** Cuts the client off if it takes too little of its output. */
  checkOutput(): void {
    const { limits, clock } = this.server;
    const { normal } = limits.outputBufferLimits;
    const isNormal = !this.isMonitor && !this.isSubscribed;
    if (isNormal && normal.hardBytes === 0 && normal.softBytes === 0) return;
    const outputClass = this.isMonitor ? "monitor" : this.isSubscribed ? "pubsub" : "normal";
    const { pendingBytes } = this.replies;
    if (this.outputGuard.mustCutOff(pendingBytes, outputClass, limits, clock.monotonicMs())) this.cutOff();
  }

  /**
   * Does what tells others of the command that runs, once that has ended well: `act` is given the batch behind which it is
   * true. A command that is alone tells at once, one within an EXEC at the end of that.
   */
  announce(act: (sequence: number) => void): void {
    const { replies } = this;
    if (!this.transaction.isRunning) act(replies.lastSequence);
    else this.session.announce((sequence) => act(Math.max(sequence, replies.lastSequence)));
  }

  /** Tells those who monitor that the command has run; within an EXEC in `database`, where it was begun. */
  tellMonitors(command: Command, database = this.database): void {
    const { monitors } = this.server;
    const line = monitors.lineOf(this, command, this.args, database);
    if (line !== undefined) this.announce((sequence) => monitors.tell(line, sequence));
  }

  // ── Reads in slices ───────────────────────────────────────────────────────────────────────────────────────────────

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
    const { current, isSuspended } = this.execution;
    assert(isSuspended && current !== undefined, "parts are sent by a command in slices");
    // Behind replies that wait the part waits, too.
    if (!this.replies.isUngated || this.isClosed) return next();
    this.replies.sendPart(current);
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

  chunk(bytes: Buffer, start = 0, end = bytes.length): void {
    const { statistics, clock } = this.server;
    statistics.readsTotal++;
    statistics.netInputBytesTotal += end - start;
    if (this.closing || this.isClosed) return;
    const nowMs = (this.lastInteractionMs = clock.monotonicMs());
    if (!this.authenticated) this.parser.setAuthenticated(!this.mustAuthenticate);
    this.parser.push(bytes, start, end);
    this.run(nowMs);
  }

  /** What the client has asked is still answered, then the connection ends. */
  peerEnded(): void {
    this.inputEnded = true;
    this.run();
  }

  drained(): void {
    this.lastInteractionMs = this.server.clock.monotonicMs();
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

  // ── Running commands ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Goes on with a command that was suspended, by `step`, and then with those behind it. */
  runCommand(step: () => void): void {
    this.running = this.replies.held = true;
    this.replies.beginReply();
    step();
    this.replies.settle();
    this.running = false;
    this.run();
  }

  private run(nowMs = this.server.clock.monotonicMs()): void {
    if (this.running || this.isClosed) return;
    const { execution, replies } = this;
    this.running = replies.held = true;
    if (!execution.isSuspended) this.commandStartedMs = nowMs;
    const startedMs = this.commandStartedMs;
    execution.isResumed = execution.momentIsRead = false;
    while (!execution.isSuspended && !this.closing && this.mayGoOn()) {
      const status = this.parser.next();
      if (status === ParseStatus.needMore) {
        if (this.inputEnded) this.closing = true;
        break;
      }
      execution.startedMs = nowMs;
      replies.beginReply();
      if (status === ParseStatus.command) this.execute();
      else {
        this.reply.error(`ERR ${this.parser.error}`);
        execution.answered(this.server.protocolErrors, 0);
        this.closing = true;
      }
      replies.settle();
    }
    this.server.accounting.settle(this);
    this.running = replies.held = false;
    // The clock was read when the last command had answered, if one was timed in this run.
    this.flush(this.commandStartedMs === startedMs ? undefined : this.commandStartedMs);
  }

  /** Sends what may go, ends the connection if that was all, and reads on or does not. `readMs`: the clock, if just read. */
  flush(readMs?: number): void {
    if (this.isClosed || this.running) return;
    this.replies.send(readMs);
    if (this.replies.pendingBytes > 0) this.checkOutput();
    if (this.isClosed) return;
    if (this.closing && !this.endSent && this.replies.isUngated && !this.execution.isSuspended) {
      this.endSent = true;
      this.socket.end();
    }
    this.adjustReading();
  }

  /** False while the evaluator or the client has to catch up. */
  private mayGoOn(): boolean {
    const { evaluator } = this.server;
    if (evaluator.congested) {
      this.waitForRelief();
      return false;
    }
    // What may go makes room now. Gated bytes go on when their batch is released; sent ones when the kernel has taken them.
    if (this.reply.length >= this.server.outputLimitBytes) this.replies.send();
    return !this.isOverLimit;
  }

  private waitForRelief(): void {
    if (this.waitingForRelief) return;
    this.waitingForRelief = true;
    this.server.evaluator.whenRelieved(() => {
      this.waitingForRelief = false;
      this.run();
    });
  }

  private adjustReading(): void {
    if (this.isClosed) return;
    // What still comes to a connection that ends is read and dropped: unread, it would keep the socket from closing.
    const stop = !this.closing && (this.execution.isSuspended || this.waitingForRelief || this.isOverLimit);
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
    this.lastCommand = command.name;
    const refusal = refusalOf(this, command, args);
    if (refusal !== undefined) {
      command.rejectedTotal++;
      return this.refuse(command, refusal, server.rejectedCommands);
    }
    this.admit(command);
  }

  private admit(command: Command): void {
    const { execution, server, transaction } = this;
    this.isHeld = !this.closing && server.pause.holds(command, transaction);
    if (this.isHeld) {
      this.admitWhenOver(command);
    } else if (this.closing) {
      // It was held when the server was told to stop: it was not begun, and is not.
    } else if (transaction.isOpen && transaction.queue(command, this.args, this.reply)) {
      execution.queued(command);
    } else {
      execution.run(command);
    }
  }

  private admitWhenOver(command: Command): void {
    this.execution.suspend(
      (resume) => this.server.pause.whenOver(resume),
      () => this.admit(command),
    );
  }

  /** Answers a command that is not run. */
  private refuse(command: Command, error: string, countedAs = command): void {
    const { transaction } = this;
    const isExec = command.spec.name === "exec";
    if (isExec) transaction.discard();
    else transaction.abort();
    this.reply.error(isExec ? execAborted(error) : error);
    this.execution.answered(countedAs, 0);
  }

  /** A connection that ends may be done, a paused one may go on; that one not from inside the evaluator's call. */
  private roomMade(): void {
    if (this.closing) {
      if (!this.running) this.flush();
    } else if (this.paused && !this.execution.isSuspended) {
      this.server.scheduler.atTurnEnd(() => this.run());
    }
  }
}
