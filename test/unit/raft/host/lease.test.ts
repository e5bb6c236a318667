// The leader's lease, the promises it rests on, and reads that are confirmed by a round: with clocks that a test moves.
import { Message, MessageType } from "../../../../src/raft/core/index";
import { ELECTION_MS, HostCluster, TICK_MS } from "./host-cluster";
import { HostNode } from "./host-node";

/** Ten ticks less a margin of two. */
const LEASE_MS = 400;

describe("a single voter", () => {
  test("always has the lease while it leads, whatever the time", () => {
    const node = new HostNode();
    expect(node.group.hasLease).toBe(false);
    node.start();
    node.clock.monotonic += 1e9;
    expect(node.group.hasLease).toBe(true);
    node.host.failed(new Error("gone"));
    expect(node.group.hasLease).toBe(false);
  });

  test("is confirmed without asking anybody", () => {
    const node = new HostNode().start();
    const answers: boolean[] = [];
    node.group.confirmLeadership((confirmed) => answers.push(confirmed));
    expect(answers).toEqual([]);
    node.settle();
    expect(answers).toEqual([true]);
    expect(node.sent).toEqual([]);
  });
});

describe("the lease of a group of three", () => {
  /** A leader whose next heartbeat round is due. */
  function leading(): { cluster: HostCluster; leader: HostNode } {
    const cluster = new HostCluster();
    const leader = cluster.lead(1);
    expect(leader.group.hasLease).toBe(true);
    return { cluster, leader };
  }

  /** Ticks the leader until it sends heartbeats, which are left on the wire; returns when they were sent. */
  function heartbeats(cluster: HostCluster, leader: HostNode): number {
    cluster.settle();
    while (cluster.wire.length === 0) leader.pass(TICK_MS);
    return leader.clock.monotonic;
  }

  test("counts from when the round was sent, not from when it was answered", () => {
    const { cluster, leader } = leading();
    const sentMs = heartbeats(cluster, leader);
    leader.clock.monotonic += 300;
    cluster.settle();
    expect(leader.group.hasLease).toBe(true);
    leader.clock.monotonic = sentMs + LEASE_MS - 1;
    expect(leader.group.hasLease).toBe(true);
    leader.clock.monotonic = sentMs + LEASE_MS;
    expect(leader.group.hasLease).toBe(false);
  });

  test("needs a quorum: one other of three, and not the leader alone", () => {
    const { cluster, leader } = leading();
    cluster.isolate(3);
    cluster.pass(ELECTION_MS);
    expect(leader.group.hasLease).toBe(true);
    cluster.isolate(1);
    const sentMs = leader.clock.monotonic;
    cluster.pass(LEASE_MS);
    expect(leader.clock.monotonic).toBe(sentMs + LEASE_MS);
    expect(leader.group.hasLease).toBe(false);
    expect(leader.group.status.leading).toBe(true);
  });

  test("is not prolonged by answers to earlier rounds that come late or twice", () => {
    const { cluster, leader } = leading();
    const sentMs = heartbeats(cluster, leader);
    cluster.deliver();
    for (const id of [2, 3]) cluster.node(id).settle();
    const answers = [...cluster.wire];
    cluster.settle();
    leader.clock.monotonic = sentMs + 350;
    for (const batch of answers) {
      const messages = batch.messages.map(({ group, message }) => ({
        group,
        message: Object.assign(new Message(message.type, message.to), message),
      }));
      leader.host.receive({ ...batch, messages });
    }
    leader.settle();
    leader.clock.monotonic = sentMs + LEASE_MS;
    expect(leader.group.hasLease).toBe(false);
  });

  test("is over when leadership is, and a new leader has none before a round of its own", () => {
    const { cluster, leader } = leading();
    cluster.isolate(1);
    cluster.pass(3 * ELECTION_MS);
    expect(leader.group.hasLease).toBe(false);
    const next = cluster.leaders[0]!;
    expect(next.group.hasLease).toBe(true);
    // Before it was elected every promise to the old leader had ended.
    expect(next.group.status.term).toBeGreaterThan(1);
  });

  test("no vote is given while it lasts, also not by a follower that forgot its leader with a higher term", () => {
    const { cluster, leader } = leading();
    const follower = cluster.node(2);
    cluster.settle();
    cluster.pass(2 * TICK_MS);
    const heardAt = leader.clock.monotonic;
    cluster.isolate(1);
    const late = new Message(MessageType.preVoteResp, 2);
    late.from = 3;
    late.term = 40;
    late.reject = true;
    follower.group.step(late);
    expect(follower.group.leader).toBe(0);
    // Node 3 campaigns as if it had waited long enough.
    const votes = (): Message[] =>
      cluster.sent.flatMap(({ messages }) => messages.map(({ message }) => message));
    for (;;) {
      cluster.sent = [];
      const request = new Message(MessageType.vote, 2);
      Object.assign(request, { from: 3, term: 41, index: 1000, logTerm: 40 });
      follower.group.step(request);
      follower.settle();
      cluster.wire = [];
      if (votes().some(({ type }) => type === MessageType.voteResp)) break;
      follower.pass(TICK_MS);
      leader.clock.monotonic += TICK_MS;
    }
    expect(leader.clock.monotonic - heardAt).toBeGreaterThanOrEqual(LEASE_MS);
    expect(leader.group.hasLease).toBe(false);
  });

  test("is given up before a transfer; if that fails, the node has itself elected for a term with a lease", () => {
    const { cluster, leader } = leading();
    leader.takeTold();
    const { term } = leader.group.status;
    cluster.isolate(2);
    expect(leader.group.transferLeadership(2)).toBe(true);
    expect(leader.takeTold()).toEqual(["yielding"]);
    expect(leader.propose()).toBe(0);
    leader.settle();
    expect(leader.group.hasLease).toBe(false);
    cluster.pass(ELECTION_MS - TICK_MS);
    expect(leader.takeTold()).toEqual([]);
    expect(leader.group.hasLease).toBe(false);
    cluster.pass(4 * TICK_MS);
    expect(leader.takeTold().filter((word) => !/^(committed|applied)/.test(word))).toEqual([
      "following",
      `leading ${term + 1}`,
    ]);
    expect(leader.group.hasLease).toBe(true);
  });
});

describe("handing over", () => {
  test("waits until what is in flight is committed", () => {
    const cluster = new HostCluster();
    const leader = cluster.lead(1);
    const index = leader.propose();
    leader.takeTold();
    expect(leader.group.transferLeadership(3)).toBe(true);
    cluster.settle();
    expect(leader.takeTold()).toEqual([
      "yielding",
      `committed ${index}`,
      `applied ${index}`,
      "following",
      expect.any(String),
      expect.any(String),
    ]);
    expect(cluster.leaders).toEqual([cluster.node(3)]);
  });

  test("is given up, with the lease, if that takes an election timeout", () => {
    const cluster = new HostCluster([1, 2, 3, 4, 5]);
    const leader = cluster.lead(1);
    const { term } = leader.group.status;
    leader.takeTold();
    // Heartbeats pass, entries do not: nothing commits.
    const bulk = (): void => void (cluster.wire = cluster.wire.filter(({ lane }) => lane !== "bulk"));
    leader.propose();
    leader.group.transferLeadership(2);
    for (let ticks = 0; ticks < 9; ticks++) {
      for (const node of cluster.nodes.values()) node.pass(TICK_MS);
      for (let round = 0; round < 4; round++) {
        for (const node of cluster.nodes.values()) node.settle();
        bulk();
        cluster.deliver();
      }
      expect(leader.takeTold()).toEqual(ticks === 0 ? ["yielding"] : []);
      expect(leader.group.hasLease).toBe(true);
    }
    leader.pass(TICK_MS);
    expect(leader.takeTold()).toEqual([`leading ${term}`]);
    expect(leader.group.hasLease).toBe(true);
  });

  test("only a leader hands over, to another voter, and one at a time", () => {
    const cluster = new HostCluster();
    const leader = cluster.lead(1);
    expect(cluster.node(2).group.transferLeadership(3)).toBe(false);
    expect(leader.group.transferLeadership(1)).toBe(false);
    expect(leader.group.transferLeadership(9)).toBe(false);
    expect(leader.group.transferLeadership(2)).toBe(true);
    expect(leader.group.transferLeadership(3)).toBe(false);
  });
});

describe("confirmed reads", () => {
  test("a round that begins behind the question confirms it; who asks meanwhile shares the next one", () => {
    const cluster = new HostCluster();
    const leader = cluster.lead(1);
    const answers: string[] = [];
    const ask = (name: string): void =>
      leader.group.confirmLeadership((confirmed) => answers.push(`${name} ${confirmed}`));
    ask("a");
    ask("b");
    leader.settle();
    expect(answers).toEqual([]);
    const rounds = cluster.wire.length;
    expect(rounds).toBe(2);
    ask("c");
    leader.settle();
    expect(cluster.wire).toHaveLength(rounds);
    cluster.deliver();
    for (const id of [2, 3]) cluster.node(id).settle();
    cluster.deliver();
    leader.settle();
    expect(answers).toEqual(["a true", "b true"]);
    cluster.settle();
    expect(answers).toEqual(["a true", "b true", "c true"]);
  });

  test("a lost round is repeated with the next heartbeat", () => {
    const cluster = new HostCluster();
    const leader = cluster.lead(1);
    const answers: boolean[] = [];
    leader.group.confirmLeadership((confirmed) => answers.push(confirmed));
    leader.settle();
    cluster.wire = [];
    cluster.pass(2 * TICK_MS);
    expect(answers).toEqual([true]);
  });

  test("a leader that is cut off is not confirmed, and learns it when it steps down", () => {
    const cluster = new HostCluster();
    const leader = cluster.lead(1);
    cluster.isolate(1);
    const answers: boolean[] = [];
    leader.group.confirmLeadership((confirmed) => answers.push(confirmed));
    cluster.pass(3 * ELECTION_MS);
    expect(answers).toEqual([false]);
    expect(leader.group.status.leading).toBe(false);
  });
});

describe("a node whose clock stands off", () => {
  test("by more than half a second from both others hands leadership over and does not campaign", () => {
    const cluster = new HostCluster();
    const leader = cluster.lead(1);
    leader.clock.wall += 700;
    cluster.pass(2 * ELECTION_MS);
    expect(leader.group.status.leading).toBe(false);
    expect(cluster.leaders).toHaveLength(1);
    leader.clock.wall -= 700;
    cluster.pass(ELECTION_MS);
    cluster.lead(1);
  });

  test("of two that do not agree nobody leads, until a clock is set right", () => {
    const cluster = new HostCluster([1, 2]);
    cluster.lead(1).clock.wall += 700;
    cluster.pass(4 * ELECTION_MS);
    expect(cluster.leaders).toHaveLength(0);
    cluster.pass(40 * ELECTION_MS);
    expect(cluster.leaders).toHaveLength(0);
    cluster.node(2).clock.wall += 700;
    cluster.pass(4 * ELECTION_MS);
    expect(cluster.leaders).toHaveLength(1);
    // Nothing but heartbeats is sent then.
    cluster.sent = [];
    cluster.pass(ELECTION_MS);
    expect(cluster.sent.filter(({ messages }) => messages.length === 0)).toEqual([]);
  });

  test("leads on with one that agrees, and by less than half a second", () => {
    const cluster = new HostCluster();
    const leader = cluster.lead(1);
    leader.clock.wall += 5000;
    cluster.node(2).clock.wall += 4900;
    cluster.pass(4 * ELECTION_MS);
    expect(cluster.leaders.map(({ storage }) => storage.nodeId)).toEqual([leader.storage.nodeId]);
    const slow = new HostCluster();
    const other = slow.lead(1);
    other.clock.wall -= 490;
    slow.pass(4 * ELECTION_MS);
    expect(slow.leaders).toEqual([other]);
  });
});
