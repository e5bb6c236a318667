// The encoder of replies, one a connection: RESP2 or RESP3 into a block that it borrows from a pool at the first byte
// and hands over by `take`; between turns it holds nothing. Aggregates are written as a head (array, map, set, push) and
// then their elements. Texts are ByteStrings: one char is one byte. Single thread.
//
// `length` is a mark: `rollback(mark)` drops what was written since. Short texts are written by a loop over their chars,
// longer ones by one native call; where the line lies was measured (perf-reports/2026-11-21-resp-micro.md).
import { assert, copyBytes, copyWords, type ByteString, type ViewedBytes, writeText } from "../base/index";
import { NO_BYTES } from "./arguments";
import {
  ASTERISK,
  CARRIAGE_RETURN,
  COLON,
  COMMA,
  DIGIT_0,
  DOLLAR,
  EQUALS,
  GREATER,
  HASH,
  LEFT_PARENTHESIS,
  LINE_FEED,
  MINUS,
  PERCENT,
  PLUS,
  TILDE,
} from "./ascii";
import { formatFloat } from "./float-text";
import type { OutputBlock, OutputBlockPool } from "./output-blocks";

/** A type byte, a sign, 19 digits and the line's end. */
const LONGEST_INTEGER_LINE = 23;
/** Integers up to here are written by 32-bit arithmetic. */
const MAX_INT32 = 0x7fff_ffff;
const NINE_DIGITS = 1_000_000_000;
const LINE_BREAKS = /[\r\n]/g;

export class ReplyWriter {
  /** The connection's protocol, as HELLO set it. */
  protocol: 2 | 3 = 2;

  private readonly pool: OutputBlockPool;
  private block: OutputBlock | undefined;
  private bytes: Buffer = NO_BYTES;
  private position = 0;

  constructor(pool: OutputBlockPool) {
    this.pool = pool;
  }

  /** Bytes written and not taken; also a mark for `rollback`. */
  get length(): number {
    return this.position;
  }

  /** One byte of what was written and not taken; 0 behind its end. */
  byteAt(offset: number): number {
    return offset < this.position ? this.bytes[offset]! : 0;
  }

  /** What was written and not taken, for a look at it; valid until the next call. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }

  /** Drops what was written after `length` was `mark`. */
  rollback(mark: number): void {
    assert(mark <= this.position, "a rollback goes back");
    this.position = mark;
  }

  /**
   * Hands over what was written, or its first `length` bytes; the rest stays. undefined if that is nothing. The receiver
   * releases the block to the pool. Marks become invalid.
   */
  take(length = this.position): OutputBlock | undefined {
    const block = this.block;
    assert(length <= this.position, "no more is taken than was written");
    if (block === undefined || length === 0) {
      if (this.position === 0) this.discard();
      return undefined;
    }
    const rest = this.position - length;
    block.length = length;
    this.block = undefined;
    this.bytes = NO_BYTES;
    this.position = 0;
    if (rest > 0) this.bytesFrom(block.bytes, length, length + rest);
    return block;
  }

  /** Drops everything and returns the block: for a connection that closes. */
  discard(): void {
    if (this.block !== undefined) this.pool.release(this.block);
    this.block = undefined;
    this.bytes = NO_BYTES;
    this.position = 0;
  }

  /** Makes room for `count` more bytes at once, so that a long reply written in pieces is not moved as it grows. */
  makeRoom(count: number): void {
    if (this.position + count > this.bytes.length) this.moveTo(this.position + count);
  }

  /** "+OK". */
  ok(): void {
    const at = this.reserve(5);
    const bytes = this.bytes;
    bytes[at] = PLUS;
    bytes[at + 1] = 0x4f;
    bytes[at + 2] = 0x4b;
    bytes[at + 3] = CARRIAGE_RETURN;
    bytes[at + 4] = LINE_FEED;
  }

  /** A simple string; `text` has no line break. */
  simple(text: ByteString): void {
    this.line(PLUS, text);
  }

  /** An error: its code, a space and its words. Line breaks become spaces, as in Redis. */
  error(text: ByteString): void {
    this.line(MINUS, text.replace(LINE_BREAKS, " "));
  }

  integer(value: number | bigint): void {
    if (typeof value === "bigint") this.line(COLON, value.toString());
    else if (value >= -MAX_INT32 && value <= MAX_INT32) this.head(COLON, value);
    else this.wideInteger(value);
  }

  bulk(text: ByteString): void {
    const length = text.length;
    this.head(DOLLAR, length);
    const at = this.reserve(length + 2);
    const bytes = this.bytes;
    const end = at + length;
    writeText(text, bytes, at);
    bytes[end] = CARRIAGE_RETURN;
    bytes[end + 1] = LINE_FEED;
  }

  /** A bulk of the bytes [start, end) of `source`, which are copied. */
  bulkFrom(source: Buffer, start: number, end: number): void {
    const length = end - start;
    this.head(DOLLAR, length);
    const at = this.reserve(length + 2);
    const bytes = this.bytes;
    copyBytes(source, start, length, bytes, at);
    bytes[at + length] = CARRIAGE_RETURN;
    bytes[at + length + 1] = LINE_FEED;
  }

  /** The same of bytes that have a view. */
  bulkViewed(source: ViewedBytes, start: number, end: number): void {
    const length = end - start;
    this.head(DOLLAR, length);
    const at = this.reserve(length + 2);
    copyWords(source, start, length, this.block!, at);
    const bytes = this.bytes;
    bytes[at + length] = CARRIAGE_RETURN;
    bytes[at + length + 1] = LINE_FEED;
  }

  /** No value where a bulk was possible: "$-1", in RESP3 "_". */
  null(): void {
    this.noValue(DOLLAR);
  }

  /** No value where an array was possible: "*-1", in RESP3 "_". */
  nullArray(): void {
    this.noValue(ASTERISK);
  }

  /** The head of an array; `count` elements follow. */
  array(count: number): void {
    this.head(ASTERISK, count);
  }

  /** The head of a map; `count` pairs follow. In RESP2 an array of twice as many. */
  map(count: number): void {
    if (this.protocol === 3) this.head(PERCENT, count);
    else this.head(ASTERISK, count * 2);
  }

  set(count: number): void {
    this.head(this.protocol === 3 ? TILDE : ASTERISK, count);
  }

  /** Out-of-band data. */
  push(count: number): void {
    this.head(this.protocol === 3 ? GREATER : ASTERISK, count);
  }

  double(value: number): void {
    if (this.protocol === 3) this.line(COMMA, formatFloat(value));
    else this.bulk(formatFloat(value));
  }

  boolean(value: boolean): void {
    if (this.protocol === 3) this.line(HASH, value ? "t" : "f");
    else this.head(COLON, value ? 1 : 0);
  }

  /** An integer of any size. */
  bigNumber(value: bigint): void {
    if (this.protocol === 3) this.line(LEFT_PARENTHESIS, value.toString());
    else this.bulk(value.toString());
  }

  /** Text for people, with its format in three characters ("txt", "mkd"). */
  verbatim(format: ByteString, text: ByteString): void {
    if (this.protocol === 2) {
      this.bulk(text);
      return;
    }
    this.head(EQUALS, text.length + 4);
    this.raw(`${format}:`);
    this.raw(text);
    this.lineEnd();
  }

  /** Bytes that are RESP already. */
  raw(text: ByteString): void {
    const at = this.reserve(text.length);
    writeText(text, this.bytes, at);
  }

  /** Bytes [start, end) of `source` that are RESP already; they are copied. */
  bytesFrom(source: Buffer, start: number, end: number): void {
    const at = this.reserve(end - start);
    copyBytes(source, start, end - start, this.bytes, at);
  }

  /** A type byte, an integer within 32 bits, and the line's end. */
  private head(type: number, value: number): void {
    const at = this.reserve(LONGEST_INTEGER_LINE);
    const bytes = this.bytes;
    bytes[at] = type;
    let end = at + 1;
    let rest = value;
    if (rest < 0) {
      bytes[end++] = MINUS;
      rest = -rest;
    }
    if (rest < 10) {
      bytes[end++] = DIGIT_0 + rest;
    } else {
      end += rest < 100 ? 2 : rest < 1000 ? 3 : digitsOf(rest);
      let digit = end;
      do {
        const tenth = (rest / 10) | 0;
        bytes[--digit] = DIGIT_0 + rest - tenth * 10;
        rest = tenth;
      } while (rest > 0);
    }
    bytes[end] = CARRIAGE_RETURN;
    bytes[end + 1] = LINE_FEED;
    this.position = end + 2;
  }

  /** An integer beyond 32 bits: its upper digits as usual, then nine more. */
  private wideInteger(value: number): void {
    assert(Number.isSafeInteger(value), "an integer reply is a safe integer or a bigint");
    const upper = Math.trunc(value / NINE_DIGITS);
    this.head(COLON, upper);
    const at = this.position - 2;
    this.reserve(9);
    const bytes = this.bytes;
    let rest = Math.abs(value - upper * NINE_DIGITS);
    for (let digit = at + 8; digit >= at; digit--) {
      const tenth = (rest / 10) | 0;
      bytes[digit] = DIGIT_0 + rest - tenth * 10;
      rest = tenth;
    }
    bytes[at + 9] = CARRIAGE_RETURN;
    bytes[at + 10] = LINE_FEED;
  }

  private line(type: number, text: ByteString): void {
    const at = this.reserve(1);
    this.bytes[at] = type;
    this.raw(text);
    this.lineEnd();
  }

  private lineEnd(): void {
    const at = this.reserve(2);
    this.bytes[at] = CARRIAGE_RETURN;
    this.bytes[at + 1] = LINE_FEED;
  }

  private noValue(type: number): void {
    if (this.protocol === 3) {
      this.raw("_\r\n");
    } else {
      const at = this.reserve(5);
      const bytes = this.bytes;
      bytes[at] = type;
      bytes[at + 1] = MINUS;
      bytes[at + 2] = DIGIT_0 + 1;
      bytes[at + 3] = CARRIAGE_RETURN;
      bytes[at + 4] = LINE_FEED;
    }
  }

  /** Makes room for `count` bytes, counts them as written and says where they go. */
  private reserve(count: number): number {
    const at = this.position;
    if (at + count > this.bytes.length) this.grow(count);
    this.position = at + count;
    return at;
  }

  /** Moves to a block with room for `count` more bytes, and for as much again as there is. */
  private grow(count: number): void {
    this.moveTo(Math.max(this.position + count, this.bytes.length * 2));
  }

  private moveTo(size: number): void {
    const old = this.block;
    const block = this.pool.acquire(size);
    if (old !== undefined) {
      old.bytes.copy(block.bytes, 0, 0, this.position);
      this.pool.release(old);
    }
    this.block = block;
    this.bytes = block.bytes;
  }
}

/** Decimal digits of an integer from 1,000 to 2^31 - 1. */
function digitsOf(value: number): number {
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  if (value < 100_000_000) return 8;
  return value < 1_000_000_000 ? 9 : 10;
}
