// The longest common subsequence of two strings, with the ranges that Redis's LCS reports: of several longest ones, the one
// that its walk back through the table of lengths finds.
//
// Redis fills a table of 32-bit lengths. Neighbours in a row of it differ by 0 or 1, so a row is a vector of bits here, and
// the next one follows from it by word-wise addition (Crochemore, Iliopoulos, Pinzon and Reid, "A fast and practical
// bit-vector algorithm for the longest common subsequence problem", 2001): a 32nd of the time, a 32nd of the memory. The
// differences alone decide the walk back: where two bytes differ it goes up exactly if the cell is above its left one.
import type { ByteString } from "../base/index";

export interface CommonRange {
  readonly aStart: number;
  readonly bStart: number;
  readonly length: number;
}

export interface CommonSubsequence {
  readonly length: number;
  readonly text: ByteString;
  /** From the strings' ends to their beginnings. */
  readonly ranges: readonly CommonRange[];
}

const TABLE_CELL_BYTES = 4;
/** Words, or bytes of the strings, that are gone through in a step. */
const WORDS_A_STEP = 256 * 1024;
const WORD_BITS = 32;

/** Whether Redis refuses to compare strings of these lengths; it lets a table have `maxBytes` (proto-max-bulk-len). */
export function isTooLarge(aLength: number, bLength: number, maxBytes: number): boolean {
  return (aLength + 1) * (bLength + 1) * TABLE_CELL_BYTES > maxBytes;
}

/** Yields after each millisecond or so of work. Without `withText` only the length is found. */
export function* commonSubsequence(
  a: Buffer,
  b: Buffer,
  withText: boolean,
): Generator<undefined, CommonSubsequence, void> {
  if (a.length === 0 || b.length === 0) return { length: 0, text: "", ranges: [] };
  const masks = yield* masksOf(a, b);
  const words = Math.ceil(b.length / WORD_BITS);
  const rowBytes = Math.ceil(b.length / 8);
  const rows = withText ? Buffer.alloc(a.length * rowBytes) : undefined;
  // A bit is clear where a cell of the row is one more than the cell to its left.
  const row = new Int32Array(words).fill(-1);
  const rowInBytes = Buffer.from(row.buffer);
  let work = 0;
  for (let i = 0; i < a.length; i++) {
    const mask = masks[a[i]!];
    if (mask !== undefined) advance(row, mask);
    rows?.set(rowInBytes.subarray(0, rowBytes), i * rowBytes);
    work += words + 1;
    if (work < WORDS_A_STEP) continue;
    work = 0;
    yield undefined;
  }
  if (rows !== undefined) return yield* walkBack(a, b, rows, rowBytes);
  let length = 0;
  for (let j = 0; j < b.length; j++) if ((row[j >> 5]! & (1 << (j & 31))) === 0) length++;
  return { length, text: "", ranges: [] };
}

/** For each byte that both strings have: the places where the second has it. */
function* masksOf(a: Buffer, b: Buffer): Generator<undefined, (Int32Array | undefined)[], void> {
  const isWanted = new Uint8Array(256);
  for (let i = 0; i < a.length; i++) {
    isWanted[a[i]!] = 1;
    if (i % WORDS_A_STEP === WORDS_A_STEP - 1) yield undefined;
  }
  const masks = new Array<Int32Array | undefined>(256).fill(undefined);
  const words = Math.ceil(b.length / WORD_BITS);
  for (let j = 0; j < b.length; j++) {
    const byte = b[j]!;
    if (isWanted[byte] === 1) {
      const mask = (masks[byte] ??= new Int32Array(words));
      mask[j >> 5]! |= 1 << (j & 31);
    }
    if (j % WORDS_A_STEP === WORDS_A_STEP - 1) yield undefined;
  }
  return masks;
}

/** One row on: row = (row + (row & mask)) | (row & ~mask), over all words. */
function advance(row: Int32Array, mask: Int32Array): void {
  let carry = 0;
  for (let word = 0; word < row.length; word++) {
    const bits = row[word]!;
    const matching = bits & mask[word]!;
    const sum = (bits >>> 0) + (matching >>> 0) + carry;
    carry = sum > 0xffff_ffff ? 1 : 0;
    row[word] = sum | (bits & ~matching);
  }
}

function* walkBack(
  a: Buffer,
  b: Buffer,
  rows: Buffer,
  rowBytes: number,
): Generator<undefined, CommonSubsequence, void> {
  const matched: number[] = [];
  const ranges: CommonRange[] = [];
  let length = 0;
  let i = a.length;
  let j = b.length;
  for (let work = 1; i > 0 && j > 0; work++) {
    if (a[i - 1] === b[j - 1]) {
      matched.push(a[--i]!);
      j--;
      length++;
    } else {
      if (length > 0) ranges.push({ aStart: i, bStart: j, length });
      length = 0;
      const byte = rows[(i - 1) * rowBytes + ((j - 1) >> 3)]!;
      if ((byte & (1 << ((j - 1) & 7))) === 0) i--;
      else j--;
    }
    if (work % WORDS_A_STEP === 0) yield undefined;
  }
  if (length > 0) ranges.push({ aStart: i, bStart: j, length });
  return { length: matched.length, text: Buffer.from(matched.reverse()).toString("latin1"), ranges };
}
