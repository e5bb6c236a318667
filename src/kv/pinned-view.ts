// A pinned view: committed and applied state at one moment, for reads that are too long for one turn (KEYS, DBSIZE,
// large collections). They go page by page on the addon's threads and never hold up the event loop.
import { assert, bytesOf, getU64 } from "../base/index";
import type { ByteString } from "../base/index";
import {
  MetaField,
  Space,
  databaseRange,
  decodeValueHeader,
  headerKey,
  metaKey,
  notInMemory,
  rowBound,
} from "../storage/index";
import type {
  ScanPage,
  SlotSample,
  SlotSampleRequest,
  Snapshot,
  Storage,
  ValueHeader,
} from "../storage/index";
import { Databases } from "./databases";
import type { ScanLimits } from "./scan";

/** In the applied record, behind its format (storage/README.md, "Key spaces"). */
const APPLIED_INDEX_OFFSET = 1;

/** What a read in slices works on: one state of the data, read page by page; answers come on a later turn. */
export interface ReadView {
  /** The time at which expiry is judged in this view. */
  readonly nowMs: number;
  /** True when the view has ended before its reader: whatever still comes of it is void. */
  readonly isVoid: boolean;
  /** The physical id of a logical database (0 to 15). */
  database(logical: number): number;
  /** A page of [lower, upper); the next one begins behind its last key unless it is done. */
  scan(lower: ByteString, upper: ByteString, limits: ScanLimits, done: (page: ScanPage) => void): void;
  /** The header of a user key, expired or not; null if there is none. */
  header(database: number, userKey: ByteString, done: (header: ValueHeader | null) => void): void;
  /** How many keys of a logical database have not expired. */
  countKeys(logical: number, done: (count: number) => void): void;
  /** How many keys of a logical database have no time to live. */
  countLasting(logical: number, done: (count: number) => void): void;
  /** Of each slot of [fromSlot, toSlot) of a physical database that has any, its first headers, up to `maxRows`. */
  sampleSlots(range: SlotRange, done: (samples: readonly SlotSample[]) => void): void;
  /** Nobody waits any more: what may take long answers at once, and with nothing that means anything. */
  callOff(): void;
  /** Must be called exactly once, when everything asked for has answered. */
  release(): void;
}

export type SlotRange = Omit<SlotSampleRequest, "snapshot">;

interface Count {
  readonly cancel: () => void;
  readonly done: (count: number) => void;
}

export class PinnedView implements ReadView {
  readonly isVoid = false;
  private readonly storage: Storage;
  private readonly group: number;
  private readonly snapshot: Snapshot;
  private readonly databases: readonly number[];
  private readonly counts = new Set<Count>();
  private calledOff = false;
  readonly nowMs: number;

  /** `nowMsAt` says at which time to judge expiry, given the index up to which entries are shown. */
  constructor(storage: Storage, group: number, nowMsAt: (appliedIndex: number) => number) {
    this.storage = storage;
    this.group = group;
    this.snapshot = storage.pinSnapshot();
    // Both of the same moment as the rows: more may be committed, and applied, than they show.
    const applied = this.metaRow(MetaField.applied);
    this.nowMs = nowMsAt(applied === null ? 0 : getU64(bytesOf(applied), APPLIED_INDEX_OFFSET));
    this.databases = new Databases(this.metaRow(MetaField.databases)).all();
  }

  private metaRow(field: number): ByteString | null {
    const lower = metaKey(field);
    const request = { lower, upper: lower + "\0", maxRows: 1, maxBytes: 1, snapshot: this.snapshot };
    const page = this.storage.scan(this.group, request, "anywhere");
    assert(page !== notInMemory, "a read that may block is answered");
    return page.values[0] ?? null;
  }

  database(logical: number): number {
    return this.databases[logical]!;
  }

  scan(lower: ByteString, upper: ByteString, limits: ScanLimits, done: (page: ScanPage) => void): void {
    const range = { lower: rowBound(lower), upper: rowBound(upper) };
    this.storage.loadScan(this.group, { ...range, ...limits, snapshot: this.snapshot }, done);
  }

  header(database: number, userKey: ByteString, done: (header: ValueHeader | null) => void): void {
    const lower = headerKey(database, userKey);
    this.scan(lower, lower + "\0", { maxRows: 1, maxBytes: 1 }, (page) => {
      done(page.values.length === 0 ? null : decodeValueHeader(page.values[0]!));
    });
  }

  countKeys(logical: number, done: (count: number) => void): void {
    this.count(logical, this.nowMs, done);
  }

  countLasting(logical: number, done: (count: number) => void): void {
    this.count(logical, Number.MAX_SAFE_INTEGER, done);
  }

  sampleSlots(range: SlotRange, done: (samples: readonly SlotSample[]) => void): void {
    this.storage.sampleSlots(this.group, { ...range, snapshot: this.snapshot }, done);
  }

  callOff(): void {
    this.calledOff = true;
    for (const count of [...this.counts]) {
      this.counts.delete(count);
      count.cancel();
      count.done(0);
    }
  }

  release(): void {
    this.snapshot.release();
  }

  private count(logical: number, nowMs: number, done: (count: number) => void): void {
    if (this.calledOff) return done(0);
    const range = databaseRange(Space.header, this.database(logical));
    const { snapshot } = this;
    const cancel = this.storage.countHeaders(this.group, { ...range, nowMs, snapshot }, (counted) => {
      this.counts.delete(count);
      done(counted);
    });
    const count = { cancel, done };
    this.counts.add(count);
  }
}
