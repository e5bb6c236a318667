// One member of the property tests' cluster: a raw node with its disk. The disk holds what was written (work that is
// still queued dies with the process); the state machine is a running checksum over what was applied, and it may come
// back from an earlier point after a crash, as a database does that replays its log.
import {
  APPEND_THREAD,
  EMPTY_CONF_STATE,
  EntryType,
  MemoryRaftStorage,
  RawNode,
  decodeConfChange,
  isStorageThread,
} from "../../../src/raft/core/index";
import type {
  ConfState,
  Entry,
  HardState,
  LogIndex,
  Message,
  NodeId,
  RaftConfig,
  ReadState,
  Snapshot,
  Term,
} from "../../../src/raft/core/index";

/** The state machine after the entry at `index`. */
export interface AppliedState {
  readonly index: LogIndex;
  readonly term: Term;
  readonly checksum: number;
  readonly confState: ConfState;
}

/** Told of everything that the checks need to know. */
export interface MemberWatcher {
  applied(member: Member, state: AppliedState): void;
  readAnswered(member: Member, read: ReadState): void;
}

/** Shows the term of any entry, for the checks. */
class OpenRawNode extends RawNode {
  termAt(index: LogIndex): Term {
    return this.raft.raftLog.term(index);
  }

  get firstIndex(): LogIndex {
    return this.raft.raftLog.firstIndex();
  }
}

class Disk extends MemoryRaftStorage {
  /** What the state machine has on disk; the newest is last. */
  states: AppliedState[];

  constructor(first: AppliedState) {
    super();
    this.states = [first];
  }

  get newest(): AppliedState {
    return this.states.at(-1)!;
  }

  override initialState(): { hardState: HardState; confState: ConfState } {
    const { hardState } = super.initialState();
    const { index, confState } = this.newest;
    return { hardState: { ...hardState, commit: Math.max(hardState.commit, index) }, confState };
  }

  override snapshot(): Snapshot {
    return snapshotOf(this.newest);
  }
}

export const NOTHING_APPLIED: AppliedState = { index: 0, term: 0, checksum: 0, confState: EMPTY_CONF_STATE };

export function snapshotOf({ index, term, checksum, confState }: AppliedState): Snapshot {
  return {
    index,
    term,
    confState,
    data: Uint8Array.of(...new Uint8Array(new Uint32Array([checksum]).buffer)),
  };
}

function stateOf({ index, term, confState, data }: Snapshot): AppliedState {
  const checksum = data === null ? 0 : new Uint32Array(data.slice().buffer)[0]!;
  return { index, term, checksum, confState };
}

export class Member {
  node: OpenRawNode;
  readonly disk: Disk;
  readonly appendWork: Message[] = [];
  readonly applyWork: Message[] = [];
  /** Answers of the storage threads to the node itself, in their order. */
  readonly completions: Message[] = [];
  private readonly config: Omit<RaftConfig, "storage">;
  private readonly watcher: MemberWatcher;

  constructor(config: Omit<RaftConfig, "storage">, first: AppliedState, watcher: MemberWatcher) {
    this.config = config;
    this.watcher = watcher;
    this.disk = new Disk(first);
    if (first.index > 0) this.disk.applySnapshot(snapshotOf(first));
    this.node = this.start();
  }

  get id(): NodeId {
    return this.config.id;
  }

  private start(): OpenRawNode {
    return new OpenRawNode({ ...this.config, storage: this.disk, applied: this.disk.newest.index });
  }

  /** The process dies; the state machine comes back as of `statesLost` entries ago, if the log still reaches there. */
  crash(statesLost: number): void {
    this.appendWork.length = 0;
    this.applyWork.length = 0;
    this.completions.length = 0;
    const { states } = this.disk;
    const first = this.disk.firstIndex() - 1;
    for (let lost = 0; lost < statesLost; lost++) {
      const before = states.at(-2);
      if (before === undefined || before.index < first) break;
      states.pop();
    }
    this.node = this.start();
  }

  /** Takes and does a Ready (synchronous), or queues its storage work; returns what is to be sent. */
  processReady(): Message[] {
    const ready = this.node.ready();
    for (const read of ready.readStates) this.watcher.readAnswered(this, read);
    if (this.config.asyncStorageWrites !== true) {
      this.write(ready.hardState, ready.entries, ready.snapshot);
      this.apply(ready.committedEntries);
      this.node.advance();
      return [...ready.messages];
    }
    const toSend: Message[] = [];
    for (const message of ready.messages) {
      if (!isStorageThread(message.to)) toSend.push(message);
      else if (message.to === APPEND_THREAD) this.appendWork.push(message);
      else this.applyWork.push(message);
    }
    return toSend;
  }

  /** Does the oldest queued write; returns the responses that go to others. */
  processAppend(): Message[] {
    const { term, vote, commit, entries, snapshot, responses } = this.appendWork.shift()!;
    const hasState = term !== 0 || vote !== 0 || commit !== 0;
    this.write(hasState ? { term, vote, commit } : null, entries, snapshot);
    return this.complete(responses);
  }

  processApply(): Message[] {
    const { entries, responses } = this.applyWork.shift()!;
    this.apply(entries);
    return this.complete(responses);
  }

  private complete(responses: readonly Message[]): Message[] {
    this.completions.push(...responses.filter((response) => response.to === this.id));
    return responses.filter((response) => response.to !== this.id);
  }

  processCompletion(): void {
    this.node.step(this.completions.shift()!);
  }

  private write(state: HardState | null, entries: readonly Entry[], snapshot: Snapshot | null): void {
    if (state !== null) this.disk.setHardState(state);
    if (snapshot !== null) {
      this.disk.applySnapshot(snapshot);
      this.disk.states = [stateOf(snapshot)];
      this.watcher.applied(this, this.disk.newest);
    }
    this.disk.append(entries);
  }

  private apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { index, term, type, data } = entry;
      const before = this.disk.newest;
      if (index !== before.index + 1)
        throw new Error(`member ${this.id} applies ${index} after ${before.index}`);
      let checksum = Math.imul(before.checksum ^ term, 0x9e3779b1) >>> 0;
      for (const byte of data ?? []) checksum = Math.imul(checksum ^ byte, 0x01000193) >>> 0;
      const confState =
        type === EntryType.normal ? before.confState : this.node.applyConfChange(decodeConfChange(entry));
      this.disk.states.push({ index, term, checksum, confState });
      this.watcher.applied(this, this.disk.newest);
    }
  }

  /** Forgets the log up to `keep` entries before what is applied on disk. */
  compact(keep: number): void {
    const index = this.disk.newest.index - keep;
    if (index <= this.disk.firstIndex() || index > this.disk.lastIndex()) return;
    this.disk.compact(index);
    this.disk.states = this.disk.states.filter((state) => state.index >= index);
  }
}
