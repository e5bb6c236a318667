// A node of an interaction trace with what stands around it: storage, the queues of its two storage threads, and the
// history of its state machine, which simply appends what is applied; the newest state is what it sends as a snapshot.
import {
  EntryType,
  MemoryRaftStorage,
  RawNode,
  decodeConfChange,
  isEmptyHardState,
} from "../../../src/raft/core/index";
import type {
  ConfState,
  Entry,
  HardState,
  Message,
  RaftConfig,
  Snapshot,
} from "../../../src/raft/core/index";
import { ScriptError } from "./arguments";

class HistoryStorage extends MemoryRaftStorage {
  private readonly history: readonly Snapshot[];
  private restored: Snapshot | null = null;

  constructor(history: readonly Snapshot[]) {
    super();
    this.history = history;
  }

  override snapshot(): Snapshot {
    return this.history.at(-1)!;
  }

  override applySnapshot(snapshot: Snapshot): "ok" | "outOfDate" {
    const outcome = super.applySnapshot(snapshot);
    if (outcome === "ok") this.restored = snapshot;
    return outcome;
  }

  /** What a node that starts here has applied. etcd's history does not take over a snapshot that was received. */
  newest(): Snapshot {
    const applied = this.history.at(-1)!;
    return this.restored !== null && this.restored.index > applied.index ? this.restored : applied;
  }

  override initialState(): { hardState: HardState; confState: ConfState } {
    const { hardState } = super.initialState();
    const { index, confState } = this.newest();
    // Applied entries were committed, even if the commit index of the time did not reach the disk.
    const commit = Math.max(hardState.commit, index);
    return { hardState: isEmptyHardState(hardState) ? hardState : { ...hardState, commit }, confState };
  }
}

/** The one thing that scripts need beyond what a host does. */
class ScriptedRawNode extends RawNode {
  setElectionTimeout(ticks: number): void {
    this.raft.randomizedElectionTicks = ticks;
  }
}

export class TraceNode {
  readonly config: RaftConfig;
  readonly storage: HistoryStorage;
  node: ScriptedRawNode;
  readonly history: Snapshot[];
  appendWork: Message[] = [];
  applyWork: Message[] = [];

  constructor(config: Omit<RaftConfig, "storage">, first: Snapshot, bootstrap: boolean) {
    this.history = [first];
    this.storage = new HistoryStorage(this.history);
    if (bootstrap) this.storage.applySnapshot(first);
    this.config = { ...config, storage: this.storage };
    this.node = new ScriptedRawNode(this.config);
  }

  /** A crash and a new start from storage: work that was not done is lost, what was applied is not applied again. */
  restart(): void {
    this.appendWork = [];
    this.applyWork = [];
    this.node = new ScriptedRawNode({ ...this.config, applied: this.storage.newest().index });
  }

  append(state: HardState | null, entries: readonly Entry[], snapshot: Snapshot | null): void {
    if (state !== null) this.storage.setHardState(state);
    if (snapshot === null) {
      this.storage.append(entries);
      return;
    }
    if (entries.length > 0) throw new ScriptError("can't apply snapshot and entries at the same time");
    if (this.storage.applySnapshot(snapshot) === "outOfDate") {
      throw new ScriptError("requested index is older than the existing snapshot");
    }
  }

  apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const last = this.history.at(-1)!;
      let update = entry.data;
      let confState: ConfState = last.confState;
      if (entry.type !== EntryType.normal) {
        const change = decodeConfChange(entry);
        update = change.context;
        confState = this.node.applyConfChange(change);
      }
      const data = Buffer.concat([last.data ?? Buffer.alloc(0), update ?? Buffer.alloc(0)]);
      this.history.push({ index: entry.index, term: entry.term, confState, data });
    }
  }
}
