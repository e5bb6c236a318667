// Counting and finding bits in parts of strings, word by word. Bit 0 is the highest bit of the first byte. A scanner owns
// one scratch buffer of whole words, so that a long string is gone through without an allocation for each part.
import type { ByteString } from "../base/index";

/** Shorter parts are gone through char by char. */
const WORDS_FROM = 16;

export class BitScanner {
  private bytes = Buffer.alloc(0);
  private words = new Int32Array(0);

  /** How many of the bits [from, to) of `text` are set; they are within it. */
  count(text: ByteString, from: number, to: number): number {
    if (from >= to) return 0;
    const first = Math.floor(from / 8);
    const last = Math.floor((to - 1) / 8);
    const firstMask = 0xff >> (from % 8);
    const lastMask = (0xff << (7 - ((to - 1) % 8))) & 0xff;
    if (first === last) return onesOf(text.charCodeAt(first) & firstMask & lastMask);
    return (
      onesOf(text.charCodeAt(first) & firstMask) +
      this.countBytes(text, first + 1, last) +
      onesOf(text.charCodeAt(last) & lastMask)
    );
  }

  /** The first of the bits [from, to) of `text` that is `bit`; -1 if there is none. */
  find(text: ByteString, bit: 0 | 1, from: number, to: number): number {
    if (from >= to) return -1;
    const first = Math.floor(from / 8);
    const last = Math.floor((to - 1) / 8);
    // Bits of the first byte before the range count as the other kind.
    const skipped = 0xff >> (from % 8);
    const inFirst = leading(soughtIn(text.charCodeAt(first), bit) & skipped);
    if (inFirst >= 0) return inside(first * 8 + inFirst, to);
    const byte = this.findByte(text, bit === 1 ? 0 : 0xff, first + 1, last + 1);
    return byte < 0 ? -1 : inside(byte * 8 + leading(soughtIn(text.charCodeAt(byte), bit)), to);
  }

  private countBytes(text: ByteString, from: number, to: number): number {
    let count = 0;
    if (to - from < WORDS_FROM) {
      for (let at = from; at < to; at++) count += onesOf(text.charCodeAt(at));
      return count;
    }
    const wordCount = this.load(text, from, to, 0);
    for (let i = 0; i < wordCount; i++) count += onesOf(this.words[i]!);
    return count;
  }

  /** The first byte from [from, to) that is not `other`; -1 if there is none. */
  private findByte(text: ByteString, other: number, from: number, to: number): number {
    let at = from;
    if (to - from >= WORDS_FROM) {
      const wordCount = this.load(text, from, to, other);
      const whole = other === 0 ? 0 : -1;
      let word = 0;
      while (word < wordCount && this.words[word] === whole) word++;
      if (word === wordCount) return -1;
      at = from + word * 4;
    }
    while (at < to && text.charCodeAt(at) === other) at++;
    return at < to ? at : -1;
  }

  /** Copies bytes to the scratch words, the last of which is filled up; answers how many words that is. */
  private load(text: ByteString, from: number, to: number, filler: number): number {
    const length = to - from;
    const wordCount = Math.ceil(length / 4);
    if (this.words.length < wordCount) {
      this.words = new Int32Array(wordCount);
      this.bytes = Buffer.from(this.words.buffer);
    }
    this.bytes.write(length === text.length ? text : text.slice(from, to), 0, length, "latin1");
    this.bytes.fill(filler, length, wordCount * 4);
    return wordCount;
  }
}

/** Set bits of a 32-bit word (Hacker's Delight, 5-1). */
function onesOf(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  word = (word + (word >>> 4)) & 0x0f0f0f0f;
  return Math.imul(word, 0x01010101) >>> 24;
}

/** A byte in which the bits that are sought are set. */
function soughtIn(byte: number, bit: 0 | 1): number {
  return bit === 1 ? byte : byte ^ 0xff;
}

/** The first set bit of a byte; -1 if there is none. */
function leading(byte: number): number {
  return byte === 0 ? -1 : Math.clz32(byte) - 24;
}

function inside(bit: number, to: number): number {
  return bit < to ? bit : -1;
}

/** The search for a bit in a string whose parts come in order; what lies between them is zeros. */
export class BitSearch {
  private readonly scanner = new BitScanner();
  private readonly bit: 0 | 1;
  private readonly to: number;
  private at: number;

  /** Searches the bits [from, to). */
  constructor(bit: 0 | 1, from: number, to: number) {
    this.bit = bit;
    this.at = from;
    this.to = to;
  }

  /** Looks at bytes that begin at bit `start`. The place of the bit; -1 if it has not been met yet. */
  look(start: number, text: ByteString): number {
    const gapEnd = Math.min(start, this.to);
    if (this.at < gapEnd) {
      if (this.bit === 0) return this.at;
      this.at = gapEnd;
    }
    const end = Math.min(this.to, start + text.length * 8);
    if (this.at >= end) return -1;
    const found = this.scanner.find(text, this.bit, this.at - start, end - start);
    if (found >= 0) return start + found;
    this.at = end;
    return -1;
  }

  /** No more parts follow. */
  end(): number {
    return this.bit === 0 && this.at < this.to ? this.at : -1;
  }
}
