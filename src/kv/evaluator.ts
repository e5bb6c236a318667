// The evaluator of one group: it runs commands on the leader, packs the operations of a turn (or of a sync) into one entry,
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
import { MetaField, metaKey, notInMemory } from "../storage/index";
import type { Storage } from "../storage/index";
import { Awaiting } from "./awaiting";
import { Batch, effectsNotProposed, effectsTooLarge } from "./batch";
import type { ReleaseWaiter } from "./batch";
import { Databases, physicalDatabases } from "./databases";
import { HybridClock } from "./hybrid-clock";
import { Loads } from "./loads";
import { Overlay } from "./overlay";
import { PinnedView } from "./pinned-view";
import { RowCache } from "./row-table";
import { Session } from "./session";
import type { KeyEvents } from "./session";
import type { SessionView } from "./session-view";
import type { Steps } from "./stepped";
import { Stepping } from "./stepping";
import type { SteppingEvaluator } from "./stepping";
import { Watches } from "./watches";

export interface EvaluatorOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly hotRowsBytes: number;
  /** Bytes proposed and not applied, beyond which adapters must stop. */
  readonly maxInFlightBytes: number;
  /** A batch that reaches this is sealed before its turn ends. */
  readonly maxBatchBytes?: number;
  /** A batch that is longer becomes fragments of about this size. */
  readonly maxEntryBytes?: number;
  /** Effects of one command beyond which it is refused; staged rows do not count. */
  readonly maxEffectsBytes?: number;
  /** Staged rows go to the log in entries of about this size. */
  readonly stageBytes?: number;
}

/** Waits of a command from which a read may block on the disk, so that it ends. */
const ATTEMPTS_IN_MEMORY = 3;
const DEFAULT_BATCH_BYTES = 1024 * 1024;
const DEFAULT_ENTRY_BYTES = 4 * 1024 * 1024;
const DEFAULT_STAGE_BYTES = 1024 * 1024;
/** What Redis accepts as one request (1 GiB), and some more. */
const DEFAULT_EFFECTS_BYTES = 1088 * 1024 * 1024;
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
  private readonly maxEntryBytes: number;
  /** What clients watch between WATCH and EXEC. */
  readonly watches = new Watches();
  private readonly stepping: Stepping;
  private readonly loads: Loads;
  private databases = new Databases(null);
  /** Sealed and not committed; then committed and not applied: oldest first. */
  private readonly uncommitted = new RingQueue<Batch>();
  private readonly unapplied = new RingQueue<Batch>();
  private readonly relieved: (() => void)[] = [];
  private readonly barriers: { sequence: number; run: (available: boolean) => void }[] = [];
  private term = 0;
  /** Batches and the overlay of a leadership are held that is not known to be lost. */
  private leads = false;
  private sealScheduled = false;
  /** What is open is sealed as soon as the log thread can take it. */
  private sealWaits = false;
  private lastBatchBytes = 0;
  private readonly awaiting = new Awaiting();
  /** The latest time at which expiry was judged by a batch that is known to be applied. */
  private appliedJudgedMs = 0;
  inFlightBytes = 0;
  /** True while commands may be evaluated. */
  available = false;
  /**
   * True while a stepped evaluation has the group: only committed views may be begun, everything else waits for `whenIdle`.
   * A field, since every command asks; only `stepping` changes it.
   */
  busy = false;
  /** Set by the adapter that tells clients what happens to keys. */
  events: KeyEvents | undefined;
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
    this.maxEntryBytes = options.maxEntryBytes ?? DEFAULT_ENTRY_BYTES;
    this.overlay = new Overlay(this.cache, new Batch(1, MIN_BATCH_BUFFER_BYTES));
    const evaluator = this;
    const scope = {
      group: group.id,
      storage: options.storage,
      overlay: this.overlay,
      hlc: this.hlc,
      maxEffectsBytes: options.maxEffectsBytes ?? DEFAULT_EFFECTS_BYTES,
      get databases() {
        return evaluator.databases;
      },
      get events() {
        return evaluator.events;
      },
    };
    this.session = new Session(scope);
    this.stepping = new Stepping(new Session(scope), this.steppingEvaluator());
    this.loads = new Loads({
      group: group.id,
      storage: options.storage,
      scheduler: options.scheduler,
      overlay: this.overlay,
      get available() {
        return evaluator.available;
      },
      get term() {
        return evaluator.term;
      },
    });
  }

  private steppingEvaluator(): SteppingEvaluator {
    const evaluator = this;
    const { options, overlay, hlc } = this;
    return {
      clock: options.clock,
      scheduler: options.scheduler,
      overlay,
      hlc,
      stageBytes: options.stageBytes ?? DEFAULT_STAGE_BYTES,
      get available() {
        return evaluator.available;
      },
      get isCurrent() {
        return evaluator.isCurrent;
      },
      get congested() {
        return evaluator.congested;
      },
      hold: (isHeld) => {
        this.busy = isHeld;
        this.cache.headers.reuses = !isHeld;
      },
      seal: () => this.seal(),
      finish: (session) => this.finishOf(session),
      load: (session, arrived) => this.load(session, arrived),
      confirm: (resume) => this.confirm(resume),
      whenRelieved: (resume) => this.whenRelieved(resume),
    };
  }

  // ── Evaluating; called by adapters ────────────────────────────────────────────────────────────────────────────────

  /**
   * Begins an evaluation. `committed` asks for the committed view, allowed to reads that nothing unanswered precedes.
   * `attempt` counts the evaluations of this command that ended `notReady`. `sameMoment`: it came together with what was
   * begun last, in this turn, and is evaluated by the same reading of the clock.
   */
  begin(committed: boolean, attempt: number, sameMoment = false): Session {
    assert(this.available, "evaluation without leadership");
    assert(committed || !this.busy, "nothing else is evaluated between the steps of a stepped evaluation");
    // Reads fill the cache, too. Here no row is in anybody's hands.
    this.cache.rotateWhenFull(this.overlay.appliedSequence);
    const nowMs = sameMoment ? this.hlc.lastReadMs() : this.hlc.nowMs();
    this.session.begin(committed, attempt < ATTEMPTS_IN_MEMORY ? "memory" : "anywhere", nowMs);
    return this.session;
  }

  /**
   * Whether this node certainly leads at this moment, so that an evaluation shows all that anybody was told. Where it does
   * not, `confirm` comes before the evaluation.
   */
  get isCurrent(): boolean {
    return this.group.hasLease;
  }

  /**
   * Calls `resume` on a later turn, when it is known whether this node still led after this call. If it did, an evaluation that
   * begins then shows all that anybody was told before this call.
   */
  confirm(resume: (confirmed: boolean) => void): void {
    assert(this.available, "only a leader is confirmed");
    this.group.confirmLeadership((confirmed) => this.options.scheduler.atTurnEnd(() => resume(confirmed)));
  }

  /**
   * Ends a successful evaluation: its operations join the open batch. Returns the sequence whose release the reply has
   * to wait for, 0 if it may go now, `effectsTooLarge` or `effectsNotProposed`.
   */
  finish(): number {
    return this.finishOf(this.session);
  }

  private finishOf(session: Session): number {
    const sequence = this.keep(session);
    this.watches.evaluated(sequence >= 0);
    if (sequence >= 0) session.tellAnnouncements(sequence);
    return sequence;
  }

  private keep(session: Session): number {
    if (session.hasWritten) {
      if (!session.fits) {
        session.rollback();
        return effectsTooLarge;
      }
      this.statistics.expiredTotal += session.expiredKeys;
      if (!this.watches.isEmpty) this.tellWatches(session);
      const open = this.overlay.open;
      // A view that shows this batch judges at its time, so nothing that comes behind it may judge earlier.
      open.judgedMs = Math.max(open.judgedMs, session.nowMs);
      this.hlc.observe(session.nowMs, 0);
      if (open.length >= this.maxBatchBytes) {
        this.seal();
        if (!this.available) return effectsNotProposed;
      } else if (!this.sealScheduled && !this.sealWaits) {
        this.scheduleSeal();
      }
    }
    const sequence = session.observedSequence;
    if (sequence > this.overlay.committedSequence) {
      this.awaiting.waits();
      return sequence;
    }
    this.awaiting.goesOn();
    return 0;
  }

  /** Takes an evaluation back as if it had not run. */
  abandon(): void {
    this.session.rollback();
  }

  /** After `notReady`: takes the evaluation back, loads what was missing and calls `retry` then. */
  loadThen(retry: () => void): void {
    this.session.rollback();
    this.load(this.session, retry);
  }

  private load(session: Session, retry: () => void): void {
    this.awaiting.goesOn();
    this.statistics.loadsTotal++;
    this.loads.load(session, retry);
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
    this.awaiting.goesOn();
    const { open, appliedSequence } = this.overlay;
    const sequence = open.isEmpty || this.busy ? open.sequence - 1 : open.sequence;
    // Expiry is judged at the time of asking, and from here on nothing is judged earlier. So what the view leaves out as
    // expired has expired for everything that it does not show, too, and the time can still be fixed at its end. A stepped
    // evaluation that is under way is not shown, and judges at the time it began. What was evaluated later and is shown all
    // the same moves the time on: for it, more may have expired.
    const nowMs = this.busy ? this.stepping.session.nowMs : this.hlc.nowMs();
    this.hlc.observe(nowMs, 0);
    let isCurrent = this.isCurrent;
    const run = (available: boolean): void => {
      if (!available) return ready(undefined);
      if (!isCurrent) {
        isCurrent = true;
        return this.confirm((confirmed) => run(confirmed && this.available));
      }
      ready(
        new PinnedView(this.storage, this.group.id, (index) => Math.max(nowMs, this.judgedMsUpTo(index))),
      );
    };
    if (sequence <= appliedSequence) run(this.available);
    else this.barriers.push({ sequence, run });
  }

  /** The latest time at which expiry was judged by what is applied up to a log index. */
  private judgedMsUpTo(index: number): number {
    let judgedMs = this.appliedJudgedMs;
    for (let i = 0; i < this.unapplied.length; i++) {
      const batch = this.unapplied.at(i)!;
      if (batch.index > index) break;
      judgedMs = Math.max(judgedMs, batch.judgedMs);
    }
    return judgedMs;
  }

  // ── Evaluating in steps ───────────────────────────────────────────────────────────────────────────────────────────

  /** Calls `resume` when the stepped evaluation has ended, in whatever way; another one may be under way by then. */
  whenIdle(resume: () => void): void {
    this.stepping.whenIdle(resume);
  }

  /**
   * Runs a stepped evaluation from its first step on; `done` is told what `finish` would answer, maybe at once. Staged
   * rows of one that ends without effects are garbage, which the sweeper finds.
   */
  runSteps(start: (session: Session) => Steps, done: (sequence: number) => void): void {
    this.stepping.run(start, done);
  }

  /** A view that shows what the stepped evaluation under way sees, for reads in slices that are part of it. */
  viewOfSteps(): SessionView {
    return this.stepping.view();
  }

  /** The session of stepped evaluations, always the same one; for those who watch what they do. */
  get steppedSession(): Session {
    return this.stepping.session;
  }

  private tellWatches(session: Session): void {
    session.changedKeys((database, userKey, map) => {
      if (userKey !== undefined) return this.watches.touch(database, userKey);
      // The map as it was from here on: an evaluation may change it more than once, and keys in between.
      const physical = physicalDatabases(map);
      this.watches.databasesChanged((logical) => physical[logical]!);
    });
  }

  /** The term of the leadership under which commands are, or were last, evaluated. */
  get leadershipTerm(): number {
    return this.term;
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
      // The batch that a stepped evaluation writes to is sealed at its end.
      if (!this.available || this.busy) return;
      if (this.group.logIsBusy) this.sealWaits = true;
      else this.seal();
    });
  }

  /** What was gathered meanwhile is proposed as one. */
  logSynced(): void {
    if (!this.sealWaits) return;
    this.sealWaits = false;
    if (this.available && !this.busy) this.seal();
  }

  private seal(): void {
    const batch = this.overlay.open;
    if (batch.isEmpty) return;
    const isAwaited = this.awaiting.seal(batch);
    let index = 0;
    for (const payload of batch.seal(this.term, 0, this.hlc, this.maxEntryBytes)) {
      // Refused only in the term's end: then fragments that are in the log already are never completed.
      index = this.group.propose(payload, this.term, isAwaited);
      if (index === 0) {
        this.following();
        return;
      }
    }
    batch.index = index;
    batch.sealedAtMs = this.options.clock.monotonicMs();
    this.lastBatchBytes = batch.length;
    this.inFlightBytes += batch.length;
    const { statistics } = this;
    statistics.batchesTotal++;
    statistics.operationsTotal += batch.operationCount;
    statistics.bytesTotal += batch.length;
    statistics.batchOperations.record(batch.operationCount);
    statistics.batchBytes.record(batch.length);
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
    if (this.leads && this.term === term) {
      // Leadership was not handed over after all.
      this.available = true;
      return;
    }
    const applied = this.storage.readApplied(this.group.id);
    this.hlc.observe(applied.hlcMs, applied.hlcCounter);
    this.term = term;
    const row = this.storage.get(this.group.id, metaKey(MetaField.databases), "anywhere");
    assert(row !== notInMemory, "a read that may block is answered");
    this.databases = new Databases(row);
    this.available = this.leads = true;
  }

  /** What was evaluated is proposed, but for a stepped evaluation that has not ended; then nothing more is. */
  yielding(): void {
    if (!this.available) return;
    this.available = false;
    this.stepping.takeBack();
    this.seal();
    this.stepping.lost();
    this.relieve();
  }

  following(): void {
    if (!this.leads) return;
    this.available = this.leads = this.sealWaits = false;
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
    this.watches.touchAll();
    this.stepping.lost();
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
      this.appliedJudgedMs = Math.max(this.appliedJudgedMs, batch.judgedMs);
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
