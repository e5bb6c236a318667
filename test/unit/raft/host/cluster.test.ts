// Groups of several members over the host: elections, replication, batches between nodes, and what a restart, a stop and a
// failed disk do to them.
import { Message, MessageType } from "../../../../src/raft/core/index";
import { ELECTION_MS, HostCluster, TICK_MS } from "./host-cluster";
import { GROUP } from "./host-node";

test("three nodes elect one leader, which tells when it may evaluate; its entries reach all", () => {
  const cluster = new HostCluster();
  const leader = cluster.elect();
  expect(cluster.leaders).toEqual([leader]);
  const { term } = leader.group.status;
  const index = leader.propose();
  expect(index).toBeGreaterThan(1);
  cluster.settle();
  cluster.pass(4 * TICK_MS);
  for (const node of cluster.nodes.values()) {
    expect(node.group.status).toMatchObject({ commitIndex: index, appliedIndex: index });
    expect(node.group.leader).toBe(leader.storage.nodeId);
    const stored = node.storage.readEntries(GROUP, 1, index + 1, 1 << 20);
    expect(stored.map((entry) => [entry.index, entry.term])).toEqual(
      Array.from({ length: index }, (_, i) => [i + 1, i === 0 ? stored[0]!.term : term]),
    );
    if (node !== leader) {
      expect(node.propose(term)).toBe(0);
      expect(node.told.filter((word) => word.startsWith("leading"))).toEqual([]);
    }
  }
});

test("a turn's messages of all groups travel as one batch a node and lane", () => {
  const cluster = new HostCluster([1, 2, 3], { groups: [1, 2, 3] });
  cluster.elect();
  for (const node of cluster.nodes.values()) {
    for (const group of node.groups)
      if (group.status.leading && node !== cluster.node(1)) group.transferLeadership(1);
  }
  cluster.pass(2 * ELECTION_MS);
  const leader = cluster.node(1);
  expect(leader.groups.map((group) => group.status.leading)).toEqual([true, true, true]);
  cluster.sent = [];
  for (const group of leader.groups) leader.propose(group.status.term, group);
  leader.scheduler.endTurn();
  expect(cluster.sent.map(({ from, to, lane, messages }) => [from, to, lane, messages.length])).toEqual([
    [1, 2, "bulk", 3],
    [1, 3, "bulk", 3],
  ]);
  expect(cluster.sent[0]!.messages.map(({ group, message }) => [group, message.type])).toEqual([
    [1, MessageType.app],
    [2, MessageType.app],
    [3, MessageType.app],
  ]);
});

test("what is not meant for this node, or not from who says so, is dropped", () => {
  const cluster = new HostCluster();
  const leader = cluster.elect();
  const id = leader.storage.nodeId;
  const other = id === 1 ? 2 : 1;
  const higher = (): Message => {
    const message = new Message(MessageType.appResp, id);
    message.from = other;
    message.term = 99;
    return message;
  };
  const batch = {
    lane: "bulk",
    sentMs: 0,
    echoMs: 0,
    wallMs: 0,
    messages: [{ group: GROUP, message: higher() }],
  } as const;
  leader.host.receive({ ...batch, from: other, to: other });
  leader.host.receive({ ...batch, from: id, to: id });
  leader.host.receive({ ...batch, from: 3 - other + 3, to: id });
  leader.host.receive({ ...batch, from: other, to: id, messages: [{ group: 77, message: higher() }] });
  leader.settle();
  expect(leader.group.status.leading).toBe(true);
  leader.host.receive({ ...batch, from: other, to: id });
  leader.settle();
  expect(leader.group.status.leading).toBe(false);
});

test("what a peer has no business to ask is dropped: transfers, proposals, forgetting the leader, snapshots", () => {
  const cluster = new HostCluster();
  const leader = cluster.lead(1);
  const { lastIndex } = leader.group.status;
  for (const type of [
    MessageType.transferLeader,
    MessageType.prop,
    MessageType.readIndex,
    MessageType.forgetLeader,
    MessageType.snap,
  ]) {
    for (const node of cluster.nodes.values()) {
      const id = node.storage.nodeId;
      const message = new Message(type, id);
      message.from = id === 2 ? 3 : 2;
      if (type === MessageType.snap) message.term = leader.group.status.term;
      if (type === MessageType.prop)
        message.entries = [{ term: 0, index: 0, type: 0, data: Buffer.from("x") }];
      node.group.step(message);
    }
  }
  cluster.settle();
  expect(leader.group.status).toMatchObject({ leading: true, lastIndex });
  expect(leader.group.hasLease).toBe(true);
  expect([2, 3].map((id) => cluster.node(id).group.leader)).toEqual([1, 1]);
});

test("an entry is committed once two of three have synced it, and survives the loss of the leader", () => {
  const cluster = new HostCluster();
  const leader = cluster.elect();
  const id = leader.storage.nodeId;
  const index = leader.propose();
  leader.settle();
  expect(leader.group.status.commitIndex).toBeLessThan(index);
  cluster.settle();
  expect(leader.group.status.commitIndex).toBe(index);
  cluster.isolate(id);
  cluster.pass(3 * ELECTION_MS);
  expect(leader.group.status.leading).toBe(false);
  expect(leader.told.at(-1)).toBe("following");
  const [next] = cluster.leaders;
  expect(next).not.toBe(leader);
  expect(next!.storage.readEntries(GROUP, index, index + 1, 1 << 20)[0]!.term).toBeLessThan(
    next!.group.status.term,
  );
});

test("a follower that was away gets what it missed, and what only it had goes", () => {
  const cluster = new HostCluster();
  const old = cluster.elect();
  const id = old.storage.nodeId;
  cluster.isolate(id);
  const lost = old.propose();
  cluster.settle();
  cluster.pass(3 * ELECTION_MS);
  const leader = cluster.leaders[0]!;
  const kept = [leader.propose(), leader.propose(), leader.propose()].at(-1)!;
  cluster.settle();
  cluster.heal();
  cluster.pass(ELECTION_MS);
  expect(old.group.status).toMatchObject({ leading: false, appliedIndex: kept });
  const [entry] = old.storage.readEntries(GROUP, lost, lost + 1, 1 << 20);
  expect(entry!.term).toBe(leader.storage.readEntries(GROUP, lost, lost + 1, 1 << 20)[0]!.term);
});

describe("a restart", () => {
  test("brings a member back with its term, vote and log; it neither votes nor campaigns for one election timeout", () => {
    const cluster = new HostCluster();
    const leader = cluster.lead(1);
    const index = leader.propose();
    cluster.settle();
    const again = cluster.restart(2);
    expect(again.group.log.lastIndex()).toBe(index);
    cluster.isolate(1);
    // Node 3 will campaign; node 2 is needed for a quorum.
    cluster.node(3).pass(ELECTION_MS);
    for (let ticks = 1; ticks < 10; ticks++) {
      cluster.node(3).pass(2 * TICK_MS);
      again.pass(TICK_MS);
      cluster.settle();
      expect(cluster.node(3).group.status.leading).toBe(false);
      expect(again.group.status.leading).toBe(false);
    }
    const request = new Message(MessageType.timeoutNow, 2);
    request.from = 3;
    request.term = 1;
    again.group.step(request);
    cluster.settle();
    expect(again.group["node"].state).toBe(0);
    cluster.pass(2 * ELECTION_MS);
    expect(cluster.leaders.filter((node) => node !== leader)).toHaveLength(1);
  });

  test("of a single voter leads at once", () => {
    const cluster = new HostCluster([1]);
    cluster.settle();
    expect(cluster.node(1).group.status.leading).toBe(true);
    const again = cluster.restart(1);
    cluster.settle();
    expect(again.group.status.leading).toBe(true);
  });
});

test("ticks that were missed while a process was stopped are not made up", () => {
  const cluster = new HostCluster();
  const leader = cluster.lead(1);
  const stopped = cluster.node(2);
  // Ten seconds pass for a stopped process: one timer is due when it goes on, and no election follows.
  stopped.pass(10_000);
  expect(stopped.group["node"].state).toBe(0);
  cluster.settle();
  cluster.pass(ELECTION_MS);
  expect(cluster.leaders).toEqual([leader]);
});

test("a failed disk ends a leader's leadership, and another is elected", () => {
  const cluster = new HostCluster();
  const leader = cluster.elect();
  leader.host.failed(new Error("no space left"));
  expect(leader.told.slice(-2)).toEqual(["following", "host failed: no space left"]);
  expect(leader.group.leader).toBe(0);
  cluster.pass(3 * ELECTION_MS);
  expect(cluster.leaders).toHaveLength(1);
  expect(cluster.leaders[0]).not.toBe(leader);
});
