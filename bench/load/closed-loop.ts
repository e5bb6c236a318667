// The closed loop: every connection writes a batch, waits for all its replies, writes the next. Sockets are Node's, but
// they read into one buffer that all of them share (replies are only counted, and counting ends before the next read), so
// that a request costs no stream, no allocation and one clock reading. An error reply, a reply of the wrong size or a
// closed connection fails the load. Single thread; one load at a time.
import { connect } from "node:net";
import type { Socket } from "node:net";
import { build } from "hdr-histogram-js";
import type { Histogram } from "hdr-histogram-js";
import { BasaltError, errorText } from "../../src/base/index";
import { ReplyCounter } from "../../src/resp/index";
import { LATENCY_PERCENTILES } from "./load-messages";
import type { LatencySummary, LoadResult } from "./load-messages";
import type { RequestBatch } from "./request-batch";

const READ_BUFFER_BYTES = 64 * 1024;
const LONGEST_LATENCY_US = 120_000_000;

/** When a load ends: no batch is begun after the time is up, or after the count is reached. */
export interface LoadLimit {
  readonly seconds?: number;
  readonly batches?: number;
}

class LoopConnection {
  readonly counter = new ReplyCounter();
  outstanding = 0;
  startedUs = 0;

  constructor(
    readonly socket: Socket,
    public batch: RequestBatch,
  ) {}
}

export class ClosedLoop {
  private readonly connections: LoopConnection[] = [];
  private readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  /** Views of the read buffer by length, so that a read allocates nothing. */
  private readonly views: (Buffer | undefined)[] = new Array<Buffer | undefined>(READ_BUFFER_BYTES + 1);
  private readonly latencies = newHistogram();
  private pipeline = 1;
  private busy = 0;
  private startedUs = 0;
  private deadlineUs = 0;
  private batchesLeft = 0;
  private batchesDone = 0;
  private sentBytes = 0;
  private receivedBytes = 0;
  private expectedBytes = 0;
  private failure: Error | undefined;
  private finished: (() => void) | undefined;

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
    for (const connection of this.connections) connection.batch = newBatch();
  }

  /** Loads the server until the limit and answers when the last reply is there; rejects at the first wrong reply. */
  async run(limit: LoadLimit): Promise<LoadResult> {
    this.throwFailure();
    this.latencies.reset();
    this.batchesDone = 0;
    this.sentBytes = 0;
    this.receivedBytes = 0;
    this.expectedBytes = 0;
    this.startedUs = nowUs();
    this.deadlineUs = limit.seconds === undefined ? Infinity : this.startedUs + limit.seconds * 1e6;
    this.batchesLeft = limit.batches ?? Infinity;
    await new Promise<void>((resolve) => {
      this.finished = resolve;
      this.busy = this.connections.length;
      for (const connection of this.connections) this.proceed(connection, this.startedUs);
    });
    this.finished = undefined;
    this.throwFailure();
    const elapsedUs = nowUs() - this.startedUs;
    if (!Number.isNaN(this.expectedBytes) && this.expectedBytes !== this.receivedBytes) {
      throw new BasaltError(
        "WRONG_REPLIES",
        `The server's replies took ${this.receivedBytes} bytes where right ones take ${this.expectedBytes}: some are wrong.`,
      );
    }
    return {
      operations: this.batchesDone * this.pipeline,
      elapsedUs,
      sentBytes: this.sentBytes,
      receivedBytes: this.receivedBytes,
      latency: summaryOf(this.latencies),
    };
  }

  close(): void {
    for (const connection of this.connections) connection.socket.destroy();
    this.connections.length = 0;
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
        this.connections.push(connection);
        resolve();
      });
      socket.on("error", (error) => {
        reject(error);
        this.fail(
          new BasaltError("CONNECTION_FAILED", `A connection failed: ${error.message}`, { cause: error }),
        );
      });
      socket.on("close", () => {
        if (this.connections.includes(connection)) {
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
    } else if (connection.outstanding === 0) {
      const now = nowUs();
      this.latencies.recordValue(Math.min(LONGEST_LATENCY_US, Math.round(now - connection.startedUs)));
      this.batchesDone++;
      this.proceed(connection, now);
    } else if (connection.outstanding < 0) {
      this.fail(new BasaltError("EXTRA_REPLY", "The server sent a reply that nobody asked for."));
    }
  }

  /** Begins the connection's next batch, or takes the connection out of the load. */
  private proceed(connection: LoopConnection, now: number): void {
    if (now >= this.deadlineUs || this.batchesLeft <= 0) {
      if (--this.busy === 0) this.finished?.();
      return;
    }
    this.batchesLeft--;
    const bytes = connection.batch.compose();
    connection.outstanding = this.pipeline;
    connection.startedUs = now;
    this.expectedBytes += connection.batch.replyBytes;
    this.sentBytes += bytes.length;
    connection.socket.write(bytes);
  }

  private throwFailure(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.finished?.();
  }
}

/** Monotonic, in microseconds. */
function nowUs(): number {
  return performance.now() * 1000;
}

function newHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_LATENCY_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
}

function summaryOf(histogram: Histogram): LatencySummary {
  const percentilesUs: Record<string, number> = {};
  for (const percentile of LATENCY_PERCENTILES) {
    // The histogram answers with the upper edge of a bucket, which may lie above every value that was recorded.
    percentilesUs[percentile] = Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue);
  }
  return {
    count: histogram.totalCount,
    meanUs: histogram.mean,
    maxUs: histogram.maxValue,
    percentilesUs,
  };
}
