// The packed forms that cross the addon's boundary in one piece: keys going in, pages, log entries and garbage coming out.
// All words are little-endian u32. Private to this folder and native/src/addon. What is returned is copied out of the
// packed bytes, except entry payloads, which are views into a Buffer of their own.
import type { ByteString } from "../base/index";
import type { Garbage, ScanPage, SlotSample, StoredEntry } from "./types";

/** Lengths that stand for no value. */
export const ABSENT = 0xffff_ffff;
export const NOT_IN_MEMORY = 0xffff_fffe;

/** `keys.length` words with the lengths, then the bytes. */
export function packKeys(keys: readonly ByteString[]): Buffer {
  let bytes = keys.length * 4;
  for (const key of keys) bytes += key.length;
  const packed = Buffer.allocUnsafe(bytes);
  let at = keys.length * 4;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    packed.writeUInt32LE(key.length, index * 4);
    at += packed.write(key, at, "latin1");
  }
  return packed;
}

/** A page is: rows, done, then key and value length of each row, then the bytes. */
export function unpackPage(packed: Buffer): ScanPage {
  const rows = packed.readUInt32LE(0);
  const keys: ByteString[] = new Array<ByteString>(rows);
  const values: ByteString[] = new Array<ByteString>(rows);
  let at = 8 + rows * 8;
  for (let row = 0; row < rows; row++) {
    const keyEnd = at + packed.readUInt32LE(8 + row * 8);
    const valueEnd = keyEnd + packed.readUInt32LE(12 + row * 8);
    keys[row] = packed.toString("latin1", at, keyEnd);
    values[row] = packed.toString("latin1", keyEnd, valueEnd);
    at = valueEnd;
  }
  return { keys, values, done: packed.readUInt32LE(4) === 1 };
}

/** The values of a page whose rows have no keys; `missing` gives what stands for a length without a value. */
export function unpackValues<T>(packed: Buffer, missing: (length: number) => T): (ByteString | T)[] {
  const rows = packed.readUInt32LE(0);
  const values: (ByteString | T)[] = new Array<ByteString | T>(rows);
  let at = 8 + rows * 8;
  for (let row = 0; row < rows; row++) {
    const length = packed.readUInt32LE(12 + row * 8);
    if (length >= NOT_IN_MEMORY) {
      values[row] = missing(length);
    } else {
      values[row] = packed.toString("latin1", at, at + length);
      at += length;
    }
  }
  return values;
}

/** Count, 0, then for each entry term f64, type and payload length, then the payloads. */
export function unpackEntries(packed: Buffer, firstIndex: number): StoredEntry[] {
  const count = packed.readUInt32LE(0);
  const entries: StoredEntry[] = [];
  let at = 8 + count * 16;
  for (let entry = 0; entry < count; entry++) {
    const head = 8 + entry * 16;
    const end = at + packed.readUInt32LE(head + 12);
    entries.push({
      index: firstIndex + entry,
      term: packed.readDoubleLE(head),
      type: packed.readUInt32LE(head + 8),
      payload: packed.subarray(at, end),
    });
    at = end;
  }
  return entries;
}

export function unpackSlotSamples(packed: Buffer): SlotSample[] {
  return Array.from({ length: packed.length / 12 }, (_, i) => ({
    slot: packed.readUInt32LE(12 * i),
    rows: packed.readUInt32LE(12 * i + 4),
    lastHash: packed.readUInt32LE(12 * i + 8),
  }));
}

export function unpackGarbage(packed: Buffer): Garbage {
  let word = 0;
  const nextWord = (): number => packed.readUInt32LE(4 * word++);
  const expiredCount = nextWord();
  const orphanCount = nextWord();
  const databaseCount = nextWord();
  const rowsExamined = nextWord();
  const nextExpiryMs = nextWord() + nextWord() * 2 ** 32;
  const hasNext = nextWord() === 1;
  const databases: number[] = [];
  for (let database = 0; database < databaseCount; database++) databases.push(nextWord());
  const keyCount = expiredCount + orphanCount + (hasNext ? 1 : 0);
  let at = 4 * (word + keyCount);
  const keys: ByteString[] = [];
  for (let key = 0; key < keyCount; key++) {
    const end = at + nextWord();
    keys.push(packed.toString("latin1", at, end));
    at = end;
  }
  return {
    expired: keys.slice(0, expiredCount),
    orphans: keys.slice(expiredCount, expiredCount + orphanCount),
    databases,
    nextExpiryMs,
    next: keys[expiredCount + orphanCount],
    rowsExamined,
  };
}
