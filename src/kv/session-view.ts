// A view for reads in slices that are part of a stepped evaluation (KEYS or a GET of 300 MB within a MULTI): it shows what
// the evaluation sees, its own effects included, where a pinned view shows committed state. The evaluation waits meanwhile
// and nothing else is evaluated, so the state stands still between pages. When the evaluation is dropped, the view is void.
import type { ByteString, Scheduler } from "../base/index";
import {
  Space,
  VALUE_HEADER_MAX_BYTES,
  databaseRange,
  decodeValueHeader,
  getU32String,
  headerKey,
  slotPrefix,
} from "../storage/index";
import type { ScanPage, SlotSample, ValueHeader } from "../storage/index";
import type { ReadView, SlotRange } from "./pinned-view";
import type { ScanLimits } from "./scan";
import { notReady } from "./session";
import type { Session } from "./session";

/** Loads of one page from which its read may block on the disk, so that it ends. */
const LOADS_IN_MEMORY = 3;
const COUNT_PAGE = { maxRows: 1000, maxBytes: 256 * 1024, valuePrefixBytes: VALUE_HEADER_MAX_BYTES } as const;

export interface SessionViewScope {
  readonly session: Session;
  readonly scheduler: Scheduler;
  readonly isVoid: boolean;
  load(arrived: () => void): void;
}

export class SessionView implements ReadView {
  private readonly scope: SessionViewScope;
  readonly nowMs: number;

  constructor(scope: SessionViewScope) {
    this.scope = scope;
    this.nowMs = scope.session.nowMs;
  }

  get isVoid(): boolean {
    return this.scope.isVoid;
  }

  database(logical: number): number {
    return this.scope.session.database(logical);
  }

  scan(lower: ByteString, upper: ByteString, limits: ScanLimits, done: (page: ScanPage) => void): void {
    this.scope.scheduler.after(0, () => this.scanNow(lower, upper, limits, done, 0));
  }

  private scanNow(
    lower: ByteString,
    upper: ByteString,
    limits: ScanLimits,
    done: (page: ScanPage) => void,
    loads: number,
  ): void {
    const { scope } = this;
    const { session } = scope;
    if (scope.isVoid) return done({ keys: [], values: [], done: true });
    if (loads >= LOADS_IN_MEMORY) session.readFrom("anywhere");
    const page = session.scan(lower, upper, limits);
    if (loads >= LOADS_IN_MEMORY) session.readFrom("memory");
    if (page === notReady) {
      scope.load(() => this.scanNow(lower, upper, limits, done, loads + 1));
    } else if (page.keys.length === 0 && page.next !== undefined) {
      // All that storage has there was deleted in this evaluation; a page without a last key would be no page.
      const [from, to] = limits.reverse === true ? [lower, page.next] : [page.next, upper];
      scope.scheduler.after(0, () => this.scanNow(from, to, limits, done, 0));
    } else {
      done({ keys: page.keys, values: page.values, done: page.next === undefined });
    }
  }

  header(database: number, userKey: ByteString, done: (header: ValueHeader | null) => void): void {
    const lower = headerKey(database, userKey);
    this.scan(lower, lower + "\0", { maxRows: 1, maxBytes: 1 }, (page) => {
      done(page.values.length === 0 ? null : decodeValueHeader(page.values[0]!));
    });
  }

  countKeys(logical: number, done: (count: number) => void): void {
    this.count(logical, (header) => header.expiryMs === 0 || header.expiryMs > this.nowMs, done);
  }

  countLasting(logical: number, done: (count: number) => void): void {
    this.count(logical, (header) => header.expiryMs === 0, done);
  }

  /** Page by page, since storage does not know what the evaluation has changed. */
  sampleSlots(
    { database, fromSlot, toSlot, maxRows }: SlotRange,
    done: (samples: readonly SlotSample[]) => void,
  ): void {
    const samples: SlotSample[] = [];
    const limits = { maxRows, maxBytes: COUNT_PAGE.maxBytes, valuePrefixBytes: 1 };
    const upper = slotPrefix(database, toSlot);
    const sampleFrom = (lower: ByteString): void => {
      this.scan(lower, upper, limits, (page) => {
        for (const key of page.keys) addTo(samples, key);
        const last = samples[samples.length - 1];
        const lastKey = page.keys[page.keys.length - 1];
        if (page.done || last === undefined || lastKey === undefined) return done(samples);
        if (last.rows < maxRows) sampleFrom(lastKey + "\0");
        else if (last.slot + 1 < toSlot) sampleFrom(slotPrefix(database, last.slot + 1));
        else done(samples);
      });
    };
    sampleFrom(slotPrefix(database, fromSlot));
  }

  callOff(): void {
    // The evaluation goes on, whoever waits for it.
  }

  release(): void {
    // Nothing is pinned: the evaluation holds the state still.
  }

  private count(
    logical: number,
    counts: (header: ValueHeader) => boolean,
    done: (count: number) => void,
  ): void {
    const range = databaseRange(Space.header, this.database(logical));
    let count = 0;
    const countFrom = (lower: ByteString): void => {
      this.scan(lower, range.upper, COUNT_PAGE, (page) => {
        for (const value of page.values) if (counts(decodeValueHeader(value))) count++;
        const last = page.keys[page.keys.length - 1];
        if (page.done || last === undefined) done(count);
        else countFrom(last + "\0");
      });
    };
    countFrom(range.lower);
  }
}

/** In a header's key: space, database, then the slot, then the hash. */
const SLOT_AT = 5;

/** Counts a header's key, behind those of its slot that were counted before. */
function addTo(samples: SlotSample[], headerKey: ByteString): void {
  const slot = (headerKey.charCodeAt(SLOT_AT) << 8) | headerKey.charCodeAt(SLOT_AT + 1);
  const rows = samples[samples.length - 1]?.slot === slot ? samples.pop()!.rows : 0;
  samples.push({ slot, rows: rows + 1, lastHash: getU32String(headerKey, SLOT_AT + 2) });
}
