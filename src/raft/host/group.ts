// One raft group of this node: its raw node, its log store, and the work between them. The node host calls it; nothing
// here waits, keeps time or does I/O of its own: storage work goes into the host's log batch and to the apply thread,
// answers come back as calls. Storage writes are asynchronous in the sense of the core: append and apply are messages,
// and their responses are stepped when the work is done.
import { assert } from "../../base/index";
import type { Clock } from "../../base/index";
import type { LogBatch, Storage } from "../../storage/index";
import {
  APPEND_THREAD,
  APPLY_THREAD,
  Message,
  MessageType,
  NO_NODE,
  RawNode,
  StateType,
} from "../core/index";
import type { ConfChange, ConfState, NodeId, RandomSource } from "../core/index";
import { ApplyWork } from "./apply-work";
import { changeRefusal, isAlone } from "./configuration-change";
import type { ConfChangeOutcome } from "./configuration-change";
import type { StoredConfiguration } from "./configuration-record";
import { Confirmation } from "./confirmation";
import { Handover } from "./handover";
import { Lease } from "./lease";
import { LogStore } from "./log-store";
import { LogWork } from "./log-work";
import type { LogWriter } from "./log-work";
import type { PeerClocks } from "./peer-clocks";
import { VotePromise } from "./promise";
import { isExpected } from "./transport";

/** What a group tells whoever evaluates its commands. Calls come from the host's turns, never from inside a `propose`. */
export interface GroupListener {
  /**
   * This node leads, and has applied an entry of its own term: evaluation may begin. Told again in the same term after
   * `yielding`, when what was in flight did not commit in time to hand leadership over.
   */
  leading(term: number): void;
  /**
   * Leadership is about to be handed over: what was evaluated may be proposed within this call, and nothing after it. What
   * is in flight may still be told as committed; then comes `following`, or `leading` again.
   */
  yielding(): void;
  /** It does not lead any more, or cannot write: nothing proposed may be counted on. */
  following(): void;
  /** Entries up to `index` are committed. */
  committed(index: number): void;
  /** Entries up to `index` are applied. */
  applied(index: number): void;
  /** A batch of the node's log is synced: what was gathered while the log was busy may be proposed. */
  logSynced(): void;
}

/** How commands' effects get into the log, and what a leader may rely on. */
export interface GroupHandle {
  readonly id: number;
  /** The leader as far as this node knows; 0 if it knows none. */
  readonly leader: NodeId;
  /** Nobody else can lead at this moment: committed state may be read without asking. Always true of a single voter. */
  readonly hasLease: boolean;
  /**
   * What is proposed now would only wait for the log thread, so that more can be gathered until `logSynced`. Never where others
   * are members: entries go to them while the own log is still being synced.
   */
  readonly logIsBusy: boolean;
  /**
   * Appends an entry in the given term. Returns its index, or 0 if this node does not lead in that term any more. `isAwaited`:
   * there is hardly anything to do until it is synced, so that this thread may as well wait for the disk.
   */
  propose(payload: Buffer, term: number, isAwaited?: boolean): number;
  /**
   * Asks a quorum whether this node still leads. `done(true)`: it did at some moment after this call, and what was committed
   * then has been told. Not called from inside this call.
   */
  confirmLeadership(done: (confirmed: boolean) => void): void;
}

export interface GroupTiming {
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** By so much a lease is shorter than the election timeout. One for the first tick, which may come at once. */
  readonly leaseMarginTicks: number;
}

/** What a group needs of its node. */
export interface GroupSurroundings {
  readonly nodeId: NodeId;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly clocks: PeerClocks;
  readonly random: RandomSource;
  readonly timing: GroupTiming;
  readonly tickMs: number;
  /** Takes a message to another member. */
  send(group: number, message: Message): void;
  /** Asks for the clock of another node. */
  probeClock(node: NodeId): void;
  /** The group may have work. */
  wake(): void;
  /** The log thread has enough to do. */
  readonly logIsBusy: boolean;
  /** An entry will be in the next log batch; `isAwaited` as in `propose`. */
  proposed(isAwaited: boolean): void;
}

const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_COMMITTED_BYTES_PER_READY = 16 * 1024 * 1024;
const MAX_INFLIGHT_MESSAGES = 256;
/** Also what a follower that lags makes the leader read from disk in one turn. */
const MAX_INFLIGHT_BYTES = 8 * 1024 * 1024;

export class RaftGroup implements GroupHandle {
  readonly id: number;
  readonly log: LogStore;
  private readonly surroundings: GroupSurroundings;
  private readonly nodeId: NodeId;
  private readonly node: RawNode;
  private readonly logWork: LogWork;
  private readonly applyWork: ApplyWork;
  private readonly lease: Lease;
  private readonly promise: VotePromise;
  private readonly confirmation = new Confirmation();
  private readonly handover = new Handover();
  private listener: GroupListener | undefined;
  private persistedIndex: number;
  /** While leading: the term, and the index of the entry it began with; 0 when not. */
  private leadingTerm = 0;
  private leadingFrom = 0;
  private announced = false;
  /** This leader has tried to hand over because its clock stands off. */
  private triedToYield = false;
  failed = false;

  constructor(
    id: number,
    surroundings: GroupSurroundings,
    initialConfiguration: StoredConfiguration | undefined,
  ) {
    const { nodeId, storage, clock, random, timing, tickMs } = surroundings;
    const { electionTicks, heartbeatTicks, leaseMarginTicks } = timing;
    assert(
      electionTicks > leaseMarginTicks && leaseMarginTicks >= 1,
      "a lease ends before the promises it rests on",
    );
    this.id = id;
    this.nodeId = nodeId;
    this.surroundings = surroundings;
    this.log = new LogStore(storage, id, initialConfiguration);
    this.logWork = new LogWork(id, this.log, this.log.initialState().hardState);
    this.applyWork = new ApplyWork(id, storage, this.log.configuration, (change) => this.adopt(change));
    this.persistedIndex = this.applyWork.appliedIndex;
    this.lease = new Lease(clock, (electionTicks - leaseMarginTicks) * tickMs);
    this.promise = new VotePromise(electionTicks);
    this.node = new RawNode({
      id: nodeId,
      electionTicks,
      heartbeatTicks,
      storage: this.log,
      applied: this.applyWork.appliedIndex,
      asyncStorageWrites: true,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxCommittedBytesPerReady: MAX_COMMITTED_BYTES_PER_READY,
      maxInflightMessages: MAX_INFLIGHT_MESSAGES,
      maxInflightBytes: MAX_INFLIGHT_BYTES,
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

  // ── What others ask of it ─────────────────────────────────────────────────────────────────────────────────────────

  get leader(): NodeId {
    return this.failed ? NO_NODE : this.node.leader;
  }

  get hasLease(): boolean {
    return this.lease.isValid;
  }

  get logIsBusy(): boolean {
    return this.surroundings.logIsBusy && this.isAlone;
  }

  /** This node is its only voter. */
  get isAlone(): boolean {
    return isAlone(this.configuration, this.nodeId);
  }

  get configuration(): ConfState {
    return this.applyWork.configuration.state;
  }

  get status(): {
    leading: boolean;
    term: number;
    commitIndex: number;
    appliedIndex: number;
    persistedIndex: number;
    lastIndex: number;
  } {
    const { persistedIndex } = this;
    const { commitIndex, appliedIndex } = this.applyWork;
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

  propose(payload: Buffer, term: number, isAwaited = false): number {
    if (this.failed || this.leadingTerm !== term || this.handover.isUnderWay) return 0;
    if (this.node.propose(payload) !== "ok") return 0;
    this.surroundings.proposed(isAwaited);
    this.surroundings.wake();
    return this.node.lastIndex;
  }

  confirmLeadership(done: (confirmed: boolean) => void): void {
    this.confirmation.ask(done);
    this.surroundings.wake();
  }

  /** Proposes a change of the members; it is made when `configuration` shows it. */
  proposeConfChange(change: ConfChange): ConfChangeOutcome {
    if (this.failed || !this.announced || this.handover.isUnderWay) return "notLeading";
    const refusal = changeRefusal(change, this.configuration, this.nodeId, this.log.firstIndex());
    if (refusal !== undefined) return refusal;
    if (this.node.proposeConfChange(change) !== "ok") return "notLeading";
    this.surroundings.wake();
    return this.node.pendingConfIndex === this.node.lastIndex ? "proposed" : "notNow";
  }

  /** Begins to hand leadership to another voter; false if this node has none to give, or the other cannot take it. */
  transferLeadership(to: NodeId): boolean {
    if (this.failed || !this.announced || this.handover.isUnderWay || to === this.nodeId) return false;
    if (!this.configuration.voters.includes(to)) return false;
    // Within it the evaluator seals what is open, and then no more.
    this.listener?.yielding();
    if (this.failed || this.leadingTerm === 0) return false;
    this.handover.begin(to);
    this.advanceHandover();
    this.surroundings.wake();
    return true;
  }

  // ── What the node host tells ──────────────────────────────────────────────────────────────────────────────────────

  /** The only voter need not wait for anybody, unless a change that it has not applied may have made others voters. */
  start(): void {
    const alone = this.isAlone;
    if (alone && !this.log.mayHoldChangeBehind(this.node.committed)) {
      this.node.campaign();
      // Refused if a change is among what is committed and not applied.
      if (this.node.state !== StateType.follower) this.promise.waive();
    }
    this.updateCampaigns(false);
  }

  get hasReady(): boolean {
    return !this.failed && (this.node.hasReady() || (this.announced && this.confirmation.wantsRound));
  }

  tick(): void {
    if (this.failed) return;
    this.promise.tick();
    const isOff = this.surroundings.clocks.isOff(this.configuration);
    this.updateCampaigns(isOff);
    this.node.tick();
    this.tickHandover();
    if (isOff) this.yieldForClock();
    if (isOff && this.node.leader === NO_NODE) this.probeClocks();
    if (this.hasReady) this.surroundings.wake();
  }

  private updateCampaigns(clockIsOff: boolean): void {
    this.node.allowCampaigns(!this.promise.isRestarting && !clockIsOff);
  }

  /** A message from another member. */
  step(message: Message): void {
    if (this.failed || !isExpected(message) || this.promise.forbids(message)) return;
    const { type, from, term, stamp } = message;
    this.node.step(message);
    if (stamp > 0 && term === this.node.term) this.stepStamp(type, from, stamp);
    this.surroundings.wake();
  }

  /** A heartbeat of the present term, or the answer to one. */
  private stepStamp(type: MessageType, from: NodeId, stamp: number): void {
    if (type === MessageType.heartbeat) {
      if (this.node.leader === from) this.promise.renew();
    } else if (
      type === MessageType.heartbeatResp &&
      this.leadingTerm === this.node.term &&
      this.node.isLeader
    ) {
      this.lease.heard(from, stamp, this.configuration);
    }
  }

  /** The last messages to this member were not delivered. */
  reportUnreachable(id: NodeId): void {
    if (!this.failed) this.node.reportUnreachable(id);
  }

  /** Takes the work of one Ready. */
  process(writer: LogWriter): void {
    if (this.announced && this.confirmation.wantsRound) this.beginRound();
    const ready = this.node.ready();
    if (ready.softState !== null) this.follow(ready.softState.state);
    if (ready.readStates.length > 0) this.confirmation.answered(ready.readStates);
    for (const message of ready.messages) {
      if (message.to === APPEND_THREAD) {
        assert(message.snapshot === null, "no snapshot is received by this version");
        this.logWork.append(message, writer);
      } else if (message.to === APPLY_THREAD) {
        this.applyWork.apply(message, writer, this.deliver);
        this.listener?.committed(this.applyWork.commitIndex);
      } else {
        this.send(message);
      }
    }
    this.confirmation.committed(this.applyWork.commitIndex);
    this.advanceHandover();
  }

  /** The log is durable up to the ticket. */
  synced(ticket: number): void {
    this.applyWork.synced(ticket);
    if (this.logWork.synced(ticket, this.deliver)) this.surroundings.wake();
  }

  /** Entries up to `index` are applied. */
  applied(index: number): void {
    this.log.releaseMemory(index);
    if (this.applyWork.applied(index, this.deliver)) this.surroundings.wake();
    this.listener?.applied(index);
    this.announce();
  }

  logSynced(): void {
    if (!this.failed) this.listener?.logSynced();
  }

  persisted(index: number): void {
    if (index > this.persistedIndex) this.persistedIndex = index;
  }

  /**
   * Compacts the log up to what is applied on disk, less `keepEntries`; only when that is worth a record. While others are
   * members nothing goes: without snapshots a member could not be given what is gone.
   */
  compact(batch: LogBatch, keepEntries: number, minEntries: number): void {
    if (!this.isAlone || this.configuration.learners.length > 0) return;
    // Somebody may be about to become one.
    if (this.node.pendingConfIndex > this.applyWork.appliedIndex) return;
    const index = Math.min(this.persistedIndex, this.applyWork.appliedIndex) - keepEntries;
    if (index - this.log.firstIndex() + 1 < minEntries) return;
    const term = this.log.term(index);
    assert(typeof term === "number", "the log is held beyond the persisted applied index");
    batch.compact(this.id, index, term);
    this.log.compacted(index, term);
  }

  /** The disk failed: nothing more is written or answered. */
  fail(): void {
    this.failed = true;
    this.loseLeadership();
    this.listener?.following();
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private readonly deliver = (response: Message): void => {
    if (response.to === this.nodeId) this.node.step(response);
    else this.send(response);
  };

  private send(message: Message): void {
    // The moment from which the lease counts: before the message can have left.
    if (message.type === MessageType.heartbeat) message.stamp = this.surroundings.clock.monotonicMs();
    this.surroundings.send(this.id, message);
  }

  private beginRound(): void {
    // One who decides alone has nobody to ask.
    if (this.isAlone) this.confirmation.end(true);
    else this.node.readIndex(this.confirmation.begin());
  }

  /** A committed change of the configuration. */
  private adopt(change: ConfChange): ConfState {
    const state = this.node.applyConfChange(change);
    this.lease.renew(state);
    // The core does not answer reads that wait for a round which is not needed any more.
    if (this.announced && isAlone(state, this.nodeId)) this.confirmation.end(true);
    return state;
  }

  private follow(state: StateType): void {
    if (state === StateType.leader) {
      this.leadingTerm = this.node.term;
      this.leadingFrom = this.node.lastIndex;
      this.lease.begin(this.nodeId, this.configuration);
      return;
    }
    const wasAnnounced = this.announced;
    this.loseLeadership();
    if (wasAnnounced) this.listener?.following();
  }

  private loseLeadership(): void {
    this.leadingTerm = 0;
    this.announced = false;
    this.triedToYield = false;
    this.lease.end();
    this.handover.end();
    this.confirmation.end(false);
  }

  private announce(): void {
    if (this.announced || this.leadingTerm === 0 || this.applyWork.appliedIndex < this.leadingFrom) return;
    this.announced = true;
    this.listener?.leading(this.leadingTerm);
  }

  /** What was in flight is committed: now the core may ask the other to campaign. */
  private advanceHandover(): void {
    const { handover, node } = this;
    if (handover.stage !== "draining" || this.applyWork.commitIndex < node.lastIndex) return;
    handover.asked();
    this.lease.surrender();
    node.transferLeader(handover.to);
  }

  private tickHandover(): void {
    const { handover, node } = this;
    if (!handover.isUnderWay || !node.isLeader) return;
    const givesUp = handover.tickDraining(this.surroundings.timing.electionTicks);
    const isOver = handover.stage === "asked" && node.leadTransferee === NO_NODE;
    if (!givesUp && !isOver) return;
    handover.end();
    if (givesUp) this.listener?.leading(this.leadingTerm);
    else this.renewTerm();
  }

  /**
   * Asks for a term in which nobody was asked to campaign, and so for one with a lease. Nothing is in flight. Voters grant it
   * at once, because the lease was given up; where this node may not campaign (its clock) it has stepped down.
   */
  private renewTerm(): void {
    this.node.stepDown();
    const request = new Message(MessageType.timeoutNow, this.nodeId);
    request.from = this.nodeId;
    this.node.step(request);
  }

  /** This node's clock stands off: it hands over, and if that does not succeed it steps down. */
  private yieldForClock(): void {
    if (!this.announced || this.handover.isUnderWay || !this.node.isLeader) return;
    const to = this.triedToYield ? NO_NODE : this.mostAdvancedVoter();
    this.triedToYield = true;
    if (to === NO_NODE || !this.transferLeadership(to)) this.node.stepDown();
  }

  /** No leader's heartbeats tell whether the clocks have been set right. */
  private probeClocks(): void {
    const { voters, votersOutgoing } = this.configuration;
    for (const id of [...voters, ...votersOutgoing]) {
      if (id !== this.nodeId) this.surroundings.probeClock(id);
    }
    this.surroundings.wake();
  }

  private mostAdvancedVoter(): NodeId {
    let best = NO_NODE;
    let bestMatch = -1;
    for (const [id, { match, recentActive }] of this.node.status().progress) {
      if (id === this.nodeId || !recentActive || !this.configuration.voters.includes(id)) continue;
      if (match > bestMatch) [best, bestMatch] = [id, match];
    }
    return best;
  }
}
