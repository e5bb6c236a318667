// The log as the state machine sees it: stable storage, then the unstable tail, and three marks in it.
//
//   applied ≤ applying ≤ committed ≤ lastIndex
//
// `committed` is known to be on a quorum, up to `applying` entries have been handed out for application, up to `applied`
// the host says they are applied. At most `maxApplyingBytes` are being applied at a time (one entry always is). Nothing
// is handed out while a snapshot is waiting to be stored: what it holds comes first.
import { AssertionFailure, assert } from "../../../base/index";
import type { LogSink } from "../config";
import { EntryType, NO_ENTRIES } from "../types";
import type { Entry, LogIndex, Snapshot, Term } from "../types";
import { encodedSize, encodedSizeOf } from "./entry-size";
import type { RaftStorage } from "./storage";
import { UNKNOWN_TERM, UnstableLog } from "./unstable-log";

/** What `term` answers for a position that was compacted away. */
export const COMPACTED = -1;
/** What `term` answers for a position beyond the last index. */
export const UNAVAILABLE = -2;

export class RaftLog {
  readonly unstable: UnstableLog;
  committed: LogIndex;
  applying: LogIndex;
  applied: LogIndex;
  readonly maxApplyingBytes: number;
  private readonly storage: RaftStorage;
  private readonly sink: LogSink | null;
  private applyingBytes = 0;
  /** No more entries are handed out until some of those being applied are done. */
  private applyingPaused = false;

  constructor(storage: RaftStorage, maxApplyingBytes: number, sink: LogSink | null) {
    this.storage = storage;
    this.sink = sink;
    this.maxApplyingBytes = maxApplyingBytes;
    this.unstable = new UnstableLog(storage.lastIndex() + 1, sink);
    this.committed = storage.firstIndex() - 1;
    this.applying = this.committed;
    this.applied = this.committed;
  }

  toString(): string {
    const unstable = this.unstable;
    return (
      `committed=${this.committed}, applied=${this.applied}, applying=${this.applying}, ` +
      `unstable.offset=${unstable.offset}, unstable.offsetInProgress=${unstable.offsetInProgress}, ` +
      `len(unstable.Entries)=${unstable.length}`
    );
  }

  firstIndex(): LogIndex {
    return this.unstable.firstIndex() || this.storage.firstIndex();
  }

  lastIndex(): LogIndex {
    return this.unstable.lastIndex() || this.storage.lastIndex();
  }

  lastTerm(): Term {
    const term = this.term(this.lastIndex());
    assert(term >= 0, "the term of the last entry is always known");
    return term;
  }

  /** The term at `index`, from `firstIndex() - 1` to `lastIndex()`; else COMPACTED or UNAVAILABLE. */
  term(index: LogIndex): Term {
    const unstable = this.unstable.termAt(index);
    if (unstable !== UNKNOWN_TERM) return unstable;
    if (index + 1 < this.firstIndex()) return COMPACTED;
    if (index > this.lastIndex()) return UNAVAILABLE;
    const stored = this.storage.term(index);
    if (typeof stored === "number") return stored;
    return stored === "compacted" ? COMPACTED : UNAVAILABLE;
  }

  /** The term at `index`, or 0 where the log has none: for log lines. */
  termOrZero(index: LogIndex): Term {
    return Math.max(this.term(index), 0);
  }

  matchTerm(index: LogIndex, term: Term): boolean {
    return this.term(index) === term;
  }

  /** A log that ends in (index, term) is at least as up to date as this one (Raft §5.4.1). */
  isUpToDate(index: LogIndex, term: Term): boolean {
    const lastTerm = this.lastTerm();
    return term > lastTerm || (term === lastTerm && index >= this.lastIndex());
  }

  /** Appends the leader's own next entry. */
  append(entry: Entry): void {
    this.unstable.append(entry);
  }

  /**
   * A leader's entries, which follow (previousIndex, previousTerm). If this log has that entry, they are taken over,
   * whatever conflicts is cut off, and the last index known to match is returned; else -1.
   */
  maybeAppend(
    previousIndex: LogIndex,
    previousTerm: Term,
    entries: readonly Entry[],
    committed: LogIndex,
  ): LogIndex {
    if (!this.matchTerm(previousIndex, previousTerm)) return -1;
    const lastNew = previousIndex + entries.length;
    const from = this.firstNew(entries);
    if (from < entries.length) {
      const index = entries[from]!.index;
      if (index <= this.committed) {
        throw new AssertionFailure(
          `entry ${index} conflict with committed entry [committed(${this.committed})]`,
        );
      }
      this.unstable.truncateAndAppend(entries, from);
    }
    this.commitTo(Math.min(committed, lastNew));
    return lastNew;
  }

  /** The position of the first entry that this log lacks or contradicts; entries.length if there is none. */
  private firstNew(entries: readonly Entry[]): number {
    for (let at = 0; at < entries.length; at++) {
      const { index, term } = entries[at]!;
      const held = this.term(index);
      if (held === term) continue;
      if (this.sink !== null && index <= this.lastIndex()) {
        this.sink.info(
          `found conflict at index ${index} [existing term: ${Math.max(held, 0)}, conflicting term: ${term}]`,
        );
      }
      return at;
    }
    return entries.length;
  }

  /**
   * The largest index up to `index` whose term is at most `term`: the best guess at where two logs still agree. Its
   * term is `term(result)`, which is negative (unknown) where the log was compacted.
   */
  findConflictByTerm(index: LogIndex, term: Term): LogIndex {
    let guess = index;
    while (guess > 0 && this.term(guess) > term) guess--;
    return guess;
  }

  commitTo(index: LogIndex): void {
    if (index <= this.committed) return;
    if (index > this.lastIndex()) {
      throw new AssertionFailure(
        `commit(${index}) is out of range [lastIndex(${this.lastIndex()})]: was the log corrupted, truncated or lost?`,
      );
    }
    this.committed = index;
  }

  /** Commits up to `index` if its entry is of `term` (a leader counts replicas only for its own term, Raft §5.4.2). */
  maybeCommit(index: LogIndex, term: Term): boolean {
    if (index <= this.committed || term === 0 || !this.matchTerm(index, term)) return false;
    this.commitTo(index);
    return true;
  }

  hasNextCommittedEntries(allowUnstable: boolean): boolean {
    if (this.applyingPaused || this.unstable.snapshot !== null) return false;
    return this.applying < this.maxAppliable(allowUnstable);
  }

  /** Committed entries that have not been handed out, within the bytes left for this turn. */
  nextCommittedEntries(allowUnstable: boolean): readonly Entry[] {
    if (!this.hasNextCommittedEntries(allowUnstable)) return NO_ENTRIES;
    const room = this.maxApplyingBytes - this.applyingBytes;
    assert(room > 0, "entries are handed out only while there is room");
    const entries = this.slice(this.applying + 1, this.maxAppliable(allowUnstable) + 1, room);
    assert(entries !== null, "committed entries that are not applied are not compacted");
    return entries;
  }

  private maxAppliable(allowUnstable: boolean): LogIndex {
    return allowUnstable ? this.committed : Math.min(this.committed, this.unstable.offset - 1);
  }

  /** The entries up to `index`, of `bytes` encoded bytes, have been handed out for application. */
  acceptApplying(index: LogIndex, bytes: number, allowUnstable: boolean): void {
    assert(index <= this.committed, "only committed entries are applied");
    this.applying = index;
    this.applyingBytes += bytes;
    // A cut before the last appliable entry means that the limit was met, even if bytes are left over: the next entry
    // did not fit into them.
    this.applyingPaused =
      this.applyingBytes >= this.maxApplyingBytes || index < this.maxAppliable(allowUnstable);
  }

  appliedTo(index: LogIndex, bytes: number): void {
    if (index > this.committed || index < this.applied) {
      throw new AssertionFailure(
        `applied(${index}) is out of range [prevApplied(${this.applied}), committed(${this.committed})]`,
      );
    }
    this.applied = index;
    this.applying = Math.max(this.applying, index);
    this.applyingBytes = Math.max(this.applyingBytes - bytes, 0);
    this.applyingPaused = this.applyingBytes >= this.maxApplyingBytes;
  }

  snapshot(): Snapshot | "temporarilyUnavailable" {
    return this.unstable.snapshot ?? this.storage.snapshot();
  }

  /** The whole log is replaced by the snapshot. */
  restore(snapshot: Snapshot): void {
    this.sink?.info(
      `log [${this.toString()}] starts to restore snapshot [index: ${snapshot.index}, term: ${snapshot.term}]`,
    );
    this.committed = snapshot.index;
    this.unstable.restore(snapshot);
  }

  /** The entries from `low` on, cut at `maxBytes` (one at least); null if they were compacted. */
  entriesFrom(low: LogIndex, maxBytes: number): readonly Entry[] | null {
    const high = this.lastIndex() + 1;
    return low < high ? this.slice(low, high, maxBytes) : NO_ENTRIES;
  }

  /**
   * Whether a configuration change may be among the committed entries that are not applied; read in pages. Entries that
   * were compacted away are applied, but this node has not been told yet: then it waits, too.
   */
  mayHaveUnappliedConfChange(): boolean {
    let low = this.applied + 1;
    while (low <= this.committed) {
      const page = this.slice(low, this.committed + 1, this.maxApplyingBytes);
      if (page === null) return true;
      assert(page.length > 0, "committed entries are available");
      for (const entry of page) if (entry.type !== EntryType.normal) return true;
      low += page.length;
    }
    return false;
  }

  /** The entries [low, high), low < high, cut at `maxBytes` (one at least); null if they were compacted. */
  private slice(low: LogIndex, high: LogIndex, maxBytes: number): readonly Entry[] | null {
    const offset = this.unstable.offset;
    if (low >= offset) return this.unstable.slice(low, high, maxBytes);
    if (low < this.firstIndex()) return null;
    const stableHigh = Math.min(high, offset);
    const stored = this.storage.entries(low, stableHigh, maxBytes);
    if (stored === "compacted") return null;
    assert(stored !== "unavailable", "storage has every entry up to its last index");
    if (high <= offset || stored.length < stableHigh - low) return stored;
    const storedBytes = encodedSizeOf(stored);
    if (storedBytes >= maxBytes) return stored;
    const rest = this.unstable.slice(offset, high, maxBytes - storedBytes);
    if (rest.length === 1 && storedBytes + encodedSize(rest[0]!) > maxBytes) return stored;
    return stored.concat(rest);
  }
}
