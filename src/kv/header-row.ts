// A header row in memory: one record of bytes in a segment (header-table.ts owns the segments and says which records
// stand). A record holds what finding and judging a row needs as numbers, and the row itself as it stood in the batch or in
// storage, so that a row is taken in by one copy and costs the garbage collector nothing. A `HeaderRow` is what an evaluation holds of
// it, within its turn, or over all turns of a stepped one: until then its record is not written again, but for the link to the
// older row.
//
//   sequence f64 ‖ order f64 ‖ expiry f64 ‖ older u32 ‖ hash u32 ‖ database u32 ‖ key bytes u32 ‖ value at u32 ‖
//   rest at u32 ‖ end u32 ‖ type u16, encoding u16 ‖ user key ‖ value header ‖ rest
import { assert, textOf } from "../base/index";
import type { ByteString, ViewedBytes } from "../base/index";
import { lengthOfValue, versionCounterOfValue, versionMsOfValue } from "../storage/index";
import type { ValueHeader } from "../storage/index";

/** Places of the figures: in units of 8 bytes, and of 4. */
export const RecordDouble = { sequence: 0, order: 1, expiry: 2 } as const;
export const RecordWord = {
  older: 6,
  hash: 7,
  database: 8,
  keyBytes: 9,
  valueAt: 10,
  restAt: 11,
  end: 12,
  kind: 13,
} as const;
export const RECORD_HEAD_BYTES = 56;
const ENCODING_SHIFT = 16;
const TYPE_MASK = 0xffff;

/** Memory that records lie in, one after another, each at a multiple of 8 bytes. */
export class Segment implements ViewedBytes {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  /** The generation it belongs to. */
  epoch: number;
  /** Bytes in use. The first unit is no record's: so no reference and no link is 0. */
  used = 8;

  constructor(epoch: number, size: number) {
    assert(size % 8 === 0, "a segment holds whole units");
    this.epoch = epoch;
    this.bytes = Buffer.allocUnsafeSlow(size);
    const { buffer } = this.bytes;
    this.view = new DataView(buffer);
    this.words = new Int32Array(buffer, 0, size / 4);
    this.doubles = new Float64Array(buffer, 0, size / 8);
  }

  /** Makes it an empty segment of another generation; nobody may hold a row in it. */
  renew(epoch: number): void {
    this.epoch = epoch;
    this.used = 8;
  }
}

/** One version of a header; `type` 0 means that there is none. */
export class HeaderRow implements ValueHeader {
  readonly segment: Segment;
  /** Where its record begins, in bytes. */
  readonly at: number;

  constructor(segment: Segment, at: number) {
    this.segment = segment;
    this.at = at;
  }

  /** A row that says that there is none: what a range deletion leaves. */
  static absent(sequence: number, order: number): HeaderRow {
    const segment = new Segment(-1, RECORD_HEAD_BYTES + 8);
    segment.words.fill(0);
    segment.doubles[1 + RecordDouble.sequence] = sequence;
    segment.doubles[1 + RecordDouble.order] = order;
    return new HeaderRow(segment, segment.used);
  }

  /** The batch that wrote it; 0 for one loaded from storage. */
  get sequence(): number {
    return this.segment.doubles[(this.at >>> 3) + RecordDouble.sequence]!;
  }

  /** Place among all rows and range deletions, in the order they took effect. */
  get order(): number {
    return this.segment.doubles[(this.at >>> 3) + RecordDouble.order]!;
  }

  get expiryMs(): number {
    return this.segment.doubles[(this.at >>> 3) + RecordDouble.expiry]!;
  }

  get type(): number {
    return this.word(RecordWord.kind) & TYPE_MASK;
  }

  get encoding(): number {
    return this.word(RecordWord.kind) >>> ENCODING_SHIFT;
  }

  get versionMs(): number {
    return versionMsOfValue(this.bytes, this.word(RecordWord.valueAt));
  }

  get versionCounter(): number {
    return versionCounterOfValue(this.bytes, this.word(RecordWord.valueAt));
  }

  get length(): number {
    return lengthOfValue(this.bytes, this.word(RecordWord.valueAt));
  }

  get rest(): ByteString {
    return textOf(this.bytes, this.restStart, this.restEnd);
  }

  /** What `restStart` and `restEnd` lie in. Read only. */
  get bytes(): Buffer {
    return this.segment.bytes;
  }

  get restStart(): number {
    return this.word(RecordWord.restAt);
  }

  get restEnd(): number {
    return this.word(RecordWord.end);
  }

  /** The whole value of the row as storage holds it; null if there is none. */
  get value(): ByteString | null {
    if (this.type === 0) return null;
    return textOf(this.bytes, this.word(RecordWord.valueAt), this.word(RecordWord.end));
  }

  get database(): number {
    return this.word(RecordWord.database) >>> 0;
  }

  get userKey(): ByteString {
    const start = this.at + RECORD_HEAD_BYTES;
    return textOf(this.bytes, start, start + this.word(RecordWord.keyBytes));
  }

  private word(place: number): number {
    return this.segment.words[(this.at >>> 2) + place]!;
  }
}

/** What a record notes of an encoded value header. */
export function kindOf(type: number, encoding: number): number {
  return type | (encoding << ENCODING_SHIFT);
}
