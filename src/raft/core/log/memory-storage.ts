// RaftStorage over an array, for tests, traces and simulations of the bare core. Writes are visible at once and never
// fail; crash semantics belong to the storage room's twin, not here. The array begins with a placeholder for the entry
// before the first one, which keeps its term for the log-matching check.
import { assert } from "../../../base/index";
import { EMPTY_CONF_STATE, EMPTY_HARD_STATE, EMPTY_SNAPSHOT, EntryType } from "../types";
import type { ConfState, Entry, HardState, LogIndex, Snapshot, Term } from "../types";
import { countWithin } from "./entry-size";
import type { LogGap, RaftStorage } from "./storage";

export class MemoryRaftStorage implements RaftStorage {
  private hardState: HardState = EMPTY_HARD_STATE;
  private newestSnapshot: Snapshot = EMPTY_SNAPSHOT;
  private held: Entry[] = [placeholder(0, 0)];

  initialState(): { hardState: HardState; confState: ConfState } {
    return { hardState: this.hardState, confState: this.newestSnapshot.confState ?? EMPTY_CONF_STATE };
  }

  entries(low: LogIndex, high: LogIndex, maxBytes: number): Entry[] | LogGap {
    const offset = this.offset();
    if (low <= offset) return "compacted";
    assert(high <= this.lastIndex() + 1, "entries are read within the log");
    if (low >= high) return "unavailable";
    const entries = this.held.slice(low - offset, high - offset);
    return entries.slice(0, countWithin(entries, maxBytes));
  }

  term(index: LogIndex): Term | LogGap {
    const at = index - this.offset();
    if (at < 0) return "compacted";
    return this.held[at]?.term ?? "unavailable";
  }

  lastIndex(): LogIndex {
    return this.offset() + this.held.length - 1;
  }

  firstIndex(): LogIndex {
    return this.offset() + 1;
  }

  snapshot(): Snapshot | "temporarilyUnavailable" {
    return this.newestSnapshot;
  }

  setHardState(state: HardState): void {
    this.hardState = state;
  }

  /** Writes the entries over what is at and after their first index; those already compacted are left out. */
  append(entries: readonly Entry[]): void {
    const first = this.firstIndex();
    const kept = entries.filter((entry) => entry.index >= first);
    if (kept.length === 0) return;
    const at = kept[0]!.index - this.offset();
    assert(at <= this.held.length, "entries leave no gap in the log");
    this.held = this.held.slice(0, at).concat(kept);
  }

  /** Replaces the whole log by a snapshot, unless a newer one was there. */
  applySnapshot(snapshot: Snapshot): "ok" | "outOfDate" {
    if (this.newestSnapshot.index >= snapshot.index) return "outOfDate";
    this.newestSnapshot = snapshot;
    this.held = [placeholder(snapshot.index, snapshot.term)];
    return "ok";
  }

  /** Makes the state at `index` the newest snapshot; the log stays as it is until `compact`. */
  createSnapshot(index: LogIndex, confState: ConfState, data: Uint8Array | null): Snapshot {
    assert(
      index > this.newestSnapshot.index && index <= this.lastIndex(),
      "a snapshot is newer and within the log",
    );
    const term = this.term(index);
    assert(typeof term === "number", "a snapshot's last entry is in the log");
    this.newestSnapshot = { index, term, confState, data };
    return this.newestSnapshot;
  }

  /** Forgets all entries up to and including `index`. */
  compact(index: LogIndex): "ok" | "compacted" {
    const offset = this.offset();
    if (index <= offset) return "compacted";
    assert(index <= this.lastIndex(), "compaction stays within the log");
    const last = this.held[index - offset]!;
    this.held = [placeholder(last.index, last.term), ...this.held.slice(index - offset + 1)];
    return "ok";
  }

  private offset(): LogIndex {
    return this.held[0]!.index;
  }
}

function placeholder(index: LogIndex, term: Term): Entry {
  return { term, index, type: EntryType.normal, data: null };
}
