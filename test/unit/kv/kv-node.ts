// An evaluator over the in-memory storage with a hand-driven group: a test decides when entries are synced, committed,
// applied and reported, when leadership goes and comes, what is in memory, and what time it is. Shared by the tests of
// this folder; no test of its own.
import { SeededRandom, assert } from "../../../src/base/index";
import type { ByteString, Clock, Scheduler } from "../../../src/base/index";
import { Evaluator } from "../../../src/kv/index";
import type { EvaluatorOptions } from "../../../src/kv/index";
import type { GroupHandle } from "../../../src/raft/host/index";
import { LogBatch } from "../../../src/storage/index";
import { MemoryDisk, MemoryStorage } from "../../../src/storage/memory/index";

export const GROUP = 1;

export class TestClock implements Clock {
  wall = 1_700_000_000_000;
  monotonic = 0;

  wallMs(): number {
    return this.wall;
  }

  monotonicMs(): number {
    return this.monotonic;
  }
}

interface Timer {
  readonly dueMs: number;
  readonly task: () => void;
}

export class TestScheduler implements Scheduler {
  private tasks: (() => void)[] = [];
  private timers: Timer[] = [];
  private nowMs = 0;

  atTurnEnd(task: () => void): void {
    this.tasks.push(task);
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { dueMs: this.nowMs + delayMs, task };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Ends the turn: what was asked for runs, and what that asks for. */
  endTurn(): void {
    for (let i = 0; i < this.tasks.length; i++) this.tasks[i]!();
    this.tasks = [];
  }

  /** Runs the timers that fall due within `ms`. */
  pass(ms: number): void {
    this.nowMs += ms;
    const due = this.timers.filter((timer) => timer.dueMs <= this.nowMs);
    this.timers = this.timers.filter((timer) => timer.dueMs > this.nowMs);
    for (const timer of due) timer.task();
    this.endTurn();
  }
}

/** Appends proposals to the storage's log; nothing is committed unless the test says so. */
export class TestGroup implements GroupHandle {
  readonly id = GROUP;
  term = 1;
  lastIndex = 0;
  readonly leader = 1;
  hasLease = true;
  logIsBusy = false;
  /** Who waits to be told whether this node leads. */
  readonly confirmations: ((confirmed: boolean) => void)[] = [];
  /** Proposals are refused from now on. */
  refuses = false;
  readonly payloads = new Map<number, Buffer>();
  /** Whether the last proposal was said to be awaited. */
  isAwaited: boolean | undefined;
  private readonly batch = new LogBatch();
  private readonly storage: MemoryStorage;

  constructor(storage: MemoryStorage) {
    this.storage = storage;
  }

  propose(payload: Buffer, term: number, isAwaited?: boolean): number {
    this.isAwaited = isAwaited;
    if (this.refuses || term !== this.term) return 0;
    return this.append(payload);
  }

  confirmLeadership(done: (confirmed: boolean) => void): void {
    this.confirmations.push(done);
  }

  /** Answers all who wait. */
  confirm(confirmed: boolean): void {
    for (const done of this.confirmations.splice(0)) done(confirmed);
  }

  append(payload: Uint8Array): number {
    const index = ++this.lastIndex;
    if (payload.length > 0) this.payloads.set(index, Buffer.from(payload));
    this.batch.clear();
    this.batch.append(GROUP, index, this.term, 0, payload);
    this.storage.submitLog(this.batch);
    return index;
  }

  /** The entries from `index` on are overwritten by another leader's. */
  cut(index: number): void {
    if (index > this.lastIndex) return;
    this.batch.clear();
    this.batch.cutSuffix(GROUP, index);
    this.storage.submitLog(this.batch);
    for (let gone = index; gone <= this.lastIndex; gone++) this.payloads.delete(gone);
    this.lastIndex = index - 1;
  }
}

export interface KvNodeOptions extends Partial<Omit<EvaluatorOptions, "storage" | "clock" | "scheduler">> {
  readonly seed?: number;
  /** One on which another node has ended. */
  readonly disk?: MemoryDisk;
  readonly isInMemory?: (key: ByteString) => boolean;
}

export class KvNode {
  readonly clock = new TestClock();
  readonly scheduler = new TestScheduler();
  readonly disk: MemoryDisk;
  readonly storage: MemoryStorage;
  readonly group: TestGroup;
  readonly evaluator: Evaluator;
  committedIndex = 0;
  /** The last index that was reported as applied. */
  appliedIndex = 0;

  constructor(options: KvNodeOptions = {}) {
    const { isInMemory } = options;
    this.disk = options.disk ?? new MemoryDisk();
    this.storage = new MemoryStorage(this.disk, {
      nodeId: 1,
      driver: {
        random: new SeededRandom(options.seed ?? 1),
        ...(isInMemory && { isInMemory: (_: number, key: ByteString) => isInMemory(key) }),
      },
    });
    this.storage.listen({
      logSynced: () => undefined,
      applied: (_, index) => {
        this.appliedIndex = index;
        if (index <= this.committedIndex) this.evaluator.applied(index);
      },
      persisted: () => undefined,
      failed: (error) => {
        throw error;
      },
    });
    this.group = new TestGroup(this.storage);
    if (options.disk !== undefined) {
      const log = this.storage.readLogState(GROUP);
      this.group.lastIndex = log.lastIndex;
      this.group.term = log.hardState.term + 1;
      this.committedIndex = this.appliedIndex = this.storage.readApplied(GROUP).index;
    }
    this.evaluator = new Evaluator(this.group, {
      storage: this.storage,
      clock: this.clock,
      scheduler: this.scheduler,
      hotRowsBytes: options.hotRowsBytes ?? 1 << 20,
      maxInFlightBytes: options.maxInFlightBytes ?? 1 << 20,
      ...(options.maxBatchBytes !== undefined && { maxBatchBytes: options.maxBatchBytes }),
      ...(options.maxEntryBytes !== undefined && { maxEntryBytes: options.maxEntryBytes }),
      ...(options.maxEffectsBytes !== undefined && { maxEffectsBytes: options.maxEffectsBytes }),
    });
    this.lead();
  }

  /** Begins a term as its leader: everything in the log is committed and applied first. */
  lead(term = this.group.term): void {
    this.group.term = term;
    this.group.append(Buffer.alloc(0));
    this.commitAll();
    while (this.storage.pendingApply) this.storage.stepApply();
    while (this.storage.deliver());
    this.evaluator.leading(term);
  }

  endTurn(): void {
    this.scheduler.endTurn();
  }

  sync(): void {
    this.storage.stepLog();
    this.storage.syncLog();
    while (this.storage.deliver());
  }

  /** Commits up to an index, whose entries are synced first. */
  commit(index: number): void {
    assert(index <= this.group.lastIndex, "an entry is there before it is committed");
    this.sync();
    if (index <= this.committedIndex) return;
    this.committedIndex = index;
    this.storage.submitApply(GROUP, index);
    this.evaluator.committed(index);
  }

  commitAll(): void {
    this.commit(this.group.lastIndex);
  }

  /** The apply thread applies everything committed; with `deliver` it is reported, too. */
  apply(deliver = true): void {
    while (this.storage.stepApply());
    if (deliver) while (this.storage.deliver());
  }

  /** Seals, commits, applies and reports everything. */
  settle(): void {
    this.endTurn();
    this.commitAll();
    this.apply();
  }

  /** Ends the turn, at whose end loads go, and the turns that their answers make. */
  loadAll(): void {
    this.endTurn();
    while (this.storage.pendingLoad) {
      this.storage.stepLoad();
      while (this.storage.deliver());
      this.endTurn();
    }
  }
}
