// What the core reads of the host's stable log, synchronously. The core never writes: writes are work in a Ready. Answers
// that are expected (compacted away, not there, a snapshot still being made) are values. A returned array and its entries
// belong to the core from then on, but neither side changes an entry; the host must not reuse the array.
import type { ConfState, Entry, HardState, LogIndex, Snapshot, Term } from "../types";

/** Why a position of the log has no answer: it lies before the first index, or beyond the last. */
export type LogGap = "compacted" | "unavailable";

export interface RaftStorage {
  /** Read once, when the node is made. */
  initialState(): { readonly hardState: HardState; readonly confState: ConfState };

  /**
   * The entries of [low, high), cut after the last one with which their encoded size (entry-size.ts) stays within
   * `maxBytes`, but at least one. `low` < `high`.
   */
  entries(low: LogIndex, high: LogIndex, maxBytes: number): readonly Entry[] | LogGap;

  /** The term of the entry at `index`; must also know that of `firstIndex() - 1`, for the log-matching check. */
  term(index: LogIndex): Term | LogGap;

  /** The last index in the log; `firstIndex() - 1` if it is empty. */
  lastIndex(): LogIndex;

  /** The first index that is still available as an entry; 1 if nothing was ever compacted. */
  firstIndex(): LogIndex;

  /** The newest snapshot, to be sent to a follower that is too far behind. */
  snapshot(): Snapshot | "temporarilyUnavailable";
}
