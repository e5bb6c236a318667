// A cluster under random treatment, for the properties of the bare core: messages are lost, doubled and reordered,
// members are cut off, crash and come back, the configuration changes, logs are compacted. Everything is drawn from one
// seed. After each step the properties of Raft's figure 3 are checked, and that reads are linearizable.
import {
  ConfChangeTransition,
  ConfChangeType,
  EMPTY_CONF_STATE,
  Message,
  MessageType,
} from "../../../src/raft/core/index";
import type {
  ConfChangeSingle,
  LogIndex,
  NodeId,
  RaftConfig,
  ReadState,
  Term,
} from "../../../src/raft/core/index";
import type { SeededRandom } from "../../../src/base/index";
import { Member, NOTHING_APPLIED } from "./member";
import type { AppliedState, MemberWatcher } from "./member";

const MEMBERS = 5;
const FIRST_VOTERS = 3;
const FIRST_INDEX = 10;
const MAX_MESSAGES = 400;

export class Cluster implements MemberWatcher {
  readonly members: Member[] = [];
  elections = 0;
  confChanges = 0;
  crashes = 0;
  snapshots = 0;
  readsAnswered = 0;
  stalls = 0;
  private readonly random: SeededRandom;
  /** How many of the kinds of faults this seed has: the less, the calmer. */
  private readonly faults: number;
  /** Without PreVote and CheckQuorum nobody tells a leader of the higher term that someone who cannot campaign has. */
  private readonly recovers: boolean;
  private messages: Message[] = [];
  private cutOff: ReadonlySet<NodeId> = new Set();
  /** By index: what was applied there, by whoever came first. */
  private readonly applied_: AppliedState[] = [];
  private readonly leaders = new Map<Term, NodeId>();
  private readonly reads = new Map<string, LogIndex>();
  private reading = 0;
  private proposals = 0;

  /** `faulty` makes a core that is known to be wrong, for canaries. */
  constructor(random: SeededRandom, faulty: Pick<RaftConfig, "voteRequestsBeforeSync"> = {}) {
    this.random = random;
    const checkQuorum = random.chance(0.5);
    const preVote = random.chance(0.5);
    this.recovers = checkQuorum || preVote;
    this.faults = random.pick([100, 160, 250, 250]);
    const options = {
      electionTicks: random.pick([3, 5, 10]),
      heartbeatTicks: 1,
      asyncStorageWrites: random.chance(0.7),
      preVote,
      checkQuorum,
      maxMessageBytes: random.pick([1, 30, 1000]),
      maxCommittedBytesPerReady: random.pick([1, 40, 100_000]),
      maxInflightMessages: random.pick([1, 3, 100]),
      disableProposalForwarding: random.chance(0.5),
      stepDownOnRemoval: random.chance(0.5),
      random,
      ...faulty,
    };
    const voters = [1, 2, 3].slice(0, FIRST_VOTERS);
    const first: AppliedState = {
      index: FIRST_INDEX,
      term: 1,
      checksum: 0,
      confState: { ...EMPTY_CONF_STATE, voters },
    };
    this.applied_[FIRST_INDEX] = first;
    for (let id = 1; id <= MEMBERS; id++) {
      this.members.push(new Member({ id, ...options }, id <= FIRST_VOTERS ? first : NOTHING_APPLIED, this));
    }
  }

  get committed(): LogIndex {
    return this.applied_.length - 1;
  }

  applied(member: Member, state: AppliedState): void {
    const known = this.applied_[state.index];
    if (known === undefined) {
      if (state.index !== this.applied_.length)
        throw new Error(`index ${state.index} is applied out of order`);
      this.applied_.push(state);
    } else if (known.term !== state.term || known.checksum !== state.checksum) {
      throw new Error(`member ${member.id} has another state at ${state.index}`);
    }
  }

  readAnswered(_member: Member, read: ReadState): void {
    const name = String.fromCharCode(...(read.context ?? []));
    const atLeast = this.reads.get(name);
    if (atLeast === undefined) throw new Error(`read ${name} was never asked`);
    if (read.index < atLeast)
      throw new Error(`read ${name} sees ${read.index}, after ${atLeast} was applied`);
    this.readsAnswered++;
  }

  /** One random event. */
  step(): void {
    const { random, faults } = this;
    const member = random.pick(this.members);
    const dice = random.below(10_000);
    if (dice < 4700) this.work(member);
    else if (dice < 8800) this.deliver();
    else if (dice < 9200) member.node.tick();
    else if (dice < 9700) this.propose(member);
    else if (dice < 9750) this.read(member);
    else if (dice >= 9750 + faults) return;
    else if (dice < 9780) this.proposeConfChange(member);
    else if (dice < 9800) this.crash(member);
    else if (dice < 9830) member.compact(random.below(5));
    else if (dice < 9840) this.cut();
    else if (dice < 9850) member.node.transferLeader(random.pick(this.members).id);
    else if (dice < 9860) member.node.forgetLeader();
    else if (dice < 9880) member.node.reportUnreachable(random.pick(this.members).id);
    else if (dice < 9910) this.reportSnapshot(member);
    else this.rivals();
    this.check(member);
  }

  /** Several members campaign at the same moment, and some of those that are still writing crash. */
  private rivals(): void {
    for (const member of this.members) {
      if (this.random.chance(0.4)) member.node.campaign();
      if (member.appendWork.length > 0 && this.random.chance(0.2)) this.crash(member);
    }
  }

  private work(member: Member): void {
    if (member.completions.length > 0 && this.random.chance(0.6)) member.processCompletion();
    else if (member.appendWork.length > 0 && this.random.chance(0.4)) this.send(member.processAppend());
    else if (member.applyWork.length > 0 && this.random.chance(0.5)) this.send(member.processApply());
    else if (member.node.hasReady()) this.takeReady(member);
  }

  private takeReady(member: Member): void {
    const messages = member.processReady();
    // What a Ready sends may be lost with the process right after it was stored.
    if (this.random.chance(0.002)) this.crash(member);
    else this.send(messages);
  }

  private send(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.type === MessageType.snap) this.snapshots++;
      this.messages.push(message);
    }
    while (this.messages.length > MAX_MESSAGES) {
      this.messages.splice(this.random.below(this.messages.length), 1);
    }
  }

  private deliver(): void {
    if (this.messages.length === 0) return;
    const at = this.random.chance(0.7) ? 0 : this.random.below(this.messages.length);
    const message = this.messages[at]!;
    if (!this.random.chance(0.05)) this.messages.splice(at, 1);
    if (this.random.chance(0.03) || this.cutOff.has(message.from) !== this.cutOff.has(message.to)) return;
    this.members[message.to - 1]!.node.step(copyOf(message));
  }

  private propose(member: Member): void {
    this.proposals++;
    member.node.propose(Uint8Array.of(this.proposals & 0xff, (this.proposals >> 8) & 0xff, member.id));
  }

  private read(member: Member): void {
    const name = `read ${++this.reading}`;
    this.reads.set(name, this.committed);
    member.node.readIndex(Uint8Array.from(name, (letter) => letter.charCodeAt(0)));
  }

  private proposeConfChange(member: Member): void {
    const { random } = this;
    const changes: ConfChangeSingle[] = [];
    for (let count = random.below(4); count > 0; count--) {
      const nodeId = 1 + random.below(MEMBERS);
      const type = random.pick([
        ConfChangeType.addNode,
        ConfChangeType.addNode,
        ConfChangeType.removeNode,
        ConfChangeType.addLearnerNode,
      ]);
      changes.push({ type, nodeId });
    }
    const transition = random.pick([
      ConfChangeTransition.auto,
      ConfChangeTransition.auto,
      ConfChangeTransition.jointImplicit,
      ConfChangeTransition.jointExplicit,
    ]);
    if (member.node.proposeConfChange({ transition, changes, context: null }) === "ok") this.confChanges++;
  }

  private crash(member: Member): void {
    this.crashes++;
    member.crash(this.random.below(4));
  }

  private cut(): void {
    const ids = this.members.map((member) => member.id);
    const share = this.random.pick([0, 0, 0.2, 0.5]);
    this.cutOff = new Set(ids.filter(() => this.random.chance(share)));
  }

  private reportSnapshot(member: Member): void {
    for (const [id, { state }] of member.node.status().progress) {
      if (state === "snapshot") member.node.reportSnapshot(id, this.random.pick(["finished", "failed"]));
    }
  }

  private check(member: Member): void {
    const { node } = member;
    if (!node.isLeader || this.leaders.get(node.term) === member.id) return;
    const other = this.leaders.get(node.term);
    if (other !== undefined) throw new Error(`members ${other} and ${member.id} both lead term ${node.term}`);
    this.leaders.set(node.term, member.id);
    this.elections++;
    for (let index = node.firstIndex; index <= this.committed; index++) {
      if (node.termAt(index) !== this.applied_[index]!.term) {
        throw new Error(`member ${member.id} leads term ${node.term} without entry ${index}`);
      }
    }
  }

  /**
   * The network heals, nobody crashes any more, and removed members are switched off: everything must come to rest in
   * agreement.
   */
  settle(): void {
    if (!this.recovers) return;
    this.cutOff = new Set();
    for (let round = 0; round < 3000; round++) {
      const members = this.members.filter((member) => this.isMember(member.id));
      for (const member of members) {
        if (round % 3 === 0) member.node.tick();
        for (const [id, { state }] of member.node.status().progress) {
          if (state === "snapshot" && round % 60 === 0) member.node.reportSnapshot(id, "failed");
        }
        while (member.node.hasReady()) this.send(member.processReady());
        while (member.appendWork.length > 0) this.send(member.processAppend());
        while (member.applyWork.length > 0) this.send(member.processApply());
        while (member.completions.length > 0) member.processCompletion();
        this.check(member);
      }
      const messages = this.messages.filter((message) => this.isMember(message.to));
      this.messages = [];
      for (const message of messages) this.members[message.to - 1]!.node.step(copyOf(message));
      if (round > 100 && round % 20 === 0 && this.inAgreement()) return;
    }
    if (!this.isStalledByLostCommit()) {
      throw new Error(`no agreement: ${JSON.stringify(this.members.map((member) => member.node.status()))}`);
    }
    this.stalls++;
  }

  /**
   * A limit of etcd's design, where a configuration takes effect when it is applied: if the leader that was removed has
   * gone before it could tell the others that this is committed, they may need its vote for ever.
   */
  private isStalledByLostCommit(): boolean {
    const members = this.members.filter(({ id }) => this.isMember(id));
    if (members.some(({ node }) => node.isLeader)) return false;
    const newest = this.applied_.at(-1)!.confState;
    const changed = this.applied_.findIndex((state) => state?.confState === newest);
    return members.some(({ node }) => node.committed < changed && changed <= node.lastIndex);
  }

  private isMember(id: NodeId): boolean {
    const { voters, votersOutgoing, learners } = this.applied_.at(-1)!.confState;
    return voters.includes(id) || votersOutgoing.includes(id) || learners.includes(id);
  }

  /** One leader, and all whom it counts as members have applied all that it has. */
  private inAgreement(): boolean {
    const leaders = this.members.filter(({ id, node }) => node.isLeader && this.isMember(id));
    const leader = leaders.find(({ node }) => leaders.every((other) => other.node.term <= node.term));
    if (leader === undefined) return false;
    const { progress, lastIndex, isVoter, configuration } = leader.node.status();
    // A leader that was removed may go on leading without taking proposals, until it hands over.
    if (!isVoter) leader.node.transferLeader(configuration.voters[0]!);
    if (leader.node.applied !== lastIndex || !isVoter) return false;
    return [...progress.keys()].every((id) => this.members[id - 1]!.node.applied === lastIndex);
  }
}

/** A message belongs to whom it is delivered to: what may be delivered twice is copied. */
function copyOf(message: Message): Message {
  return Object.assign(new Message(message.type, message.to), message);
}
