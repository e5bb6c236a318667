// The face of one group member: single-threaded, without time or I/O of its own. The host feeds it ticks, proposals and
// messages; `ready` hands out what is to be done. Two ways to report work as done:
//
//   synchronous    the host stores, applies and sends everything of a Ready, then calls `advance`; one Ready at a time
//   asynchronous   (asyncStorageWrites) storage work is among the messages, to APPEND_THREAD and APPLY_THREAD, each of
//                  which works in order; when one is done its `responses` are stepped here or sent to their addressees.
//                  Readies may follow one another without waiting.
import { assert } from "../../base/index";
import { settings } from "./config";
import type { RaftConfig } from "./config";
import { proposeData } from "./leader";
import { encodedSizeOf } from "./log/entry-size";
import { applyConfChange, loadConfiguration } from "./membership";
import type { Message } from "./message";
import {
  MessageType,
  NO_MESSAGES,
  isLocalMessageType,
  isResponseMessageType,
  isStorageThread,
  localMessage,
} from "./message";
import { encodeConfChange } from "./quorum/conf-change";
import type { ConfChange } from "./quorum/conf-change";
import { Raft, hex } from "./raft";
import type { StepResult } from "./raft";
import { storageAppend, storageAppendResp, storageApply, storageApplyResp } from "./ready";
import type { Ready, ReadyParts } from "./ready";
import { becomeFollower } from "./roles";
import { statusOf } from "./status";
import type { RaftStatus } from "./status";
import { step, tick } from "./step";
import { EntryType, NO_ENTRIES, NO_NODE, StateType, isEmptyHardState } from "./types";
import type { ConfState, HardState, LogIndex, NodeId, ReadState, SoftState, Term } from "./types";

/** `ok` of a leader: appended, at `lastIndex`. `ok` of a follower that forwards: sent, no more. `dropped`: certainly not. */
export type ProposeResult = "ok" | "dropped";

const NO_READ_STATES: readonly ReadState[] = [];

export class RawNode {
  protected readonly raft: Raft;
  private readonly async: boolean;
  private handedLeader: NodeId;
  private handedState: StateType;
  private handedHardState: HardState;
  /** Synchronous mode: what this node has to hear when the Ready is done. */
  private onAdvance: Message[] = [];

  /** Loads what storage has; throws RAFT_CONFIG_INVALID for options that contradict one another. */
  constructor(config: RaftConfig) {
    const filled = settings(config);
    const raft = new Raft(filled);
    const { hardState, confState } = filled.storage.initialState();
    loadConfiguration(raft, confState);
    if (!isEmptyHardState(hardState)) raft.loadHardState(hardState);
    if (filled.applied > 0) raft.raftLog.appliedTo(filled.applied, 0);
    becomeFollower(raft, raft.term, NO_NODE);
    const { raftLog } = raft;
    raft.sink?.info(
      `newRaft ${hex(raft.id)} [peers: [${raft.tracker.voters.map(hex).join(",")}], term: ${raft.term}, ` +
        `commit: ${raftLog.committed}, applied: ${raftLog.applied}, lastindex: ${raftLog.lastIndex()}, ` +
        `lastterm: ${raftLog.lastTerm()}]`,
    );
    this.raft = raft;
    this.async = filled.asyncStorageWrites;
    this.handedLeader = raft.leader;
    this.handedState = raft.state;
    this.handedHardState = raft.hardState();
  }

  get id(): NodeId {
    return this.raft.id;
  }

  get term(): Term {
    return this.raft.term;
  }

  /** The leader as far as known; NO_NODE if none is. */
  get leader(): NodeId {
    return this.raft.leader;
  }

  get state(): StateType {
    return this.raft.state;
  }

  get isLeader(): boolean {
    return this.raft.state === StateType.leader;
  }

  /** The last entry of the log, stable or not: after a leader's `propose` returned ok, the index of that proposal. */
  get lastIndex(): LogIndex {
    return this.raft.raftLog.lastIndex();
  }

  /** To whom leadership is being handed over; NO_NODE if to nobody (any more). */
  get leadTransferee(): NodeId {
    return this.raft.leadTransferee;
  }

  /** After a leader's `proposeConfChange` returned ok: the index of that change, unless it was refused. */
  get pendingConfIndex(): LogIndex {
    return this.raft.pendingConfIndex;
  }

  get committed(): LogIndex {
    return this.raft.raftLog.committed;
  }

  get applied(): LogIndex {
    return this.raft.raftLog.applied;
  }

  status(): RaftStatus {
    return statusOf(this.raft);
  }

  tick(): void {
    tick(this.raft);
  }

  /** Whether this node may start elections, by itself or for a transfer; it may at first. */
  allowCampaigns(allowed: boolean): void {
    this.raft.mayCampaign = allowed;
  }

  /** Gives leadership up, to nobody in particular: someone is elected when the others have missed the leader. */
  stepDown(): void {
    if (this.raft.state === StateType.leader) becomeFollower(this.raft, this.raft.term, NO_NODE);
  }

  /** Starts an election without waiting for the timeout. */
  campaign(): void {
    step(this.raft, localMessage(MessageType.hup, NO_NODE));
  }

  /** `data` is kept, not copied: it must not be changed any more. */
  propose(data: Uint8Array): ProposeResult {
    if (this.raft.state === StateType.leader) return proposeData(this.raft, data);
    return this.proposeEntry(EntryType.normal, data, this.raft.id);
  }

  /**
   * A change that is not allowed now (another is under way, for instance) is appended as an empty entry. `asV1` writes
   * it in the old form, which holds exactly one change.
   */
  proposeConfChange(change: ConfChange, asV1 = false): ProposeResult {
    const { type, data } = encodeConfChange(change, asV1);
    return this.proposeEntry(type, data, NO_NODE);
  }

  private proposeEntry(type: EntryType, data: Uint8Array, from: NodeId): ProposeResult {
    const message = localMessage(MessageType.prop, from);
    message.entries = [{ term: 0, index: 0, type, data }];
    return step(this.raft, message) === "ok" ? "ok" : "dropped";
  }

  /** To be called for each committed configuration change when it is applied; without changes if the host refuses it. */
  applyConfChange(change: ConfChange): ConfState {
    return applyConfChange(this.raft, change);
  }

  /**
   * Takes a message from another member, or a response of a storage thread, and takes it over. `localMessage`: such
   * messages never come from the network. `peerNotFound`: an answer from someone who is not a member.
   */
  step(message: Message): StepResult {
    if (!isStorageThread(message.from)) {
      if (isLocalMessageType(message.type)) return "localMessage";
      if (isResponseMessageType(message.type) && !this.raft.tracker.progress.has(message.from)) {
        return "peerNotFound";
      }
    }
    return step(this.raft, message);
  }

  /** Asks for a point from which a read is linearizable; the answer is a ReadState with this (unique) context. */
  readIndex(context: Uint8Array): void {
    const message = localMessage(MessageType.readIndex, NO_NODE);
    message.entries = [{ term: 0, index: 0, type: EntryType.normal, data: context }];
    step(this.raft, message);
  }

  /** Hands leadership over, if this node leads, or asks the leader to. Proposals are dropped meanwhile. */
  transferLeader(transferee: NodeId): void {
    step(this.raft, localMessage(MessageType.transferLeader, transferee));
  }

  /** A follower stops refusing votes for its leader's sake until it hears from it again. */
  forgetLeader(): void {
    step(this.raft, localMessage(MessageType.forgetLeader, NO_NODE));
  }

  /** The last message to this member was not delivered. */
  reportUnreachable(id: NodeId): void {
    step(this.raft, localMessage(MessageType.unreachable, id));
  }

  /** How sending a snapshot to this member ended; without it the member is sent nothing more. */
  reportSnapshot(id: NodeId, outcome: "finished" | "failed"): void {
    const message = localMessage(MessageType.snapStatus, id);
    message.reject = outcome === "failed";
    step(this.raft, message);
  }

  hasReady(): boolean {
    const { raft } = this;
    const { raftLog } = raft;
    return (
      raft.messages.length > 0 ||
      raft.messagesAfterAppend.length > 0 ||
      raftLog.unstable.hasNextEntries() ||
      raftLog.hasNextCommittedEntries(!this.async) ||
      this.hardStateChanged() ||
      raft.leader !== this.handedLeader ||
      raft.state !== this.handedState ||
      raftLog.unstable.nextSnapshot() !== null ||
      raft.readStates.length > 0
    );
  }

  private hardStateChanged(): boolean {
    const { raft, handedHardState } = this;
    return (
      raft.raftLog.committed !== handedHardState.commit ||
      raft.term !== handedHardState.term ||
      raft.vote !== handedHardState.vote
    );
  }

  /** Hands out everything there is to do. All of it must be done: it is not handed out again. */
  ready(): Ready {
    const { raft } = this;
    assert(this.onAdvance.length === 0, "a Ready is advanced before the next one is taken");
    const ready = this.takeParts();
    const afterAppend = this.takeMessagesAfterAppend();
    if (this.async) this.addStorageMessages(ready, afterAppend);
    else this.addMessagesAfterAppend(ready, afterAppend);
    raft.raftLog.unstable.acceptInProgress();
    const { committedEntries } = ready;
    if (committedEntries.length > 0) {
      const last = committedEntries[committedEntries.length - 1]!.index;
      raft.raftLog.acceptApplying(last, encodedSizeOf(committedEntries), !this.async);
    }
    return ready;
  }

  private takeParts(): ReadyParts {
    const { raft, handedHardState } = this;
    const { raftLog } = raft;
    const entries = raftLog.unstable.hasNextEntries() ? raftLog.unstable.nextEntries() : NO_ENTRIES;
    const committedEntries = raftLog.nextCommittedEntries(!this.async);
    const messages = raft.messages;
    raft.messages = [];
    const mustSync =
      entries.length > 0 || raft.vote !== handedHardState.vote || raft.term !== handedHardState.term;
    const hardState = this.hardStateChanged() ? raft.hardState() : null;
    if (hardState !== null) this.handedHardState = hardState;
    const snapshot = raftLog.unstable.nextSnapshot();
    const readStates = raft.readStates.length > 0 ? raft.readStates : NO_READ_STATES;
    if (readStates.length > 0) raft.readStates = [];
    const softState = this.takeSoftState();
    return { softState, hardState, readStates, entries, snapshot, committedEntries, messages, mustSync };
  }

  /** Never the array that the core goes on filling: what is queued from now on must wait for the next Ready. */
  private takeMessagesAfterAppend(): Message[] | null {
    const messages = this.raft.messagesAfterAppend;
    if (messages.length === 0) return null;
    this.raft.messagesAfterAppend = [];
    return messages;
  }

  private takeSoftState(): SoftState | null {
    const { leader, state } = this.raft;
    if (leader === this.handedLeader && state === this.handedState) return null;
    this.handedLeader = leader;
    this.handedState = state;
    return { leader, state };
  }

  private addStorageMessages(ready: ReadyParts, afterAppend: Message[] | null): void {
    const append = storageAppend(this.raft, ready, afterAppend);
    if (append !== null) ready.messages.push(append);
    if (ready.committedEntries.length > 0) {
      ready.messages.push(storageApply(this.raft, ready.committedEntries));
    }
  }

  /** The host stores before it sends, so that messages about stored things go out with the rest. */
  private addMessagesAfterAppend(ready: ReadyParts, afterAppend: Message[] | null): void {
    const { raft, onAdvance } = this;
    for (const message of afterAppend ?? NO_MESSAGES) {
      if (message.to === raft.id) onAdvance.push(message);
      else ready.messages.push(message);
    }
    const stable = storageAppendResp(raft, ready.snapshot);
    if (stable !== null) onAdvance.push(stable);
    if (ready.committedEntries.length > 0) onAdvance.push(storageApplyResp(raft, ready.committedEntries));
  }

  /** Synchronous mode: everything of the last Ready is done. */
  advance(): void {
    assert(!this.async, "storage work that travels as messages is answered by messages");
    const messages = this.onAdvance;
    this.onAdvance = [];
    for (const message of messages) step(this.raft, message);
  }
}
