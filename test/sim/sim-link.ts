// One client connection: the bytes on their way in both directions, cut at random, and the operations that it carries. It is
// the server's socket and the client's end at once; nothing moves unless the world moves it.
import { assert } from "../../src/base/index";
import type { SeededRandom } from "../../src/base/index";
import { Connection } from "../../src/redis/connection";
import type { ClientSocket, RedisServer } from "../../src/redis/index";
import { ReplyParser, encodeCommand } from "../../src/resp/index";
import type { OutputBlock, OutputBlockPool } from "../../src/resp/index";
import type { Operation } from "./history";
import { replyText } from "./workload";

export class SimLink implements ClientSocket {
  readonly remoteAddress = "127.0.0.1:40000";
  readonly localAddress = "127.0.0.1:6379";
  readonly fileDescriptor = 9;
  paused = false;
  /** The server has ended it: once its bytes are taken the client sees the end. */
  ended = false;
  isClosed = false;
  /** What was sent on it, oldest first; the first `answered` have their reply. */
  readonly operations: Operation[] = [];
  answered = 0;
  /** How many of its commands the server has begun. */
  private executing = 0;
  private readonly toServer: Buffer[] = [];
  /** What the kernel has not taken, and what it has. */
  private readonly fromServer: { block: OutputBlock; at: number }[] = [];
  private wire: Buffer = Buffer.alloc(0);
  private readonly parser = new ReplyParser();
  private readonly connection: Connection;
  private needsDrain = false;

  constructor(
    readonly process: number,
    readonly database: number,
    server: RedisServer,
    private readonly pool: OutputBlockPool,
    /** The kernel takes what is written at once, and the server never hears of it. */
    private readonly kernelTakesAll: boolean,
  ) {
    const handler = server.accept(this);
    assert(handler instanceof Connection, "the server has room for the simulation's clients");
    this.connection = handler;
    // A white-box hook: which command of the connection is being run.
    const execute = handler["execute"].bind(handler);
    handler["execute"] = (): void => {
      this.executing++;
      execute();
    };
  }

  get outstanding(): number {
    return this.operations.length - this.answered;
  }

  /** The operation that the server runs, or ran last. */
  get current(): Operation {
    const operation = this.operations[this.executing - 1];
    assert(operation !== undefined, "the server runs what it was sent");
    return operation;
  }

  // ── The server's end ──────────────────────────────────────────────────────────────────────────────────────────────

  get bufferedBytes(): number {
    return this.fromServer.reduce((sum, { block, at }) => sum + block.length - at, 0);
  }

  write(block: OutputBlock): void {
    assert(!this.ended && !this.isClosed, "nothing is written behind the end");
    if (this.kernelTakesAll) {
      this.wire = Buffer.concat([this.wire, block.filled()]);
      this.pool.release(block);
      return;
    }
    this.fromServer.push({ block, at: 0 });
    this.needsDrain = true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.ended = true;
  }

  // ── What the world moves ──────────────────────────────────────────────────────────────────────────────────────────

  send(operation: Operation): void {
    this.operations.push(operation);
    this.toServer.push(encodeCommand(operation.words));
  }

  get hasInput(): boolean {
    return this.toServer.length > 0;
  }

  /** A chunk of what the client has sent reaches the server. Returns its bytes. */
  deliverChunk(random: SeededRandom): Buffer {
    const waiting = Buffer.concat(this.toServer.splice(0));
    const bytes = random.chance(0.6) ? waiting.length : random.between(1, waiting.length);
    if (bytes < waiting.length) this.toServer.push(waiting.subarray(bytes));
    const chunk = Buffer.from(waiting.subarray(0, bytes));
    this.connection.chunk(chunk);
    return chunk;
  }

  get hasOutput(): boolean {
    return this.fromServer.length > 0 || this.wire.length > 0;
  }

  /** The client takes some of what the server has written; complete replies are given to `answer`. */
  take(random: SeededRandom, answer: (operation: Operation, reply: string) => void): Buffer {
    const waiting = this.bufferedBytes + this.wire.length;
    const bytes = this.takeBytes(random.chance(0.7) ? waiting : random.between(1, waiting));
    this.parser.push(Buffer.from(bytes));
    for (let reply = this.parser.next(); reply !== undefined; reply = this.parser.next()) {
      const operation = this.operations[this.answered++];
      assert(operation !== undefined, "no reply comes without a command");
      answer(operation, replyText(operation.words, reply));
    }
    if (this.fromServer.length === 0 && this.needsDrain && !this.isClosed) {
      this.needsDrain = false;
      this.connection.drained();
    }
    return bytes;
  }

  private takeBytes(maxBytes: number): Buffer {
    const parts: Buffer[] = [this.wire.subarray(0, maxBytes)];
    let left = maxBytes - parts[0]!.length;
    this.wire = this.wire.subarray(parts[0]!.length);
    while (left > 0) {
      const first = this.fromServer[0];
      if (first === undefined) break;
      const end = Math.min(first.block.length, first.at + left);
      parts.push(Buffer.from(first.block.bytes.subarray(first.at, end)));
      left -= end - first.at;
      first.at = end;
      if (end < first.block.length) break;
      this.fromServer.shift();
      this.pool.release(first.block);
    }
    return Buffer.concat(parts);
  }

  /** The client goes away: what it was sent is lost, and the server hears of it. */
  disconnect(): void {
    this.isClosed = true;
    this.dropOutput();
    this.connection.closed();
  }

  /** The server is gone; the client may still read what was on its way. */
  serverDied(): void {
    this.isClosed = true;
    this.toServer.length = 0;
  }

  private dropOutput(): void {
    for (const { block } of this.fromServer.splice(0)) this.pool.release(block);
    this.toServer.length = 0;
  }
}
