// The header rows in memory, of all databases of a group: an open hash table over records of bytes (header-row.ts). Rows are
// found by the bytes of their user key, so that the hot path makes no text of a key; the hash is the one that stands in the
// storage key, so that a row which comes from a batch is not hashed again. Measured against maps of texts and objects in
// perf-reports/2026-11-24-header-table.md.
//
// There are two generations, as in row-table.ts, whose budget it shares. The slot leads to the newest row of a key, and from
// there links to the older ones. A row that nobody may see any more makes room for a newer one of its key, if that takes as
// much; else it stays where it is until its generation goes, as part of what the budget counts. A link is a reference shifted by one; the low bit says that it leads into the generation before.
import { assert, copyWords, getU32, keyHash, writeText } from "../base/index";
import type { ByteString, ViewedBytes } from "../base/index";
import { HEADER_KEY_PREFIX_BYTES, expiryOfValue, restOfValue } from "../storage/index";
import { HeaderRow, RECORD_HEAD_BYTES, RecordDouble, RecordWord, Segment, kindOf } from "./header-row";
import type { RowBudget } from "./row-table";

/** A reference is the segment's number and the record's unit of 8 bytes in it, never 0. */
const UNIT_BITS = 15;
const UNIT_MASK = 2 ** UNIT_BITS - 1;
const SEGMENT_MAX_BYTES = 2 ** UNIT_BITS * 8;
const SEGMENT_MIN_BYTES = 4096;
/** Two words each: hash, and reference or 0 where it is free. */
const FIRST_SLOTS = 64;
const REMOVED = -1;
/** Bytes counted for a row's slot. */
const SLOT_BYTES = 16;
const TEXT_BYTES = 64 * 1024;

class Generation {
  readonly epoch: number;
  readonly segments: Segment[] = [];
  /** Segments of a generation that is gone, to be filled before new ones are made: those cost page faults and collections. */
  readonly spare: Segment[];
  private slots = new Int32Array(FIRST_SLOTS * 2);
  private mask = FIRST_SLOTS - 1;
  /** Slots that are not free, and rows among them. */
  private taken = 0;
  rows = 0;

  constructor(epoch: number, spare: Segment[] = []) {
    this.epoch = epoch;
    this.spare = spare;
  }

  /** The slot that leads to the newest row of a key, or -1. */
  find(hash: number, database: number, source: Uint8Array, start: number, end: number): number {
    const { slots, mask } = this;
    for (let slot = placeOf(hash, database) & mask; ; slot = (slot + 1) & mask) {
      const reference = slots[slot * 2 + 1]!;
      if (reference === 0) return -1;
      if (slots[slot * 2] !== hash || reference === REMOVED) continue;
      const segment = this.segments[reference >>> UNIT_BITS]!;
      const at = (reference & UNIT_MASK) * 8;
      const { words } = segment;
      const word = at >>> 2;
      if (
        words[word + RecordWord.database] === (database | 0) &&
        words[word + RecordWord.keyBytes] === end - start &&
        equalBytes(segment.bytes, at + RECORD_HEAD_BYTES, source, start, end)
      ) {
        return slot;
      }
    }
  }

  /** What the slot leads to. */
  at(slot: number): HeaderRow {
    return this.rowOf(this.referenceAt(slot));
  }

  referenceAt(slot: number): number {
    return this.slots[slot * 2 + 1]!;
  }

  rowOf(reference: number): HeaderRow {
    return new HeaderRow(this.segments[reference >>> UNIT_BITS]!, (reference & UNIT_MASK) * 8);
  }

  point(slot: number, reference: number): void {
    this.slots[slot * 2 + 1] = reference;
  }

  /**
   * A committed row needs nothing older than itself: returns the record that is free by that, 0 if there is none in this
   * generation.
   */
  trim(reference: number, committedSequence: number): number {
    const { doubles, words } = this.segments[reference >>> UNIT_BITS]!;
    const unit = reference & UNIT_MASK;
    if (doubles[unit + RecordDouble.sequence]! > committedSequence) return 0;
    const link = words[unit * 2 + RecordWord.older]!;
    words[unit * 2 + RecordWord.older] = 0;
    return link & 1 ? 0 : link >>> 1;
  }

  /** Bytes that a record takes. */
  sizeOf(reference: number): number {
    const { words } = this.segments[reference >>> UNIT_BITS]!;
    const unit = reference & UNIT_MASK;
    return sizeFor(words[unit * 2 + RecordWord.end]! - unit * 8);
  }

  remove(slot: number): void {
    this.slots[slot * 2 + 1] = REMOVED;
    this.rows--;
  }

  add(hash: number, database: number, reference: number): void {
    if ((this.taken + 1) * 4 > (this.mask + 1) * 3) this.widen();
    const { slots, mask } = this;
    let slot = placeOf(hash, database) & mask;
    while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
    slots[slot * 2] = hash;
    slots[slot * 2 + 1] = reference;
    this.taken++;
    this.rows++;
  }

  /** Room for a record of `bytes`; what was there before is undefined. */
  reserve(bytes: number): number {
    const size = sizeFor(bytes);
    let last = this.segments[this.segments.length - 1];
    if (last === undefined || last.used + size > last.bytes.length) {
      const wanted = Math.max(
        size + 8,
        Math.min(SEGMENT_MAX_BYTES, SEGMENT_MIN_BYTES << Math.min(this.segments.length, 6)),
      );
      assert(wanted <= SEGMENT_MAX_BYTES, "a row fits a segment");
      last = this.spare.pop();
      if (last === undefined) last = new Segment(this.epoch, wanted);
      else last.renew(this.epoch);
      this.segments.push(last);
    }
    const reference = ((this.segments.length - 1) << UNIT_BITS) | (last.used >>> 3);
    last.used += size;
    return reference;
  }

  *filled(): IterableIterator<number> {
    // A table that is widened meanwhile would be gone through twice: who walks may remove, and add nothing.
    const { slots } = this;
    for (let slot = 0; slot * 2 < slots.length; slot++) if (slots[slot * 2 + 1]! > 0) yield slot;
  }

  private widen(): void {
    const old = this.slots;
    const count = this.rows * 4 > this.mask + 1 ? (this.mask + 1) * 2 : this.mask + 1;
    const slots = new Int32Array(count * 2);
    const mask = count - 1;
    for (let at = 0; at < old.length; at += 2) {
      const reference = old[at + 1]!;
      if (reference <= 0) continue;
      const { segment, at: place } = this.rowOf(reference);
      let slot = placeOf(old[at]!, segment.words[(place >>> 2) + RecordWord.database]!) & mask;
      while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
      slots[slot * 2] = old[at]!;
      slots[slot * 2 + 1] = reference;
    }
    this.slots = slots;
    this.mask = mask;
    this.taken = this.rows;
  }
}

export class HeaderTable {
  private readonly budget: RowBudget;
  private young = new Generation(1);
  private old = new Generation(0);
  /**
   * Whether a record may be written again once no view shows it. Not while somebody holds rows over several turns: a
   * stepped evaluation.
   */
  reuses = true;
  /** The slot of what `locate` found last. */
  private foundSlot = -1;
  /** The bytes of user keys that come as texts. */
  private readonly text = Buffer.allocUnsafeSlow(TEXT_BYTES);

  constructor(budget: RowBudget) {
    this.budget = budget;
  }

  /** Rows that are found; one that was moved up counts twice until its old form goes. */
  get size(): number {
    return this.young.rows + this.old.rows;
  }

  /** The newest row of the user key [start, end). */
  find(database: number, source: Uint8Array, start: number, end: number): HeaderRow | undefined {
    return this.locate(keyHash(source, start, end) | 0, database, source, start, end)
      ? this.young.at(this.foundSlot)
      : undefined;
  }

  findText(database: number, userKey: ByteString): HeaderRow | undefined {
    const end = this.write(userKey);
    return end < 0 ? undefined : this.find(database, this.text, 0, end);
  }

  /** What the row replaced, as far as it is in memory. */
  older(row: HeaderRow): HeaderRow | undefined {
    const { segment, at } = row;
    const link = segment.words[(at >>> 2) + RecordWord.older]!;
    if (link === 0) return undefined;
    const { young, old } = this;
    if (segment.epoch === young.epoch) return (link & 1 ? old : young).rowOf(link >>> 1);
    // From the old generation into the one before it, which is gone.
    return segment.epoch === old.epoch && (link & 1) === 0 ? old.rowOf(link >>> 1) : undefined;
  }

  /** Cuts off a row what took effect before `order` and is older than it. */
  forgetBefore(row: HeaderRow, order: number): void {
    let newer = row;
    for (let next = this.older(newer); next !== undefined && next.order > order; next = this.older(newer)) {
      newer = next;
    }
    newer.segment.words[(newer.at >>> 2) + RecordWord.older] = 0;
  }

  /**
   * Takes in a put or, with `valueStart` equal to `valueEnd`, a delete of a header key as a batch holds it: the newest row
   * of its key from now on. If it is not committed (it is above `committedSequence`) it is linked to the row before it, for
   * those who may not see it; a row that is committed is linked to none.
   */
  indexed(
    batch: ViewedBytes,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    sequence: number,
    order: number,
    committedSequence: number,
  ): void {
    const source = batch.bytes;
    const database = getU32(source, keyStart + 1);
    const hash = getU32(source, keyStart + 7) | 0;
    const start = keyStart + HEADER_KEY_PREFIX_BYTES;
    // What is found stands in the young generation: there it was, or there it was moved.
    const found = this.locate(hash, database, source, start, keyEnd);
    const slot = this.foundSlot;
    const { young } = this;
    let link = 0;
    let spare = 0;
    if (found) {
      const before = young.referenceAt(slot);
      if (sequence > committedSequence) {
        link = before << 1;
        spare = young.trim(before, committedSequence);
      } else {
        spare = before;
      }
    }
    // What stands between key and value is copied with them.
    const bytes = (valueEnd > valueStart ? valueEnd : keyEnd) - start;
    const isReused = spare !== 0 && this.reuses && young.sizeOf(spare) === sizeFor(RECORD_HEAD_BYTES + bytes);
    const reference = isReused ? spare : young.reserve(RECORD_HEAD_BYTES + bytes);
    const segment = young.segments[reference >>> UNIT_BITS]!;
    const at = (reference & UNIT_MASK) * 8;
    copyWords(batch, start, bytes, segment, at + RECORD_HEAD_BYTES);
    const valueAt = at + RECORD_HEAD_BYTES + (valueStart - start);
    const end = at + RECORD_HEAD_BYTES + bytes;
    this.note(segment, at, hash, database, keyEnd - start, valueStart < valueEnd ? valueAt : -1, end);
    segment.doubles[(at >>> 3) + RecordDouble.sequence] = sequence;
    segment.doubles[(at >>> 3) + RecordDouble.order] = order;
    segment.words[(at >>> 2) + RecordWord.older] = link;
    if (found) young.point(slot, reference);
    else young.add(hash, database, reference);
    if (isReused) this.noteSequence(sequence);
    else this.count(bytes, sequence);
  }

  /** Takes in what storage has: the only row of its key, or the oldest under rows that are not committed yet. */
  loaded(
    database: number,
    userKey: ByteString,
    value: ByteString | null,
    committedSequence: number,
  ): HeaderRow {
    const keyBytes = this.write(userKey);
    assert(keyBytes >= 0, "storage has no key beyond the limit");
    const hash = keyHash(this.text, 0, keyBytes) | 0;
    const found = this.locate(hash, database, this.text, 0, keyBytes);
    const { young } = this;
    let newest = found ? young.at(this.foundSlot) : undefined;
    const bytes = keyBytes + (value === null ? 0 : value.length);
    const reference = young.reserve(RECORD_HEAD_BYTES + bytes);
    const row = young.rowOf(reference);
    const { segment, at } = row;
    const keyAt = at + RECORD_HEAD_BYTES;
    this.text.copy(segment.bytes, keyAt, 0, keyBytes);
    if (value !== null) segment.bytes.write(value, keyAt + keyBytes, "latin1");
    this.note(segment, at, hash, database, keyBytes, value === null ? -1 : keyAt + keyBytes, keyAt + bytes);
    segment.doubles[(at >>> 3) + RecordDouble.sequence] = 0;
    segment.doubles[(at >>> 3) + RecordDouble.order] = 0;
    segment.words[(at >>> 2) + RecordWord.older] = 0;
    this.count(bytes, 0);
    if (newest === undefined) {
      young.add(hash, database, reference);
      return row;
    }
    for (let next = this.older(newest); next !== undefined; next = this.older(newest)) newest = next;
    // No link leads from the old generation into the young one; then the row is not remembered.
    if (newest.sequence > committedSequence && newest.segment.epoch === young.epoch)
      newest.segment.words[(newest.at >>> 2) + RecordWord.older] = reference << 1;
    return row;
  }

  /** Takes the newest row of the key [start, end) back: the one before it is the newest again. */
  undo(source: Buffer, keyStart: number, keyEnd: number): void {
    const database = getU32(source, keyStart + 1);
    const hash = getU32(source, keyStart + 7) | 0;
    const start = keyStart + HEADER_KEY_PREFIX_BYTES;
    if (!this.locate(hash, database, source, start, keyEnd)) return;
    const { young, old } = this;
    const slot = this.foundSlot;
    const { segment, at } = young.at(slot);
    const link = segment.words[(at >>> 2) + RecordWord.older]!;
    if (link !== 0 && (link & 1) === 0) return young.point(slot, link >>> 1);
    // Before it there is one of the old generation, or none.
    young.remove(slot);
    const aged = old.find(hash, database, source, start, keyEnd);
    if (aged < 0) return;
    if (link === 0) old.remove(aged);
    else old.point(aged, link >>> 1);
  }

  /** Shows every row to which a key leads; `keep` false removes it. Nothing is added meanwhile. */
  retain(keep: (row: HeaderRow) => boolean): void {
    for (const generation of [this.young, this.old]) {
      for (const slot of generation.filled()) if (!keep(generation.at(slot))) generation.remove(slot);
    }
  }

  rotate(): void {
    const gone = this.old;
    this.old = this.young;
    const spare = this.reuses ? gone.segments.filter(({ bytes }) => bytes.length === SEGMENT_MAX_BYTES) : [];
    // No more than the last generation took: the new one may be one of fewer or smaller rows.
    spare.push(...this.old.spare.splice(0));
    spare.length = Math.min(spare.length, this.old.segments.length);
    this.young = new Generation(this.old.epoch + 1, spare);
  }

  clear(): void {
    const { epoch } = this.young;
    this.old = new Generation(epoch + 1);
    this.young = new Generation(epoch + 2);
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether the key has a row: then `foundSlot` of the young generation leads to it, be it that it was moved up. */
  private locate(hash: number, database: number, source: Uint8Array, start: number, end: number): boolean {
    const { young, old } = this;
    this.foundSlot = young.find(hash, database, source, start, end);
    if (this.foundSlot >= 0) return true;
    if (old.rows === 0) return false;
    const aged = old.find(hash, database, source, start, end);
    if (aged < 0) return false;
    this.moveUp(old.at(aged), hash, database);
    this.foundSlot = young.find(hash, database, source, start, end);
    return true;
  }

  /** Copies a row of the old generation into the young one; its old form goes with its generation. */
  private moveUp({ segment, at }: HeaderRow, hash: number, database: number): void {
    const { young } = this;
    const word = at >>> 2;
    const bytes = segment.words[word + RecordWord.end]! - at;
    const reference = young.reserve(bytes);
    const to = young.segments[reference >>> UNIT_BITS]!;
    const place = (reference & UNIT_MASK) * 8;
    copyWords(segment, at, bytes, to, place);
    const moved = place - at;
    const target = place >>> 2;
    const link = segment.words[word + RecordWord.older]!;
    // A link within the old generation leads into the one before from here; one out of it leads to what is gone.
    to.words[target + RecordWord.older] = (link & 1) === 0 && link !== 0 ? link | 1 : 0;
    for (const field of [RecordWord.valueAt, RecordWord.restAt, RecordWord.end])
      to.words[target + field]! += moved;
    young.add(hash, database, reference);
    this.count(bytes - RECORD_HEAD_BYTES, segment.doubles[(at >>> 3) + RecordDouble.sequence]!);
  }

  /** Writes a record's figures; `valueAt` -1: there is no value. */
  private note(
    { bytes, words, doubles }: Segment,
    at: number,
    hash: number,
    database: number,
    keyBytes: number,
    valueAt: number,
    end: number,
  ): void {
    const word = at >>> 2;
    words[word + RecordWord.hash] = hash;
    words[word + RecordWord.database] = database;
    words[word + RecordWord.keyBytes] = keyBytes;
    words[word + RecordWord.end] = end;
    if (valueAt < 0) {
      words[word + RecordWord.valueAt] = words[word + RecordWord.restAt] = end;
      words[word + RecordWord.kind] = 0;
      doubles[(at >>> 3) + RecordDouble.expiry] = 0;
      return;
    }
    words[word + RecordWord.valueAt] = valueAt;
    words[word + RecordWord.restAt] = restOfValue(bytes, valueAt, end);
    words[word + RecordWord.kind] = kindOf(bytes[valueAt + 1]!, bytes[valueAt + 2]!);
    doubles[(at >>> 3) + RecordDouble.expiry] = expiryOfValue(bytes, valueAt);
  }

  private count(bytes: number, sequence: number): void {
    const { budget } = this;
    budget.youngBytes += RECORD_HEAD_BYTES + bytes + SLOT_BYTES;
    this.noteSequence(sequence);
  }

  private noteSequence(sequence: number): void {
    const { budget } = this;
    if (sequence > budget.youngMaxSequence) budget.youngMaxSequence = sequence;
  }

  /** Writes a user key to `text` and returns its length; -1 if it is longer than any row's. */
  private write(userKey: ByteString): number {
    const { length } = userKey;
    if (length > TEXT_BYTES) return -1;
    writeText(userKey, this.text, 0);
    return length;
  }
}

/** Records lie at multiples of 8 bytes. */
function sizeFor(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** Where a key's slot is looked for first. */
function placeOf(hash: number, database: number): number {
  return hash ^ Math.imul(database, 0x9e3779b1);
}

function equalBytes(bytes: Buffer, at: number, source: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++, at++) if (bytes[at] !== source[i]) return false;
  return true;
}
