// A connection for comparisons in which more comes than was asked for: everything that arrives up to a PING of its own, each
// frame as text in which types, nesting and bytes show. Between MULTI and EXEC, where a PING would be queued, up to the
// error of a MULTI of its own, which changes nothing.
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { ByteString } from "../../src/base/index";
import { ReplyParser, TypedReply, encodeCommand } from "../../src/resp/index";
import { render } from "./typed-client";

export class FrameClient {
  private readonly socket: Socket;
  private readonly parser = new ReplyParser({ typed: true });
  private frames: string[] = [];
  private pings = 0;
  private wanted = "";
  private settle: (() => void) | undefined;
  private isQueueing = false;
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.parser.push(bytes);
      for (let reply = this.parser.next(); reply !== undefined; reply = this.parser.next()) {
        if (!(reply instanceof TypedReply)) throw new Error("a typed parser gives typed replies");
        const frame = render(reply);
        if (this.wanted !== "" && frame.includes(this.wanted)) this.settle?.();
        else this.frames.push(frame);
      }
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
      this.settle?.();
    });
  }

  static connect(port: number): Promise<FrameClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new FrameClient(socket));
      });
    });
  }

  send(words: readonly ByteString[]): void {
    if (words[0] === "MULTI") this.isQueueing = true;
    if (["EXEC", "DISCARD", "RESET"].includes(words[0] ?? "")) this.isQueueing = false;
    this.socket.write(encodeCommand(words));
  }

  /** What has come since it was asked last: all that the server had sent when it answers a PING. */
  async taken(): Promise<string[]> {
    if (!this.isClosed) {
      const settled = new Promise<void>((resolve) => {
        this.settle = resolve;
      });
      this.wanted = this.isQueueing ? "MULTI calls can not be nested" : `ping-of-its-own-${++this.pings}`;
      this.send(this.isQueueing ? ["MULTI"] : ["PING", this.wanted]);
      await settled;
      this.settle = undefined;
    }
    return this.frames.splice(0);
  }

  close(): void {
    this.socket.destroy();
  }
}
