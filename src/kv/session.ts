// The session: what a command sees while it is evaluated. Evaluation is synchronous; a command reads through the
// session, emits operations into the open batch, and either finishes or is taken back as if it had never run. A read
// that cannot be answered from memory gives `notReady`: the command returns at once, the evaluator loads what was
// missing and evaluates it again from its start.
//
// A session has one of two views: `latest` (the open batch and everything in flight; the reply waits for the highest
// batch observed) or `committed` (a read with nothing unanswered before it: the reply waits for nothing).
//
// This is the interface of every command and adapter: headers of Redis keys by (database, user key), and logical keys
// of any space as ByteStrings for everything else.
import { assert, textOf } from "../base/index";
import type { ByteString } from "../base/index";
import {
  MAX_KEY_BYTES,
  MetaField,
  Space,
  collectionTombstoneKey,
  databaseTombstoneKey,
  elementPrefix,
  headerKey,
  mayBeRowKey,
  metaKey,
  notInMemory,
  rowBound,
  tombstoneValue,
  versionBytes,
  ValueEncoding,
} from "../storage/index";
import type { ReadTier, ScanRequest, Storage, ValueHeader } from "../storage/index";
import type { Batch, ReleaseWaiter } from "./batch";
import type { Databases } from "./databases";
import type { HybridClock } from "./hybrid-clock";
import type { Overlay } from "./overlay";
import type { HeaderRow } from "./header-row";
import { mergeScan } from "./scan";
import type { ScanLimits, ScanResult } from "./scan";

/** The command cannot be evaluated now; it has to return this and will be evaluated again. */
export const notReady: unique symbol = Symbol("not ready");
export type NotReady = typeof notReady;

/** The value of one element, which has to fit an entry. */
export const ELEMENT_MAX_BYTES = 16 * 1024 * 1024;

/** Tells of an evaluation once its effects are kept; what it tells is true when batch `sequence` is released, 0: at once. */
export type Announcement = (sequence: number) => void;

/** Who wants to know what happens to keys beside what commands say of it; logical databases. */
export interface KeyEvents {
  /** Whether the creation of a key is to be told. */
  readonly wantsCreated: boolean;
  /** Whether what a write finds is to be told: a key that is not there, or whose time is over. No write is blind then. */
  readonly wantsPrevious: boolean;
  created(session: Session, database: number, userKey: ByteString): void;
  /** A key was met whose time is over, and was deleted. */
  expired(session: Session, database: number, userKey: ByteString): void;
}

/** Where an evaluation stood, for `rollbackTo`. */
export interface Savepoint {
  readonly length: number;
  readonly count: number;
  readonly databases: number;
  readonly waiters: number;
  readonly required: boolean;
  readonly announcements: number;
}

/** What of the evaluator a session works on; owned by the evaluator. */
export interface SessionScope {
  readonly group: number;
  readonly storage: Storage;
  readonly overlay: Overlay;
  readonly hlc: HybridClock;
  databases: Databases;
  /** What the effects of one evaluation may be together, staged rows apart. */
  readonly maxEffectsBytes: number;
  readonly events: KeyEvents | undefined;
}

export class Session {
  private readonly scope: SessionScope;
  private readonly overlay: Overlay;
  private readonly hlc: HybridClock;
  private batch: Batch;
  private committed = false;
  private tier: ReadTier = "memory";
  private markLength = 0;
  private markCount = 0;
  private markDatabases = 0;
  private markWaiters = 0;
  private markRequired = false;
  private hasTooLargeValue = false;
  private readonly announcements: Announcement[] = [];
  /** The highest batch this evaluation depends on or wrote to; 0 for none. */
  observedSequence = 0;
  /** Set with `notReady` when the committed view met an expired key: evaluate again in the latest view. */
  latestNeeded = false;
  /** Logical keys that were not in memory. */
  readonly missing: ByteString[] = [];
  /** Scans that were not in memory: loading them brings their blocks there. */
  readonly missingScans: ScanRequest[] = [];
  /** The time at which this evaluation judges expiry. */
  nowMs = 0;
  /** Keys that this evaluation deleted because their time was over. */
  expiredKeys = 0;

  constructor(scope: SessionScope) {
    this.scope = scope;
    this.overlay = scope.overlay;
    this.hlc = scope.hlc;
    this.batch = scope.overlay.open;
  }

  // ── Life of an evaluation; called by the evaluator ────────────────────────────────────────────────────────────────

  /** `nowMs` is the moment at which it is evaluated; not before the last one. */
  begin(committed: boolean, tier: ReadTier, nowMs: number): void {
    this.committed = committed;
    this.tier = tier;
    // What only reads committed state has nothing to take back.
    if (!committed) this.mark();
    this.hasTooLargeValue = false;
    this.observedSequence = 0;
    this.latestNeeded = false;
    this.expiredKeys = 0;
    if (this.missing.length > 0) this.missing.length = 0;
    if (this.missingScans.length > 0) this.missingScans.length = 0;
    if (this.announcements.length > 0) this.announcements.length = 0;
    this.nowMs = nowMs;
  }

  private mark(): void {
    const batch = (this.batch = this.overlay.open);
    this.markLength = batch.length;
    this.markCount = batch.operationCount;
    this.markDatabases = this.scope.databases.mark;
    this.markWaiters = batch.waiters.length;
    this.markRequired = batch.required;
  }

  get hasWritten(): boolean {
    const { batch } = this;
    if (this.committed) return false;
    return (
      batch.operationCount !== this.markCount || batch.required !== this.markRequired || this.hasTooLargeValue
    );
  }

  /** True if this evaluation's operations are not too large for a batch. */
  get fits(): boolean {
    return !this.hasTooLargeValue && this.batch.length - this.markLength <= this.scope.maxEffectsBytes;
  }

  /** False in the committed view: a reading command that finds something to write ends with `inLatestView`. */
  get mayWrite(): boolean {
    return !this.committed;
  }

  /** Ends an evaluation in the committed view that has to be one in the latest view: the command returns this. */
  inLatestView(): NotReady {
    assert(this.committed, "the latest view cannot be left for itself");
    this.latestNeeded = true;
    return notReady;
  }

  /** Where its reads look from now on. */
  readFrom(tier: ReadTier): void {
    this.tier = tier;
  }

  /** The open batch was sealed ahead of this evaluation's end, which goes on in the next one. */
  staged(): void {
    this.mark();
  }

  /** Calls `touch` with every key that this evaluation's operations change, and with undefined if they change the map of databases. */
  changedKeys(touch: (database: number, userKey: ByteString | undefined, map: ByteString) => void): void {
    this.batch.changedKeys(this.markLength, this.markCount, touch);
  }

  rollback(): void {
    this.announcements.length = 0;
    this.observedSequence = 0;
    if (this.committed) return;
    const batch = this.batch;
    if (batch.length !== this.markLength) this.overlay.rollback(this.markLength, this.markCount);
    batch.waiters.length = this.markWaiters;
    batch.required = this.markRequired;
    this.scope.databases.rollback(this.markDatabases);
  }

  /** The evaluation has ended well: what it announced is told. */
  tellAnnouncements(sequence: number): void {
    if (this.announcements.length === 0) return;
    for (const announcement of this.announcements.splice(0)) announcement(sequence);
  }

  /** A mark within the evaluation, to take back what one of several commands did; void when something was staged behind it. */
  savepoint(): Savepoint {
    const { batch } = this;
    return {
      length: batch.length,
      count: batch.operationCount,
      databases: this.scope.databases.mark,
      waiters: batch.waiters.length,
      required: batch.required,
      announcements: this.announcements.length,
    };
  }

  rollbackTo({ length, count, databases, waiters, required, announcements }: Savepoint): void {
    const { batch } = this;
    this.announcements.length = announcements;
    if (batch.length !== length) this.overlay.rollback(length, count);
    batch.waiters.length = waiters;
    batch.required = required;
    this.scope.databases.rollback(databases);
  }

  // ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The physical id of a logical database (0 to 15). */
  database(logical: number): number {
    const { databases } = this.scope;
    if (this.committed) return databases.physical(logical, this.overlay.committedSequence);
    this.observe(databases.sequence);
    return databases.physical(logical, undefined);
  }

  /** The live header of a user key; null if there is none or it has expired. */
  header(database: number, userKey: ByteString): HeaderRow | null | NotReady {
    const row = this.overlay.header(database, userKey, this.committed);
    if (row === undefined) return this.loadHeader(database, userKey);
    return this.judge(row, database);
  }

  /** The same of the user key [start, end) of `source`: what reads most, without making a text of the key. */
  headerOf(database: number, source: Buffer, start: number, end: number): HeaderRow | null | NotReady {
    const row = this.overlay.headerOf(database, source, start, end, this.committed);
    if (row === undefined) return this.loadHeader(database, textOf(source, start, end));
    return this.judge(row, database);
  }

  private judge(row: HeaderRow, database: number): HeaderRow | null | NotReady {
    this.overlay.cache.statistics.hitsTotal++;
    const { sequence } = row;
    if (sequence > this.observedSequence) this.observe(sequence);
    if (row.type === 0) return null;
    const { expiryMs } = row;
    if (expiryMs !== 0 && expiryMs <= this.nowMs) return this.meetExpired(database, row.userKey, row);
    return row;
  }

  /** Whether a header can be read now; does not look at what it says. */
  isHeaderReady(database: number, userKey: ByteString): boolean {
    if (this.overlay.header(database, userKey, this.committed) !== undefined) return true;
    return userKey.length > MAX_KEY_BYTES || this.loadRow(database, userKey) !== notReady;
  }

  /** The value of any other logical key; null if there is none, as of a key that is longer than any row's. */
  get(key: ByteString): ByteString | null | NotReady {
    let row = this.overlay.element(key, this.committed);
    if (row === undefined) {
      if (!mayBeRowKey(key)) return null;
      const value = this.scope.storage.get(this.scope.group, key, this.tier);
      if (value === notInMemory) {
        this.missing.push(key);
        return notReady;
      }
      row = this.overlay.loadedElement(key, value);
    }
    this.observe(row.sequence);
    return row.value;
  }

  /** The answer depends on everything that was evaluated before, and not only on what was read. */
  observeAll(): void {
    const { open } = this.overlay;
    this.observe(open.isEmpty ? open.sequence - 1 : open.sequence);
  }

  /**
   * A page of rows in [from, to), which lies in one space, in key order. Expiry is the caller's to judge: rows of
   * space 0x10 come as they are stored.
   */
  scan(from: ByteString, to: ByteString, limits: ScanLimits): ScanResult | NotReady {
    const { storage, group } = this.scope;
    const lower = rowBound(from);
    const upper = rowBound(to);
    const page = storage.scan(group, { lower, upper, ...limits }, this.tier);
    if (page === notInMemory) {
      this.missingScans.push({ lower, upper, ...limits });
      return notReady;
    }
    const result = mergeScan(this.overlay, this.committed, lower, upper, limits, page);
    this.observe(result.observedSequence);
    return result;
  }

  // ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A SET that needs to know nothing of what was there: a new incarnation, an inline string from argument bytes. */
  putInlineString(
    database: number,
    source: Buffer,
    keyStart: number,
    keyEnd: number,
    valueSource: Buffer,
    valueStart: number,
    valueEnd: number,
    expiryMs: number,
  ): void {
    const { hlc, batch } = this;
    if (keyEnd - keyStart > MAX_KEY_BYTES) return this.refuseAsTooLarge();
    if (this.scope.events?.wantsCreated === true) {
      this.tellCreated(database, source.toString("latin1", keyStart, keyEnd));
    }
    hlc.advance();
    batch.putInlineString(
      database,
      source,
      keyStart,
      keyEnd,
      valueSource,
      valueStart,
      valueEnd,
      expiryMs,
      hlc.ms,
      hlc.counter,
    );
    this.wrote();
  }

  /** Puts a header row. For a new incarnation take the version from `newVersion`; else keep the one that was read. */
  putHeader(database: number, userKey: ByteString, header: ValueHeader): void {
    if (userKey.length > MAX_KEY_BYTES) return this.refuseAsTooLarge();
    if (this.scope.events?.wantsCreated === true) this.tellCreated(database, userKey);
    this.batch.putHeader(headerKey(database, userKey), header);
    this.wrote();
  }

  /**
   * Goes before the put of a key that was not read: reads it, where somebody wants to hear of what was there. In steps,
   * within the same step as the put.
   */
  beforePut(database: number, userKey: ByteString): void | NotReady {
    if (this.scope.events?.wantsPrevious === true && this.header(database, userKey) === notReady)
      return notReady;
  }

  /** Whether `beforePut` is ready, without doing what it does. */
  isReadyForPut(database: number, userKey: ByteString): boolean {
    return this.scope.events?.wantsPrevious !== true || this.isHeaderReady(database, userKey);
  }

  /** A version above every one before it: two fields for a header. */
  newVersion(): { versionMs: number; versionCounter: number } {
    this.hlc.advance();
    return { versionMs: this.hlc.ms, versionCounter: this.hlc.counter };
  }

  /** Deletes a key whose header was read: O(1), a collection's elements are left to the sweeper by a tombstone. */
  removeHeader(database: number, userKey: ByteString, header: ValueHeader): void {
    this.batch.delete(headerKey(database, userKey));
    this.abandonElements(database, userKey, header);
    this.wrote();
  }

  /** Names the elements of an incarnation that ends now for the sweeper; for a header that is being replaced. */
  abandonElements(database: number, userKey: ByteString, header: ValueHeader): void {
    if (header.encoding === ValueEncoding.inline) return;
    const version = versionBytes(header.versionMs, header.versionCounter);
    this.hlc.advance();
    this.batch.put(
      collectionTombstoneKey(elementPrefix(database, userKey, version)),
      tombstoneValue(this.hlc.ms, this.hlc.counter),
    );
    this.wrote();
  }

  /** A value beyond `ELEMENT_MAX_BYTES` or a key beyond a row's makes the whole evaluation end as too large. */
  put(key: ByteString, value: ByteString): void {
    if (value.length > ELEMENT_MAX_BYTES || !mayBeRowKey(key)) return this.refuseAsTooLarge();
    if (key.charCodeAt(0) === Space.element) this.overlay.putElement(key, value);
    else this.batch.put(key, value);
    this.wrote();
  }

  delete(key: ByteString): void {
    if (mayBeRowKey(key)) this.batch.delete(key);
    this.wrote();
  }

  /** Deletes [lower, upper), which lies in one space. */
  deleteRange(lower: ByteString, upper: ByteString): void {
    this.batch.deleteRange(rowBound(lower), rowBound(upper));
    this.wrote();
  }

  /** Empties logical databases, whatever they hold. False, and nothing is done, if no ids are left that were never used. */
  flushDatabases(logical: readonly number[]): boolean {
    if (!this.scope.databases.canReplace(logical.length)) return false;
    const { replaced, row } = this.scope.databases.replace(logical, this.batch.sequence);
    this.batch.put(metaKey(MetaField.databases), row);
    this.hlc.advance();
    for (const id of replaced) {
      this.batch.put(databaseTombstoneKey(id), tombstoneValue(this.hlc.ms, this.hlc.counter));
    }
    this.wrote();
    return true;
  }

  /** Has two logical databases change places: what each holds is found in the other from now on. */
  swapDatabases(first: number, second: number): void {
    const row = this.scope.databases.swap(first, second, this.batch.sequence);
    this.batch.put(metaKey(MetaField.databases), row);
    this.wrote();
  }

  /** The reply depends on `nowMs` having come (something expired was left out): no later reader may judge earlier. */
  fixTime(): void {
    assert(!this.committed, "only a latest view can fix the time");
    this.hlc.observe(this.nowMs, 0);
    this.batch.required = true;
    this.wrote();
  }

  /** Whatever else tells of this evaluation's effects (messages, notifications) waits here for its release. */
  onRelease(waiter: ReleaseWaiter): void {
    assert(this.hasWritten, "only an evaluation that wrote has a release");
    this.batch.waiters.push(waiter);
  }

  /**
   * Whatever else tells of this evaluation, also of one that only read: called at its end, unless it is taken back, with
   * the sequence its reply waits for.
   */
  announce(announcement: Announcement): void {
    this.announcements.push(announcement);
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private refuseAsTooLarge(): void {
    this.hasTooLargeValue = true;
    this.wrote();
  }

  /** Tells of a key that the command, which has looked, did not find. */
  private tellCreated(database: number, userKey: ByteString): void {
    const row = this.overlay.header(database, userKey, false);
    const logical = this.scope.databases.logical(database);
    if (row?.type === 0 && logical >= 0) this.scope.events?.created(this, logical, userKey);
  }

  private wrote(): void {
    assert(!this.committed, "a committed view does not write");
    this.observedSequence = this.batch.sequence;
  }

  private observe(sequence: number): void {
    if (!this.committed && sequence > this.observedSequence) this.observedSequence = sequence;
  }

  private loadHeader(database: number, userKey: ByteString): HeaderRow | null | NotReady {
    if (userKey.length > MAX_KEY_BYTES) return null;
    const row = this.loadRow(database, userKey);
    if (row === notReady) return notReady;
    if (row.type === 0) return null;
    if (row.expiryMs !== 0 && row.expiryMs <= this.nowMs) return this.meetExpired(database, userKey, row);
    return row;
  }

  /** What storage has of a header, for the cache too; whatever it says. */
  private loadRow(database: number, userKey: ByteString): HeaderRow | NotReady {
    const key = headerKey(database, userKey);
    this.overlay.cache.statistics.missesTotal++;
    const value = this.scope.storage.get(this.scope.group, key, this.tier);
    if (value === notInMemory) {
      this.missing.push(key);
      return notReady;
    }
    return this.overlay.loadedHeader(database, userKey, value);
  }

  private meetExpired(database: number, userKey: ByteString, row: HeaderRow): null | NotReady {
    if (this.committed) {
      this.latestNeeded = true;
      return notReady;
    }
    this.removeHeader(database, userKey, row);
    this.expiredKeys++;
    const { events, databases } = this.scope;
    if (events !== undefined) {
      const logical = databases.logical(database);
      if (logical >= 0) events.expired(this, logical, userKey);
    }
    return null;
  }
}
