// The stable log of one group as the core reads it: the newest entries in memory, older ones from storage. Entries are
// kept in memory from when they are submitted to the log thread until they are applied; the core asks for older ones
// only for a follower that lags, or to replay after a restart.
import { BasaltError, assert } from "../../base/index";
import type { Storage } from "../../storage/index";
import { EntryType, encodedSize } from "../core/index";
import type { ConfState, Entry, HardState, LogGap, RaftStorage, Snapshot } from "../core/index";
import { decodeConfiguration } from "./configuration-record";
import type { StoredConfiguration } from "./configuration-record";

/** Payload bytes read at a time when the log is looked through. */
const MAX_SEARCHED_BYTES = 8 * 1024 * 1024;

export class LogStore implements RaftStorage {
  private readonly storage: Storage;
  private readonly group: number;
  private readonly hardState: HardState;
  /** The newest configuration that is stored, by which the group begins. */
  readonly configuration: StoredConfiguration;
  private truncatedIndex: number;
  private truncatedTerm: number;
  private last: number;
  private lastTerm: number;
  /** Entries firstInMemory, firstInMemory + 1 …; the first `dropped` places of the array are spent. */
  private memory: Entry[] = [];
  private dropped = 0;
  private firstInMemory: number;

  /**
   * Reads the group's state; `initialConfiguration` serves where none is stored yet. Throws BasaltError LOG_BEHIND_DATA
   * if the log has lost what was applied, DATA_BEHIND_LOG if the data have lost what the log no longer holds, GROUP_UNKNOWN if there is no configuration.
   */
  constructor(storage: Storage, group: number, initialConfiguration: StoredConfiguration | undefined) {
    this.storage = storage;
    this.group = group;
    const state = storage.readLogState(group);
    const applied = storage.readApplied(group);
    if (state.lastIndex < applied.index) {
      throw new BasaltError(
        "LOG_BEHIND_DATA",
        `The raft log of group ${group} ends at ${state.lastIndex} but the data were applied up to ${applied.index}; ` +
          "the node did not start. Writes were lost (was it run with --fsync never?): restore the data directory from " +
          "a backup or begin with an empty one.",
      );
    }
    if (state.truncatedIndex > applied.index) {
      throw new BasaltError(
        "DATA_BEHIND_LOG",
        `The data of group ${group} were applied up to ${applied.index}, but its raft log begins behind ` +
          `${state.truncatedIndex}; the node did not start. Files of the data directory are missing or old: restore it ` +
          "as a whole from a backup or begin with an empty one.",
      );
    }
    const configuration =
      state.configuration === undefined ? initialConfiguration : decodeConfiguration(state.configuration);
    if (configuration === undefined) {
      throw new BasaltError("GROUP_UNKNOWN", `Group ${group} was never initialised on this node.`);
    }
    this.configuration = configuration;
    const { term, vote, commit } = state.hardState;
    // What was applied was committed, and so was the change that made the configuration.
    this.hardState = { term, vote, commit: Math.max(commit, applied.index, configuration.index) };
    this.truncatedIndex = state.truncatedIndex;
    this.truncatedTerm = state.truncatedTerm;
    this.last = state.lastIndex;
    this.lastTerm =
      this.last === this.truncatedIndex
        ? this.truncatedTerm
        : this.read(this.last, this.last + 1, 1)[0]!.term;
    this.firstInMemory = this.last + 1;
  }

  initialState(): { readonly hardState: HardState; readonly confState: ConfState } {
    return { hardState: this.hardState, confState: this.configuration.state };
  }

  firstIndex(): number {
    return this.truncatedIndex + 1;
  }

  lastIndex(): number {
    return this.last;
  }

  term(index: number): number | LogGap {
    if (index < this.truncatedIndex) return "compacted";
    if (index > this.last) return "unavailable";
    if (index === this.truncatedIndex) return this.truncatedTerm;
    if (index === this.last) return this.lastTerm;
    if (index >= this.firstInMemory) return this.inMemory(index).term;
    return this.read(index, index + 1, 1)[0]!.term;
  }

  entries(low: number, high: number, maxBytes: number): readonly Entry[] | LogGap {
    if (low <= this.truncatedIndex) return "compacted";
    if (high > this.last + 1) return "unavailable";
    if (low < this.firstInMemory) return this.read(low, Math.min(high, this.firstInMemory), maxBytes);
    const found: Entry[] = [];
    let bytes = 0;
    for (let index = low; index < high; index++) {
      const entry = this.inMemory(index);
      bytes += encodedSize(entry);
      if (bytes > maxBytes && found.length > 0) break;
      found.push(entry);
    }
    return found;
  }

  snapshot(): Snapshot | "temporarilyUnavailable" {
    return "temporarilyUnavailable";
  }

  /** The entries are on their way to the log thread; what the log held from the first one's index on is replaced. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    assert(
      first.index > this.truncatedIndex && first.index <= this.last + 1,
      "an append leaves no gap in the log",
    );
    if (first.index < this.firstInMemory) {
      this.memory = [];
      this.dropped = 0;
      this.firstInMemory = first.index;
    } else {
      this.memory.length = this.dropped + (first.index - this.firstInMemory);
    }
    for (const entry of entries) this.memory.push(entry);
    const last = entries[entries.length - 1]!;
    this.last = last.index;
    this.lastTerm = last.term;
  }

  /** Entries up to `index` are applied: they need not be in memory any longer. */
  releaseMemory(index: number): void {
    const count = Math.min(index, this.last) + 1 - this.firstInMemory;
    if (count <= 0) return;
    this.memory.fill(SPENT, this.dropped, this.dropped + count);
    this.dropped += count;
    this.firstInMemory += count;
    if (this.dropped >= 1024 && this.dropped * 2 >= this.memory.length) {
      this.memory.splice(0, this.dropped);
      this.dropped = 0;
    }
  }

  /** Whether there is a change of the configuration among the entries behind `index`. Reads all of them, at start. */
  mayHoldChangeBehind(index: number): boolean {
    for (let low = index + 1; low <= this.last;) {
      const page = this.read(low, this.last + 1, MAX_SEARCHED_BYTES);
      if (page.some(({ type }) => type !== EntryType.normal)) return true;
      low += page.length;
    }
    return false;
  }

  /** The log now begins behind `index`. */
  compacted(index: number, term: number): void {
    this.truncatedIndex = index;
    this.truncatedTerm = term;
  }

  private inMemory(index: number): Entry {
    return this.memory[this.dropped + index - this.firstInMemory]!;
  }

  private read(low: number, high: number, maxBytes: number): Entry[] {
    const bytes = Math.min(maxBytes, Number.MAX_SAFE_INTEGER);
    return this.storage.readEntries(this.group, low, high, bytes).map(({ term, index, type, payload }) => {
      assert(type === 0 || type === 1 || type === 2, "a stored entry has a known type");
      return { term, index, type: type, data: payload.length === 0 ? null : payload };
    });
  }
}

const SPENT: Entry = Object.freeze({ term: 0, index: 0, type: 0, data: null });
