// The rows in memory: one structure that is both the overlay (effects proposed and not applied) and the hot-row cache
// before RocksDB. A row written by a batch carries that batch's sequence; once the batch is applied, the same row is
// simply a clean cached one, so applying costs the cache nothing. `older` leads from a row that is not committed yet to
// what it replaced, for reads of committed state and for taking back a command.
//
// Memory is bounded by two generations: rows are written to and found in the young one, or found in the old one and
// moved up; when the young one is full it becomes the old one and the old one goes. A generation that holds rows of
// batches not applied yet must not go: the evaluator asks `rotate` only to where that is safe.
import type { ByteString } from "../base/index";
import { elementPrefixLength } from "../storage/index";
import { HeaderTable } from "./header-table";

/** Bytes counted beside keys and values: for a key (its text, its places in the maps), and for each version of its row. */
const KEY_OVERHEAD_BYTES = 120;
const VERSION_OVERHEAD_BYTES = 80;

/** The version of an element row: its value, or null when it is deleted. */
export class ElementRow {
  /** The batch that wrote it; 0 for one loaded from storage. */
  readonly sequence: number;
  /** Place among all rows and range deletions, in the order they took effect. */
  readonly order: number;
  older: ElementRow | undefined;
  /** What the older forms count for together: so that cutting them off need not look at them, which are cold in memory. */
  olderWeight: number;
  private readonly text: ByteString | null;

  constructor(sequence: number, order: number, older: ElementRow | undefined, value: ByteString | null) {
    this.sequence = sequence;
    this.order = order;
    this.older = older;
    this.olderWeight = older === undefined ? 0 : older.weight;
    this.text = value;
  }

  get value(): ByteString | null {
    return this.text;
  }

  /** What it and its older forms count for in the cache's memory. */
  get weight(): number {
    return VERSION_OVERHEAD_BYTES + (this.text === null ? 0 : this.text.length) + this.olderWeight;
  }
}

/**
 * A row whose value is long: it stays in the buffer of its batch, which is held until the batch is applied, and is not a
 * cached row then: chunks of long strings would drive everything else out of memory.
 */
export class LongElementRow extends ElementRow {
  private readonly source: Buffer;
  private readonly start: number;
  private readonly end: number;

  constructor(
    sequence: number,
    order: number,
    older: ElementRow | undefined,
    source: Buffer,
    start: number,
    end: number,
  ) {
    super(sequence, order, older, null);
    this.source = source;
    this.start = start;
    this.end = end;
  }

  override get value(): ByteString {
    return this.source.toString("latin1", this.start, this.end);
  }
}

/** What the tables of one cache share. */
export interface RowBudget {
  youngBytes: number;
  youngMaxSequence: number;
  oldMaxSequence: number;
}

/**
 * Element rows, which also know their siblings: the cached keys under one element prefix. The budget counts what stands:
 * a row that is replaced counts no more once nobody may see it.
 */
export class ElementTable {
  private readonly budget: RowBudget;
  private young = new Map<ByteString, ElementRow>();
  private old = new Map<ByteString, ElementRow>();
  private youngSiblings = new Map<ByteString, Set<ByteString>>();
  private oldSiblings = new Map<ByteString, Set<ByteString>>();

  constructor(budget: RowBudget) {
    this.budget = budget;
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  /** The newest row of a key, which stands in the young generation from then on. */
  get(key: ByteString): ElementRow | undefined {
    const row = this.young.get(key);
    if (row !== undefined || this.old.size === 0) return row;
    const aged = this.old.get(key);
    if (aged !== undefined) {
      this.old.delete(key);
      this.add(key, aged);
    }
    return aged;
  }

  /** The first row of a key that `get` does not find. */
  add(key: ByteString, row: ElementRow): void {
    this.young.set(key, row);
    this.count(KEY_OVERHEAD_BYTES + key.length + row.weight, row.sequence);
    const prefixBytes = elementPrefixLength(key);
    if (prefixBytes === 0) return;
    const prefix = key.slice(0, prefixBytes);
    const siblings = this.youngSiblings.get(prefix);
    if (siblings === undefined) this.youngSiblings.set(prefix, new Set([key]));
    else siblings.add(key);
  }

  /**
   * Makes `row` the newest of a key of which `get` has just given `before`: above it, or instead of it, or what `before`
   * replaced itself.
   */
  replace(key: ByteString, row: ElementRow, before: ElementRow): void {
    this.young.set(key, row);
    this.count(row.weight - before.weight, row.sequence);
  }

  /** Places `oldest` behind the oldest form of the newest row of a key. */
  append(newest: ElementRow, oldest: ElementRow): void {
    let last = newest;
    for (; ; last = last.older) {
      last.olderWeight += oldest.weight;
      if (last.older === undefined) break;
    }
    last.older = oldest;
    this.budget.youngBytes += oldest.weight;
  }

  /** Forgets the older forms of the newest row of a key. */
  cut(newest: ElementRow): void {
    this.budget.youngBytes -= newest.olderWeight;
    newest.older = undefined;
    newest.olderWeight = 0;
  }

  /** Forgets the forms of a key behind the first that `ends`, seen from the newest. */
  cutBehind(newest: ElementRow, ends: (form: ElementRow) => boolean): void {
    let last = newest;
    while (last.older !== undefined && !ends(last)) last = last.older;
    const gone = last.olderWeight;
    for (let form = newest; form !== last; form = form.older!) form.olderWeight -= gone;
    this.cut(last);
  }

  delete(key: ByteString): void {
    const row = this.young.get(key);
    if (row !== undefined) this.budget.youngBytes -= KEY_OVERHEAD_BYTES + key.length + row.weight;
    this.young.delete(key);
    this.old.delete(key);
  }

  /** Forgets the row of a batch that is applied, whether it is the newest of its key or one that the newest replaced. */
  forget(key: ByteString, sequence: number): void {
    const newest = this.get(key);
    if (newest === undefined) return;
    if (newest.sequence === sequence) return this.delete(key);
    this.cutBehind(newest, ({ older }) => older?.sequence === sequence);
  }

  /** Keys that may have rows in memory under an element prefix; each at most twice. */
  *under(prefix: ByteString): IterableIterator<ByteString> {
    yield* this.youngSiblings.get(prefix) ?? [];
    yield* this.oldSiblings.get(prefix) ?? [];
  }

  /** Every row of the table; a key that was moved up appears once. */
  *entries(): IterableIterator<[ByteString, ElementRow]> {
    yield* this.young;
    yield* this.old;
  }

  rotate(): void {
    this.old = this.young;
    this.young = new Map();
    this.oldSiblings = this.youngSiblings;
    this.youngSiblings = new Map();
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
    this.youngSiblings.clear();
    this.oldSiblings.clear();
  }

  private count(bytes: number, sequence: number): void {
    const { budget } = this;
    budget.youngBytes += bytes;
    if (sequence > budget.youngMaxSequence) budget.youngMaxSequence = sequence;
  }
}

/** All rows of a group in memory: headers, and everything else by its whole logical key. */
export class RowCache {
  private readonly maxBytes: number;
  private readonly budget: RowBudget = { youngBytes: 0, youngMaxSequence: 0, oldMaxSequence: 0 };
  readonly headers = new HeaderTable(this.budget);
  readonly elements = new ElementTable(this.budget);
  /** Batches up to here may have left no trace: a load that began before they were applied must not be cached. */
  forgottenSequence = 0;
  readonly statistics = { hitsTotal: 0, missesTotal: 0, rotationsTotal: 0 };

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The young generation's bytes: about half of what is held. */
  get bytes(): number {
    return this.budget.youngBytes;
  }

  get rows(): number {
    return this.elements.size + this.headers.size;
  }

  /** Ages the generations when the young one is full and the old one holds nothing that is not applied yet. */
  rotateWhenFull(appliedSequence: number): void {
    const budget = this.budget;
    if (budget.youngBytes * 2 < this.maxBytes || budget.oldMaxSequence > appliedSequence) return;
    this.statistics.rotationsTotal++;
    this.forgot(budget.oldMaxSequence);
    budget.oldMaxSequence = budget.youngMaxSequence;
    budget.youngMaxSequence = 0;
    budget.youngBytes = 0;
    this.elements.rotate();
    this.headers.rotate();
  }

  /** Forgets every row. `sequence` is the last batch that may have written one. */
  clear(sequence: number): void {
    this.headers.clear();
    this.elements.clear();
    Object.assign(this.budget, { youngBytes: 0, youngMaxSequence: 0, oldMaxSequence: 0 });
    this.forgot(sequence);
  }

  /** Rows of batches up to `sequence` may be gone from here. */
  forgot(sequence: number): void {
    if (sequence > this.forgottenSequence) this.forgottenSequence = sequence;
  }
}
