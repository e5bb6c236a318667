// The incremental parser of replies, RESP2 and RESP3, for clients, tests and benchmarks. Values are copied out of the
// chunks, which may be reused at once after they were consumed by `next`. Time is linear in the bytes for any
// fragmentation and nesting (no recursion). Attributes are read and dropped. Bytes that are no RESP throw a BasaltError
// with the code BAD_REPLY: the connection cannot be used any more. Single thread.
import { BasaltError, type ByteString, textOf } from "../base/index";
import {
  ASTERISK,
  BAR,
  CARRIAGE_RETURN,
  COLON,
  COMMA,
  DOLLAR,
  EQUALS,
  EXCLAMATION,
  GREATER,
  HASH,
  LEFT_PARENTHESIS,
  LINE_FEED,
  MINUS,
  PERCENT,
  PLUS,
  TILDE,
  UNDERSCORE,
} from "./ascii";
import { NO_BYTES } from "./arguments";
import { safeIntegerOf } from "./integer-text";
import { PushReply, type Reply, ReplyError, TypedReply } from "./reply-values";

export interface ReplyParserOptions {
  /** Bulk strings as Buffers instead of ByteStrings. */
  readonly buffers?: boolean;
  /** Every value, nested ones too, wrapped in a TypedReply. */
  readonly typed?: boolean;
}

/** An aggregate that is being read. */
interface Frame {
  readonly type: number;
  readonly items: Reply[];
  left: number;
}

const INTEGER = /^[+-]?\d+$/;

export class ReplyParser {
  private readonly buffers: boolean;
  private readonly typed: boolean;
  private buffer: Buffer = NO_BYTES;
  private position = 0;
  private end = 0;
  /** False while `buffer` is somebody's chunk, which is not written to. */
  private owned = false;
  /** Up to where the present line was searched for its end. */
  private searched = 0;
  private readonly stack: Frame[] = [];

  constructor(options: ReplyParserOptions = {}) {
    this.buffers = options.buffers ?? false;
    this.typed = options.typed ?? false;
  }

  push(chunk: Buffer): void {
    if (this.position === this.end) {
      this.buffer = chunk;
      this.owned = false;
      this.end = chunk.length;
      this.position = 0;
      this.searched = 0;
      return;
    }
    if (!this.owned || this.end + chunk.length > this.buffer.length) this.moveRest(chunk.length);
    chunk.copy(this.buffer, this.end);
    this.end += chunk.length;
  }

  /** The next complete reply; undefined: more bytes are needed. */
  next(): Reply | undefined {
    for (;;) {
      let value = this.element();
      if (value === undefined) return undefined;
      // Give the value to the aggregate it belongs to, and a finished aggregate to the one above.
      for (;;) {
        if (value instanceof Opened) break;
        const frame = this.stack.at(-1);
        if (frame === undefined) return value;
        frame.items.push(value);
        if (--frame.left > 0) break;
        this.stack.pop();
        if (frame.type === BAR) break;
        value = this.aggregate(frame.type, frame.items);
      }
    }
  }

  /** One scalar or one head of an aggregate; undefined, and nothing consumed, if it is not complete. */
  private element(): Reply | Opened | undefined {
    const lineEnd = this.findLineEnd();
    if (lineEnd < 0) return undefined;
    const type = this.buffer[this.position]!;
    const from = this.position + 1;
    const behind = lineEnd + 2;
    switch (type) {
      case PLUS:
        return this.scalar(type, behind, textOf(this.buffer, from, lineEnd));
      case MINUS:
        return this.scalar(type, behind, new ReplyError(textOf(this.buffer, from, lineEnd)));
      case COLON:
        return this.scalar(type, behind, this.integer(from, lineEnd));
      case COMMA:
        return this.scalar(type, behind, doubleOf(textOf(this.buffer, from, lineEnd)));
      case LEFT_PARENTHESIS:
        return this.scalar(type, behind, this.bigNumber(from, lineEnd));
      case HASH:
        return this.scalar(type, behind, textOf(this.buffer, from, lineEnd) === "t");
      case UNDERSCORE:
        return this.scalar(type, behind, null);
      case DOLLAR:
      case EXCLAMATION:
      case EQUALS:
        return this.bulk(type, this.count(from, lineEnd), behind);
      case ASTERISK:
      case PERCENT:
      case TILDE:
      case GREATER:
      case BAR:
        return this.open(type, this.count(from, lineEnd), behind);
      default:
        throw badReply(`a reply begins with the byte ${type}`);
    }
  }

  private scalar(type: number, behind: number, value: Reply): Reply {
    this.position = behind;
    this.searched = behind;
    return this.typed ? new TypedReply(String.fromCharCode(type), value) : value;
  }

  private bulk(type: number, length: number, start: number): Reply | undefined {
    if (length < 0) return this.scalar(type, start, null);
    const end = start + length;
    if (end + 2 > this.end) return undefined;
    if (type === EXCLAMATION)
      return this.scalar(type, end + 2, new ReplyError(textOf(this.buffer, start, end)));
    // Verbatim text begins with its format and a colon.
    const from = type === EQUALS ? Math.min(start + 4, end) : start;
    const value = this.buffers
      ? Buffer.from(this.buffer.subarray(from, end))
      : textOf(this.buffer, from, end);
    return this.scalar(type, end + 2, value);
  }

  private open(type: number, count: number, behind: number): Reply | Opened {
    if (count < 0) return this.scalar(type, behind, null);
    this.position = behind;
    this.searched = behind;
    const left = type === PERCENT || type === BAR ? count * 2 : count;
    if (left === 0) return type === BAR ? OPENED : this.aggregate(type, []);
    this.stack.push({ type, items: [], left });
    return OPENED;
  }

  private aggregate(type: number, items: Reply[]): Reply {
    if (this.typed) return new TypedReply(String.fromCharCode(type), items);
    switch (type) {
      case PERCENT: {
        const map = new Map<Reply, Reply>();
        for (let at = 0; at < items.length; at += 2) map.set(items[at]!, items[at + 1]!);
        return map;
      }
      case TILDE:
        return new Set(items);
      case GREATER:
        return new PushReply(items);
      default:
        return items;
    }
  }

  /** Where the present line's carriage return stands; -1 if the line is not complete. */
  private findLineEnd(): number {
    const from = Math.max(this.position, this.searched);
    const lineFeed = this.buffer.indexOf(LINE_FEED, from);
    if (lineFeed < 0 || lineFeed >= this.end) {
      this.searched = this.end;
      return -1;
    }
    this.searched = lineFeed;
    if (lineFeed <= this.position || this.buffer[lineFeed - 1] !== CARRIAGE_RETURN) {
      throw badReply("a line does not end with a carriage return and a line feed");
    }
    return lineFeed - 1;
  }

  private count(from: number, to: number): number {
    const count = safeIntegerOf(this.buffer, from, to);
    if (count === undefined || count < -1) throw badReply("a length is not an integer");
    return count;
  }

  private integer(from: number, to: number): number | bigint {
    return safeIntegerOf(this.buffer, from, to) ?? this.bigNumber(from, to);
  }

  private bigNumber(from: number, to: number): bigint {
    const text = textOf(this.buffer, from, to);
    if (!INTEGER.test(text)) throw badReply("an integer is not an integer");
    return BigInt(text);
  }

  /** Moves what is not consumed into a new buffer with room for `more` and as much again. */
  private moveRest(more: number): void {
    const rest = this.end - this.position;
    const larger = Buffer.allocUnsafeSlow((rest + more) * 2);
    this.buffer.copy(larger, 0, this.position, this.end);
    this.buffer = larger;
    this.owned = true;
    this.searched = Math.max(0, this.searched - this.position);
    this.position = 0;
    this.end = rest;
  }
}

/** Stands for the head of an aggregate whose elements follow. */
class Opened {
  readonly opened = true;
}
const OPENED = new Opened();

function doubleOf(text: ByteString): number {
  if (text === "inf") return Infinity;
  if (text === "-inf") return -Infinity;
  if (text === "nan") return NaN;
  const value = Number(text);
  if (text === "" || Number.isNaN(value)) throw badReply("a double is not a double");
  return value;
}

function badReply(what: string): BasaltError {
  return new BasaltError("BAD_REPLY", `The server sent bytes that are not RESP: ${what}.`);
}
