// One group's raft log as rows on the in-memory disk, and the decoded form of a LogBatch that is written to it. The same
// records are applied three times as they sink: to the view of the caller's submissions (LogTail: numbers only, where
// contiguity is asserted), to what is written, and to what is synced. Entries are held as the bytes that the raft_log row
// has, so that a read checks format and checksum as the native one does.
import { assert, assertSafeInteger, getU32, getU64 } from "../../base/index";
import { LogRecord } from "../log-batch";
import type { LogBatch } from "../log-batch";
import { decodeLogEntry, encodeLogEntry } from "../log-entry";
import type { GroupLogState, HardStateRecord, StoredEntry } from "../types";

export interface AppendRecord {
  readonly kind: typeof LogRecord.append;
  readonly group: number;
  readonly index: number;
  readonly term: number;
  /** The raft_log row. */
  readonly row: Buffer;
  /** What the caller handed in and must leave alone until the entry is applied. */
  readonly payload: Uint8Array;
}

export type LogChange =
  | AppendRecord
  | { readonly kind: typeof LogRecord.hardState; readonly group: number; readonly hardState: HardStateRecord }
  | { readonly kind: typeof LogRecord.cutSuffix; readonly group: number; readonly index: number }
  | {
      readonly kind: typeof LogRecord.compact;
      readonly group: number;
      readonly index: number;
      readonly term: number;
    }
  | { readonly kind: typeof LogRecord.configuration; readonly group: number; readonly bytes: Buffer };

/** What one `submitLog` call asks for; written and lost as a whole. */
export interface LogWrite {
  readonly ticket: number;
  readonly changes: readonly LogChange[];
}

function readU64(source: Uint8Array, at: number, what: string): number {
  return assertSafeInteger(getU64(source, at), what);
}

/** Takes a batch apart; nothing of the result points into its buffer, except the payloads. */
export function decodeLogBatch(batch: LogBatch): LogChange[] {
  const { control, payloads } = batch;
  const changes: LogChange[] = [];
  let nextPayload = 0;
  let at = 0;
  while (at < batch.length) {
    const kind = control[at];
    const group = getU32(control, at + 1);
    at += 5;
    switch (kind) {
      case LogRecord.append: {
        const index = readU64(control, at, "an entry's index");
        const term = readU64(control, at + 8, "an entry's term");
        const payload = payloads[nextPayload++];
        assert(payload !== undefined, "every append of a log batch has its payload");
        const row = encodeLogEntry(group, { index, term, type: control[at + 16]!, payload });
        changes.push({ kind, group, index, term, row, payload });
        at += 17;
        break;
      }
      case LogRecord.hardState: {
        const hardState = {
          term: readU64(control, at, "a term"),
          vote: readU64(control, at + 8, "a vote"),
          commit: readU64(control, at + 16, "a commit index"),
        };
        changes.push({ kind, group, hardState });
        at += 24;
        break;
      }
      case LogRecord.cutSuffix:
        changes.push({ kind, group, index: readU64(control, at, "an index") });
        at += 8;
        break;
      case LogRecord.compact:
        changes.push({
          kind,
          group,
          index: readU64(control, at, "an index"),
          term: readU64(control, at + 8, "a term"),
        });
        at += 16;
        break;
      case LogRecord.configuration: {
        const length = getU32(control, at);
        changes.push({ kind, group, bytes: Buffer.from(control.subarray(at + 4, at + 4 + length)) });
        at += 4 + length;
        break;
      }
      default:
        assert(false, "a log batch holds only records of known kinds");
    }
  }
  assert(at === batch.length && nextPayload === payloads.length, "a log batch is whole");
  return changes;
}

/** The rows of one group in raft_log and raft_state. */
export class GroupLog {
  hardState: HardStateRecord = { term: 0, vote: 0, commit: 0 };
  configuration: Buffer | undefined;
  truncatedIndex = 0;
  truncatedTerm = 0;
  /** rows[k] is the entry truncatedIndex + 1 + k. */
  private rows: Buffer[] = [];

  constructor(readonly group: number) {}

  get lastIndex(): number {
    return this.truncatedIndex + this.rows.length;
  }

  copy(): GroupLog {
    const log = new GroupLog(this.group);
    log.hardState = this.hardState;
    log.configuration = this.configuration;
    log.truncatedIndex = this.truncatedIndex;
    log.truncatedTerm = this.truncatedTerm;
    log.rows = this.rows.slice();
    return log;
  }

  apply(change: LogChange): void {
    switch (change.kind) {
      case LogRecord.append:
        assert(change.index === this.lastIndex + 1, "an entry follows the one before it");
        this.rows.push(change.row);
        break;
      case LogRecord.hardState:
        this.hardState = change.hardState;
        break;
      case LogRecord.cutSuffix:
        this.rows.length = Math.min(this.rows.length, change.index - this.truncatedIndex - 1);
        break;
      case LogRecord.compact:
        this.rows.splice(0, change.index - this.truncatedIndex);
        this.truncatedIndex = change.index;
        this.truncatedTerm = change.term;
        break;
      case LogRecord.configuration:
        this.configuration = change.bytes;
        break;
    }
  }

  state(): GroupLogState {
    return {
      hardState: this.hardState,
      configuration: this.configuration && Buffer.from(this.configuration),
      truncatedIndex: this.truncatedIndex,
      truncatedTerm: this.truncatedTerm,
      lastIndex: this.lastIndex,
    };
  }

  holds(index: number): boolean {
    return index > this.truncatedIndex && index <= this.lastIndex;
  }

  /** The raft_log row itself, for damage in tests; the payload of an entry is a view into it. */
  row(index: number): Buffer {
    const row = this.rows[index - this.truncatedIndex - 1];
    assert(row !== undefined, "the log holds the entry that is read");
    return row;
  }

  /** The entry's term, unchecked. */
  term(index: number): number {
    return getU64(this.row(index), 2);
  }

  /** Throws BasaltError CORRUPT_LOG. */
  entry(index: number): StoredEntry {
    return decodeLogEntry(this.group, index, this.row(index));
  }
}

/** A group's log as its caller has submitted it: numbers only, and how far it is reported as synced. */
export class LogTail {
  truncatedIndex: number;
  private truncatedTerm: number;
  /** terms[k] is the term of the entry truncatedIndex + 1 + k. */
  private readonly terms: number[] = [];
  /** The last entry that is reported as synced and was not cut since. */
  syncedIndex: number;
  /** Where the log ended after each batch that is not reported yet, in order. */
  private readonly unreported: { readonly ticket: number; lastIndex: number }[] = [];
  /** Entries that are not applied yet, by index, to see that their payloads stay untouched. */
  private readonly unapplied = new Map<number, AppendRecord>();

  /** Checks the last entry only; the others are checked when they are read. Throws BasaltError CORRUPT_LOG. */
  constructor(log: GroupLog) {
    this.truncatedIndex = log.truncatedIndex;
    this.truncatedTerm = log.truncatedTerm;
    this.syncedIndex = log.lastIndex;
    for (let index = log.truncatedIndex + 1; index <= log.lastIndex; index++)
      this.terms.push(log.term(index));
    if (log.holds(log.lastIndex)) log.entry(log.lastIndex);
  }

  private get lastIndex(): number {
    return this.truncatedIndex + this.terms.length;
  }

  append(ticket: number, record: AppendRecord): void {
    assert(record.index === this.lastIndex + 1, "an appended entry follows the one before it");
    assert(record.term >= (this.terms.at(-1) ?? this.truncatedTerm), "terms never fall along a log");
    assert(record.term > 0, "an entry has a term");
    this.terms.push(record.term);
    this.unapplied.set(record.index, record);
    const newest = this.unreported.at(-1);
    if (newest?.ticket === ticket) newest.lastIndex = record.index;
    else this.unreported.push({ ticket, lastIndex: record.index });
  }

  /** The entries from `index` on go. */
  cut(index: number): void {
    assert(index > this.truncatedIndex, "a cut leaves what is compacted");
    for (let gone = index; gone <= this.lastIndex; gone++) this.unapplied.delete(gone);
    this.terms.length = Math.min(this.terms.length, index - this.truncatedIndex - 1);
    this.syncedIndex = Math.min(this.syncedIndex, this.lastIndex);
    for (const batch of this.unreported) batch.lastIndex = Math.min(batch.lastIndex, this.lastIndex);
  }

  compact(index: number, term: number): void {
    assert(
      index >= this.truncatedIndex && index <= this.lastIndex,
      "a log is compacted within what it holds",
    );
    const known =
      index === this.truncatedIndex ? this.truncatedTerm : this.terms[index - this.truncatedIndex - 1];
    assert(term === known, "a log is compacted to an entry of its own");
    this.terms.splice(0, index - this.truncatedIndex);
    this.truncatedIndex = index;
    this.truncatedTerm = term;
  }

  reported(ticket: number): void {
    while (this.unreported[0] && this.unreported[0].ticket <= ticket) {
      this.syncedIndex = this.unreported.shift()!.lastIndex;
    }
  }

  /** Asserts that the caller left the entry's payload alone, and lets go of it. */
  applied(index: number, stored: Uint8Array): void {
    const record = this.unapplied.get(index);
    if (!record) return;
    assert(
      Buffer.compare(record.payload, stored) === 0,
      "an entry's payload stays untouched until it is applied",
    );
    this.unapplied.delete(index);
  }
}
