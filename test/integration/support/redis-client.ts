// A small client for tests: pipelines commands, keeps replies in order, and tells which commands were never answered
// when the connection ends.
import { connect } from "node:net";
import type { Socket } from "node:net";
import { ReplyParser, encodeCommand } from "../../../src/resp/index";
import type { Reply } from "../../../src/resp/index";

export class ConnectionLost extends Error {}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class RedisClient {
  private readonly socket: Socket;
  private readonly parser = new ReplyParser();
  private readonly waiting: Waiting[] = [];
  readonly closed: Promise<void>;
  private isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.parser.push(bytes);
      for (let reply = this.parser.next(); reply !== undefined; reply = this.parser.next()) {
        this.waiting.shift()?.resolve(reply);
      }
    });
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.isClosed = true;
        for (const { reject } of this.waiting.splice(0)) reject(new ConnectionLost("the connection ended"));
        resolve();
      });
    });
  }

  static connect(port: number): Promise<RedisClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RedisClient(socket));
      });
    });
  }

  /** The reply (an error reply is a value, too); rejects with ConnectionLost if none came. */
  send(...words: (string | number)[]): Promise<Reply> {
    if (this.isClosed) return Promise.reject(new ConnectionLost("the connection has ended"));
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.socket.write(encodeCommand(words.map(String)));
    });
  }

  close(): Promise<void> {
    this.socket.destroy();
    return this.closed;
  }
}
