// What of a node's directory survives its process, for the in-memory twin: the synced raft logs, the log batches that
// are written and not synced (each atomic; a crash keeps a prefix of them), the image of the data at its last flush, and
// the metadata. A MemoryStorage works on one disk at a time; after `crash` or `close` the next one opens the same disk.
// Which disk operations fail is set here, so that a broken disk stays broken across restarts.
import { assert, byteString, putU64 } from "../../base/index";
import type { ByteString, SeededRandom } from "../../base/index";
import { u32String } from "../keys";
import { GroupLog } from "./group-log";
import type { LogWrite } from "./group-log";
import { RowImage } from "./ordered-map";

export type DiskOperation =
  "logWrite" | "logSync" | "dataWrite" | "dataFlush" | "metadataWrite" | "checkpoint";

export interface CrashOptions {
  /** kill: the operating system keeps what is written. powerLoss, the default: a random prefix of it survives. */
  readonly kind?: "kill" | "powerLoss";
  /** Says what survives instead: nothing, a random prefix, everything, or so many batches. */
  readonly unsynced?: "lost" | "prefix" | "kept" | number;
}

function u64String(value: number): ByteString {
  const bytes = Buffer.alloc(8);
  putU64(bytes, 0, value);
  return byteString(bytes, 0, 8);
}

export class MemoryDisk {
  readonly metadata = new Map<string, ByteString>();
  nodeId: number | undefined;
  incarnation = 0;
  /** Operations that fail from now on. */
  readonly failing = new Set<DiskOperation>();
  /** The synced part of every group's log. */
  readonly syncedLogs = new Map<number, GroupLog>();
  /** Written and not synced, oldest first. */
  private unsynced: LogWrite[] = [];
  /** Data and applied records as they were at the last flush. */
  data: RowImage = RowImage.empty;
  isOpen = false;
  /** Copies by name, each of which can be opened. */
  readonly checkpoints = new Map<string, MemoryDisk>();

  /** A copy with these data and the synced logs; the oldest beyond `kept` go. */
  addCheckpoint(name: string, kept: number, data: RowImage): true {
    const copy = new MemoryDisk();
    for (const [key, value] of this.metadata) copy.metadata.set(key, value);
    copy.nodeId = this.nodeId;
    copy.incarnation = this.incarnation;
    for (const [group, log] of this.openedLogs()) copy.syncedLogs.set(group, log);
    copy.data = data;
    this.checkpoints.set(name, copy);
    const names = [...this.checkpoints.keys()].sort();
    for (const old of names.slice(0, Math.max(0, names.length - kept))) this.checkpoints.delete(old);
    return true;
  }

  private openedLogs(): Map<number, GroupLog> {
    return new Map([...this.syncedLogs].map(([group, log]) => [group, log.copy()]));
  }

  /** What the first start writes. */
  claim(nodeId: number, incarnation: number): void {
    this.nodeId = nodeId;
    this.incarnation = incarnation;
    this.metadata.set("format-version", u32String(1));
    this.metadata.set("node-id", u64String(nodeId));
    this.metadata.set("incarnation", u64String(incarnation));
  }

  get unsyncedBatches(): number {
    return this.unsynced.length;
  }

  /** A write that fails may still have reached the disk in part: it is kept among the unsynced ones. */
  writeLog(write: LogWrite): void {
    this.unsynced.push(write);
  }

  syncLog(): void {
    for (const write of this.unsynced) this.sink(write);
    this.unsynced = [];
  }

  /** The logs as a process that starts now finds them. */
  openLogs(): Map<number, GroupLog> {
    assert(
      this.unsynced.length === 0,
      "a disk is opened after a crash or a close, which decide what is on it",
    );
    return this.openedLogs();
  }

  /** Decides what is left of everything that is not durable. */
  crash(random: SeededRandom, options: CrashOptions = {}): void {
    const kept = this.surviving(random, options);
    for (const write of this.unsynced.slice(0, kept)) this.sink(write);
    this.unsynced = [];
    this.isOpen = false;
  }

  /** Flips a bit of a synced log entry, as a failing medium does. */
  damageLogEntry(group: number, index: number, byte: number): void {
    const log = this.syncedLogs.get(group);
    assert(log !== undefined, "the damaged entry exists");
    const row = log.row(index);
    assert(byte < row.length, "the damaged byte lies within the entry");
    row[byte]! ^= 1;
  }

  private surviving(random: SeededRandom, options: CrashOptions): number {
    const written = this.unsynced.length;
    const unsynced = options.unsynced ?? (options.kind === "kill" ? "kept" : "prefix");
    if (typeof unsynced === "number") return Math.min(unsynced, written);
    return unsynced === "kept" ? written : unsynced === "lost" ? 0 : random.between(0, written);
  }

  private sink(write: LogWrite): void {
    for (const change of write.changes) {
      let log = this.syncedLogs.get(change.group);
      if (!log) this.syncedLogs.set(change.group, (log = new GroupLog(change.group)));
      log.apply(change);
    }
  }
}
