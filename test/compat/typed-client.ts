// A connection that keeps replies as the wire typed them, for comparison: "+OK" is not "$2 OK". Pipelines whole batches.
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { ByteString } from "../../src/base/index";
import { ReplyError, ReplyParser, TypedReply, encodeCommand } from "../../src/resp/index";

export class TypedClient {
  private readonly socket: Socket;
  private readonly parser = new ReplyParser({ typed: true });
  private replies: TypedReply[] = [];
  private wanted = 0;
  private settle: (() => void) | undefined;
  /** The server (or `close`) has ended the connection. */
  isClosed = false;
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.parser.push(bytes);
      for (let reply = this.parser.next(); reply !== undefined; reply = this.parser.next()) {
        if (!(reply instanceof TypedReply)) throw new Error("a typed parser gives typed replies");
        this.replies.push(reply);
      }
      if (this.replies.length >= this.wanted) this.settle?.();
    });
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.isClosed = true;
        this.settle?.();
        resolve();
      });
    });
  }

  static connect(port: number): Promise<TypedClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new TypedClient(socket));
      });
    });
  }

  /** Sends all commands in one write; their replies, fewer if the server closed the connection before. */
  async pipeline(commands: readonly (readonly ByteString[])[]): Promise<TypedReply[]> {
    this.wanted = commands.length;
    if (!this.isClosed && commands.length > 0) {
      const settled = new Promise<void>((resolve) => {
        this.settle = resolve;
      });
      this.socket.write(Buffer.concat(commands.map(encodeCommand)));
      await settled;
    }
    this.settle = undefined;
    const replies = this.replies;
    this.replies = [];
    return replies;
  }

  async call(...words: readonly ByteString[]): Promise<TypedReply> {
    const [reply] = await this.pipeline([words]);
    if (reply === undefined) throw new Error(`no reply to ${words.join(" ")}`);
    return reply;
  }

  close(): Promise<void> {
    this.socket.destroy();
    return this.closed;
  }
}

export function isError(reply: TypedReply): boolean {
  return reply.value instanceof ReplyError;
}

/** The elements of an aggregate; none of anything else. */
export function itemsOf(reply: TypedReply): TypedReply[] {
  return Array.isArray(reply.value) ? reply.value.filter((item) => item instanceof TypedReply) : [];
}

/** A reply as text in which everything shows: types, nesting, bytes. */
export function render(reply: TypedReply): string {
  const { type, value } = reply;
  if (Array.isArray(value)) return `${type}[${itemsOf(reply).map(render).join(" ")}]`;
  if (value instanceof ReplyError) return `${type}${value.message}`;
  if (typeof value === "string") return `${type}${JSON.stringify(value)}`;
  return `${type}${String(value)}`;
}
