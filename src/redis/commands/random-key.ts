// RANDOMKEY: a draw that is fair (key-sampler.ts), in steps over a pinned view. What is judged is what the view shows.
import { SLOT_COUNT } from "../../base/index";
import type { ByteString } from "../../base/index";
import type { ScanLimits } from "../../kv/index";
import { Space, databaseRange, decodeValueHeader, userKeyOfHeader } from "../../storage/index";
import type { ScanPage } from "../../storage/index";
import type { CommandContext, CommandSpec } from "../command";
import { HASHES_A_SLOT, RANGE_MAX_KEYS } from "../key-density";
import type { PlaceRange } from "../key-density";
import type { KeySampler, KnownDatabase } from "../key-sampler";
import { HEADER_PAGE } from "./header-page";
import { keyAtCursor } from "./scan-cursor";
import { readInSlices } from "./sliced-read";
import type { SlicedRead } from "./sliced-read";

/** Tries after which the whole database is passed over. */
const MAX_TRIES = 1000;
/** Ranges that have outgrown their division, of one draw, after which everything is measured; and after that, passed over. */
const MAX_OUTGROWN = 16;
/** Keys of a slot that are read to tell how many it has: within about a quarter. */
const MEASURED_KEYS = 16;
/** A page of a range holds all of it, however long its keys are. */
const RANGE = { ...HEADER_PAGE, maxRows: RANGE_MAX_KEYS + 1, maxBytes: 8 * 1024 * 1024 };

class Draw {
  private readonly read: SlicedRead;
  private readonly sampler: KeySampler;
  private readonly database: number;
  private readonly known: KnownDatabase;
  private tries = 0;
  private outgrown = 0;

  constructor(read: SlicedRead) {
    this.read = read;
    this.sampler = read.context.server.keySampler;
    this.database = read.view.database(read.context.connection.database);
    this.known = this.sampler.of(this.database);
  }

  start(): void {
    if (this.known.operationsSeen !== undefined && this.known.keys > HEADER_PAGE.maxRows)
      return this.bringUpToDate();
    const { lower, upper } = databaseRange(Space.header, this.database);
    this.scan(lower, upper, HEADER_PAGE, (page) => {
      if (!page.done) return this.bringUpToDate();
      const live = page.keys.filter((_, i) => this.isLive(page, i));
      this.end(live.length === 0 ? undefined : this.sampler.random.pick(live), page.keys.length > 0);
    });
  }

  /** Measures what has to be, then draws. */
  private bringUpToDate(): void {
    const { known, sampler } = this;
    if (known.waiting !== undefined) {
      known.waiting.push(() => this.whileThere(() => this.bringUpToDate()));
      return;
    }
    const due = known.slotsDue(sampler.operationsTotal);
    if (due === 0) return this.tryRange();
    const operations = sampler.operationsTotal;
    const from = known.slot;
    const pieces = [
      [from, Math.min(from + due, SLOT_COUNT)],
      [0, Math.max(from + due - SLOT_COUNT, 0)],
    ];
    this.measure(pieces, () => {
      known.slot = (from + due) % SLOT_COUNT;
      known.operationsSeen = operations;
      this.tryRange();
    });
  }

  /** Measures ranges of slots, beside one another; others that want to wait for it. */
  private measure(pieces: readonly (readonly number[])[], done: () => void): void {
    const { known, read } = this;
    const waiting: (() => void)[] = (known.waiting = []);
    let measuring = pieces.length;
    const measured = (): void => {
      if (--measuring > 0) return;
      known.divide();
      known.waiting = undefined;
      if (read.abandoned) read.end();
      else done();
      for (const resume of waiting) resume();
    };
    for (const [from, to] of pieces) this.measureSlots(from!, to!, measured);
  }

  private measureSlots(from: number, to: number, done: () => void): void {
    if (from >= to) return done();
    const { read, database, known } = this;
    const range = { database, fromSlot: from, toSlot: to, maxRows: MEASURED_KEYS };
    read.view.sampleSlots(range, (samples) => {
      if (read.abandoned) return done();
      known.clearSlots(from, to);
      for (const { slot, rows, lastHash } of samples) {
        const part = (lastHash + 1) / HASHES_A_SLOT;
        known.setSlot(slot, rows < MEASURED_KEYS ? rows : Math.max(rows, rows / part));
      }
      done();
    });
  }

  private tryRange(): void {
    const { known, sampler, database } = this;
    if (this.tries++ === MAX_TRIES) return this.passOver();
    const range = known.range(sampler.random.below(known.rangeCount));
    const lower = keyAtCursor(database, range.from);
    this.scan(lower, keyAtCursor(database, range.to), RANGE, (page) => {
      if (!page.done || page.keys.length > RANGE_MAX_KEYS) return this.meetOutgrown(range);
      const at = sampler.random.below(RANGE_MAX_KEYS);
      if (at < page.keys.length && this.isLive(page, at)) this.end(page.keys[at], false);
      else this.tryRange();
    });
  }

  private meetOutgrown({ from, to }: PlaceRange): void {
    const { known } = this;
    this.outgrown++;
    if (this.outgrown === 2 * MAX_OUTGROWN) return this.passOver();
    if (this.outgrown === MAX_OUTGROWN) known.operationsSeen = undefined;
    if (known.waiting !== undefined || known.operationsSeen === undefined) return this.bringUpToDate();
    const slots = [Math.floor(from / HASHES_A_SLOT), Math.ceil(to / HASHES_A_SLOT)];
    this.measure([slots], () => this.bringUpToDate());
  }

  /** Every key is looked at; the n-th live one takes the place of the one drawn so far with probability 1/n. */
  private passOver(): void {
    const { lower, upper } = databaseRange(Space.header, this.database);
    let live = 0;
    let drawn: ByteString | undefined;
    const readPage = (from: ByteString): void => {
      this.scan(from, upper, HEADER_PAGE, (page) => {
        page.keys.forEach((key, i) => {
          if (this.isLive(page, i) && this.sampler.random.below(++live) === 0) drawn = key;
        });
        const last = page.keys[page.keys.length - 1];
        if (page.done || last === undefined) this.end(drawn, true);
        else readPage(last + "\0");
      });
    };
    readPage(lower);
  }

  private isLive(page: ScanPage, at: number): boolean {
    const { expiryMs } = decodeValueHeader(page.values[at]!);
    return expiryMs === 0 || expiryMs > this.read.view.nowMs;
  }

  private scan(
    lower: ByteString,
    upper: ByteString,
    limits: ScanLimits,
    next: (page: ScanPage) => void,
  ): void {
    this.read.view.scan(lower, upper, limits, (page) => this.whileThere(() => next(page)));
  }

  private whileThere(next: () => void): void {
    if (this.read.abandoned) this.read.end();
    else next();
  }

  /** That there is no live key among others depends on the time; that this one lives does not. */
  private end(drawn: ByteString | undefined, sawExpired: boolean): void {
    const { reply } = this.read.context;
    if (drawn === undefined) reply.null();
    else reply.bulk(userKeyOfHeader(drawn));
    this.read.expired = drawn === undefined && sawExpired;
    this.read.end();
  }
}

function randomkey(context: CommandContext, done: (sequence: number) => void): void {
  readInSlices(context, done, (read) => new Draw(read).start());
}

export const RANDOM_KEY_COMMANDS: readonly CommandSpec[] = [
  {
    name: "randomkey",
    arity: 1,
    flags: ["readonly"],
    keys: [0, 0, 0],
    categories: ["keyspace", "read", "slow"],
    tips: ["request_policy:all_shards", "nondeterministic_output"],
    since: "1.0.0",
    group: "generic",
    function: { kind: "sliced", run: randomkey },
  },
];
