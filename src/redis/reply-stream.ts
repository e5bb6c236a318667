// The replies of one connection, in request order, and what holds them back until they are true.
//
// Replies are written into one writer. A reply that depends on batches not committed yet is behind a gate: "from offset
// `start` on, bytes may go when batch `sequence` is released". Gates only ever rise along the connection, so the bytes
// before the first unreleased gate are what may be sent, in one write a turn. When leadership is lost the replies behind
// unreleased gates are replaced, one error for each.
//
// Messages that come from elsewhere (pub/sub, MONITOR) have their place between whole replies, and a gate like theirs: what
// a message tells is true only then. When it is lost a message is dropped. Belongs to its connection; one JavaScript thread.
import { RingQueue, assert } from "../base/index";
import type { Clock } from "../base/index";
import type { Evaluator, ReleaseWaiter } from "../kv/index";
import { ReplyWriter } from "../resp/index";
import type { OutputBlockPool } from "../resp/index";
import { CommandRuns } from "./accounting/command-runs";
import type { Command } from "./command";
import { ERR_NOT_PROPOSED, ERR_UNKNOWN_OUTCOME } from "./dispatch-errors";
import type { ClientSocket } from "./socket-layer";

const NOTHING = Buffer.alloc(0);

interface Gate {
  /** Offset in the connection's reply stream where the first reply that waits here begins. */
  readonly start: number;
  readonly sequence: number;
  /** The first reply that waits here has been sent in part. */
  readonly continues: boolean;
  /** One for each reply, for the clock. */
  readonly commands: Command[];
  readonly startedMs: number;
  /** Those of the commands that have no reply, so that they need none when it is lost. */
  silent: Set<number> | undefined;
  /** Messages among the replies. */
  messages: PushedMessage[] | undefined;
  /** One of the commands changed what the client is to the server: if its reply is lost, nobody knows what it is. */
  changesClient: boolean;
}

interface PushedMessage {
  /** Where it lies in the stream. */
  readonly start: number;
  readonly end: number;
  readonly sequence: number;
  /** How many replies of its gate come before it. */
  readonly behind: number;
}

/** A message that waits for the end of a reply, and is dropped if what it tells is lost meanwhile. */
class DeferredMessage implements ReleaseWaiter {
  isLost = false;

  constructor(
    readonly bytes: Buffer,
    readonly sequence: number,
  ) {}

  released(): void {
    // It has its place behind the reply, not here.
  }

  lost(): void {
    this.isLost = true;
  }
}

/** What a stream works on, and what it tells its connection. */
export interface ReplyStreamScope {
  readonly evaluator: Evaluator;
  readonly clock: Clock;
  readonly pool: OutputBlockPool;
  readonly socket: ClientSocket;
  readonly statistics: { netOutputBytesTotal: number; writesTotal: number };
  /** Replies have gone, or were replaced: there may be room for more. Called from inside the evaluator's calls. */
  roomMade(): void;
  /** A reply of which the client has a part cannot be ended: the connection has to be. */
  brokenOff(): void;
  /** The reply to a command that changed the client's state was lost: the client must begin anew. */
  stateLost(): void;
  /** An error took the place of a reply. */
  lost(error: string): void;
}

export class ReplyStream implements ReleaseWaiter {
  readonly writer: ReplyWriter;
  private readonly scope: ReplyStreamScope;
  /** Bytes handed to the socket so far: where the writer's first byte stands in the stream. */
  private sentBytes = 0;
  /** Offset in the stream behind the last whole reply. */
  private answeredBytes = 0;
  private readonly gates = new RingQueue<Gate>(2);
  private readonly ungated = new CommandRuns();
  private ungatedStartedMs = 0;
  /** Of the reply that is being written in slices a part stands: it counts as answered, and may have been sent. */
  private partStands = false;
  private isClosed = false;
  /** Messages that came while a reply was being written. */
  private deferred: DeferredMessage[] = [];
  private deferredBytes = 0;
  /** A command runs in this turn: its reply comes before messages, its own included. */
  private isReplying = false;
  /** CLIENT REPLY: OFF; SKIP for the present command; SKIP for the next one. */
  private isOff = false;
  private skips = false;
  private skipsNext = false;
  /** Set while commands run: what may go is sent at the end, in one write. */
  held = false;

  constructor(scope: ReplyStreamScope) {
    this.scope = scope;
    this.writer = new ReplyWriter(scope.pool);
  }

  /** No reply waits for a batch. */
  get isUngated(): boolean {
    return this.gates.length === 0;
  }

  /** Where in the writer the reply begins that is being written; below 0 when a part of it stands already. */
  get replyAt(): number {
    return this.partStands ? -1 : this.answeredBytes - this.sentBytes;
  }

  /** Bytes written and not taken by the kernel. */
  get pendingBytes(): number {
    return this.writer.length + this.deferredBytes + this.scope.socket.bufferedBytes;
  }

  /** The highest batch that a reply waits for; 0 if none does. */
  get lastSequence(): number {
    return this.gates.last()?.sequence ?? 0;
  }

  /** True if bytes beyond the limit wait here or in the socket. */
  isOver(limitBytes: number): boolean {
    return this.writer.length >= limitBytes || this.scope.socket.bufferedBytes >= limitBytes;
  }

  /** A command runs: until `settle`, what it writes is its reply. */
  beginReply(): void {
    this.isReplying = true;
  }

  /** The command has answered or waits: messages that came meanwhile take their place. */
  settle(): void {
    this.isReplying = false;
    if (this.deferred.length === 0 || this.isWithinReply) return;
    this.deferredBytes = 0;
    for (const { bytes, sequence, isLost } of this.deferred.splice(0)) {
      if (!isLost) this.append(bytes, sequence);
    }
  }

  /** Puts a message between replies; it goes out when batch `sequence` is released, and behind everything before it. */
  push(bytes: Buffer, sequence: number): void {
    if (this.isClosed) return;
    if (!this.isReplying && !this.isWithinReply && this.deferred.length === 0) {
      this.append(bytes, sequence);
      return;
    }
    const message = new DeferredMessage(bytes, sequence);
    const { evaluator } = this.scope;
    if (sequence > evaluator.releasedSequence) evaluator.waitFor(sequence, message);
    this.deferred.push(message);
    this.deferredBytes += bytes.length;
  }

  /** CLIENT REPLY. */
  setReplyMode(mode: "on" | "off" | "skip"): void {
    if (mode === "skip") this.skipsNext = !this.isOff;
    else {
      this.isOff = mode === "off";
      this.skips = this.skipsNext = false;
    }
  }

  /**
   * The reply just written waits for `sequence` (0: for nothing but the replies before it). `changesClient`: the command
   * changed what the client is to the server.
   */
  answered(command: Command, sequence: number, startedMs: number, changesClient = false): void {
    if (this.isMuted(command)) this.dropReply();
    this.skips = this.skipsNext;
    this.skipsNext = false;
    const start = this.answeredBytes;
    this.answeredBytes = this.sentBytes + this.writer.length;
    let gate = this.gates.last();
    if (gate === undefined || sequence > gate.sequence) {
      if (sequence === 0) {
        if (this.ungated.total > 0 && this.ungatedStartedMs !== startedMs)
          this.recordUngated(this.scope.clock.monotonicMs());
        this.ungatedStartedMs = startedMs;
        this.ungated.add(command);
        this.partStands = false;
        return;
      }
      gate = this.openGate(start, sequence, startedMs);
    }
    if (this.answeredBytes === start && !this.partStands) {
      gate.silent ??= new Set();
      gate.silent.add(gate.commands.length);
    }
    gate.commands.push(command);
    if (changesClient) gate.changesClient = true;
    this.partStands = false;
  }

  /**
   * Takes back what was written behind the last whole reply. False if the client has a part of it: then the connection
   * is being broken off.
   */
  takeBack(): boolean {
    if (this.partStands) {
      this.breakOff();
      return false;
    }
    this.writer.rollback(this.answeredBytes - this.sentBytes);
    return true;
  }

  /** What has been written of a reply stands, whatever comes, and is sent if no reply before it waits. */
  sendPart(command: Command): void {
    if (this.gates.length > 0 || this.isClosed) return;
    if (this.isMuted(command)) return this.dropReply();
    this.answeredBytes = this.sentBytes + this.writer.length;
    this.partStands = true;
    this.send();
  }

  /** Sends every byte that may go, in one write. `readMs`: the clock as somebody has just read it. */
  send(readMs?: number): void {
    if (this.isClosed) return;
    const { clock, evaluator, socket, statistics } = this.scope;
    if (this.ungated.total > 0) this.recordUngated(readMs ?? clock.monotonicMs());
    let first = this.gates.peek();
    if (first !== undefined && first.sequence <= evaluator.releasedSequence) {
      const nowMs = readMs ?? clock.monotonicMs();
      for (; first !== undefined && first.sequence <= evaluator.releasedSequence; first = this.gates.peek()) {
        const elapsedUs = (nowMs - first.startedMs) * 1000;
        for (const command of first.commands) command.latencyUs.record(elapsedUs);
        this.gates.shift();
      }
    }
    const bytes = (first === undefined ? this.answeredBytes : first.start) - this.sentBytes;
    if (bytes === 0) return;
    const block = this.writer.take(bytes);
    assert(block !== undefined, "there are bytes to take");
    this.sentBytes += bytes;
    statistics.writesTotal++;
    statistics.netOutputBytesTotal += bytes;
    socket.write(block);
  }

  /** The connection is gone. */
  close(): void {
    this.isClosed = true;
    this.deferred = [];
    this.deferredBytes = 0;
    this.gates.clear();
    this.writer.discard();
    this.answeredBytes = this.sentBytes;
  }

  released(): void {
    if (!this.held) this.send();
    this.scope.roomMade();
  }

  lost(firstUnknown: number, firstNotProposed: number): void {
    if (this.isClosed || this.gates.length === 0) return;
    this.send();
    const first = this.gates.peek();
    if (first === undefined) return;
    assert(first.sequence >= firstUnknown, "released replies were sent");
    if (first.continues) return this.breakOff();
    // Behind the replies that are lost may stand the beginning of one that is being written in slices: it stays.
    const origin = this.sentBytes;
    const lostBytes = this.answeredBytes - origin;
    // None, if all of them were kept back.
    const block = this.writer.take();
    const bytes = block?.bytes ?? NOTHING;
    let stateIsLost = false;
    for (let gate = this.gates.shift(); gate !== undefined; gate = this.gates.shift()) {
      const error = gate.sequence >= firstNotProposed ? ERR_NOT_PROPOSED : ERR_UNKNOWN_OUTCOME;
      const messages = (gate.messages ?? []).filter(({ sequence }) => sequence < firstUnknown);
      const { commands, silent } = gate;
      for (let i = 0; i <= commands.length; i++) {
        for (const { start, end, behind } of messages) {
          if (behind === i) this.writer.bytesFrom(bytes, start - origin, end - origin);
        }
        if (i === commands.length || silent?.has(i) === true) continue;
        this.writer.error(error);
        this.scope.lost(error);
      }
      stateIsLost ||= gate.changesClient;
    }
    this.answeredBytes = this.sentBytes + this.writer.length;
    if (block !== undefined) {
      this.writer.bytesFrom(bytes, lostBytes, block.length);
      this.scope.pool.release(block);
    }
    this.send();
    if (stateIsLost) this.scope.stateLost();
    this.scope.roomMade();
  }

  private openGate(start: number, sequence: number, startedMs: number): Gate {
    const gate: Gate = {
      start,
      sequence,
      continues: this.partStands,
      commands: [],
      startedMs,
      silent: undefined,
      messages: undefined,
      changesClient: false,
    };
    this.gates.push(gate);
    this.scope.evaluator.waitFor(sequence, this);
    return gate;
  }

  /** Bytes of a reply that is not whole stand in the writer, or its client has a part of it. */
  private get isWithinReply(): boolean {
    return this.partStands || this.sentBytes + this.writer.length > this.answeredBytes;
  }

  private append(bytes: Buffer, sequence: number): void {
    const start = this.answeredBytes;
    this.writer.bytesFrom(bytes, 0, bytes.length);
    const end = (this.answeredBytes = this.sentBytes + this.writer.length);
    let gate = this.gates.last();
    const { evaluator, clock } = this.scope;
    if (sequence > evaluator.releasedSequence && (gate === undefined || sequence > gate.sequence)) {
      gate = this.openGate(start, sequence, clock.monotonicMs());
    }
    if (gate === undefined) return;
    gate.messages ??= [];
    gate.messages.push({ start, end, sequence, behind: gate.commands.length });
  }

  /** CLIENT REPLY keeps this reply back. What subscribing answers is a message, which it does not keep back. */
  private isMuted(command: Command): boolean {
    return (this.isOff || this.skips) && !command.answersByMessages;
  }

  private dropReply(): void {
    this.writer.rollback(this.answeredBytes - this.sentBytes);
  }

  private breakOff(): void {
    this.close();
    this.scope.brokenOff();
  }

  private recordUngated(nowMs: number): void {
    const { ungated } = this;
    const elapsedUs = (nowMs - this.ungatedStartedMs) * 1000;
    for (let i = 0; i < ungated.length; i++)
      ungated.commandAt(i).latencyUs.record(elapsedUs, ungated.timesAt(i));
    ungated.clear();
  }
}
