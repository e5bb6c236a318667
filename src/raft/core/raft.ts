// The state of one member of one group, and the two ways out of it: `send` queues a message, a field changes. The rules
// live beside it by role (step, election, leader, follower, replication, read-index, membership), as functions over this
// class; RawNode is the only face a host sees. Messages that claim something durable (votes, candidacies, appended entries) wait in
// `messagesAfterAppend` until the host has synced what they claim.
import { AssertionFailure, assert } from "../../base/index";
import type { LogSink, RandomSource, RaftSettings } from "./config";
import { RaftLog } from "./log/raft-log";
import { MessageType, messageTypeName } from "./message";
import type { Message } from "./message";
import { Tracker } from "./progress/tracker";
import { ReadOnlyQueue } from "./read-only";
import { NO_NODE, StateType } from "./types";
import type { HardState, LogIndex, NodeId, ReadState, Term } from "./types";

/** How a step ended. `dropped`: the proposal was certainly not appended. */
export type StepResult = "ok" | "dropped" | "localMessage" | "peerNotFound";

export class Raft {
  readonly id: NodeId;
  readonly settings: RaftSettings;
  readonly sink: LogSink | null;
  readonly raftLog: RaftLog;
  tracker: Tracker;

  term: Term = 0;
  vote: NodeId = NO_NODE;
  leader: NodeId = NO_NODE;
  state: StateType = StateType.follower;
  isLearner = false;

  /** Ticks since the last election timeout (leader), or since a leader or a granted vote was heard of (others). */
  electionElapsed = 0;
  /** Ticks since the last heartbeat round; only a leader counts them. */
  heartbeatElapsed = 0;
  /** False while the host wants no election from this node; it votes all the same. */
  mayCampaign = true;
  /** Drawn anew from [electionTicks, 2 × electionTicks) whenever the role changes. */
  randomizedElectionTicks = 0;

  /** To whom leadership is being transferred; proposals are dropped meanwhile. */
  leadTransferee: NodeId = NO_NODE;
  /** A configuration change may be proposed only when the entry at this index is applied (at most one is under way). */
  pendingConfIndex: LogIndex = 0;
  /** Payload bytes of the tail that this leader has appended and that are not yet applied; an estimate from below. */
  uncommittedBytes = 0;

  /** A snapshot that came while entries were being applied; it waits until they are (see follower.ts). */
  heldSnapshot: Message | null = null;

  readonly readOnly = new ReadOnlyQueue();
  /** Read requests that came before this leader had committed an entry of its term. */
  waitingReads: Message[] = [];
  readStates: ReadState[] = [];

  messages: Message[] = [];
  messagesAfterAppend: Message[] = [];

  private readonly random: RandomSource;

  /** `settings` are checked; the configuration and the hard state are loaded by membership.ts and raw-node.ts. */
  constructor(settings: RaftSettings) {
    this.id = settings.id;
    this.settings = settings;
    this.sink = settings.log;
    this.random = settings.random;
    this.raftLog = new RaftLog(settings.storage, settings.maxCommittedBytesPerReady, settings.log);
    this.tracker = new Tracker(settings.maxInflightMessages, settings.maxInflightBytes);
  }

  hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.raftLog.committed };
  }

  loadHardState(state: HardState): void {
    const { committed } = this.raftLog;
    const last = this.raftLog.lastIndex();
    if (state.commit < committed || state.commit > last) {
      throw new AssertionFailure(
        `the stored commit index ${state.commit} is out of the log's [${committed}, ${last}]`,
      );
    }
    this.raftLog.committed = state.commit;
    this.term = state.term;
    this.vote = state.vote;
  }

  drawElectionTimeout(): void {
    const { electionTicks } = this.settings;
    this.randomizedElectionTicks = electionTicks + this.random.below(electionTicks);
  }

  /** Whether this node could become leader at all. */
  get promotable(): boolean {
    if (!this.mayCampaign) return false;
    const progress = this.tracker.progress.get(this.id);
    return progress !== undefined && !progress.isLearner && this.raftLog.unstable.snapshot === null;
  }

  /** The leader has committed an entry of its own term, so that it knows all that was committed before (§8). */
  get committedInTerm(): boolean {
    return this.raftLog.term(this.raftLog.committed) === this.term;
  }

  /**
   * Queues a message; its sender and, except for proposals and reads (which outlive terms), its term are filled in. Votes
   * carry the term of the election they belong to and bring it along.
   */
  send(message: Message): void {
    if (message.from === NO_NODE) message.from = this.id;
    switch (message.type) {
      case MessageType.vote:
        assert(message.term !== 0, "a vote names its term");
        // It claims a term and a log: were they lost in a crash, the same term could be won with a shorter log.
        if (this.settings.voteRequestsBeforeSync) break;
        this.messagesAfterAppend.push(message);
        return;
      case MessageType.preVote:
        assert(message.term !== 0, "a vote names its term");
        break;
      case MessageType.voteResp:
      case MessageType.preVoteResp:
        assert(message.term !== 0, "a vote names its term");
        this.messagesAfterAppend.push(message);
        return;
      case MessageType.appResp:
        message.term = this.term;
        this.messagesAfterAppend.push(message);
        return;
      case MessageType.prop:
      case MessageType.readIndex:
        assert(message.term === 0, "proposals and reads have no term");
        break;
      default:
        assert(message.term === 0, "the term is filled in when the message is sent");
        message.term = this.term;
    }
    if (message.to === this.id) {
      throw new AssertionFailure(`a ${messageTypeName(message.type)} is addressed to its own sender`);
    }
    this.messages.push(message);
  }
}

/** A node id in log lines, as etcd prints it. */
export function hex(id: NodeId): string {
  return id.toString(16);
}
