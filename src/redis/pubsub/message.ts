// One published message as it stands on the wire. It is encoded once for all who receive it; RESP3 differs from RESP2 in its
// first byte alone.
import type { ByteString } from "../../base/index";

const ASTERISK = 0x2a;
const GREATER = 0x3e;
const LINE_END = Buffer.from("\r\n", "latin1");

/** Bytes of a payload: where a command's argument lies, or a text of the server's own. */
export type Payload = Buffer | ByteString;

export class Message {
  private readonly head: ByteString;
  private readonly payload: Payload;
  private resp2: Buffer | undefined;
  private resp3: Buffer | undefined;

  private constructor(head: ByteString, payload: Payload) {
    this.head = head;
    this.payload = payload;
  }

  static toChannel(channel: ByteString, payload: Payload): Message {
    return new Message(`3\r\n${bulk("message")}${bulk(channel)}`, payload);
  }

  static toShard(channel: ByteString, payload: Payload): Message {
    return new Message(`3\r\n${bulk("smessage")}${bulk(channel)}`, payload);
  }

  static toPattern(pattern: ByteString, channel: ByteString, payload: Payload): Message {
    return new Message(`4\r\n${bulk("pmessage")}${bulk(pattern)}${bulk(channel)}`, payload);
  }

  /** Must not be written to. */
  bytes(protocol: 2 | 3): Buffer {
    if (protocol === 2) return (this.resp2 ??= this.encoded(ASTERISK));
    return (this.resp3 ??= this.encoded(GREATER));
  }

  private encoded(type: number): Buffer {
    const payload = typeof this.payload === "string" ? Buffer.from(this.payload, "latin1") : this.payload;
    const head = Buffer.from(`${String.fromCharCode(type)}${this.head}$${payload.length}\r\n`, "latin1");
    return Buffer.concat([head, payload, LINE_END]);
  }
}

function bulk(text: ByteString): ByteString {
  return `$${text.length}\r\n${text}\r\n`;
}
