// The connections of a load. Sockets are Node's, but they read into one buffer that all of them share (replies are only
// counted, and counting ends before the next read), so that a request costs no stream, no allocation and one clock
// reading. A connection has one batch under way at most. An error reply, a reply too many, replies of the wrong size or a
// closed connection fail the load. When which batch is sent is the loops' affair. Single thread; one load at a time.
import { connect } from "node:net";
import type { Socket } from "node:net";
import { BasaltError, errorText } from "../../src/base/index";
import { ReplyCounter } from "../../src/resp/index";
import type { LatencyRecord } from "./latency-record";
import type { LoadResult } from "./load-messages";
import type { RequestBatch } from "./request-batch";

const READ_BUFFER_BYTES = 64 * 1024;

export class LoopConnection {
  readonly counter = new ReplyCounter();
  /** Requests of the batch under way that are not answered yet. */
  outstanding = 0;
  /** What the batch's latency counts from; the loop's affair. */
  startedUs = 0;

  constructor(
    readonly socket: Socket,
    public batch: RequestBatch,
  ) {}
}

/** What a loop does when something happens on a connection. */
export interface LoopEvents {
  /** The last reply to the batch under way has come. */
  answered(connection: LoopConnection, nowUs: number): void;
  /** The load has failed; `throwFailure` tells why. */
  failed(): void;
}

export class LoopConnections {
  readonly all: LoopConnection[] = [];
  pipeline = 1;
  private sentBytes = 0;
  private receivedBytes = 0;
  private expectedBytes = 0;
  private readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  /** Views of the read buffer by length, so that a read allocates nothing. */
  private readonly views: (Buffer | undefined)[] = new Array<Buffer | undefined>(READ_BUFFER_BYTES + 1);
  private failure: Error | undefined;
  private events: LoopEvents | undefined;

  /** Opens `clients` connections to 127.0.0.1:`port`, sixteen at a time; batches are of `pipeline` requests. */
  async open(port: number, clients: number, newBatch: () => RequestBatch, pipeline: number): Promise<void> {
    this.pipeline = pipeline;
    for (let opened = 0; opened < clients; opened += 16) {
      const opening: Promise<void>[] = [];
      for (let index = opened; index < Math.min(clients, opened + 16); index++) {
        opening.push(this.openOne(port, newBatch()));
      }
      await Promise.all(opening);
    }
  }

  /** Gives every connection another kind of batch; between loads only. */
  setBatches(newBatch: () => RequestBatch, pipeline: number): void {
    this.pipeline = pipeline;
    for (const connection of this.all) connection.batch = newBatch();
  }

  /** Begins a load: its events go to a loop, bytes are counted from 0. */
  begin(events: LoopEvents): void {
    this.throwFailure();
    this.events = events;
    this.sentBytes = 0;
    this.receivedBytes = 0;
    this.expectedBytes = 0;
  }

  /**
   * Ends a load, all of whose batches are answered, and tells what it was; throws when it failed or when its replies were
   * of the wrong size.
   */
  end(batches: number, startedUs: number, latencies: LatencyRecord): LoadResult {
    const elapsedUs = nowUs() - startedUs;
    this.events = undefined;
    this.throwFailure();
    const { sentBytes, receivedBytes, expectedBytes } = this;
    if (!Number.isNaN(expectedBytes) && expectedBytes !== receivedBytes) {
      throw new BasaltError(
        "WRONG_REPLIES",
        `The server's replies took ${receivedBytes} bytes where right ones take ${expectedBytes}: some are wrong.`,
      );
    }
    const operations = batches * this.pipeline;
    return { operations, elapsedUs, sentBytes, receivedBytes, latency: latencies.summary() };
  }

  /** Writes the connection's next batch. */
  send(connection: LoopConnection): void {
    const bytes = connection.batch.compose();
    connection.outstanding = this.pipeline;
    this.expectedBytes += connection.batch.replyBytes;
    this.sentBytes += bytes.length;
    connection.socket.write(bytes);
  }

  close(): void {
    for (const connection of this.all) connection.socket.destroy();
    this.all.length = 0;
  }

  private openOne(port: number, batch: RequestBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: "127.0.0.1",
        port,
        noDelay: true,
        onread: {
          buffer: this.readBuffer,
          callback: (bytes) => {
            this.received(connection, bytes);
            return true;
          },
        },
      });
      const connection = new LoopConnection(socket, batch);
      socket.once("connect", () => {
        this.all.push(connection);
        resolve();
      });
      socket.on("error", (error) => {
        reject(error);
        this.fail(
          new BasaltError("CONNECTION_FAILED", `A connection failed: ${error.message}`, { cause: error }),
        );
      });
      socket.on("close", () => {
        if (this.all.includes(connection)) {
          this.fail(new BasaltError("CONNECTION_CLOSED", "The server closed a connection under load."));
        }
      });
    });
  }

  private received(connection: LoopConnection, bytes: number): void {
    if (this.failure !== undefined) return;
    const view = (this.views[bytes] ??= this.readBuffer.subarray(0, bytes));
    let replies: number;
    try {
      replies = connection.counter.push(view);
    } catch (error) {
      this.fail(new BasaltError("BAD_REPLY", errorText(error), { cause: error }));
      return;
    }
    this.receivedBytes += bytes;
    connection.outstanding -= replies;
    if (connection.counter.errors > 0) {
      this.fail(
        new BasaltError("ERROR_REPLY", `The server answered with an error: ${connection.counter.firstError}`),
      );
    } else if (connection.outstanding === 0 && replies > 0) {
      this.events?.answered(connection, nowUs());
    } else if (connection.outstanding < 0) {
      this.fail(new BasaltError("EXTRA_REPLY", "The server sent a reply that nobody asked for."));
    }
  }

  private throwFailure(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.events?.failed();
  }
}

/** Monotonic, in microseconds. */
export function nowUs(): number {
  return performance.now() * 1000;
}
