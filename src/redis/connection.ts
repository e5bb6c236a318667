// One client connection: parses, runs commands in order, and holds replies back until they are true.
//
// Replies are written in request order into one writer. A reply that depends on batches not committed yet is behind a
// gate: "from offset `start` on, bytes may go when batch `sequence` is released". Gates only ever rise along the connection,
// so the bytes before the first unreleased gate are what may be sent, in one write a turn. When leadership is lost the replies
// behind unreleased gates are replaced, one error for each.
//
// A connection stops running commands (and reading its socket) while a command of its own loads or is sliced, while
// the evaluator is congested, and while its client does not take its output: that is the back-pressure.
import { RingQueue, assert } from "../base/index";
import type { ReleaseWaiter, Session } from "../kv/index";
import { effectsTooLarge, notReady } from "../kv/index";
import { CommandParser, ParseStatus, ReplyWriter } from "../resp/index";
import type { Arguments, OutputBlockPool } from "../resp/index";
import { goSliced } from "./command";
import type { Command, CommandContext, SlicedFunction } from "./command";
import {
  ERR_NOT_PROPOSED,
  ERR_TOO_LARGE,
  ERR_UNKNOWN_OUTCOME,
  speaksHttp,
  unknownCommand,
  wrongArity,
} from "./dispatch-errors";
import { ERR_KEY_TOO_LONG } from "./errors";
import { hasTooLongKey, isLong } from "./key-limit";
import type { RedisServer } from "./redis-server";
import type { ClientSocket, SocketHandler } from "./socket-layer";

interface Gate {
  /** Offset in the connection's reply stream where the first reply that waits here begins. */
  readonly start: number;
  readonly sequence: number;
  /** The first reply that waits here has been sent in part. */
  readonly continues: boolean;
  /** One for each reply, for the clock. */
  readonly commands: Command[];
  readonly startedMs: number;
}

export class Connection implements SocketHandler, ReleaseWaiter, CommandContext {
  readonly server: RedisServer;
  readonly connection: Connection = this;
  readonly id: number;
  readonly socket: ClientSocket;
  readonly parser: CommandParser;
  readonly reply: ReplyWriter;
  readonly session: Session;
  private readonly pool: OutputBlockPool;
  readonly createdAtMs: number;
  /** The logical database SELECT chose. */
  database = 0;
  name = "";
  libraryName = "";
  libraryVersion = "";
  lastCommand: string | undefined;
  lastCommandAtMs: number;
  /** Reply bytes handed to the socket so far: where the writer's first byte stands in the stream. */
  private sentBytes = 0;
  /** Offset in the stream behind the last whole reply. */
  private answeredBytes = 0;
  private readonly gates = new RingQueue<Gate>(2);
  private ungated: Command[] = [];
  private chunkStartedMs = 0;
  /** When the command that runs now, or ran last, began. */
  commandStartedMs = 0;
  private running = false;
  /** A command is loading or in slices: nothing behind it may run. */
  private suspended = false;
  /** Of the command in slices a part stands: it counts as answered, and may have been sent. */
  private partStands = false;
  private waitingForRelief = false;
  private paused = false;
  private closing = false;
  private isClosed = false;
  /** Goes on with a command in slices when the client has caught up. */
  private caughtUp: (() => void) | undefined;

  constructor(server: RedisServer, id: number, socket: ClientSocket, pool: OutputBlockPool) {
    this.server = server;
    this.id = id;
    this.socket = socket;
    this.parser = new CommandParser(server.parserLimits);
    this.pool = pool;
    this.reply = new ReplyWriter(pool);
    this.session = server.evaluator.session;
    this.createdAtMs = this.lastCommandAtMs = server.clock.wallMs();
  }

  get args(): Arguments {
    return this.parser.args;
  }

  /** No more commands are read; what has been answered is still sent, then the connection ends. */
  closeAfterReply(): void {
    this.closing = true;
  }

  get pendingOutputBytes(): number {
    return this.reply.length + this.socket.bufferedBytes;
  }

  /**
   * For a command in slices: what it has written so far stands, whatever comes, and may be sent. `next` runs at once if the
   * client keeps up, else when it has caught up or has gone.
   */
  sendPart(next: () => void): void {
    assert(this.suspended, "parts are sent by a command in slices");
    // Behind replies that wait the part waits, too.
    if (this.gates.length > 0 || this.isClosed) return next();
    this.answeredBytes = this.sentBytes + this.reply.length;
    this.partStands = true;
    this.send();
    if (this.overLimit) this.caughtUp = next;
    else next();
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

  drained(): void {
    if (!this.overLimit) this.resumeSlices();
    this.run();
  }

  closed(): void {
    this.isClosed = true;
    this.closing = true;
    this.reply.discard();
    this.gates.clear();
    this.server.forget(this);
    this.resumeSlices();
  }

  // ── Running commands ──────────────────────────────────────────────────────────────────────────────────────────────

  private run(): void {
    if (this.running || this.isClosed) return;
    this.running = true;
    if (!this.suspended) {
      this.chunkStartedMs = this.commandStartedMs = this.server.clock.monotonicMs();
    }
    while (!this.suspended && !this.closing && this.mayGoOn()) {
      const status = this.parser.next();
      if (status === ParseStatus.command) this.execute();
      else if (status === ParseStatus.needMore) break;
      else {
        this.reply.error(`ERR ${this.parser.error}`);
        this.answered(this.server.protocolErrors, 0);
        this.closing = true;
      }
    }
    this.running = false;
    this.send();
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
    if (this.reply.length >= this.server.outputLimitBytes) this.send();
    return !this.overLimit;
  }

  private adjustReading(): void {
    if (this.isClosed) return;
    const stop = this.suspended || this.waitingForRelief || this.closing || this.overLimit;
    if (stop === this.paused) return;
    this.paused = stop;
    if (stop) this.socket.pause();
    else this.socket.resume();
  }

  private get overLimit(): boolean {
    const { outputLimitBytes } = this.server;
    return this.reply.length >= outputLimitBytes || this.socket.bufferedBytes >= outputLimitBytes;
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
      this.reply.error(unknownCommand(args));
      this.answered(server.unknownCommands, 0);
      return;
    }
    const { spec } = command;
    this.lastCommand = command.name;
    if (spec.arity >= 0 ? args.count !== spec.arity : args.count < -spec.arity) {
      this.reply.error(wrongArity(command.name));
      command.rejectedTotal++;
      this.answered(server.rejectedCommands, 0);
      return;
    }
    if (isLong(args) && hasTooLongKey(spec, args)) {
      this.reply.error(ERR_KEY_TOO_LONG);
      this.answered(command, 0);
      return;
    }
    switch (spec.function.kind) {
      case "evaluated":
        this.evaluate(command, 0);
        return;
      case "immediate":
        spec.function.run(this);
        this.answered(command, 0);
        return;
      case "sliced":
        this.slice(command, spec.function.run);
        return;
    }
  }

  private evaluate(command: Command, attempt: number): void {
    const { reply } = this;
    const { evaluator } = this.server;
    const definition = command.spec.function;
    assert(definition.kind === "evaluated", "only an evaluated command is evaluated");
    if (!evaluator.available) {
      reply.error(ERR_NOT_PROPOSED);
      this.answered(command, 0);
      return;
    }
    const mark = reply.length;
    let committed = command.isRead && this.gates.length === 0;
    for (;;) {
      const session = evaluator.begin(committed, attempt);
      const outcome = definition.run(this);
      if (outcome === undefined) break;
      reply.rollback(mark);
      if (outcome === goSliced) {
        evaluator.abandon();
        assert(definition.sliced !== undefined, "a command that goes sliced has a sliced form");
        this.slice(command, definition.sliced);
        return;
      }
      assert(outcome === notReady, "an evaluation ends or is not ready");
      if (session.latestNeeded) {
        evaluator.abandon();
        committed = false;
        continue;
      }
      this.suspended = true;
      evaluator.loadThen(() => {
        this.suspended = false;
        if (this.isClosed) return;
        this.evaluate(command, attempt + 1);
        this.run();
      });
      return;
    }
    this.finished(command, evaluator.finish());
  }

  /** The reply written behind the last whole one stands, unless `sequence` says that there is nothing to it. */
  private finished(command: Command, sequence: number): void {
    if (sequence >= 0) {
      this.answered(command, sequence);
      return;
    }
    if (this.partStands) return this.breakOff();
    // Not to a mark from before `finish`: leadership may have been lost in it, and replies before this one replaced.
    this.reply.rollback(this.answeredBytes - this.sentBytes);
    this.reply.error(sequence === effectsTooLarge ? ERR_TOO_LARGE : ERR_NOT_PROPOSED);
    this.answered(command, 0);
  }

  private slice(command: Command, run: SlicedFunction): void {
    this.suspended = true;
    let finished = false;
    run(this, (sequence) => {
      assert(!finished, "a sliced command is done once");
      finished = true;
      this.suspended = false;
      if (this.isClosed) return this.reply.discard();
      this.finished(command, sequence);
      this.run();
    });
  }

  // ── Replies ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The reply just written waits for `sequence` (0: for nothing but the replies before it). */
  private answered(command: Command, sequence: number): void {
    const start = this.answeredBytes;
    this.server.accounting.answered(this, command, this.partStands ? -1 : start - this.sentBytes);
    this.answeredBytes = this.sentBytes + this.reply.length;
    const last = this.gates.last();
    if (last !== undefined && sequence <= last.sequence) {
      last.commands.push(command);
    } else if (sequence === 0) {
      this.ungated.push(command);
    } else {
      const continues = this.partStands;
      this.gates.push({ start, sequence, continues, commands: [command], startedMs: this.chunkStartedMs });
      this.server.evaluator.waitFor(sequence, this);
    }
    this.partStands = false;
  }

  /** A reply of which the client has a part cannot be ended, and an error would be taken for the rest of it. */
  private breakOff(): void {
    this.isClosed = true;
    this.closing = true;
    this.gates.clear();
    this.reply.discard();
    this.answeredBytes = this.sentBytes;
    this.socket.destroy();
  }

  released(): void {
    if (!this.running) this.send();
    this.goOn();
  }

  /** Room in the writer may let a paused connection go on; not from inside the evaluator's call. */
  private goOn(): void {
    if (this.paused && !this.suspended) this.server.scheduler.atTurnEnd(() => this.run());
  }

  lost(firstUnknown: number, firstNotProposed: number): void {
    if (this.isClosed || this.gates.length === 0) return;
    this.send();
    const first = this.gates.peek();
    if (first === undefined) return;
    assert(first.sequence >= firstUnknown, "released replies were sent");
    if (first.continues) return this.breakOff();
    // Behind the replies that are lost may stand the beginning of one that is being written in slices: it stays.
    const lostBytes = this.answeredBytes - this.sentBytes;
    const block = this.reply.take();
    assert(block !== undefined, "lost replies have been written");
    for (let gate = this.gates.shift(); gate !== undefined; gate = this.gates.shift()) {
      const error = gate.sequence >= firstNotProposed ? ERR_NOT_PROPOSED : ERR_UNKNOWN_OUTCOME;
      for (let i = 0; i < gate.commands.length; i++) {
        this.reply.error(error);
        this.server.accounting.lost(error);
      }
    }
    this.answeredBytes = this.sentBytes + this.reply.length;
    this.reply.bytesFrom(block.bytes, lostBytes, block.length);
    this.pool.release(block);
    this.send();
    this.goOn();
  }

  /** Sends every byte that may go, in one write. */
  private send(): void {
    if (this.isClosed) return;
    const { releasedSequence } = this.server.evaluator;
    const now = this.ungated.length > 0 || this.gates.length > 0 ? this.server.clock.monotonicMs() : 0;
    if (this.ungated.length > 0) {
      const elapsedUs = (now - this.chunkStartedMs) * 1000;
      for (const command of this.ungated) command.latencyUs.record(elapsedUs);
      this.ungated = [];
    }
    let first = this.gates.peek();
    for (; first !== undefined && first.sequence <= releasedSequence; first = this.gates.peek()) {
      const elapsedUs = (now - first.startedMs) * 1000;
      for (const command of first.commands) command.latencyUs.record(elapsedUs);
      this.gates.shift();
    }
    const bytes = (first === undefined ? this.answeredBytes : first.start) - this.sentBytes;
    if (bytes > 0) {
      const block = this.reply.take(bytes);
      assert(block !== undefined, "there are bytes to take");
      this.sentBytes += bytes;
      this.server.statistics.writesTotal++;
      this.server.statistics.netOutputBytesTotal += bytes;
      this.socket.write(block);
    }
    if (this.closing && this.gates.length === 0 && !this.suspended) this.socket.end();
  }
}
