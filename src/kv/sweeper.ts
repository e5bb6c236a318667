// Reclaiming: a rate-bounded pass over headers and element prefixes that proposes the deletion of expired keys, of
// elements whose version no header names, and of databases that were flushed. Storage names candidates, on its own
// threads; each is checked again here, at evaluation, against the latest view, and only then deleted: like every other
// effect, through the log. Tombstones only make a pass find garbage sooner. Nothing else ever removes data.
// A pass that is known to find nothing is not made: a server that nobody writes to rests (garbage-pass.ts).
import type { ByteString, Scheduler } from "../base/index";
import { prefixEnd } from "../base/index";
import {
  Space,
  TombstoneKind,
  collectionTombstoneKey,
  databaseOfKey,
  databaseRange,
  databaseTombstoneKey,
  elementPrefixLength,
  parseElementKey,
  u32String,
  userKeyOfHeader,
  versionBytes,
  ValueEncoding,
} from "../storage/index";
import type { Garbage, Storage } from "../storage/index";
import type { Evaluator } from "./evaluator";
import { GarbagePass } from "./garbage-pass";
import { notReady } from "./session";

export interface SweeperOptions {
  readonly storage: Storage;
  readonly scheduler: Scheduler;
  readonly group: number;
  /** Rows looked at per second, at most. */
  readonly rowsPerSecond: number;
  /** While true nothing is reclaimed: writes are held. */
  readonly isHeld?: () => boolean;
}

/** Pause between two steps of a pass. */
const STEP_MS = 100;
/** Pause behind a pass that found nothing, and while it rests: then it looks whether that still holds. */
const IDLE_MS = 1000;
/** After so long a rest a pass is made all the same, so that nothing depends for good on the rest's being right. */
const REST_MAX_MS = 60_000;

export class Sweeper {
  private readonly evaluator: Evaluator;
  private readonly options: SweeperOptions;
  private next: ByteString | undefined = undefined;
  private found = false;
  /** The pass under way, or the last one; at first one that never ends. */
  private pass = new GarbagePass(0, []);
  private restedMs = 0;
  /** Checks that wait for a header from disk. */
  private loading = 0;
  private cancel: (() => void) | undefined;
  private stopped = false;
  /** False: keys whose time is over stay until somebody meets them. */
  expires = true;
  readonly statistics = {
    passesTotal: 0,
    rowsExaminedTotal: 0,
    expiredTotal: 0,
    orphansTotal: 0,
    databasesTotal: 0,
  };

  constructor(evaluator: Evaluator, options: SweeperOptions) {
    this.evaluator = evaluator;
    this.options = options;
  }

  start(): void {
    this.schedule(STEP_MS);
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  /** Whether the last pass stands for another one, which would find nothing. False while one is under way. */
  get isResting(): boolean {
    const { evaluator } = this;
    if (this.restedMs >= REST_MAX_MS) return false;
    return this.pass.suffices(this.appliedIndex, evaluator.namedDatabases, evaluator.nowMs);
  }

  private get appliedIndex(): number {
    return this.options.storage.readApplied(this.options.group).index;
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.cancel = this.options.scheduler.after(delayMs, () => this.step());
  }

  private step(): void {
    const { evaluator } = this;
    const { storage, group, rowsPerSecond, isHeld } = this.options;
    if (
      !evaluator.available ||
      evaluator.busy ||
      evaluator.congested ||
      this.loading > 0 ||
      isHeld?.() === true
    )
      return this.schedule(STEP_MS);
    if (this.next === undefined) {
      if (this.isResting) {
        this.restedMs += IDLE_MS;
        return this.schedule(IDLE_MS);
      }
      this.restedMs = 0;
      this.pass = new GarbagePass(this.appliedIndex, evaluator.namedDatabases);
    }
    const maxRows = Math.max(1, Math.floor((rowsPerSecond * STEP_MS) / 1000));
    const request = { from: this.next, maxRows, nowMs: evaluator.nowMs, databases: evaluator.namedDatabases };
    storage.findGarbage(group, request, (garbage) => {
      if (this.stopped) return;
      this.statistics.rowsExaminedTotal += garbage.rowsExamined;
      this.pass.met(garbage);
      if (evaluator.available) this.reclaim(garbage);
      this.next = garbage.next;
      if (this.next !== undefined) return this.schedule(STEP_MS);
      this.statistics.passesTotal++;
      const delayMs = this.found ? STEP_MS : IDLE_MS;
      this.found = false;
      this.schedule(delayMs);
    });
  }

  private reclaim(garbage: Garbage): void {
    if (this.expires) for (const key of garbage.expired) this.evaluate(() => this.expire(key));
    for (const prefix of garbage.orphans) this.evaluate(() => this.deleteOrphans(prefix));
    for (const database of garbage.databases) this.evaluate(() => this.deleteDatabase(database));
  }

  /** Runs one check, again when what was not in memory has been loaded. */
  private evaluate(check: () => boolean | typeof notReady, attempt = 0): void {
    const { evaluator } = this;
    // What is not judged now is found again in the next pass. Rows of a stage under way must not be judged at all.
    if (this.stopped || !evaluator.available || evaluator.busy || this.options.isHeld?.() === true) return;
    evaluator.begin(false, attempt);
    const outcome = check();
    if (outcome === notReady) {
      this.loading++;
      evaluator.loadThen(() => {
        this.loading--;
        this.evaluate(check, attempt + 1);
      });
      return;
    }
    evaluator.finish();
    if (outcome) this.found = true;
  }

  /** Reading a header that has expired deletes it. */
  private expire(key: ByteString): boolean | typeof notReady {
    const { session } = this.evaluator;
    const header = session.header(databaseOfKey(key), userKeyOfHeader(key));
    if (header === notReady) return notReady;
    if (!session.hasWritten) return false;
    this.statistics.expiredTotal++;
    return true;
  }

  private deleteOrphans(prefix: ByteString): boolean | typeof notReady {
    const { session } = this.evaluator;
    const parts = elementPrefixLength(prefix) === prefix.length ? parseElementKey(prefix) : undefined;
    const upper = prefixEnd(prefix);
    if (parts === undefined || upper === undefined) return false;
    const header = session.header(parts.db, parts.userKey);
    if (header === notReady) return notReady;
    if (header !== null && header.encoding !== ValueEncoding.inline) {
      if (versionBytes(header.versionMs, header.versionCounter) === parts.version) return false;
    }
    session.deleteRange(prefix, upper);
    session.delete(collectionTombstoneKey(prefix));
    this.statistics.orphansTotal++;
    return true;
  }

  private deleteDatabase(database: number): boolean {
    if (this.evaluator.isDatabaseNamed(database)) return false;
    const { session } = this.evaluator;
    for (const space of [Space.header, Space.element]) {
      const { lower, upper } = databaseRange(space, database);
      session.deleteRange(lower, upper);
    }
    for (const kind of [TombstoneKind.collection, TombstoneKind.key]) {
      const lower = String.fromCharCode(Space.tombstone, kind) + u32String(database);
      session.deleteRange(lower, prefixEnd(lower)!);
    }
    session.delete(databaseTombstoneKey(database));
    this.statistics.databasesTotal++;
    return true;
  }
}
