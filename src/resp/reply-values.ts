// What a reply is on the client's side. Errors are values here: whoever asked decides whether to throw. A typed reply
// keeps the wire's type byte, for tests that must tell "+OK" from "$2 OK".
import type { ByteString } from "../base/index";

/** An error reply: `code` is its first word. */
export class ReplyError {
  readonly message: ByteString;

  constructor(message: ByteString) {
    this.message = message;
  }

  get code(): ByteString {
    const space = this.message.indexOf(" ");
    return space < 0 ? this.message : this.message.slice(0, space);
  }
}

/** Out-of-band data of RESP3. */
export class PushReply {
  readonly items: readonly Reply[];

  constructor(items: readonly Reply[]) {
    this.items = items;
  }
}

/** A reply with its wire type. Maps and attributes are flat arrays of keys and values in the order they came. */
export class TypedReply {
  readonly type: string;
  readonly value: Reply;

  constructor(type: string, value: Reply) {
    this.type = type;
    this.value = value;
  }
}

export type Reply =
  | ByteString
  | Buffer
  | number
  | bigint
  | boolean
  | null
  | ReplyError
  | PushReply
  | TypedReply
  | Reply[]
  | Map<Reply, Reply>
  | Set<Reply>;
