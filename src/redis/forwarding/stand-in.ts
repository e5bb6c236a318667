// A client of another node as this node's server sees it: a connection whose socket is an object. It has what commands need of
// a client (its database, its protocol, the keys it watches) and runs one request at a time. What the client is beyond
// that (its name, its subscriptions, its address) stays where it is connected.
import { assert } from "../../base/index";
import { ReplyCounter } from "../../resp/index";
import type { OutputBlock, OutputBlockPool } from "../../resp/index";
import type { Connection } from "../connection";
import type { ClientSocket } from "../socket-layer";
import type { ClientName, ForwardOutcome, ForwardedRequest } from "./forwarding";

/** Replies are carried whole. */
const MAX_REPLY_BYTES = 128 * 1024 * 1024;
const TOO_LONG = Buffer.from(
  "-ERR The reply is longer than 128 MiB, which is not carried between nodes; send the command to the node that leads\r\n",
  "latin1",
);

interface Running {
  readonly request: ForwardedRequest;
  readonly counter: ReplyCounter;
  readonly done: (outcome: ForwardOutcome) => void;
  /** The command itself has been handed over, behind its prelude. */
  began: boolean;
}

export class StandIn implements ClientSocket {
  readonly remoteAddress: string;
  readonly localAddress = "";
  readonly fileDescriptor = -1;
  readonly bufferedBytes = 0;
  private readonly pool: OutputBlockPool;
  private readonly connection: Connection;
  private running: Running | undefined;
  private parts: Buffer[] = [];
  private bytes = 0;
  isClosed = false;

  constructor(client: ClientName, pool: OutputBlockPool, accept: (socket: ClientSocket) => Connection) {
    this.remoteAddress = `node-${client.node}:${client.connection}`;
    this.pool = pool;
    this.connection = accept(this);
    this.connection.authenticated = true;
  }

  get isBusy(): boolean {
    return this.running !== undefined;
  }

  get isWatching(): boolean {
    return this.connection.transaction.watcher !== undefined;
  }

  /** `done` is called once: in this call, if all can be done at once, or later. */
  run(request: ForwardedRequest, done: (outcome: ForwardOutcome) => void): void {
    assert(!this.isBusy && !this.isClosed, "a stand-in runs one request at a time");
    const { connection } = this;
    if (request.watched === "dropped") connection.transaction.discard();
    connection.database = request.database;
    connection.reply.protocol = request.protocol;
    this.running = { request, counter: new ReplyCounter(), done, began: false };
    if (request.preludeCommands === 0) this.begin(this.running);
    else connection.chunk(request.prelude);
  }

  private begin(running: Running): void {
    running.began = true;
    this.connection.chunk(running.request.command);
  }

  write(block: OutputBlock): void {
    const { running } = this;
    if (running === undefined) return this.pool.release(block);
    if (running.began) {
      this.parts.push(Buffer.from(block.filled()));
      this.bytes += block.length;
    }
    running.counter.push(block.filled());
    this.pool.release(block);
    const { replies } = running.counter;
    if (!running.began) {
      // The connection may be in the middle of its run: what comes now is parsed when it goes on.
      if (replies === running.request.preludeCommands) this.begin(running);
    } else if (replies > running.request.preludeCommands) {
      const reply = Buffer.concat(this.parts);
      this.answer({ kind: "answered", reply, database: this.connection.database });
    } else if (this.bytes > MAX_REPLY_BYTES) {
      this.answer({ kind: "answered", reply: TOO_LONG, database: this.connection.database });
      this.close();
    }
  }

  private answer(outcome: ForwardOutcome): void {
    const { running } = this;
    this.running = undefined;
    this.parts = [];
    this.bytes = 0;
    running?.done(outcome);
  }

  /** The client is gone, or the stand-in is given up. A request that runs may have its effects. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.answer({ kind: "unknown" });
    this.connection.closed();
  }

  pause(): void {
    // Nothing is sent behind a request that has not been answered.
  }

  resume(): void {
    // See above.
  }

  /** The server ends it. */
  end(): void {
    this.close();
  }

  destroy(): void {
    this.close();
  }
}
