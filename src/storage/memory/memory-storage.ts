// The in-memory, deterministic twin of the native storage: the same interface and the same semantics of sync, apply and
// crash on a MemoryDisk. Nothing happens by itself, but for a batch that is submitted in place: what the log thread, the
// apply thread, a flush and the loads would do are steps that a simulator (or a test, with `runAll`) takes when it likes,
// so that a crash can fall between any two.
// Steps queue their reports; only `deliver` calls back, never a call of the interface. All randomness is the driver's.
// One thread. Where the interface says that something must hold of the caller, this twin asserts it.
import { BasaltError, assert, errorText } from "../../base/index";
import type { ByteString, SeededRandom } from "../../base/index";
import { u32String } from "../keys";
import { LogRecord } from "../log-batch";
import type { LogBatch } from "../log-batch";
import { checkRange, checkRowKey } from "../row-limits";
import { notInMemory } from "../types";
import type {
  AppliedRecord,
  CountRequest,
  Garbage,
  GarbageRequest,
  GroupLogState,
  NotInMemory,
  ReadTier,
  ScanPage,
  SlotSample,
  SlotSampleRequest,
  ScanRequest,
  Snapshot,
  Storage,
  StorageListener,
  StorageMemory,
  StorageStatistics,
  StoredEntry,
} from "../types";
import { AppliedRows } from "./applied-rows";
import { decodeLogBatch } from "./group-log";
import type { CrashOptions, DiskOperation, MemoryDisk } from "./memory-disk";
import { MemoryLog } from "./memory-log";
import type { RowImage } from "./ordered-map";
import { PendingLoads } from "./pending-loads";
import { countLiveHeaders, sampleHeaders, scanRows, searchGarbage } from "./row-reads";

/** What the simulator hands in. */
export interface MemoryDriver {
  /** Draws what threads leave open: how many entries one apply takes, which load comes next. */
  readonly random: SeededRandom;
  /** Called from inside a call or step that leaves something to step; it must not call back into the storage. */
  onPending?(): void;
  /** False makes a read of this key (a scan: its first bound) in tier "memory" answer notInMemory. Absent: all is. */
  isInMemory?(group: number, key: ByteString): boolean;
  /** False: the log thread has something to do, so that nobody else writes the log. Absent: it never has. */
  mayWriteInPlace?(): boolean;
}

export interface MemoryStorageOptions {
  readonly nodeId: number;
  readonly driver: MemoryDriver;
  /** never: a batch is reported as synced when it is written. Default always. */
  readonly fsync?: "always" | "never";
}

/** open → failed (a disk operation failed; told by `deliver`) → refused; closed and crashed are ends. */
type Phase = "open" | "failed" | "refused" | "closed" | "crashed";

class PinnedImage implements Snapshot {
  isReleased = false;

  constructor(
    readonly id: number,
    readonly owner: MemoryStorage,
    readonly image: RowImage,
    private readonly onRelease: () => void,
  ) {}

  release(): void {
    assert(!this.isReleased, "a snapshot is released once");
    this.isReleased = true;
    this.onRelease();
  }
}

export class MemoryStorage implements Storage {
  readonly nodeId: number;
  readonly incarnation: number;
  private readonly driver: MemoryDriver;
  private readonly syncs: boolean;
  private phase: Phase = "open";
  private listener: StorageListener | undefined;
  private readonly reports: (() => void)[] = [];

  private readonly log: MemoryLog;
  private readonly rows: AppliedRows;
  private flushIsWanted = false;
  private closing: Promise<void> | undefined;
  /** A failure that the listener has not been told of. */
  private untold: Error | undefined;
  private readonly loads = new PendingLoads();
  private lastSnapshotId = 0;
  private pinnedSnapshots = 0;
  private readonly totals = { logBatches: 0, logSyncs: 0, applyEntries: 0, dataFlushes: 0, loads: 0 };

  /** Throws BasaltError DIR_IN_USE, DIR_NODE_ID. */
  constructor(
    private readonly disk: MemoryDisk,
    options: MemoryStorageOptions,
  ) {
    this.nodeId = options.nodeId;
    this.driver = options.driver;
    this.syncs = (options.fsync ?? "always") === "always";
    if (disk.isOpen) throw new BasaltError("DIR_IN_USE", "The data directory is in use by another process.");
    if (disk.nodeId !== undefined && disk.nodeId !== options.nodeId) {
      throw new BasaltError(
        "DIR_NODE_ID",
        `The data directory belongs to node ${disk.nodeId}, not to node ${options.nodeId}. Start it with its own id.`,
      );
    }
    if (disk.nodeId === undefined) {
      disk.claim(
        options.nodeId,
        1 + this.driver.random.next32() * 0x10_0000 + this.driver.random.below(0x10_0000),
      );
    }
    this.incarnation = disk.incarnation;
    this.rows = new AppliedRows(disk.data);
    this.log = new MemoryLog(disk, this.rows);
    disk.isOpen = true;
  }

  listen(listener: StorageListener): void {
    this.checkUsable();
    assert(this.listener === undefined, "one listener listens to a storage");
    this.listener = listener;
  }

  readMetadata(name: string): ByteString | undefined {
    this.checkUsable();
    return this.disk.metadata.get(name);
  }

  writeMetadata(name: string, value: ByteString): void {
    this.checkUsable();
    if (!this.reaches("metadataWrite")) throw refusedAfterFailure();
    this.disk.metadata.set(name, value);
  }

  groups(): number[] {
    this.checkUsable();
    return [...new Set([...this.log.groups(), ...this.rows.groupIds()])].sort((left, right) => left - right);
  }

  readLogState(group: number): GroupLogState {
    this.checkUsable();
    return this.log.state(group);
  }

  readEntries(group: number, low: number, high: number, maxBytes: number): StoredEntry[] {
    this.checkUsable();
    return this.log.entries(group, low, high, maxBytes);
  }

  submitLog(batch: LogBatch): number {
    this.checkUsable();
    assert(this.listener, "a storage has a listener before anything is submitted");
    const ticket = this.log.submit(batch);
    this.driver.onPending?.();
    return ticket;
  }

  submitLogInPlace(batch: LogBatch): boolean {
    const mayWrite = this.driver.mayWriteInPlace?.() ?? true;
    const isInPlace = mayWrite && this.log.isReported && !hasCompaction(batch);
    const ticket = this.submitLog(batch);
    if (!isInPlace || !this.isWorking) return false;
    const writes = this.log.write();
    if (!this.reaches("logWrite")) return false;
    this.log.written(writes);
    this.totals.logBatches++;
    if (this.syncs) {
      if (!this.reaches("logSync")) return false;
      this.disk.syncLog();
      this.totals.logSyncs++;
    }
    this.log.reported(ticket);
    return true;
  }

  readApplied(group: number): AppliedRecord {
    this.checkUsable();
    return this.rows.applied(group);
  }

  submitApply(group: number, lastIndex: number): void {
    this.checkUsable();
    assert(lastIndex <= this.log.syncedIndex(group), "only entries that the own log has synced are applied");
    this.rows.submit(group, lastIndex);
    this.driver.onPending?.();
  }

  flush(): void {
    this.checkUsable();
    this.flushIsWanted = true;
    this.driver.onPending?.();
  }

  get(group: number, key: ByteString, tier: ReadTier): ByteString | null | NotInMemory {
    this.checkUsable();
    checkRowKey(key);
    if (!this.mayRead(group, key, tier)) return notInMemory;
    return this.rows.image.get(u32String(group) + key) ?? null;
  }

  multiGet(group: number, keys: readonly ByteString[], tier: ReadTier): (ByteString | null | NotInMemory)[] {
    return keys.map((key) => this.get(group, key, tier));
  }

  scan(group: number, request: ScanRequest, tier: ReadTier): ScanPage | NotInMemory {
    this.checkUsable();
    const image = this.imageOf(request.snapshot);
    checkRange(request.lower, request.upper);
    if (!this.mayRead(group, request.lower, tier)) return notInMemory;
    return scanRows(image, u32String(group), request);
  }

  pinSnapshot(): Snapshot {
    this.checkUsable();
    this.pinnedSnapshots++;
    return new PinnedImage(++this.lastSnapshotId, this, this.rows.image, () => this.pinnedSnapshots--);
  }

  loadMany(group: number, keys: readonly ByteString[], done: (values: (ByteString | null)[]) => void): void {
    const prefix = u32String(group);
    keys.forEach(checkRowKey);
    const wanted = keys.map((key) => prefix + key);
    this.load(undefined, (image) => wanted.map((key) => image.get(key) ?? null), done);
  }

  loadScan(group: number, request: ScanRequest, done: (page: ScanPage) => void): void {
    this.load(request.snapshot, (image) => scanRows(image, u32String(group), request), done);
  }

  countHeaders(group: number, request: CountRequest, done: (count: number) => void): () => void {
    return this.load(request.snapshot, (image) => countLiveHeaders(image, u32String(group), request), done);
  }

  sampleSlots(group: number, request: SlotSampleRequest, done: (samples: SlotSample[]) => void): void {
    this.load(request.snapshot, (image) => sampleHeaders(image, u32String(group), request), done);
  }

  findGarbage(group: number, request: GarbageRequest, done: (garbage: Garbage) => void): void {
    this.load(undefined, (image) => searchGarbage(image, u32String(group), request), done);
  }

  /** A disk of its own, with what is synced and applied when it is made. */
  checkpoint(name: string, kept: number, done: (failure: BasaltError | undefined) => void): void {
    this.load(
      undefined,
      (image) => (this.disk.failing.has("checkpoint") ? false : this.disk.addCheckpoint(name, kept, image)),
      (made) =>
        done(made ? undefined : new BasaltError("CHECKPOINT_FAILED", "The disk failed (checkpoint).")),
    );
  }

  checkpoints(): string[] {
    return [...this.disk.checkpoints.keys()].sort();
  }

  releaseMemory(done: () => void): void {
    this.load(undefined, () => undefined, done);
  }

  /** All of it is JavaScript's. */
  memory(): StorageMemory {
    return { blockCacheBytes: 0, memtableBytes: 0, tableReaderBytes: 0, heldLogBytes: 0 };
  }

  statistics(): StorageStatistics {
    if (this.phase !== "refused") this.checkUsable();
    return {
      logBatchesTotal: this.totals.logBatches,
      logSyncsTotal: this.totals.logSyncs,
      logQueueBatches: this.log.waitingBatches,
      applyEntriesTotal: this.totals.applyEntries,
      dataFlushesTotal: this.totals.dataFlushes,
      loadsTotal: this.totals.loads,
      pinnedSnapshots: this.pinnedSnapshots,
    };
  }

  /** What was submitted is finished, flushed and not reported. */
  close(): Promise<void> {
    if (this.closing) return this.closing;
    assert(this.phase !== "crashed", "a storage that crashed is gone");
    while (this.stepLog() || this.syncLog() || this.stepApply());
    this.stepFlush();
    this.disk.crash(this.driver.random, { unsynced: this.phase === "open" ? "kept" : "prefix" });
    this.end("closed");
    return (this.closing = this.untold === undefined ? Promise.resolve() : Promise.reject(this.untold));
  }

  // Steps. Each returns whether it found something to do.

  get pendingLog(): boolean {
    return this.isWorking && this.log.waitingBatches > 0;
  }

  /** Batches are written and not synced. Under fsync "never" the operating system may still sync them. */
  get pendingSync(): boolean {
    return this.isWorking && this.disk.unsyncedBatches > 0;
  }

  get pendingApply(): boolean {
    return this.isWorking && this.rows.hasWork;
  }

  /** A flush was asked for. One may also be stepped unasked, as RocksDB does when its memtables are full. */
  get pendingFlush(): boolean {
    return this.isWorking && this.flushIsWanted;
  }

  get pendingLoad(): boolean {
    return this.isWorking && this.loads.length > 0;
  }

  get pendingDelivery(): boolean {
    return this.reports.length > 0;
  }

  /** Anything that `runAll` would do. */
  get pending(): boolean {
    const reportsSync = this.syncs && this.pendingSync;
    const works =
      this.pendingLog || reportsSync || this.pendingApply || this.pendingFlush || this.pendingLoad;
    return works || this.pendingDelivery;
  }

  /** The log thread drains all that waits and writes it. Under fsync "never" that is reported as synced. */
  stepLog(): boolean {
    if (!this.pendingLog) return false;
    const writes = this.log.write();
    if (!this.reaches("logWrite")) return true;
    this.log.written(writes);
    this.totals.logBatches += writes.length;
    if (this.syncs) this.driver.onPending?.();
    else this.reportSynced();
    return true;
  }

  /** Makes everything written durable and, under fsync "always", reports it. */
  syncLog(): boolean {
    if (!this.pendingSync) return false;
    if (!this.reaches("logSync")) return true;
    this.disk.syncLog();
    this.totals.logSyncs++;
    if (this.syncs) this.reportSynced();
    return true;
  }

  /**
   * The apply thread takes entries of one group and writes them at once: at most `maxEntries`, by default as many as the
   * driver's random says.
   */
  stepApply(maxEntries?: number): boolean {
    if (!this.pendingApply) return false;
    if (!this.reaches("dataWrite")) return true;
    const group = this.driver.random.pick(this.rows.groupsWithWork());
    const waiting = this.rows.waitingEntries(group);
    const count = Math.min(waiting, maxEntries ?? this.driver.random.between(1, waiting));
    try {
      const reached = this.rows.apply(group, count, (index) => this.log.entryToApply(group, index));
      this.totals.applyEntries += count;
      if (reached !== undefined) this.report(() => this.listener?.applied(group, reached));
      else this.driver.onPending?.();
    } catch (error) {
      this.fail(error);
    }
    return true;
  }

  /** Flushes the data, asked for or not: all groups' rows and applied records as they are now, atomically. */
  stepFlush(): boolean {
    if (!this.isWorking) return false;
    this.flushIsWanted = false;
    if (!this.reaches("dataFlush")) return true;
    this.disk.data = this.rows.image;
    this.totals.dataFlushes++;
    // What is applied on disk may be told before it is told as applied.
    for (const [group, index] of this.rows.flushed()) {
      this.reports.unshift(() => {
        this.rows.reportPersisted(group, index);
        this.listener?.persisted(group, index);
      });
      this.driver.onPending?.();
    }
    return true;
  }

  /** One pending load reads or reports, as the driver's random says. */
  stepLoad(): boolean {
    if (!this.pendingLoad) return false;
    try {
      const report = this.loads.step(this.driver.random);
      if (report) this.report(report);
    } catch (error) {
      this.fail(error);
    }
    return true;
  }

  /** Calls back for everything that has happened, in order, until nothing is left or the storage ends. */
  deliver(): boolean {
    if (this.reports.length === 0) return false;
    for (let report = this.reports.shift(); report; report = this.reports.shift()) report();
    return true;
  }

  /** Steps and delivers until nothing is pending, callbacks' own submissions included. For tests. */
  runAll(): void {
    while (this.pending) {
      this.stepLog();
      if (this.syncs) this.syncLog();
      this.stepApply();
      if (this.pendingFlush) this.stepFlush();
      this.stepLoad();
      this.deliver();
    }
  }

  /** The process ends now, or the machine does. The storage is dead; the disk can be opened again. */
  crash(random: SeededRandom, options: CrashOptions = {}): void {
    assert(this.phase !== "crashed" && this.phase !== "closed", "a storage ends once");
    this.disk.crash(random, options);
    this.end("crashed");
  }

  private get isWorking(): boolean {
    return this.phase === "open";
  }

  private end(phase: Phase): void {
    this.phase = phase;
    this.reports.length = 0;
    this.loads.clear();
  }

  private checkUsable(): void {
    if (this.phase === "open" || this.phase === "failed") return;
    if (this.phase === "refused") throw refusedAfterFailure();
    if (this.phase === "closed") throw new BasaltError("STORAGE_CLOSED", "The storage is closed.");
    assert(false, "a storage that crashed is not used any more");
  }

  private report(callback: () => void): void {
    this.reports.push(callback);
    this.driver.onPending?.();
  }

  private reportSynced(): void {
    const ticket = this.log.writtenTicket;
    this.report(() => {
      this.log.reported(ticket);
      this.listener?.logSynced(ticket);
    });
  }

  /** False, and the storage has failed, if the disk refuses the operation. */
  private reaches(operation: DiskOperation): boolean {
    if (!this.disk.failing.has(operation)) return true;
    this.fail(new BasaltError("STORAGE_FAILED", `The disk failed (${operation}); nothing more is written.`));
    return false;
  }

  private fail(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(errorText(cause));
    this.phase = "failed";
    this.untold = error;
    this.loads.clear();
    this.report(() => {
      this.phase = "refused";
      this.untold = undefined;
      this.listener?.failed(error);
    });
  }

  private mayRead(group: number, key: ByteString, tier: ReadTier): boolean {
    return tier === "anywhere" || (this.driver.isInMemory?.(group, key) ?? true);
  }

  private imageOf(snapshot: Snapshot | undefined): RowImage {
    if (!snapshot) return this.rows.image;
    assert(
      snapshot instanceof PinnedImage && snapshot.owner === this,
      "a snapshot is read where it was pinned",
    );
    assert(!snapshot.isReleased, "a snapshot is not read after its release");
    return snapshot.image;
  }

  private load<T>(
    snapshot: Snapshot | undefined,
    read: (image: RowImage) => T,
    done: (answer: T) => void,
  ): () => void {
    // Like one that was under way when the disk failed, it is never answered.
    if (this.phase === "refused") return () => undefined;
    this.checkUsable();
    // A load keeps the image of its snapshot, also when that is released meanwhile.
    const pinned = snapshot && this.imageOf(snapshot);
    this.totals.loads++;
    let calledOff = false;
    this.loads.add(() => {
      if (calledOff) return () => undefined;
      const answer = read(pinned ?? this.rows.image);
      return () => {
        if (!calledOff) done(answer);
      };
    });
    this.driver.onPending?.();
    return () => {
      calledOff = true;
    };
  }
}

/** What a compaction leaves is the log thread's matter. */
function hasCompaction(batch: LogBatch): boolean {
  return decodeLogBatch(batch).some(({ kind }) => kind === LogRecord.compact);
}

function refusedAfterFailure(): BasaltError {
  return new BasaltError(
    "STORAGE_FAILED",
    "The storage has failed and takes nothing more; the node must be restarted.",
  );
}
