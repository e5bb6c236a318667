// The overlay: what a session reads above applied state. It keeps the batches that are proposed and not applied and
// indexes their operations into the row cache, lazily: only when something has to be read. A load of blind writes never
// indexes anything; batches that were applied without being indexed make cached rows stale, so they stay queued for
// the index up to a bound, and beyond it the cache is dropped instead.
//
// Order: `order` numbers every indexed row, range deletion and load in the order they take effect, so that a range
// deletion hides exactly the rows before it. Two views exist: the latest (open batch included), and committed state.
import { RingQueue, prefixEnd, textOf } from "../base/index";
import type { ByteString } from "../base/index";
import {
  OperationReader,
  OperationTag,
  PAYLOAD_HEADER_BYTES,
  Space,
  databaseOfKey,
  elementPrefixLength,
  headerKey,
  userKeyOfHeader,
} from "../storage/index";
import type { Batch } from "./batch";
import type { RowCache } from "./row-table";
import { HeaderRow } from "./header-row";
import { ElementRow, LongElementRow } from "./row-table";

/** Applied operations, and bytes of their batches, that may wait for the index before the cache is dropped instead. */
const BACKLOG_MAX_OPERATIONS = 4096;
const BACKLOG_MAX_BYTES = 8 * 1024 * 1024;
/** A longer value of an element is not copied out of its batch, and not cached. */
const LONG_VALUE_BYTES = 4096;

interface RangeDeletion {
  readonly lower: ByteString;
  readonly upper: ByteString;
  readonly sequence: number;
  readonly order: number;
}

export interface PendingRow {
  readonly key: ByteString;
  /** The batch that wrote it. */
  readonly sequence: number;
  /** null: deleted. */
  readonly value: ByteString | null;
}

export class Overlay {
  readonly cache: RowCache;
  open: Batch;
  committedSequence = 0;
  appliedSequence = 0;
  /** Sealed batches that are not applied, oldest first. */
  private readonly unapplied = new RingQueue<Batch>();
  /** Sealed batches that the index does not cover yet, oldest first; some may be applied. */
  private readonly unindexed = new RingQueue<Batch>();
  private backlogOperations = 0;
  /** Buffers of applied batches that are held for the index. */
  backlogBytes = 0;
  private ranges: RangeDeletion[] = [];
  private order = 0;

  constructor(cache: RowCache, open: Batch) {
    this.cache = cache;
    this.open = open;
  }

  /** The open batch was sealed; `next` takes its place. */
  sealed(next: Batch): void {
    const batch = this.open;
    this.unapplied.push(batch);
    if (batch.indexedLength !== batch.length || this.unindexed.length > 0) this.unindexed.push(batch);
    this.open = next;
  }

  /** Batches up to `sequence` are applied: storage shows them. */
  applied(sequence: number): void {
    this.appliedSequence = sequence;
    for (let batch = this.unapplied.peek(); batch !== undefined; batch = this.unapplied.peek()) {
      if (batch.sequence > sequence) break;
      this.unapplied.shift();
      if (batch.longElements.length > 0) {
        for (const key of batch.longElements) this.cache.elements.forget(key, batch.sequence);
        this.cache.forgot(batch.sequence);
      }
      const first = this.unindexed.peek();
      if (first === undefined || batch.sequence < first.sequence) continue;
      this.backlogOperations += batch.operationCount;
      this.backlogBytes += batch.bytes.length;
    }
    if (this.backlogOperations > BACKLOG_MAX_OPERATIONS || this.backlogBytes > BACKLOG_MAX_BYTES)
      this.dropBacklog();
    if (this.ranges.length > 0) this.retireRanges();
    this.cache.rotateWhenFull(sequence);
  }

  /** Everything pending is void: leadership was lost. */
  clear(open: Batch): void {
    this.unapplied.clear();
    this.unindexed.clear();
    this.backlogOperations = this.backlogBytes = 0;
    this.ranges = [];
    this.open = open;
    this.committedSequence = this.appliedSequence = open.sequence - 1;
    this.cache.clear(this.appliedSequence);
  }

  /** The header row of the view if it is known here; undefined: ask storage. */
  header(database: number, userKey: ByteString, committed: boolean): HeaderRow | undefined {
    this.update();
    const row = this.seen(this.cache.headers.findText(database, userKey), committed);
    return this.ranges.length === 0 ? row : this.uncovered(row, headerKey(database, userKey), committed);
  }

  /** The same of the user key [start, end) of `source`. */
  headerOf(
    database: number,
    source: Buffer,
    start: number,
    end: number,
    committed: boolean,
  ): HeaderRow | undefined {
    this.update();
    const row = this.seen(this.cache.headers.find(database, source, start, end), committed);
    if (this.ranges.length === 0) return row;
    return this.uncovered(row, headerKey(database, textOf(source, start, end)), committed);
  }

  /** Of a row and those it replaced the newest one that the view shows. */
  private seen(row: HeaderRow | undefined, committed: boolean): HeaderRow | undefined {
    if (committed)
      while (row !== undefined && row.sequence > this.committedSequence) row = this.cache.headers.older(row);
    return row;
  }

  /** The row, or that there is none where a range deletion covers it. */
  private uncovered(row: HeaderRow | undefined, key: ByteString, committed: boolean): HeaderRow | undefined {
    if (row?.type === 0) return row;
    const range = this.covering(key, committed, row === undefined ? 0 : row.order);
    return range === undefined ? row : HeaderRow.absent(range.sequence, range.order);
  }

  element(key: ByteString, committed: boolean): ElementRow | undefined {
    this.update();
    let row = this.cache.elements.get(key);
    if (committed) while (row !== undefined && row.sequence > this.committedSequence) row = row.older;
    if (this.ranges.length > 0) {
      const range = this.covering(key, committed, row === undefined ? 0 : row.order);
      if (range !== undefined) row = new ElementRow(range.sequence, range.order, undefined, null);
    }
    return row;
  }

  /**
   * Remembers what storage gave, null for nothing, when the view had no row. It stands below every range deletion in
   * flight: order 0.
   */
  loadedHeader(database: number, userKey: ByteString, value: ByteString | null): HeaderRow {
    return this.cache.headers.loaded(database, userKey, value, this.committedSequence);
  }

  loadedElement(key: ByteString, value: ByteString | null): ElementRow {
    const row = new ElementRow(0, 0, undefined, value);
    const { elements } = this.cache;
    const newest = elements.get(key);
    if (newest === undefined) {
      elements.add(key, row);
      return row;
    }
    let oldest = newest;
    while (oldest.older !== undefined) oldest = oldest.older;
    if (oldest.sequence > this.committedSequence) elements.append(newest, row);
    return row;
  }

  /** True if storage alone cannot tell: the key has a row here, or a range deletion covers it. */
  knows(key: ByteString): boolean {
    this.update();
    const { headers, elements } = this.cache;
    const row =
      key.charCodeAt(0) === Space.header
        ? headers.findText(databaseOfKey(key), userKeyOfHeader(key))
        : elements.get(key);
    return row !== undefined || (this.ranges.length > 0 && this.covering(key, false, 0) !== undefined);
  }

  /** Range deletions of the view in effect above the row order given that cover the key: the latest of them. */
  private covering(key: ByteString, committed: boolean, order: number): RangeDeletion | undefined {
    let found: RangeDeletion | undefined;
    for (const range of this.ranges) {
      if (range.order <= order || (committed && range.sequence > this.committedSequence)) continue;
      if (key >= range.lower && key < range.upper) found = range;
    }
    return found;
  }

  /**
   * What the overlay lays over storage's rows in [lower, upper), in key order; keys not named are as storage has them,
   * except those under `hides`. Within one element prefix the index answers; else the batches in flight are walked.
   */
  pendingIn(lower: ByteString, upper: ByteString, committed: boolean): PendingRow[] {
    this.update();
    const keys = new Set<ByteString>();
    const prefixBytes = elementPrefixLength(lower);
    const prefix = lower.slice(0, prefixBytes);
    const end = prefixBytes === 0 ? undefined : prefixEnd(prefix);
    if (end !== undefined && upper <= end) {
      for (const key of this.cache.elements.under(prefix)) if (key >= lower && key < upper) keys.add(key);
    } else {
      for (let i = 0; i < this.unapplied.length; i++) collectKeys(this.unapplied.at(i)!, lower, upper, keys);
      collectKeys(this.open, lower, upper, keys);
    }
    const rows: PendingRow[] = [];
    for (const key of [...keys].sort(compareBytes)) {
      if (key.charCodeAt(0) === Space.header) {
        const header = this.header(databaseOfKey(key), userKeyOfHeader(key), committed);
        if (header === undefined) continue;
        rows.push({ key, sequence: header.sequence, value: header.value });
      } else {
        const row = this.element(key, committed);
        if (row !== undefined) rows.push({ key, sequence: row.sequence, value: row.value });
      }
    }
    return rows;
  }

  /** True if a range deletion of the view covers a row that storage still shows and no later row replaced. */
  hides(key: ByteString, committed: boolean): boolean {
    return this.ranges.length > 0 && this.covering(key, committed, 0) !== undefined;
  }

  get hasRanges(): boolean {
    return this.ranges.length > 0;
  }

  /** The last batch that has a range deletion in the view. */
  get rangesSequence(): number {
    return this.ranges.length === 0 ? 0 : this.ranges[this.ranges.length - 1]!.sequence;
  }

  /**
   * Adds the put of an element to the open batch. Where its key is known and all before it is indexed, it is indexed at
   * once, which saves reading the key back and looking for it again. No text of the caller is kept: it may be a part of
   * a long one.
   */
  putElement(key: ByteString, value: ByteString): void {
    const batch = this.open;
    const isNext = batch.indexedLength === batch.length && this.unindexed.length === 0;
    batch.put(key, value);
    if (!isNext || value.length > LONG_VALUE_BYTES) return;
    const { elements } = this.cache;
    const before = elements.get(key);
    if (before === undefined) return;
    const { length, sequence } = batch;
    const text = textOf(batch.bytes, length - value.length, length);
    elements.replace(key, new ElementRow(sequence, ++this.order, this.kept(before, sequence), text), before);
    batch.indexedLength = length;
    batch.indexedCount = batch.operationCount;
  }

  /** Takes back what the open batch holds behind the mark. */
  rollback(markLength: number, markCount: number): void {
    const batch = this.open;
    if (batch.indexedLength > markLength) {
      const reader = new OperationReader(
        batch.bytes,
        markLength,
        batch.indexedLength,
        batch.indexedCount - markCount,
      );
      const undone: { tag: number; keyStart: number; keyEnd: number }[] = [];
      while (reader.next()) {
        const { tag, keyStart, keyEnd } = reader;
        undone.push({ tag, keyStart, keyEnd });
      }
      for (const { tag, keyStart, keyEnd } of undone.reverse()) {
        if (tag === OperationTag.deleteRange) this.ranges.pop();
        else if (batch.bytes[keyStart] === Space.header)
          this.cache.headers.undo(batch.bytes, keyStart, keyEnd);
        else this.undoElement(batch.bytes.toString("latin1", keyStart, keyEnd));
      }
      batch.indexedLength = markLength;
      batch.indexedCount = markCount;
    }
    batch.truncate(markLength, markCount);
  }

  private undoElement(key: ByteString): void {
    const { elements } = this.cache;
    const row = elements.get(key);
    if (row?.older === undefined) elements.delete(key);
    else elements.replace(key, row.older, row);
  }

  /** Brings the index up to the last operation. */
  update(): void {
    const open = this.open;
    if (open.indexedLength === open.length && this.unindexed.length === 0) return;
    for (let batch = this.unindexed.shift(); batch !== undefined; batch = this.unindexed.shift()) {
      this.indexBatch(batch);
    }
    this.backlogOperations = this.backlogBytes = 0;
    this.indexBatch(open);
  }

  private indexBatch(batch: Batch): void {
    if (batch.indexedLength === batch.length) return;
    const { bytes: buffer, sequence } = batch;
    const reader = new OperationReader(
      buffer,
      batch.indexedLength,
      batch.length,
      batch.operationCount - batch.indexedCount,
    );
    while (reader.next()) {
      const { tag, keyStart, keyEnd } = reader;
      const order = ++this.order;
      if (tag === OperationTag.deleteRange) {
        const lower = buffer.toString("latin1", keyStart, keyEnd);
        const upper = buffer.toString("latin1", reader.valueStart, reader.valueEnd);
        this.ranges.push({ lower, upper, sequence, order });
      } else if (buffer[keyStart] === Space.header) {
        const { valueStart, valueEnd } = reader;
        this.cache.headers.indexed(
          batch,
          keyStart,
          keyEnd,
          valueStart,
          valueEnd,
          sequence,
          order,
          this.committedSequence,
        );
      } else {
        const key = textOf(buffer, keyStart, keyEnd);
        const { valueStart, valueEnd } = reader;
        if (valueEnd - valueStart > LONG_VALUE_BYTES) {
          this.indexLong(batch, key, order, valueStart, valueEnd);
          continue;
        }
        const value = tag === OperationTag.put ? textOf(buffer, valueStart, valueEnd) : null;
        const before = this.cache.elements.get(key);
        this.setElement(key, new ElementRow(sequence, order, this.kept(before, sequence), value), before);
      }
    }
    batch.indexedLength = batch.length;
    batch.indexedCount = batch.operationCount;
    // Ranges of a batch that was applied before it was indexed hide only what is already gone.
    if (sequence <= this.appliedSequence && this.ranges.length > 0) this.retireRanges();
  }

  private indexLong(batch: Batch, key: ByteString, order: number, start: number, end: number): void {
    const { sequence, bytes } = batch;
    const { elements } = this.cache;
    if (sequence <= this.appliedSequence) {
      // Storage has it, and what stands here is older.
      elements.delete(key);
      this.cache.forgot(sequence);
      return;
    }
    const before = elements.get(key);
    const older = this.kept(before, sequence);
    this.setElement(key, new LongElementRow(sequence, order, older, bytes, start, end), before);
    batch.longElements.push(key);
  }

  private setElement(key: ByteString, row: ElementRow, before: ElementRow | undefined): void {
    if (before === undefined) this.cache.elements.add(key, row);
    else this.cache.elements.replace(key, row, before);
  }

  /** What stays of the newest row under one of `sequence`: a committed row needs nothing older than itself. */
  private kept(row: ElementRow | undefined, sequence: number): ElementRow | undefined {
    if (row === undefined || sequence <= this.committedSequence) return undefined;
    if (row.sequence <= this.committedSequence) this.cache.elements.cut(row);
    return row;
  }

  private dropBacklog(): void {
    let last = 0;
    for (let batch = this.unindexed.peek(); batch !== undefined; batch = this.unindexed.peek()) {
      if (batch.sequence > this.appliedSequence) break;
      last = batch.sequence;
      this.unindexed.shift();
    }
    this.backlogOperations = this.backlogBytes = 0;
    // A batch is indexed only after all before it, so every row in memory is of an applied batch: nothing pending goes.
    this.ranges = [];
    this.cache.clear(last);
  }

  /** Applied range deletions have taken their rows out of storage; takes them out of memory, too. */
  private retireRanges(): void {
    const retired = this.ranges.filter((range) => range.sequence <= this.appliedSequence);
    if (retired.length === 0) return;
    this.ranges = this.ranges.filter((range) => range.sequence > this.appliedSequence);
    this.cache.forgot(retired[retired.length - 1]!.sequence);
    for (const range of retired) {
      if (prefixEnd(range.lower) === range.upper && elementPrefixLength(range.lower) === range.lower.length) {
        for (const key of this.cache.elements.under(range.lower)) this.forgetElement(key, range);
        continue;
      }
      for (const [key] of this.cache.elements.entries()) this.forgetElement(key, range);
      if (range.lower.charCodeAt(0) === Space.header) this.forgetHeaders(range);
    }
  }

  private forgetElement(key: ByteString, range: RangeDeletion): void {
    if (key < range.lower || key >= range.upper) return;
    const row = this.cache.elements.get(key);
    if (row === undefined) return;
    if (row.order < range.order) return this.cache.elements.delete(key);
    // What took effect before the range deletion goes.
    this.cache.elements.cutBehind(row, ({ older }) => older !== undefined && older.order <= range.order);
  }

  private forgetHeaders(range: RangeDeletion): void {
    const { headers } = this.cache;
    headers.retain((row) => {
      const key = headerKey(row.database, row.userKey);
      if (key < range.lower || key >= range.upper) return true;
      if (row.order < range.order) return false;
      headers.forgetBefore(row, range.order);
      return true;
    });
  }
}

/** ByteStrings compare by char code, which is byte order. */
export function compareBytes(a: ByteString, b: ByteString): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function collectKeys(batch: Batch, lower: ByteString, upper: ByteString, keys: Set<ByteString>): void {
  const reader = new OperationReader(batch.bytes, PAYLOAD_HEADER_BYTES, batch.length, batch.operationCount);
  while (reader.next()) {
    if (reader.tag === OperationTag.deleteRange) continue;
    const key = batch.bytes.toString("latin1", reader.keyStart, reader.keyEnd);
    if (key >= lower && key < upper) keys.add(key);
  }
}
