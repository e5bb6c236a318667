// The replies of one connection, in request order, and what holds them back until they are true.
//
// Replies are written into one writer. A reply that depends on batches not committed yet is behind a gate: "from offset
// `start` on, bytes may go when batch `sequence` is released". Gates only ever rise along the connection, so the bytes
// before the first unreleased gate are what may be sent, in one write a turn. When leadership is lost the replies behind
// unreleased gates are replaced, one error for each. Belongs to its connection; one JavaScript thread.
import { RingQueue, assert } from "../base/index";
import type { Clock } from "../base/index";
import type { Evaluator, ReleaseWaiter } from "../kv/index";
import { ReplyWriter } from "../resp/index";
import type { OutputBlockPool } from "../resp/index";
import type { Command } from "./command";
import { ERR_NOT_PROPOSED, ERR_UNKNOWN_OUTCOME } from "./dispatch-errors";
import type { ClientSocket } from "./socket-layer";

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
  private ungated: Command[] = [];
  private ungatedStartedMs = 0;
  /** Of the reply that is being written in slices a part stands: it counts as answered, and may have been sent. */
  private partStands = false;
  private isClosed = false;
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
    return this.writer.length + this.scope.socket.bufferedBytes;
  }

  /** True if bytes beyond the limit wait here or in the socket. */
  isOver(limitBytes: number): boolean {
    return this.writer.length >= limitBytes || this.scope.socket.bufferedBytes >= limitBytes;
  }

  /** The reply just written waits for `sequence` (0: for nothing but the replies before it). */
  answered(command: Command, sequence: number, startedMs: number): void {
    const start = this.answeredBytes;
    this.answeredBytes = this.sentBytes + this.writer.length;
    const last = this.gates.last();
    if (last !== undefined && sequence <= last.sequence) {
      last.commands.push(command);
    } else if (sequence === 0) {
      if (this.ungated.length > 0 && this.ungatedStartedMs !== startedMs) this.recordUngated();
      this.ungatedStartedMs = startedMs;
      this.ungated.push(command);
    } else {
      this.gates.push({ start, sequence, continues: this.partStands, commands: [command], startedMs });
      this.scope.evaluator.waitFor(sequence, this);
    }
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
  sendPart(): void {
    if (this.gates.length > 0 || this.isClosed) return;
    this.answeredBytes = this.sentBytes + this.writer.length;
    this.partStands = true;
    this.send();
  }

  /** Sends every byte that may go, in one write. */
  send(): void {
    if (this.isClosed) return;
    const { clock, evaluator, socket, statistics } = this.scope;
    if (this.ungated.length > 0) this.recordUngated();
    let first = this.gates.peek();
    if (first !== undefined && first.sequence <= evaluator.releasedSequence) {
      const nowMs = clock.monotonicMs();
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
    const lostBytes = this.answeredBytes - this.sentBytes;
    const block = this.writer.take();
    assert(block !== undefined, "lost replies have been written");
    for (let gate = this.gates.shift(); gate !== undefined; gate = this.gates.shift()) {
      const error = gate.sequence >= firstNotProposed ? ERR_NOT_PROPOSED : ERR_UNKNOWN_OUTCOME;
      for (let i = 0; i < gate.commands.length; i++) {
        this.writer.error(error);
        this.scope.lost(error);
      }
    }
    this.answeredBytes = this.sentBytes + this.writer.length;
    this.writer.bytesFrom(block.bytes, lostBytes, block.length);
    this.scope.pool.release(block);
    this.send();
    this.scope.roomMade();
  }

  private breakOff(): void {
    this.close();
    this.scope.brokenOff();
  }

  private recordUngated(): void {
    const elapsedUs = (this.scope.clock.monotonicMs() - this.ungatedStartedMs) * 1000;
    for (const command of this.ungated) command.latencyUs.record(elapsedUs);
    this.ungated = [];
  }
}
