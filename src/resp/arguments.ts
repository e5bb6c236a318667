// The arguments of one command: a buffer and a pair of offsets for each argument. A parser owns one Arguments and reuses
// it, so what it says holds until the parser's next call of next(); `detach` makes one that stays. The bytes themselves
// are never written again once a command was handed out from them, so a reference to (buffer, start, end) may be kept
// as long as wanted; it keeps the whole buffer (a socket chunk) alive. Single thread. Indices are not checked against
// `count`: the caller has looked at it (arity).
import { copyBytes, textOf } from "../base/index";
import type { ByteString } from "../base/index";
import { floatOf } from "./float-text";
import { bigIntegerOf, safeIntegerOf } from "./integer-text";

/** Offsets for 8 arguments: V8 keeps a typed array of 64 bytes inside its heap, without a backing store. */
const INITIAL_OFFSETS = 16;
/** An idle connection keeps no more than this (64 arguments). */
const RETAINED_OFFSETS = 128;

export const NO_BYTES: Buffer = Buffer.alloc(0);

export class Arguments {
  /** The bytes that all arguments lie in. Read only. */
  buffer: Buffer = NO_BYTES;
  /** Number of arguments, the command's name included. */
  count = 0;
  /** Start and end of each argument in turn. For the parser only. */
  offsets: Int32Array;

  constructor(offsets = new Int32Array(INITIAL_OFFSETS)) {
    this.offsets = offsets;
  }

  start(index: number): number {
    return this.offsets[index << 1]!;
  }

  end(index: number): number {
    return this.offsets[(index << 1) + 1]!;
  }

  length(index: number): number {
    return this.offsets[(index << 1) + 1]! - this.offsets[index << 1]!;
  }

  string(index: number): ByteString {
    return textOf(this.buffer, this.offsets[index << 1]!, this.offsets[(index << 1) + 1]!);
  }

  /** Copies an argument's bytes to `target` at `at` and returns the offset behind them. `target` has the room. */
  copy(index: number, target: Buffer, at: number): number {
    const start = this.offsets[index << 1]!;
    const length = this.offsets[(index << 1) + 1]! - start;
    copyBytes(this.buffer, start, length, target, at);
    return at + length;
  }

  /** Whether an argument is `word` but for the case of ASCII letters. `word` is in upper case. */
  isWord(index: number, word: ByteString): boolean {
    const start = this.offsets[index << 1]!;
    const length = word.length;
    if (this.offsets[(index << 1) + 1]! - start !== length) return false;
    const source = this.buffer;
    for (let i = 0; i < length; i++) {
      let byte = source[start + i]!;
      if (byte >= 0x61 && byte <= 0x7a) byte -= 0x20;
      if (byte !== word.charCodeAt(i)) return false;
    }
    return true;
  }

  /**
   * An argument as Redis's strict 64-bit integer, if a number holds it exactly. undefined: it is no integer, or one
   * beyond ±(2^53 - 1); `bigInteger` tells which.
   */
  safeInteger(index: number): number | undefined {
    return safeIntegerOf(this.buffer, this.offsets[index << 1]!, this.offsets[(index << 1) + 1]!);
  }

  /** An argument as Redis's strict 64-bit integer. undefined: "value is not an integer or out of range". */
  bigInteger(index: number): bigint | undefined {
    return bigIntegerOf(this.buffer, this.offsets[index << 1]!, this.offsets[(index << 1) + 1]!);
  }

  /** An argument as a double. undefined: "value is not a valid float". */
  float(index: number): number | undefined {
    return floatOf(this.string(index));
  }

  /** A copy of the offsets over the same bytes, which the parser does not touch: for a command that has to wait. */
  detach(): Arguments {
    const copy = new Arguments(this.offsets.slice(0, this.count << 1));
    copy.buffer = this.buffer;
    copy.count = this.count;
    return copy;
  }

  /** The same over bytes of its own: for a command that is kept, whose chunk may be much larger than it is. */
  copyOut(): Arguments {
    const copy = this.detach();
    const from = this.start(0);
    copy.buffer = Buffer.from(this.buffer.subarray(from, this.end(this.count - 1)));
    copy.rebase(-from);
    return copy;
  }

  /** Appends the bounds of one more argument. For the parser only. */
  add(start: number, end: number): void {
    const at = this.count << 1;
    if (at === this.offsets.length) this.grow();
    this.offsets[at] = start;
    this.offsets[at + 1] = end;
    this.count++;
  }

  /** Doubles the room for offsets. For the parser only. */
  grow(): Int32Array {
    const larger = new Int32Array(this.offsets.length * 2);
    larger.set(this.offsets);
    this.offsets = larger;
    return larger;
  }

  /** Moves all offsets when the bytes they point to move. For the parser only. */
  rebase(distance: number): void {
    for (let at = (this.count << 1) - 1; at >= 0; at--) this.offsets[at]! += distance;
  }

  /** Lets go of everything worth mentioning. For the parser only, when its connection idles. */
  release(): void {
    this.buffer = NO_BYTES;
    this.count = 0;
    if (this.offsets.length > RETAINED_OFFSETS) this.offsets = new Int32Array(INITIAL_OFFSETS);
  }
}
