// The evaluator of one group: it runs commands on the leader, packs the operations of an event-loop turn into one entry,
// keeps several entries in flight and releases replies when what they observed is committed. It belongs to one
// JavaScript thread. Time, turns and storage are handed in, so simulation runs this very code.
//
// Rules it keeps (DESIGN §1, §2): nothing is evaluated before an entry of the leader's own term is applied; a batch is
// proposed only in the term it was evaluated in; when leadership is lost the overlay is dropped and every unreleased
// reply becomes an error about its outcome; bytes in flight count until they are applied, and beyond the limit the
// adapters stop reading.
import { LatencyHistogram, RingQueue, assert } from "../base/index";
import type { Clock, Scheduler } from "../base/index";
import type { GroupHandle, GroupListener } from "../raft/host/index";
import {
  MAX_PAYLOAD_BYTES,
  MetaField,
  Space,
  databaseOfKey,
  metaKey,
  notInMemory,
  userKeyOfHeader,
} from "../storage/index";
import type { Storage } from "../storage/index";
import { Batch } from "./batch";
import type { ReleaseWaiter } from "./batch";
import { Databases } from "./databases";
import { HybridClock } from "./hybrid-clock";
import { Overlay } from "./overlay";
import { PinnedView } from "./pinned-view";
import { RowCache } from "./row-table";
import { Session, headerRowOf } from "./session";

export interface EvaluatorOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly hotRowsBytes: number;
  /** Bytes proposed and not applied, beyond which adapters must stop. */
  readonly maxInFlightBytes: number;
  /** A batch that reaches this is sealed before its turn ends. */
  readonly maxBatchBytes?: number;
}

/** `finish` answers this when leadership was lost at that moment: nothing was proposed. */
export const effectsNotProposed = -2;

/** `finish` answers this instead of a sequence when the effects do not fit an entry; nothing was kept of them. */
export const effectsTooLarge = -1;

/** Waits of a command from which a read may block on the disk, so that it ends. */
const ATTEMPTS_IN_MEMORY = 3;
const DEFAULT_BATCH_BYTES = 1024 * 1024;
const MIN_BATCH_BUFFER_BYTES = 1024;

export class Evaluator implements GroupListener {
  readonly session: Session;
  private readonly options: EvaluatorOptions;
  private readonly group: GroupHandle;
  private readonly storage: Storage;
  private readonly hlc: HybridClock;
  private readonly cache: RowCache;
  private readonly overlay: Overlay;
  private readonly maxBatchBytes: number;
  private databases = new Databases(null);
  /** Sealed and not committed; then committed and not applied: oldest first. */
  private readonly uncommitted = new RingQueue<Batch>();
  private readonly unapplied = new RingQueue<Batch>();
  private readonly relieved: (() => void)[] = [];
  private readonly barriers: { sequence: number; run: (available: boolean) => void }[] = [];
  private term = 0;
  private sealScheduled = false;
  private lastBatchBytes = 0;
  inFlightBytes = 0;
  /** True while commands may be evaluated. */
  available = false;
  /** Told of every batch how long it took from being sealed to its commit. */
  onCommit: ((ms: number) => void) | undefined;
  readonly statistics = {
    batchesTotal: 0,
    operationsTotal: 0,
    bytesTotal: 0,
    loadsTotal: 0,
    congestionsTotal: 0,
    /** Keys that were deleted because their time was over. */
    expiredTotal: 0,
    batchOperations: new LatencyHistogram(),
    batchBytes: new LatencyHistogram(),
    /** From sealing to commit. */
    commitUs: new LatencyHistogram(),
  };

  constructor(group: GroupHandle, options: EvaluatorOptions) {
    this.options = options;
    this.group = group;
    this.storage = options.storage;
    this.hlc = new HybridClock(options.clock);
    this.cache = new RowCache(options.hotRowsBytes);
    this.maxBatchBytes = options.maxBatchBytes ?? DEFAULT_BATCH_BYTES;
    this.overlay = new Overlay(this.cache, new Batch(1, MIN_BATCH_BUFFER_BYTES));
    const evaluator = this;
    this.session = new Session({
      group: group.id,
      storage: options.storage,
      overlay: this.overlay,
      hlc: this.hlc,
      get databases() {
        return evaluator.databases;
      },
    });
  }

  // ── Evaluating; called by adapters ────────────────────────────────────────────────────────────────────────────────

  /**
   * Begins an evaluation. `committed` asks for the committed view, allowed to reads that nothing unanswered precedes.
   * `attempt` counts the evaluations of this command that ended `notReady`.
   */
  begin(committed: boolean, attempt: number): Session {
    assert(this.available, "evaluation without leadership");
    this.session.begin(committed, attempt < ATTEMPTS_IN_MEMORY ? "memory" : "anywhere");
    return this.session;
  }

  /**
   * Ends a successful evaluation: its operations join the open batch. Returns the sequence whose release the reply has
   * to wait for, 0 if it may go now, `effectsTooLarge` or `effectsNotProposed`.
   */
  finish(): number {
    const { session } = this;
    if (session.hasWritten) {
      if (!session.fits) {
        session.rollback();
        return effectsTooLarge;
      }
      this.statistics.expiredTotal += session.expiredKeys;
      const open = this.overlay.open;
      if (open.length >= this.maxBatchBytes) {
        this.seal();
        if (!this.available) return effectsNotProposed;
      } else if (!this.sealScheduled) {
        this.scheduleSeal();
      }
    }
    const sequence = session.observedSequence;
    return sequence > this.overlay.committedSequence ? sequence : 0;
  }

  /** Takes an evaluation back as if it had not run. */
  abandon(): void {
    this.session.rollback();
  }

  /** After `notReady`: takes the evaluation back, loads what was missing and calls `retry` then. */
  loadThen(retry: () => void): void {
    const { session, storage, cache } = this;
    session.rollback();
    this.statistics.loadsTotal++;
    const begun = this.overlay.appliedSequence;
    const term = this.term;
    let waiting = session.missingScans.length;
    const keys = [...new Set(session.missing)];
    if (keys.length > 0) waiting++;
    assert(waiting > 0, "a command was not ready and nothing was missing");
    const arrived = (): void => {
      if (--waiting === 0) retry();
    };
    for (const request of session.missingScans) storage.loadScan(this.group.id, request, arrived);
    if (keys.length === 0) return;
    storage.loadMany(this.group.id, keys, (values) => {
      // Rows written by batches that the load may have missed are newer; where that cannot be told, nothing is kept.
      if (this.available && this.term === term && cache.forgottenSequence <= begun) {
        keys.forEach((key, i) => {
          if (this.overlay.knows(key)) return;
          const value = values[i]!;
          if (key.charCodeAt(0) !== Space.header) this.overlay.loadedElement(key, value);
          else if (value !== null) {
            this.overlay.loadedHeader(databaseOfKey(key), userKeyOfHeader(key), headerRowOf(value));
          }
        });
      }
      arrived();
    });
  }

  /** Batches up to here are committed: replies that observed no more may go. */
  get releasedSequence(): number {
    return this.overlay.committedSequence;
  }

  /** Registers for the release (or loss) of a batch that `finish` named. */
  waitFor(sequence: number, waiter: ReleaseWaiter): void {
    const { open } = this.overlay;
    if (sequence === open.sequence) {
      open.waiters.push(waiter);
      return;
    }
    const first = this.uncommitted.peek();
    assert(first !== undefined && sequence >= first.sequence, "waiting for a batch that is decided");
    this.uncommitted.at(sequence - first.sequence)!.waiters.push(waiter);
  }

  /** True when adapters have to stop reading until `whenRelieved`. */
  get congested(): boolean {
    return this.inFlightBytes >= this.options.maxInFlightBytes;
  }

  whenRelieved(resume: () => void): void {
    if (this.relieved.length === 0) this.statistics.congestionsTotal++;
    this.relieved.push(resume);
  }

  /**
   * A pinned view of all that was evaluated up to now, for reads in slices: it is given once that is applied, so what
   * it shows is committed and needs no release. undefined: leadership was lost. The receiver releases the view.
   */
  pinView(ready: (view: PinnedView | undefined) => void): void {
    const { open, appliedSequence } = this.overlay;
    const sequence = open.isEmpty ? open.sequence - 1 : open.sequence;
    // Expiry is judged at the time of asking, and from here on nothing is judged earlier. So what the view leaves out as
    // expired has expired for everything that it does not show, too, and the time can still be fixed at its end.
    const nowMs = this.hlc.nowMs();
    this.hlc.observe(nowMs, 0);
    const run = (available: boolean): void => {
      if (!available) return ready(undefined);
      ready(new PinnedView(this.storage, this.group.id, nowMs));
    };
    if (sequence <= appliedSequence) run(this.available);
    else this.barriers.push({ sequence, run });
  }

  // ── What the sweeper asks ─────────────────────────────────────────────────────────────────────────────────────────

  get nowMs(): number {
    return this.hlc.nowMs();
  }

  get namedDatabases(): readonly number[] {
    return this.databases.all();
  }

  isDatabaseNamed(physical: number): boolean {
    return this.databases.isNamed(physical);
  }

  get cacheStatistics(): { rows: number; bytes: number; hitsTotal: number; missesTotal: number } {
    return { rows: this.cache.rows, bytes: this.cache.bytes, ...this.cache.statistics };
  }

  // ── Sealing ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private scheduleSeal(): void {
    this.sealScheduled = true;
    this.options.scheduler.atTurnEnd(() => {
      this.sealScheduled = false;
      if (this.available) this.seal();
    });
  }

  private seal(): void {
    const batch = this.overlay.open;
    if (batch.isEmpty) return;
    this.hlc.advance();
    const payload = batch.seal(this.term, 0, this.hlc.ms, this.hlc.counter);
    assert(payload.length <= MAX_PAYLOAD_BYTES + this.maxBatchBytes, "a batch fits an entry");
    const index = this.group.propose(payload, this.term);
    if (index === 0) {
      this.following();
      return;
    }
    batch.index = index;
    batch.sealedAtMs = this.options.clock.monotonicMs();
    this.lastBatchBytes = payload.length;
    this.inFlightBytes += payload.length;
    const { statistics } = this;
    statistics.batchesTotal++;
    statistics.operationsTotal += batch.operationCount;
    statistics.bytesTotal += payload.length;
    statistics.batchOperations.record(batch.operationCount);
    statistics.batchBytes.record(payload.length);
    this.uncommitted.push(batch);
    this.overlay.sealed(this.newBatch(batch.sequence + 1));
  }

  private newBatch(sequence: number): Batch {
    const sizeHint =
      Math.max(MIN_BATCH_BUFFER_BYTES, Math.min(this.maxBatchBytes, this.lastBatchBytes * 1.25)) | 0;
    return new Batch(sequence, sizeHint);
  }

  // ── What the raft host tells ──────────────────────────────────────────────────────────────────────────────────────

  leading(term: number): void {
    const applied = this.storage.readApplied(this.group.id);
    this.hlc.observe(applied.hlcMs, applied.hlcCounter);
    this.term = term;
    const row = this.storage.get(this.group.id, metaKey(MetaField.databases), "anywhere");
    assert(row !== notInMemory, "a read that may block is answered");
    this.databases = new Databases(row);
    this.available = true;
  }

  following(): void {
    if (!this.available) return;
    this.available = false;
    const open = this.overlay.open;
    const firstUnknown = this.overlay.committedSequence + 1;
    const lost = [...drain(this.uncommitted), open];
    this.unapplied.clear();
    this.inFlightBytes = 0;
    // Before the overlay is cleared: until they are told, `releasedSequence` has to say what was committed.
    for (const batch of lost) {
      for (const waiter of batch.waiters) waiter.lost(firstUnknown, open.sequence);
    }
    this.overlay.clear(new Batch(open.sequence + 1, MIN_BATCH_BUFFER_BYTES));
    for (const barrier of this.barriers.splice(0)) barrier.run(false);
    this.relieve();
  }

  committed(index: number): void {
    const nowMs = this.options.clock.monotonicMs();
    for (let batch = this.uncommitted.peek(); batch !== undefined; batch = this.uncommitted.peek()) {
      if (batch.index > index) break;
      this.uncommitted.shift();
      this.unapplied.push(batch);
      this.statistics.commitUs.record((nowMs - batch.sealedAtMs) * 1000);
      this.onCommit?.(nowMs - batch.sealedAtMs);
      this.overlay.committedSequence = batch.sequence;
      this.databases.committed(batch.sequence);
      const { waiters } = batch;
      for (let i = 0; i < waiters.length; i++) waiters[i]!.released();
    }
  }

  applied(index: number): void {
    let sequence = 0;
    for (let batch = this.unapplied.peek(); batch !== undefined; batch = this.unapplied.peek()) {
      if (batch.index > index) break;
      this.unapplied.shift();
      this.inFlightBytes -= batch.length;
      sequence = batch.sequence;
    }
    if (sequence === 0) return;
    this.overlay.applied(sequence);
    while (this.barriers.length > 0 && this.barriers[0]!.sequence <= sequence) {
      this.barriers.shift()!.run(this.available);
    }
    if (this.relieved.length > 0 && this.inFlightBytes * 2 < this.options.maxInFlightBytes) this.relieve();
  }

  private relieve(): void {
    for (const resume of this.relieved.splice(0)) resume();
  }
}

function drain<T>(queue: RingQueue<T>): T[] {
  const items: T[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
}
