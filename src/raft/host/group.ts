// One raft group of this node: its raw node, its log store, and the work between them. The node host calls it; nothing
// here waits, keeps time or does I/O of its own: storage work goes into the host's log batch and to the apply thread,
// answers come back as calls. Storage writes are asynchronous in the sense of the core: append and apply are messages,
// and their responses are stepped when the work is done.
import { assert, RingQueue } from "../../base/index";
import { BatchEnds } from "../../storage/index";
import type { LogBatch, Storage } from "../../storage/index";
import { APPEND_THREAD, APPLY_THREAD, EntryType, RawNode, StateType } from "../core/index";
import type { ConfState, Message, RandomSource } from "../core/index";
import { LogStore } from "./log-store";

/** What a group tells whoever evaluates its commands. Calls come from the host's turns, never from inside a `propose`. */
export interface GroupListener {
  /** This node leads, and has applied an entry of its own term: evaluation may begin. */
  leading(term: number): void;
  /** It does not lead any more, or cannot write: nothing proposed may be counted on. */
  following(): void;
  /** Entries up to `index` are committed. */
  committed(index: number): void;
  /** Entries up to `index` are applied. */
  applied(index: number): void;
}

/** How commands' effects get into the log. */
export interface GroupHandle {
  readonly id: number;
  /** Appends an entry in the given term. Returns its index, or 0 if this node does not lead in that term any more. */
  propose(payload: Buffer, term: number): number;
}

/** Messages to other members. */
export interface PeerTransport {
  send(group: number, message: Message): void;
}

/** The one path to the log thread, shared by all groups of a node. */
export interface LogWriter {
  readonly batch: LogBatch;
  /** The ticket of what was submitted last; the batch gets the one behind it. */
  readonly lastTicket: number;
  /** Submits the batch if that is large, and begins another. */
  submitLarge(): void;
}

export interface GroupTiming {
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
}

interface Awaited {
  readonly position: number;
  readonly responses: readonly Message[];
}

const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_COMMITTED_BYTES_PER_READY = 16 * 1024 * 1024;
const MAX_INFLIGHT_MESSAGES = 256;

export class RaftGroup implements GroupHandle {
  readonly id: number;
  private readonly nodeId: number;
  private readonly storage: Storage;
  private readonly transport: PeerTransport;
  private readonly wake: () => void;
  readonly log: LogStore;
  private readonly node: RawNode;
  private listener: GroupListener | undefined;
  /** Responses by log ticket, and by applied index. */
  private readonly awaitingSync = new RingQueue<Awaited>();
  private readonly awaitingApply = new RingQueue<Awaited>();
  private appliedIndex: number;
  private persistedIndex: number;
  private commitIndex: number;
  /** Of the entries that were handed to the apply thread. */
  private readonly batchEnds: BatchEnds;
  /** The hard state as the core has handed it out; `commitWaits` while its commit index is not in any log batch yet. */
  private term: number;
  private vote: number;
  private commit: number;
  private commitWaits = false;
  /** While leading: the term, and the index of the entry it began with; 0 when not. */
  private leadingTerm = 0;
  private leadingFrom = 0;
  private announced = false;
  failed = false;

  constructor(
    id: number,
    nodeId: number,
    storage: Storage,
    transport: PeerTransport,
    timing: GroupTiming,
    random: RandomSource,
    initialConfiguration: ConfState | undefined,
    wake: () => void,
  ) {
    this.id = id;
    this.nodeId = nodeId;
    this.storage = storage;
    this.transport = transport;
    this.wake = wake;
    this.log = new LogStore(storage, id, initialConfiguration);
    ({ term: this.term, vote: this.vote, commit: this.commit } = this.log.initialState().hardState);
    this.appliedIndex = this.persistedIndex = this.commitIndex = storage.readApplied(id).index;
    this.batchEnds = new BatchEnds(this.appliedIndex);
    this.node = new RawNode({
      id: nodeId,
      electionTicks: timing.electionTicks,
      heartbeatTicks: timing.heartbeatTicks,
      storage: this.log,
      applied: this.appliedIndex,
      asyncStorageWrites: true,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxCommittedBytesPerReady: MAX_COMMITTED_BYTES_PER_READY,
      maxInflightMessages: MAX_INFLIGHT_MESSAGES,
      checkQuorum: true,
      preVote: true,
      stepDownOnRemoval: true,
      disableProposalForwarding: true,
      random,
    });
  }

  listen(listener: GroupListener): void {
    this.listener = listener;
  }

  /** The only voter need not wait for an election timeout. */
  get isOnlyVoter(): boolean {
    const { voters, votersOutgoing } = this.log.initialState().confState;
    return voters.length === 1 && voters[0] === this.nodeId && votersOutgoing.length === 0;
  }

  get hasReady(): boolean {
    return !this.failed && this.node.hasReady();
  }

  get status(): {
    leading: boolean;
    term: number;
    commitIndex: number;
    appliedIndex: number;
    persistedIndex: number;
    lastIndex: number;
  } {
    const { commitIndex, appliedIndex, persistedIndex } = this;
    const term = this.leadingTerm;
    return {
      leading: this.announced,
      term,
      commitIndex,
      appliedIndex,
      persistedIndex,
      lastIndex: this.log.lastIndex(),
    };
  }

  campaign(): void {
    this.node.campaign();
    this.wake();
  }

  tick(): void {
    if (this.failed) return;
    this.node.tick();
    if (this.node.hasReady()) this.wake();
  }

  step(message: Message): void {
    if (this.failed) return;
    this.node.step(message);
    this.wake();
  }

  propose(payload: Buffer, term: number): number {
    if (this.failed || this.leadingTerm !== term) return 0;
    if (this.node.propose(payload) !== "ok") return 0;
    this.wake();
    return this.node.lastIndex;
  }

  /**
   * Takes the work of one Ready. Appends go to the log in one or more batches; responses to a message without writes wait
   * for the writes before them.
   */
  process(writer: LogWriter): void {
    const ready = this.node.ready();
    if (ready.softState !== null) this.follow(ready.softState.state);
    for (const message of ready.messages) {
      if (message.to === APPEND_THREAD) this.append(message, writer);
      else if (message.to === APPLY_THREAD) this.apply(message);
      else this.transport.send(this.id, message);
    }
  }

  /** The log is durable up to the ticket. */
  synced(ticket: number): void {
    this.answer(this.awaitingSync, ticket);
  }

  /** Entries up to `index` are applied. */
  applied(index: number): void {
    this.appliedIndex = index;
    this.log.releaseMemory(index);
    this.answer(this.awaitingApply, index);
    this.listener?.applied(index);
    this.announce();
  }

  persisted(index: number): void {
    if (index > this.persistedIndex) this.persistedIndex = index;
  }

  /** Compacts the log up to what is applied on disk, less `keepEntries`; only when that is worth a record. */
  compact(batch: LogBatch, keepEntries: number, minEntries: number): void {
    const index = Math.min(this.persistedIndex, this.appliedIndex) - keepEntries;
    if (index - this.log.firstIndex() + 1 < minEntries) return;
    const term = this.log.term(index);
    assert(typeof term === "number", "the log is held beyond the persisted applied index");
    batch.compact(this.id, index, term);
    this.log.compacted(index, term);
  }

  /** The disk failed: nothing more is written or answered. */
  fail(): void {
    this.failed = true;
    this.leadingTerm = 0;
    this.announced = false;
    this.listener?.following();
  }

  private answer(awaited: RingQueue<Awaited>, position: number): void {
    let first = awaited.peek();
    if (first === undefined || first.position > position) return;
    for (; first !== undefined && first.position <= position; first = awaited.peek()) {
      awaited.shift();
      for (const response of first.responses) {
        if (response.to === this.nodeId) this.node.step(response);
        else this.transport.send(this.id, response);
      }
    }
    this.wake();
  }

  private append(message: Message, writer: LogWriter): void {
    assert(message.snapshot === null, "a single voter is sent no snapshot");
    const { entries } = message;
    const { batch } = writer;
    const hasState = message.term !== 0 || message.vote !== 0 || message.commit !== 0;
    const changesState = hasState && (message.term !== this.term || message.vote !== this.vote);
    if (hasState) {
      ({ term: this.term, vote: this.vote, commit: this.commit } = message);
      this.commitWaits = true;
    }
    const first = entries[0];
    if (first !== undefined && first.index <= this.log.lastIndex()) batch.cutSuffix(this.id, first.index);
    // The entries may go in several batches, and a crash may fall between them: no entry before its term and vote, no commit
    // index before its entry.
    if (changesState && first !== undefined) {
      batch.hardState(this.id, this.term, this.vote, Math.min(this.commit, first.index - 1));
    }
    for (const entry of entries) {
      batch.append(this.id, entry.index, entry.term, entry.type, entry.data ?? EMPTY);
      writer.submitLarge();
    }
    this.log.append(entries);
    // A commit index is not worth a sync of its own: it is stored with what is written next, and may be lost until then.
    const writes = first === undefined ? changesState : !batch.isEmpty;
    if (writes && this.commitWaits) {
      batch.hardState(this.id, this.term, this.vote, this.commit);
      this.commitWaits = false;
    }
    if (message.responses.length === 0) return;
    const position = batch.isEmpty ? writer.lastTicket : writer.lastTicket + 1;
    this.awaitingSync.push({ position, responses: message.responses });
  }

  private apply(message: Message): void {
    const last = message.entries[message.entries.length - 1]!;
    for (const entry of message.entries) {
      assert(
        entry.type === EntryType.normal,
        "configuration changes are applied by a later version of Basalt",
      );
    }
    // Fragments of a batch whose last one has not come are taken in and reported as applied only with that one: the core,
    // which hands out no more than so many bytes until it hears, must not wait for them.
    const { batchEnds } = this;
    for (const { index, term, type, data } of message.entries) batchEnds.add(index, term, type, data);
    this.awaitingApply.push({ position: batchEnds.last, responses: message.responses });
    this.commitIndex = last.index;
    this.storage.submitApply(this.id, last.index);
    if (batchEnds.last <= this.appliedIndex) this.answer(this.awaitingApply, this.appliedIndex);
    this.listener?.committed(last.index);
  }

  private follow(state: number): void {
    if (state === StateType.leader) {
      this.leadingTerm = this.node.term;
      this.leadingFrom = this.node.lastIndex;
      return;
    }
    this.leadingTerm = 0;
    if (!this.announced) return;
    this.announced = false;
    this.listener?.following();
  }

  private announce(): void {
    if (this.announced || this.leadingTerm === 0 || this.appliedIndex < this.leadingFrom) return;
    this.announced = true;
    this.listener?.leading(this.leadingTerm);
  }
}

const EMPTY = new Uint8Array(0);
