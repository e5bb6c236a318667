// Storage on disk: RocksDB through the addon (native/). One instance per open directory and JavaScript thread. Three
// buffers are shared with the addon for its lifetime: bounds go in through `scratch`, pages come out through `result` and
// are copied out at once, completions come as triples in `events`. The addon wakes this thread once for many completions;
// `wake` then drains them all. Nothing calls back from inside a call.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BasaltError, assert } from "../base/index";
import type { ByteString } from "../base/index";
import type { LogBatch } from "./log-batch";
import { Event, NOT_IN_MEMORY_ANSWER, Tier, asBasaltError, loadAddon } from "./native-addon";
import type {
  NativeEngine,
  NativeGet,
  PackedAnswer,
  RunningFaults,
  ScanArguments,
  TestFaults,
} from "./native-addon";
import {
  ABSENT,
  packKeys,
  unpackEntries,
  unpackGarbage,
  unpackPage,
  unpackSlotSamples,
  unpackValues,
} from "./native-packing";
import { MAX_ROW_KEY_BYTES, checkRange, checkRowKey } from "./row-limits";
import { notInMemory } from "./types";
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
} from "./types";

export interface NativeStorageOptions {
  readonly directory: string;
  readonly nodeId: number;
  /** never: the log is written and not synced; for benchmarks only. Default always. */
  readonly fsync?: "always" | "never";
  /** Block cache of both instances. Default 128 MiB. */
  readonly cacheBytes?: number;
  /** One memtable of the data; up to three exist. Default 64 MiB. */
  readonly writeBufferBytes?: number;
  /** Another build of the addon: tests. */
  readonly addonPath?: string;
  /** Only with the test build. */
  readonly testFaults?: TestFaults;
}

const MIB = 1024 * 1024;
/** Two bounds of the longest kind, or one key behind its group. */
const SCRATCH_BYTES = 2 * MAX_ROW_KEY_BYTES + 1024;
const RESULT_BYTES = 256 * 1024;
const MAX_EVENTS = 256;
const CHECKPOINT_NAME = /^[A-Za-z0-9-]+$/;

/** open → failed (told) → closing → closed; open → closing. */
type Phase = "open" | "failed" | "closing" | "closed";

/**
 * Opens the directory, creating it if need be. Blocks while RocksDB recovers its log. Throws BasaltError ADDON_MISSING,
 * DIR_IN_USE, DIR_FORMAT, DIR_NODE_ID, DIR_NOT_WRITABLE, STORAGE_CORRUPT, STORAGE_OPEN_FAILED.
 */
export function openNativeStorage(options: NativeStorageOptions): NativeStorage {
  return new NativeStorage(options);
}

class PinnedSnapshot implements Snapshot {
  constructor(
    readonly id: number,
    private readonly engine: NativeEngine,
    private readonly isOpen: () => boolean,
  ) {}

  release(): void {
    if (this.isOpen()) this.engine.releaseSnapshot(this.id);
  }
}

export class NativeStorage implements Storage {
  readonly nodeId: number;
  readonly incarnation: number;
  private readonly engine: NativeEngine;
  private readonly getRow: NativeGet;
  private readonly scratch = Buffer.alloc(SCRATCH_BYTES);
  private readonly result = Buffer.alloc(RESULT_BYTES);
  private readonly events = new Float64Array(MAX_EVENTS * 3);
  private readonly directory: string;
  /** While a checkpoint is made: the persisted indexes, by group, that the listener is told of afterwards. */
  private heldPersisted: Map<number, number> | undefined;
  private phase: Phase = "open";
  private listener: StorageListener | undefined;
  private readonly loads = new Map<number, (packed: Buffer) => void>();
  private lastLoad = 0;
  private closing: Promise<void> | undefined;
  private onClosed: () => void = () => undefined;
  /** What failed while closing, or just before and was not told any more. */
  private failureAtClose: BasaltError | undefined;

  /** Use `openNativeStorage`. */
  constructor(options: NativeStorageOptions) {
    this.directory = options.directory;
    const {
      directory,
      nodeId,
      fsync = "always",
      cacheBytes = 128 * MIB,
      writeBufferBytes = 64 * MIB,
    } = options;
    assert(Number.isSafeInteger(nodeId) && nodeId > 0, "a node id is a positive integer");
    const addon = loadAddon(options.addonPath);
    const engineOptions = {
      directory,
      nodeId,
      sync: fsync === "always",
      cacheBytes,
      writeBufferBytes,
      ...(options.testFaults && { faults: options.testFaults }),
    };
    try {
      this.engine = new addon.Engine(engineOptions, this.scratch, this.result, this.events, () =>
        this.wake(),
      );
    } catch (error) {
      throw asBasaltError(error);
    }
    this.getRow = this.engine.getter();
    this.nodeId = nodeId;
    this.incarnation = this.engine.incarnation();
  }

  listen(listener: StorageListener): void {
    this.checkUsable();
    assert(this.listener === undefined, "one listener listens to a storage");
    this.listener = listener;
  }

  readMetadata(name: string): ByteString | undefined {
    this.checkUsable();
    return this.guard(() => this.engine.readMetadata(name));
  }

  writeMetadata(name: string, value: ByteString): void {
    this.checkUsable();
    this.guard(() => this.engine.writeMetadata(name, value));
  }

  groups(): number[] {
    this.checkUsable();
    return this.engine.groups();
  }

  readLogState(group: number): GroupLogState {
    this.checkUsable();
    return this.guard(() => this.engine.readLogState(group));
  }

  readEntries(group: number, low: number, high: number, maxBytes: number): StoredEntry[] {
    this.checkUsable();
    assert(low <= high, "a range of entries ends behind its start");
    if (low === high) return [];
    return unpackEntries(
      this.guard(() => this.engine.readEntries(group, low, high, maxBytes)),
      low,
    );
  }

  submitLog(batch: LogBatch): number {
    this.checkUsable();
    assert(this.listener !== undefined, "a storage has a listener before anything is submitted");
    return this.engine.submitLog(batch.control, batch.length, batch.payloads);
  }

  submitLogInPlace(batch: LogBatch): boolean {
    this.checkUsable();
    assert(this.listener !== undefined, "a storage has a listener before anything is submitted");
    return this.engine.submitLogInPlace(batch.control, batch.length, batch.payloads);
  }

  readApplied(group: number): AppliedRecord {
    this.checkUsable();
    return this.engine.readApplied(group);
  }

  submitApply(group: number, lastIndex: number): void {
    this.checkUsable();
    this.engine.submitApply(group, lastIndex);
  }

  flush(): void {
    this.checkUsable();
    this.engine.flush();
  }

  get(group: number, key: ByteString, tier: ReadTier): ByteString | null | NotInMemory {
    this.checkUsable();
    checkRowKey(key);
    try {
      const answer = this.getRow(group, key, tier === "memory" ? Tier.memory : Tier.anywhere);
      return typeof answer === "number" ? notInMemory : answer;
    } catch (error) {
      throw asBasaltError(error);
    }
  }

  multiGet(group: number, keys: readonly ByteString[], tier: ReadTier): (ByteString | null | NotInMemory)[] {
    this.checkUsable();
    if (keys.length === 0) return [];
    keys.forEach(checkRowKey);
    const nativeTier = tier === "memory" ? Tier.memory : Tier.anywhere;
    const packed = this.guard(() => this.engine.multiGet(group, packKeys(keys), keys.length, nativeTier));
    return unpackValues(this.answerBytes(packed), (length) => (length === ABSENT ? null : notInMemory));
  }

  scan(group: number, request: ScanRequest, tier: ReadTier): ScanPage | NotInMemory {
    this.checkUsable();
    const nativeTier = tier === "memory" ? Tier.memory : Tier.anywhere;
    const scanArguments = this.scanArguments(group, request);
    const packed = this.guard(() => this.engine.scan(nativeTier, ...scanArguments));
    return packed === NOT_IN_MEMORY_ANSWER ? notInMemory : unpackPage(this.answerBytes(packed));
  }

  pinSnapshot(): Snapshot {
    this.checkUsable();
    // Closing gives all snapshots back by itself, on a thread of its own.
    const isOpen = (): boolean => this.phase === "open" || this.phase === "failed";
    return new PinnedSnapshot(this.engine.pinSnapshot(), this.engine, isOpen);
  }

  loadMany(group: number, keys: readonly ByteString[], done: (values: (ByteString | null)[]) => void): void {
    const load = this.addLoad((packed) => done(unpackValues(packed, () => null)));
    keys.forEach(checkRowKey);
    if (load !== undefined) this.engine.loadMany(load, group, packKeys(keys), keys.length);
  }

  loadScan(group: number, request: ScanRequest, done: (page: ScanPage) => void): void {
    const load = this.addLoad((packed) => done(unpackPage(packed)));
    if (load !== undefined) this.engine.loadScan(load, ...this.scanArguments(group, request));
  }

  countHeaders(group: number, request: CountRequest, done: (count: number) => void): () => void {
    const load = this.addLoad((packed) => done(packed.readDoubleLE(0)));
    if (load === undefined) return () => undefined;
    const { lower, upper, nowMs, snapshot } = request;
    this.writeBounds(lower, upper);
    this.engine.countHeaders(load, group, lower.length, upper.length, nowMs, snapshot?.id ?? 0);
    return () => {
      if (this.loads.delete(load)) this.engine.cancelCount(load);
    };
  }

  sampleSlots(group: number, request: SlotSampleRequest, done: (samples: SlotSample[]) => void): void {
    const load = this.addLoad((packed) => done(unpackSlotSamples(packed)));
    if (load === undefined) return;
    const { database, fromSlot, toSlot, maxRows, snapshot } = request;
    assert(maxRows >= 1, "a sample looks at one row at least");
    this.engine.sampleSlots(load, group, database, fromSlot, toSlot, maxRows, snapshot?.id ?? 0);
  }

  findGarbage(group: number, request: GarbageRequest, done: (garbage: Garbage) => void): void {
    const load = this.addLoad((packed) => done(unpackGarbage(packed)));
    const { from = "", maxRows, nowMs, databases } = request;
    if (load === undefined) return;
    assert(maxRows >= 1, "a search looks at one row at least");
    assert(from.length <= SCRATCH_BYTES, "a search goes on at a row's key");
    this.scratch.write(from, 0, "latin1");
    this.engine.findGarbage(load, group, from.length, maxRows, nowMs, Uint32Array.from(databases));
  }

  /**
   * While the copy is made nobody is told what has been persisted, so that nobody compacts the log: a copy of the log that
   * begins above the copy of the data could not be started from.
   */
  checkpoint(name: string, kept: number, done: (failure: BasaltError | undefined) => void): void {
    assert(this.heldPersisted === undefined, "one checkpoint is made at a time");
    assert(CHECKPOINT_NAME.test(name), "a checkpoint's name is a plain file name");
    const load = this.addLoad((packed) => {
      const held = this.heldPersisted ?? new Map<number, number>();
      this.heldPersisted = undefined;
      for (const [group, index] of held) this.listener?.persisted(group, index);
      const [code = "", message = ""] = packed.toString("utf8").split("\n", 2);
      done(code === "" ? undefined : new BasaltError(code, message));
    });
    if (load === undefined) return;
    this.heldPersisted = new Map();
    this.engine.checkpoint(load, name, kept);
  }

  checkpoints(): string[] {
    const path = join(this.directory, "checkpoints");
    if (!existsSync(path)) return [];
    try {
      return readdirSync(path)
        .filter((name) => CHECKPOINT_NAME.test(name))
        .sort();
    } catch {
      // Not a directory, or not ours to read: the next checkpoint will say so.
      return [];
    }
  }

  releaseMemory(done: () => void): void {
    const load = this.addLoad(() => done());
    if (load !== undefined) this.engine.releaseMemory(load);
  }

  memory(): StorageMemory {
    const figures = this.statistics();
    const of = (name: string): number => figures[name] ?? 0;
    return {
      blockCacheBytes: of("blockCacheUsedBytes"),
      memtableBytes: of("dataMemtableBytes") + of("logMemtableBytes"),
      tableReaderBytes: of("dataTableReaderBytes") + of("logTableReaderBytes"),
      heldLogBytes: of("applyQueueBytes"),
    };
  }

  /** Also after a failure: figures are asked for until the process ends. */
  statistics(): StorageStatistics {
    if (this.phase !== "failed") this.checkUsable();
    return this.engine.statistics();
  }

  /** After a failure nothing more is written; the directory is released all the same. */
  close(): Promise<void> {
    if (this.closing) return this.closing;
    this.phase = "closing";
    this.loads.clear();
    this.closing = new Promise((resolve, reject) => {
      this.onClosed = () => (this.failureAtClose === undefined ? resolve() : reject(this.failureAtClose));
    });
    this.engine.close();
    return this.closing;
  }

  // The test build.

  /** Ends the process as a power loss does: everything that was not synced is gone from the disk. */
  cutPower(): never {
    assert(this.engine.cutPower, "the power is cut in the test build only");
    return this.engine.cutPower();
  }

  setFaults(faults: RunningFaults): void {
    assert(this.engine.setFaults, "faults are set in the test build only");
    this.engine.setFaults(faults);
  }

  /** Writes, syncs and directory operations so far: the scale of `powerLossAtOperation`. */
  fileOperations(): number {
    assert(this.engine.fileOperations, "file operations are counted in the test build only");
    return this.engine.fileOperations();
  }

  private checkUsable(): void {
    if (this.phase === "open") return;
    if (this.phase === "failed") {
      throw new BasaltError(
        "STORAGE_FAILED",
        "The storage has failed and takes nothing more; the node must be restarted.",
      );
    }
    throw new BasaltError("STORAGE_CLOSED", "The storage is closed.");
  }

  private guard<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw asBasaltError(error);
    }
  }

  private answerBytes(answer: PackedAnswer): Buffer {
    return typeof answer === "number" ? this.result.subarray(0, answer) : answer;
  }

  private writeBounds(lower: ByteString, upper: ByteString): void {
    checkRange(lower, upper);
    this.scratch.write(lower, 0, "latin1");
    this.scratch.write(upper, lower.length, "latin1");
  }

  private scanArguments(group: number, request: ScanRequest): ScanArguments {
    const { lower, upper, maxRows, maxBytes, reverse, valuePrefixBytes = -1, snapshot } = request;
    assert(maxRows >= 1, "a scan asks for at least one row");
    this.writeBounds(lower, upper);
    const direction = reverse ? 1 : 0;
    return [
      group,
      lower.length,
      upper.length,
      maxRows,
      maxBytes,
      direction,
      valuePrefixBytes,
      snapshot?.id ?? 0,
    ];
  }

  /** undefined after a failure: like one that was under way then, the load is never answered. */
  private addLoad(unpack: (packed: Buffer) => void): number | undefined {
    if (this.phase === "failed") return undefined;
    this.checkUsable();
    this.loads.set(++this.lastLoad, unpack);
    return this.lastLoad;
  }

  private wake(): void {
    for (;;) {
      const count = this.phase === "closed" ? 0 : this.engine.poll();
      // A listener may end the storage, whose last event is `closed`.
      for (let event = 0; event < count; event++) {
        this.dispatch(this.events[event * 3]!, this.events[event * 3 + 1]!, this.events[event * 3 + 2]!);
      }
      if (count < MAX_EVENTS) return;
    }
  }

  private dispatch(kind: number, first: number, second: number): void {
    // What is finished while closing is not told: whoever closes has ended its work.
    const listener = this.phase === "open" ? this.listener : undefined;
    switch (kind) {
      case Event.logSynced:
        listener?.logSynced(first);
        break;
      case Event.applied:
        listener?.applied(first, second);
        break;
      case Event.persisted:
        if (this.heldPersisted !== undefined) this.heldPersisted.set(first, second);
        else listener?.persisted(first, second);
        break;
      case Event.failed:
        this.fail();
        break;
      case Event.loaded:
        this.finishLoad(first);
        break;
      case Event.closed:
        this.phase = "closed";
        this.engine.finishClose();
        this.onClosed();
        break;
      default:
        assert(false, "the addon's events are known");
    }
  }

  private fail(): void {
    const { code, message } = this.engine.failure();
    const error = new BasaltError(code, message);
    this.loads.clear();
    if (this.phase === "open") {
      this.phase = "failed";
      this.listener?.failed(error);
    } else {
      this.failureAtClose = error;
    }
  }

  private finishLoad(load: number): void {
    const packed = this.engine.takeLoad(load);
    const unpack = this.loads.get(load);
    this.loads.delete(load);
    unpack?.(packed);
  }
}
