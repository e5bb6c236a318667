// The interface of storage: what the raft host, the evaluator and the simulator see of a node's disk. Two
// implementations hold it equal: NativeStorage (RocksDB through the addon) and MemoryStorage (the deterministic twin).
//
// Keys are logical keys: ByteStrings that begin at the space byte (see keys.ts); the storage puts the group before them.
// All calls are made on one JavaScript thread, and all callbacks arrive on it, never from inside a call. Writes are
// submitted and reported later, in order: the log thread syncs, the apply thread applies, loads run beside them. Buffers
// handed in may be reused by the caller when the call has returned, except entry payloads, which stay untouched until
// the entry is applied.
import type { BasaltError, ByteString } from "../base/index";
import type { LogBatch } from "./log-batch";

/** Log entry kinds as stored; the numbers are those of the raft core. */
export const EntryKind = { normal: 0, configurationChange: 1, configurationChangeV2: 2 } as const;

export interface StoredEntry {
  readonly index: number;
  readonly term: number;
  readonly type: number;
  /** Empty for the entry a new leader begins its term with. Owned by the receiver. */
  readonly payload: Uint8Array;
}

export interface HardStateRecord {
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
}

/** What a group's log consists of at start. */
export interface GroupLogState {
  readonly hardState: HardStateRecord;
  /** Encoded configuration (raft host's format); undefined before the group was initialised. */
  readonly configuration: Uint8Array | undefined;
  /** The entry before the first one held. */
  readonly truncatedIndex: number;
  readonly truncatedTerm: number;
  /** Index of the last entry held; equals truncatedIndex when the log is empty. */
  readonly lastIndex: number;
}

/** The state of a group's applied data. At open it is what had reached disk. */
export interface AppliedRecord {
  readonly index: number;
  readonly term: number;
  readonly hlcMs: number;
  readonly hlcCounter: number;
}

/** Only what is in memory may be read; the answer can be `notInMemory`. `anywhere` may block on the disk. */
export type ReadTier = "memory" | "anywhere";

export const notInMemory: unique symbol = Symbol("not in memory");
export type NotInMemory = typeof notInMemory;

export interface Snapshot {
  readonly id: number;
  /** Unpins; the snapshot must not be used afterwards. Releasing twice is an error. */
  release(): void;
}

export interface ScanRequest {
  /** First key, included. */
  readonly lower: ByteString;
  /** End, excluded. Both bounds lie in the same group; a scan never leaves [lower, upper). */
  readonly upper: ByteString;
  readonly maxRows: number;
  /** The page ends behind the row with which keys and values reach this many bytes. */
  readonly maxBytes: number;
  /** From `upper` downwards when true. */
  readonly reverse?: boolean;
  /** Only this many first bytes of every value are returned; all by default. */
  readonly valuePrefixBytes?: number;
  readonly snapshot?: Snapshot;
}

export interface ScanPage {
  readonly keys: ByteString[];
  readonly values: ByteString[];
  /** True if no row of the range lies behind the last one returned. */
  readonly done: boolean;
}

export interface CountRequest {
  readonly lower: ByteString;
  readonly upper: ByteString;
  /** Headers whose expiry is at or before this do not count. */
  readonly nowMs: number;
  readonly snapshot?: Snapshot;
}

export interface SlotSampleRequest {
  /** The physical one. */
  readonly database: number;
  /** Slots [fromSlot, toSlot). */
  readonly fromSlot: number;
  readonly toSlot: number;
  /** Rows that are read of one slot. */
  readonly maxRows: number;
  readonly snapshot?: Snapshot;
}

/** How many of a slot's headers were read, and the hash of the last of them. */
export interface SlotSample {
  readonly slot: number;
  readonly rows: number;
  readonly lastHash: number;
}

export interface GarbageRequest {
  /** Where to go on: the `next` of the answer before; undefined begins a pass. */
  readonly from: ByteString | undefined;
  /** How many rows may be looked at before the answer. */
  readonly maxRows: number;
  readonly nowMs: number;
  /** Physical ids of the databases that exist; every other id's rows are garbage. */
  readonly databases: readonly number[];
}

/** Candidates: the evaluator checks each one again before it proposes a deletion. */
export interface Garbage {
  /** Header keys (space 0x10) whose expiry has passed. */
  readonly expired: ByteString[];
  /** Element prefixes (space 0x11 up to and with the version) that no header names. */
  readonly orphans: ByteString[];
  /** Physical database ids that have rows and do not exist. */
  readonly databases: number[];
  /** The earliest time at which one of the headers looked at will expire, ms since the epoch; 0 if none will. */
  readonly nextExpiryMs: number;
  /** undefined when the pass has seen everything. */
  readonly next: ByteString | undefined;
  readonly rowsExamined: number;
}

export interface StorageListener {
  /** All log batches up to this ticket are durable. */
  logSynced(ticket: number): void;
  /** All entries of the group up to `index` are applied: later reads see them. */
  applied(group: number, index: number): void;
  /** The applied data of the group has reached disk up to `index`: its log may be compacted to there. */
  persisted(group: number, index: number): void;
  /**
   * A write or sync failed. Nothing submitted and not reported yet will be; every later call is refused, but for loads, which
   * are never answered, and figures.
   */
  failed(error: Error): void;
}

/** Figures by name; counters only grow (`…Total`), the rest are gauges. Units stand in the name. */
export type StorageStatistics = Readonly<Record<string, number>>;

/** Memory outside of JavaScript's, by owner. */
export interface StorageMemory {
  readonly blockCacheBytes: number;
  readonly memtableBytes: number;
  readonly tableReaderBytes: number;
  /** Log entries that wait for being applied. */
  readonly heldLogBytes: number;
}

export interface Storage {
  readonly nodeId: number;
  /** Random, from the directory's first start. */
  readonly incarnation: number;

  /** Must be called once, before anything is submitted. */
  listen(listener: StorageListener): void;

  // Metadata of the node: small, rare, durable when the call returns.
  readMetadata(name: string): ByteString | undefined;
  writeMetadata(name: string, value: ByteString): void;

  // The raft log. Reading is synchronous: it happens at start, and for a follower that lags.
  /** All groups that have a log or data here. */
  groups(): number[];
  readLogState(group: number): GroupLogState;
  /** Entries in [low, high), as many as fit `maxBytes` of payload, at least one. The range must be held. */
  readEntries(group: number, low: number, high: number, maxBytes: number): StoredEntry[];
  /** Queues a batch for the log thread and returns its ticket (1, 2, 3 …). The batch may be cleared and reused. */
  submitLog(batch: LogBatch): number;
  /**
   * The same with a wait for the disk: writes and syncs the batch before it returns, and answers true; `logSynced` is not
   * told of it. False, if a batch before it is not synced, the log thread has something to do, or this is something for it (a
   * compaction): then it is queued as by `submitLog`. It has the next ticket in any case. After a failure it answers false,
   * and `failed` is told.
   */
  submitLogInPlace(batch: LogBatch): boolean;

  // Applied data.
  readApplied(group: number): AppliedRecord;
  /** Applies the group's entries up to `lastIndex`, all of which are synced in its own log. */
  submitApply(group: number, lastIndex: number): void;
  /** Asks for a flush of the data; `persisted` tells when it has happened. */
  flush(): void;

  // Reads see every applied entry that was reported, and possibly later ones. Keys are at most MAX_ROW_KEY_BYTES long,
  // bounds one byte more; a range stays within one column family.
  get(group: number, key: ByteString, tier: ReadTier): ByteString | null | NotInMemory;
  multiGet(group: number, keys: readonly ByteString[], tier: ReadTier): (ByteString | null | NotInMemory)[];
  scan(group: number, request: ScanRequest, tier: ReadTier): ScanPage | NotInMemory;
  pinSnapshot(): Snapshot;

  // Loads: the same reads on the addon's threads. Callbacks come in any order; none comes after close or a failure.
  loadMany(group: number, keys: readonly ByteString[], done: (values: (ByteString | null)[]) => void): void;
  loadScan(group: number, request: ScanRequest, done: (page: ScanPage) => void): void;
  /** May take as long as there are rows. The returned function calls the count off: `done` is not called any more. */
  countHeaders(group: number, request: CountRequest, done: (count: number) => void): () => void;
  /** Of each slot that has any, the first headers: what tells about how many it has. Costs what it reads and a seek a slot. */
  sampleSlots(group: number, request: SlotSampleRequest, done: (samples: SlotSample[]) => void): void;
  findGarbage(group: number, request: GarbageRequest, done: (garbage: Garbage) => void): void;

  /**
   * Makes a copy of everything, of one moment, that can be opened as a data directory: `checkpoints`/`name` in this one. The
   * oldest beyond `kept` are removed, by the order of their names. One at a time. A failure does not end the storage, unless
   * a write of its own failed.
   */
  checkpoint(name: string, kept: number, done: (failure: BasaltError | undefined) => void): void;
  /** Names of the checkpoints there are, oldest first. */
  checkpoints(): string[];

  /** Gives memory back to the system that nothing uses any more. */
  releaseMemory(done: () => void): void;
  memory(): StorageMemory;
  statistics(): StorageStatistics;

  /**
   * Finishes what was submitted, flushes the data, releases the directory. Nothing is reported any more; a failure that the
   * listener was not told of rejects.
   */
  close(): Promise<void>;
}
