// A connection that is asked for errors: sends words or raw bytes and waits for the next reply, whoever ends the connection.
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { ByteString } from "../../../src/base/index";
import { ReplyError, ReplyParser, TypedReply, encodeCommand } from "../../../src/resp/index";
import { itemsOf } from "../typed-client";

/** What MONITOR tells of others. */
const MONITORED = /^[0-9]+\.[0-9]+ \[/;

export class ErrorClient {
  private readonly socket: Socket;
  private readonly parser = new ReplyParser({ typed: true });
  private readonly replies: TypedReply[] = [];
  private isClosed = false;
  private wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.parser.push(bytes);
      for (let reply = this.parser.next(); reply !== undefined; reply = this.parser.next()) {
        if (!(reply instanceof TypedReply)) throw new Error("a typed parser gives typed replies");
        if (typeof reply.value !== "string" || !MONITORED.test(reply.value)) this.replies.push(reply);
      }
      this.wake?.();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
      this.wake?.();
    });
  }

  static connect(port: number): Promise<ErrorClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      const client = new ErrorClient(socket);
      socket.once("error", reject);
      socket.once("connect", () => resolve(client));
    });
  }

  sendBytes(bytes: ByteString): void {
    if (bytes.length > 0) this.socket.write(bytes, "latin1");
  }

  send(words: readonly ByteString[]): void {
    this.socket.write(encodeCommand(words));
  }

  /** undefined when the connection ends without one. */
  async reply(): Promise<TypedReply | undefined> {
    while (this.replies.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.replies.shift();
  }

  ask(words: readonly ByteString[]): Promise<TypedReply | undefined> {
    this.send(words);
    return this.reply();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The error that a reply is, or holds. */
export function errorIn(reply: TypedReply | undefined): string | undefined {
  if (reply === undefined) return undefined;
  if (reply.value instanceof ReplyError) return reply.value.message;
  return itemsOf(reply)
    .map(errorIn)
    .find((text) => text !== undefined);
}
