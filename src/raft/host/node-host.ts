// The multi-group host: owns the groups of a node, one ticker for all of them, and the only path to storage's log and
// apply threads. The work of all groups in a turn becomes one log batch. Time, turns and randomness are handed in, so
// simulation runs this very code. One JavaScript thread; it waits for nothing but the sync of a small batch that all wait for.
import { assert } from "../../base/index";
import type { Clock, Scheduler } from "../../base/index";
import { LogBatch } from "../../storage/index";
import type { Storage, StorageListener } from "../../storage/index";
import type { Message, NodeId, RandomSource } from "../core/index";
import { encodeConfiguration } from "./configuration-record";
import type { StoredConfiguration } from "./configuration-record";
import { RaftGroup } from "./group";
import type { GroupSurroundings, GroupTiming } from "./group";
import type { LogWriter } from "./log-work";
import { Outbox } from "./outbox";
import { PeerClocks } from "./peer-clocks";
import type { PeerBatch, PeerTransport } from "./transport";

export interface NodeHostOptions {
  readonly nodeId: number;
  readonly storage: Storage;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly transport: PeerTransport;
  readonly tickMs?: number;
  readonly timing?: GroupTiming;
  /** Applied entries that stay in the log behind what is compacted. */
  readonly keepEntries?: number;
  /** A group whose log holds more payload bytes than this asks for a flush of the data, so that it can be compacted. */
  readonly maxLogBytes?: number;
  /** Called before this thread waits for the disk: what is collected for others should go first. It does not call back. */
  readonly beforeWaiting?: () => void;
  /** Told once when storage failed; all groups have stopped by then. */
  readonly failed: (error: Error) => void;
}

const DEFAULT_TICK_MS = 50;
const DEFAULT_TIMING: GroupTiming = { electionTicks: 10, heartbeatTicks: 2, leaseMarginTicks: 2 };
const DEFAULT_KEEP_ENTRIES = 1000;
const MIN_COMPACTED_ENTRIES = 1000;
const DEFAULT_MAX_LOG_BYTES = 256 * 1024 * 1024;
/** A larger batch goes to the log thread at once: it is written and synced as one, and other groups' votes wait for that. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;
/**
 * So many batches that are not synced make the log busy: more is gathered meanwhile. Measured against two and against no bound
 * in perf-reports/2026-11-30-adaptive-sealing.md.
 */
const BUSY_LOG_BATCHES = 1;
/**
 * This thread waits for a sync only if there is not much to write, and not for some batches after one that has taken long:
 * twice as many each time, as long as they do. Measured in perf-reports/2026-11-30-sync-in-place.md.
 */
const MAX_AWAITED_BYTES = 64 * 1024;
const LONG_SYNC_MS = 2;
const MIN_BATCHES_AFTER_LONG_SYNC = 16;
const MAX_BATCHES_AFTER_LONG_SYNC = 1024;

export class NodeHost implements StorageListener, LogWriter {
  private readonly options: NodeHostOptions;
  private readonly storage: Storage;
  private readonly groups = new Map<number, RaftGroup>();
  private readonly clocks: PeerClocks;
  private readonly outbox: Outbox;
  private readonly surroundings: GroupSurroundings;
  readonly batch = new LogBatch();
  lastTicket = 0;
  private syncedTicket = 0;
  private scheduled = false;
  private stopped = false;
  private hasFailed = false;
  private bytesSinceFlush = 0;
  /** Entries of the next batch, and those of them for which this thread may wait. */
  private proposedEntries = 0;
  private awaitedEntries = 0;
  /** So many batches are not waited for, and so many will not be behind the next sync that takes long. */
  private batchesNotAwaited = 0;
  private batchesAfterLongSync = MIN_BATCHES_AFTER_LONG_SYNC;
  private cancelTick: (() => void) | undefined;

  constructor(options: NodeHostOptions) {
    this.options = options;
    this.storage = options.storage;
    const { nodeId, storage, clock, random, transport } = options;
    this.clocks = new PeerClocks(nodeId, clock);
    this.outbox = new Outbox(nodeId, transport, clock, this.clocks);
    const host = this;
    this.surroundings = {
      nodeId,
      storage,
      clock,
      clocks: this.clocks,
      random,
      timing: options.timing ?? DEFAULT_TIMING,
      tickMs: options.tickMs ?? DEFAULT_TICK_MS,
      send: (group: number, message: Message) => this.outbox.add(group, message),
      probeClock: (node: NodeId) => this.outbox.probe(node),
      wake: () => this.wake(),
      get logIsBusy() {
        return host.logIsBusy;
      },
      proposed: (isAwaited) => {
        this.proposedEntries++;
        if (isAwaited) this.awaitedEntries++;
      },
    };
    this.storage.listen(this);
  }

  /**
   * Opens a group of this node; where the directory does not know it, it begins with `initialVoters`. Those are the voters
   * the group itself began with, also for a node that is to be added: it learns of everything since from the log.
   */
  openGroup(id: number, initialVoters: readonly number[]): RaftGroup {
    const { storage } = this;
    assert(!this.groups.has(id), "a group is opened once");
    let initial: StoredConfiguration | undefined;
    if (storage.readLogState(id).configuration === undefined) {
      const voters = [...initialVoters].sort((one, other) => one - other);
      initial = {
        state: { voters, votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false },
        index: 0,
      };
      // In the first batch, so it is durable before or with the group's first vote and entry.
      this.batch.configuration(id, encodeConfiguration(initial));
    }
    const group = new RaftGroup(id, this.surroundings, initial);
    this.groups.set(id, group);
    return group;
  }

  /** Begins to tick. A group of which this node is the only voter is led at once. */
  start(): void {
    for (const group of this.groups.values()) group.start();
    this.scheduleTick();
    this.wake();
  }

  stop(): void {
    this.stopped = true;
    this.cancelTick?.();
  }

  private get logIsBusy(): boolean {
    return this.lastTicket - this.syncedTicket >= BUSY_LOG_BATCHES;
  }

  // ── What other nodes send ─────────────────────────────────────────────────────────────────────────────────────────

  /** Takes a batch from another node, and its messages over; what is not meant for this node is dropped. */
  receive(batch: PeerBatch): void {
    const { nodeId } = this.options;
    if (this.stopped || batch.to !== nodeId || batch.from === nodeId) return;
    this.clocks.received(batch);
    if (batch.messages.length === 0 && batch.echoMs === 0) {
      this.outbox.answerProbe(batch.from);
      this.wake();
    }
    for (const { group, message } of batch.messages) {
      if (message.to === nodeId && message.from === batch.from) this.groups.get(group)?.step(message);
    }
  }

  /** The last batches to this node are known to be lost. */
  reportUnreachable(node: NodeId): void {
    if (this.stopped) return;
    for (const group of this.groups.values()) group.reportUnreachable(node);
  }

  // ── What storage tells ────────────────────────────────────────────────────────────────────────────────────────────

  logSynced(ticket: number): void {
    this.tellSynced(ticket);
    this.process();
  }

  applied(group: number, index: number): void {
    this.groups.get(group)?.applied(index);
    this.process();
  }

  persisted(group: number, index: number): void {
    this.bytesSinceFlush = 0;
    const known = this.groups.get(group);
    if (known === undefined || this.stopped) return;
    known.persisted(index);
    known.compact(this.batch, this.options.keepEntries ?? DEFAULT_KEEP_ENTRIES, MIN_COMPACTED_ENTRIES);
    this.wake();
  }

  /** Told also when the host was stopped before: a node whose disk fails at its end has not ended well. */
  failed(error: Error): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.stop();
    for (const group of this.groups.values()) group.fail();
    this.options.failed(error);
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private scheduleTick(): void {
    this.cancelTick = this.options.scheduler.after(this.options.tickMs ?? DEFAULT_TICK_MS, () => {
      if (this.stopped) return;
      for (const group of this.groups.values()) group.tick();
      this.scheduleTick();
    });
  }

  /** Some group may have work: it is taken at the end of this turn. */
  private wake(): void {
    if (this.scheduled || this.stopped) return;
    this.scheduled = true;
    this.options.scheduler.atTurnEnd(() => {
      this.scheduled = false;
      this.process();
    });
  }

  private tellSynced(ticket: number): void {
    this.syncedTicket = ticket;
    for (const group of this.groups.values()) group.synced(ticket);
    // What they propose now is in the batch that is submitted next. Told at every sync, so that nobody waits for longer than
    // one, whatever other groups submit.
    for (const group of this.groups.values()) group.logSynced();
  }

  private process(): void {
    if (this.stopped) return;
    do this.takeWork();
    while (this.submitOrWait() && !this.stopped);
    this.outbox.flush();
    if (this.bytesSinceFlush > (this.options.maxLogBytes ?? DEFAULT_MAX_LOG_BYTES)) {
      this.bytesSinceFlush = 0;
      this.storage.flush();
    }
  }

  private takeWork(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const group of this.groups.values()) {
        if (!group.hasReady) continue;
        group.process(this);
        busy = true;
      }
      if (this.batch.isEmpty && this.syncedTicket === this.lastTicket) {
        for (const group of this.groups.values()) group.synced(this.syncedTicket);
      }
    }
  }

  submitLarge(): void {
    if (this.batch.payloadBytes >= MAX_BATCH_BYTES) this.submit();
  }

  /** True if the batch was waited for, so that groups may have work again. */
  private submitOrWait(): boolean {
    if (!this.mayWait()) {
      this.submit();
      return false;
    }
    this.outbox.flush();
    this.options.beforeWaiting?.();
    if (!this.submitInPlace()) return false;
    this.tellSynced(this.lastTicket);
    return true;
  }

  private submit(): void {
    if (this.batch.isEmpty) return;
    const ticket = this.storage.submitLog(this.batch);
    this.submitted();
    assert(ticket === this.lastTicket, "log batches are numbered without gaps");
  }

  private submitted(): void {
    this.lastTicket++;
    this.bytesSinceFlush += this.batch.payloadBytes;
    this.batch.clear();
    this.proposedEntries = this.awaitedEntries = 0;
  }

  /**
   * Whether this thread waits for the sync of the batch itself, which saves two wake-ups: all that is in it is awaited, the log
   * thread has nothing to do, syncs are short, and no other node waits for an answer of any group here. Asked once a batch.
   */
  private mayWait(): boolean {
    const { batch, proposedEntries } = this;
    if (proposedEntries === 0 || proposedEntries !== this.awaitedEntries) return false;
    if (this.lastTicket !== this.syncedTicket || batch.payloadBytes > MAX_AWAITED_BYTES) return false;
    if (this.batchesNotAwaited > 0) {
      this.batchesNotAwaited--;
      return false;
    }
    for (const group of this.groups.values()) {
      if (!group.isAlone) return false;
    }
    return true;
  }

  private submitInPlace(): boolean {
    const { clock } = this.options;
    const startedMs = clock.monotonicMs();
    const isSynced = this.storage.submitLogInPlace(this.batch);
    this.submitted();
    if (clock.monotonicMs() - startedMs <= LONG_SYNC_MS) {
      this.batchesAfterLongSync = MIN_BATCHES_AFTER_LONG_SYNC;
    } else {
      this.batchesNotAwaited = this.batchesAfterLongSync;
      this.batchesAfterLongSync = Math.min(2 * this.batchesAfterLongSync, MAX_BATCHES_AFTER_LONG_SYNC);
    }
    return isSynced;
  }
}
