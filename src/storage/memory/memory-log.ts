// The raft logs of all groups as the twin's process sees them: batches that wait to be written, what is written, and how
// far the caller has been told that it is synced. Checks every batch against the interface's rules when it is submitted.
// What the disk makes durable of it is the disk's matter.
import { assert } from "../../base/index";
import { LogRecord } from "../log-batch";
import type { LogBatch } from "../log-batch";
import type { GroupLogState, StoredEntry } from "../types";
import type { AppliedRows } from "./applied-rows";
import { GroupLog, LogTail, decodeLogBatch } from "./group-log";
import type { LogChange, LogWrite } from "./group-log";
import type { MemoryDisk } from "./memory-disk";

export class MemoryLog {
  /** Everything written, synced or not: what reads see. */
  private readonly logs: Map<number, GroupLog>;
  private readonly tails = new Map<number, LogTail>();
  private waiting: LogWrite[] = [];
  private lastTicket = 0;
  /** The last batch that is written. */
  writtenTicket = 0;
  private reportedTicket = 0;

  /** `rows` say what was submitted to be applied, and what of it the caller knows to be on disk. */
  constructor(
    private readonly disk: MemoryDisk,
    private readonly rows: AppliedRows,
  ) {
    this.logs = disk.openLogs();
    for (const [group, log] of this.logs) this.tails.set(group, new LogTail(log));
  }

  get waitingBatches(): number {
    return this.waiting.length;
  }

  /** The caller knows of every batch that it is synced. */
  get isReported(): boolean {
    return this.reportedTicket === this.lastTicket;
  }

  groups(): number[] {
    return [...this.logs.keys()].sort((left, right) => left - right);
  }

  state(group: number): GroupLogState {
    return (this.logs.get(group) ?? new GroupLog(group)).state();
  }

  entries(group: number, low: number, high: number, maxBytes: number): StoredEntry[] {
    assert(low <= high, "a range of entries ends behind its start");
    const log = this.logs.get(group) ?? new GroupLog(group);
    const entries: StoredEntry[] = [];
    let bytes = 0;
    for (let index = low; index < high; index++) {
      assert(log.holds(index), "the log holds the entries that are read");
      const entry = log.entry(index);
      bytes += entry.payload.length;
      if (entries.length > 0 && bytes > maxBytes) break;
      entries.push({ ...entry, payload: Buffer.from(entry.payload) });
    }
    return entries;
  }

  /** Queues the batch and returns its ticket. */
  submit(batch: LogBatch): number {
    const ticket = ++this.lastTicket;
    const changes = decodeLogBatch(batch);
    for (const change of changes) this.check(ticket, change);
    this.waiting.push({ ticket, changes });
    return ticket;
  }

  /** Hands all that waits to the disk. If the disk fails, `written` is not called for it. */
  write(): readonly LogWrite[] {
    const writes = this.waiting;
    this.waiting = [];
    for (const write of writes) this.disk.writeLog(write);
    return writes;
  }

  written(writes: readonly LogWrite[]): void {
    for (const write of writes) {
      for (const change of write.changes) this.writtenLog(change.group).apply(change);
      this.writtenTicket = write.ticket;
    }
  }

  /** The caller is told that all batches up to the ticket are synced. */
  reported(ticket: number): void {
    this.reportedTicket = ticket;
    for (const tail of this.tails.values()) tail.reported(ticket);
  }

  /** The last entry of which the caller has been told that it is synced. */
  syncedIndex(group: number): number {
    return this.tailOf(group).syncedIndex;
  }

  /** An entry on its way into the data. Asserts that its payload was left alone. */
  entryToApply(group: number, index: number): StoredEntry {
    const entry = this.writtenLog(group).entry(index);
    this.tailOf(group).applied(index, entry.payload);
    return entry;
  }

  private check(ticket: number, change: LogChange): void {
    const tail = this.tailOf(change.group);
    if (change.kind === LogRecord.append) tail.append(ticket, change);
    else if (change.kind === LogRecord.cutSuffix) {
      assert(
        change.index > this.rows.submittedIndex(change.group),
        "an entry that may be applied is never cut",
      );
      tail.cut(change.index);
    } else if (change.kind === LogRecord.compact) {
      assert(
        change.index <= this.rows.persistedIndex(change.group),
        "a log is kept from the persisted applied index",
      );
      tail.compact(change.index, change.term);
    }
  }

  private tailOf(group: number): LogTail {
    let tail = this.tails.get(group);
    if (!tail) this.tails.set(group, (tail = new LogTail(new GroupLog(group))));
    return tail;
  }

  private writtenLog(group: number): GroupLog {
    let log = this.logs.get(group);
    if (!log) this.logs.set(group, (log = new GroupLog(group)));
    return log;
  }
}
