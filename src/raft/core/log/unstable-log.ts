// The tail of the log that stable storage may not hold yet, and a snapshot on its way there. Entries [offset, end) live
// here; [offset, offsetInProgress) of them have been handed to the host for writing. They leave when the host says they
// are stable, and only if they are still the same entries: an overwritten tail must not be taken for the new one.
//
//   storage        | offset         offsetInProgress      end
//   … stable …     | being written  | not yet handed out  |
import { assert } from "../../../base/index";
import type { LogSink } from "../config";
import type { Entry, LogIndex, Snapshot, Term } from "../types";
import { EntryRing } from "./entry-ring";
import { encodedSize } from "./entry-size";

/** `termAt` answers this where the unstable log does not know. */
export const UNKNOWN_TERM = -1;

export class UnstableLog {
  snapshot: Snapshot | null = null;
  /** The snapshot has been handed to the host. */
  snapshotInProgress = false;
  /** Index of the first entry held here (of the next one, if there is none). */
  offset: LogIndex;
  offsetInProgress: LogIndex;
  private readonly ring = new EntryRing();
  private readonly sink: LogSink | null;

  constructor(offset: LogIndex, sink: LogSink | null) {
    this.offset = offset;
    this.offsetInProgress = offset;
    this.sink = sink;
  }

  get length(): number {
    return this.ring.length;
  }

  /** The first index of the log if a snapshot determines it, else 0. */
  firstIndex(): LogIndex {
    return this.snapshot === null ? 0 : this.snapshot.index + 1;
  }

  /** The last index of the log if it lies here, else 0. */
  lastIndex(): LogIndex {
    if (this.ring.length > 0) return this.offset + this.ring.length - 1;
    return this.snapshot === null ? 0 : this.snapshot.index;
  }

  termAt(index: LogIndex): Term {
    if (index < this.offset) {
      const snapshot = this.snapshot;
      return snapshot !== null && snapshot.index === index ? snapshot.term : UNKNOWN_TERM;
    }
    if (index >= this.offset + this.ring.length) return UNKNOWN_TERM;
    return this.ring.at(index - this.offset).term;
  }

  hasNextEntries(): boolean {
    return this.ring.length > this.offsetInProgress - this.offset;
  }

  /** The entries that have not been handed out for writing. */
  nextEntries(): Entry[] {
    return this.ring.copy(this.offsetInProgress - this.offset, this.ring.length);
  }

  /** The snapshot that has not been handed out for writing. */
  nextSnapshot(): Snapshot | null {
    return this.snapshotInProgress ? null : this.snapshot;
  }

  /** Everything has been handed out: the next Ready does not repeat it. */
  acceptInProgress(): void {
    if (this.ring.length > 0) this.offsetInProgress = this.offset + this.ring.length;
    if (this.snapshot !== null) this.snapshotInProgress = true;
  }

  /** The host has the entry (index, term) and all before it on stable storage. Stale news is ignored. */
  stableTo(index: LogIndex, term: Term): void {
    const held = this.termAt(index);
    if (held === UNKNOWN_TERM) {
      this.sink?.info(`entry at index ${index} missing from unstable log; ignoring`);
      return;
    }
    if (index < this.offset) {
      this.sink?.info(`entry at index ${index} matched unstable snapshot; ignoring`);
      return;
    }
    if (held !== term) {
      this.sink?.info(
        `entry at (index,term)=(${index},${term}) mismatched with entry at (${index},${held}) in unstable log; ignoring`,
      );
      return;
    }
    this.ring.dropFirst(index + 1 - this.offset);
    this.offset = index + 1;
    this.offsetInProgress = Math.max(this.offsetInProgress, this.offset);
  }

  stableSnapshotTo(index: LogIndex): void {
    if (this.snapshot === null || this.snapshot.index !== index) return;
    this.snapshot = null;
    this.snapshotInProgress = false;
  }

  restore(snapshot: Snapshot): void {
    this.ring.truncate(0);
    this.offset = snapshot.index + 1;
    this.offsetInProgress = this.offset;
    this.snapshot = snapshot;
    this.snapshotInProgress = false;
  }

  /** Appends the one entry that follows the last. */
  append(entry: Entry): void {
    assert(entry.index === this.offset + this.ring.length, "an appended entry follows the last one");
    this.ring.push(entry);
  }

  /** Writes entries[from…] over whatever is at and after their first index, which is at most the next index. */
  truncateAndAppend(entries: readonly Entry[], from: number): void {
    const first = entries[from]!.index;
    const next = this.offset + this.ring.length;
    assert(first <= next, "entries leave no gap in the log");
    if (first < next) this.overwriteFrom(first);
    for (let at = from; at < entries.length; at++) this.ring.push(entries[at]!);
  }

  private overwriteFrom(index: LogIndex): void {
    if (index <= this.offset) {
      this.sink?.info(`replace the unstable entries from index ${index}`);
      this.ring.truncate(0);
      this.offset = index;
      this.offsetInProgress = index;
    } else {
      this.sink?.info(`truncate the unstable entries before index ${index}`);
      this.ring.truncate(index - this.offset);
      this.offsetInProgress = Math.min(this.offsetInProgress, index);
    }
  }

  /** A fresh array of the entries [low, high), which must all be here, cut at `maxBytes` but holding one at least. */
  slice(low: LogIndex, high: LogIndex, maxBytes: number): Entry[] {
    assert(
      low >= this.offset && high <= this.offset + this.ring.length,
      "a slice is within the unstable log",
    );
    const from = low - this.offset;
    let to = high - this.offset;
    if (maxBytes !== Number.POSITIVE_INFINITY) {
      let bytes = 0;
      for (let at = from; at < to; at++) {
        bytes += encodedSize(this.ring.at(at));
        if (bytes > maxBytes && at > from) to = at;
      }
    }
    return this.ring.copy(from, to);
  }
}
