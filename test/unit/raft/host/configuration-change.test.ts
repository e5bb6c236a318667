// Changes of a group's members as the host makes them: simple and joint, across crashes, and what is refused.
import { ConfChangeTransition, ConfChangeType } from "../../../../src/raft/core/index";
import type { ConfChange, ConfChangeSingle } from "../../../../src/raft/core/index";
import { decodeConfiguration } from "../../../../src/raft/host/configuration-record";
import { ELECTION_MS, HostCluster, TICK_MS } from "./host-cluster";
import { GROUP, HostNode } from "./host-node";

const { addNode, addLearnerNode, removeNode } = ConfChangeType;

function change(
  changes: readonly (readonly [ConfChangeType, number])[],
  transition: ConfChangeTransition = ConfChangeTransition.auto,
): ConfChange {
  const singles: ConfChangeSingle[] = changes.map(([type, nodeId]) => ({ type, nodeId }));
  return { transition, changes: singles, context: null };
}

function stored(node: HostNode): ReturnType<typeof decodeConfiguration> {
  const { configuration } = node.storage.readLogState(GROUP);
  return decodeConfiguration(configuration!);
}

/** As long as an election may take to begin. */
function electionPasses(node: HostNode): void {
  for (let passed = 0; passed < 2 * ELECTION_MS; passed += TICK_MS) {
    node.pass(TICK_MS);
    node.settle();
  }
}

const SETTLED = { votersOutgoing: [], learnersNext: [], autoLeave: false };

test("where others are members nobody is asked to gather while the log is synced", () => {
  const cluster = new HostCluster();
  const leader = cluster.lead(1);
  leader.propose();
  leader.scheduler.endTurn();
  leader.storage.stepLog();
  expect(leader.storage.pending).toBe(true);
  expect(leader.group.logIsBusy).toBe(false);
  leader.settle();
  leader.proposeAwaited();
  expect(leader.batchesInPlace).toBe(0);
});

test("a node joins as a learner, catches up from the log's beginning, becomes a voter, and another is removed", () => {
  const cluster = new HostCluster();
  const leader = cluster.lead(1);
  for (let i = 0; i < 20; i++) leader.propose();
  cluster.settle();
  const newcomer = cluster.add(4);
  expect(leader.group.proposeConfChange(change([[addLearnerNode, 4]]))).toBe("proposed");
  cluster.settle();
  const index = leader.group.status.lastIndex;
  cluster.pass(4 * TICK_MS);
  expect(newcomer.group.status.appliedIndex).toBe(index);
  for (const node of cluster.nodes.values()) {
    expect(node.group.configuration).toEqual({ voters: [1, 2, 3], learners: [4], ...SETTLED });
    expect(stored(node)).toEqual({ state: node.group.configuration, index });
  }
  expect(leader.group.proposeConfChange(change([[addNode, 4]]))).toBe("proposed");
  cluster.settle();
  expect(leader.group.proposeConfChange(change([[removeNode, 3]]))).toBe("proposed");
  cluster.settle();
  cluster.pass(ELECTION_MS);
  expect(newcomer.group.configuration).toEqual({ voters: [1, 2, 4], learners: [], ...SETTLED });
  // Now 4 counts: with 2 cut off, entries of 1 and 4 are committed, and the lease rests on them.
  cluster.isolate(2);
  const last = leader.propose();
  cluster.pass(ELECTION_MS);
  expect(leader.group.status.commitIndex).toBe(last);
  expect(leader.group.hasLease).toBe(true);
});

test("several changes at once go through a joint configuration, which is left by itself", () => {
  const cluster = new HostCluster();
  const leader = cluster.lead(1);
  cluster.add(4);
  cluster.add(5);
  const joint = change([
    [addNode, 4],
    [addNode, 5],
    [removeNode, 2],
  ]);
  expect(leader.group.proposeConfChange(joint)).toBe("proposed");
  expect(leader.group.proposeConfChange(change([[removeNode, 3]]))).toBe("notNow");
  const seen: string[] = [];
  for (let i = 0; i < 30; i++) {
    leader.settle();
    const { voters, votersOutgoing } = leader.group.configuration;
    const text = `${voters.join()} ${votersOutgoing.join()}`;
    if (seen.at(-1) !== text) seen.push(text);
    for (const node of cluster.nodes.values()) node.settle();
    cluster.deliver();
  }
  expect(seen).toEqual(["1,2,3 ", "1,3,4,5 1,2,3", "1,3,4,5 "]);
  cluster.pass(4 * TICK_MS);
  for (const id of [1, 3, 4, 5]) {
    expect(cluster.node(id).group.configuration).toEqual({ voters: [1, 3, 4, 5], learners: [], ...SETTLED });
  }
});

test("an explicit joint configuration survives a restart of everyone, and is left when asked", () => {
  const cluster = new HostCluster();
  let leader = cluster.lead(1);
  cluster.add(4);
  const joint = change([[addNode, 4]], ConfChangeTransition.jointExplicit);
  expect(leader.group.proposeConfChange(joint)).toBe("proposed");
  cluster.settle();
  cluster.pass(4 * TICK_MS);
  for (const id of [1, 2, 3, 4]) cluster.restart(id);
  leader = cluster.elect();
  expect(leader.group.configuration).toMatchObject({ voters: [1, 2, 3, 4], votersOutgoing: [1, 2, 3] });
  expect(leader.group.proposeConfChange(change([]))).toBe("proposed");
  cluster.settle();
  cluster.pass(4 * TICK_MS);
  for (const node of cluster.nodes.values()) {
    expect(node.group.configuration).toEqual({ voters: [1, 2, 3, 4], learners: [], ...SETTLED });
  }
});

test("a configuration is durable before its entry is applied, and a restart does not make the change twice", () => {
  const node = new HostNode().start();
  const applied = node.group.status.appliedIndex;
  expect(
    node.group.proposeConfChange(change([[addLearnerNode, 2]], ConfChangeTransition.jointExplicit)),
  ).toBe("proposed");
  const behind = node.propose();
  node.scheduler.endTurn();
  node.storage.stepLog();
  node.storage.syncLog();
  while (node.storage.deliver());
  node.scheduler.endTurn();
  // Committed and adopted; the record is under way, and nothing is applied before it is synced.
  expect(node.group.status.commitIndex).toBe(behind);
  expect(node.group.configuration.learners).toEqual([2]);
  while (node.storage.stepApply());
  while (node.storage.deliver());
  expect(node.group.status.appliedIndex).toBe(applied);
  node.storage.stepLog();
  node.storage.syncLog();
  while (node.storage.deliver());
  node.scheduler.endTurn();
  while (node.storage.stepApply());
  while (node.storage.deliver());
  expect(node.group.status.appliedIndex).toBe(behind);
  // The data had not reached disk: the change is met again, and passed over.
  node.storage.crash(node.random, { unsynced: "lost" });
  const again = new HostNode(node.disk).start();
  electionPasses(again);
  expect(again.storage.readApplied(GROUP).index).toBeGreaterThanOrEqual(behind);
  expect(again.group.configuration).toMatchObject({ voters: [1], learners: [2], votersOutgoing: [1] });
});

test("a record that was lost with a crash is made again from the log", () => {
  const node = new HostNode().start();
  node.group.proposeConfChange(change([[addLearnerNode, 2]]));
  node.scheduler.endTurn();
  node.storage.stepLog();
  node.storage.syncLog();
  while (node.storage.deliver());
  node.scheduler.endTurn();
  node.storage.crash(node.random, { unsynced: "lost" });
  const again = new HostNode(node.disk);
  expect(again.group.configuration.learners).toEqual([]);
  again.start();
  electionPasses(again);
  expect(again.group.configuration.learners).toEqual([2]);
  expect(stored(again).state.learners).toEqual([2]);
});

test("a single voter that may have let others in does not lead at once", () => {
  const node = new HostNode().start();
  node.group.proposeConfChange(change([[addNode, 2]]));
  node.scheduler.endTurn();
  node.storage.stepLog();
  node.storage.syncLog();
  // It crashes before it has heard that its change is committed.
  node.storage.crash(node.random, { unsynced: "lost" });
  const again = new HostNode(node.disk);
  again.takeTold();
  again.start();
  expect(again.group["node"].state).toBe(0);
  for (let ticks = 0; ticks < 9; ticks++) again.pass(TICK_MS);
  again.settle();
  expect(again.group["node"].state).toBe(0);
});

describe("refused is", () => {
  test("what a follower proposes, what is made while leadership is handed over, and the removal of the leader", () => {
    const cluster = new HostCluster();
    const leader = cluster.lead(1);
    expect(cluster.node(2).group.proposeConfChange(change([[removeNode, 3]]))).toBe("notLeading");
    expect(leader.group.proposeConfChange(change([[removeNode, 1]]))).toBe("removesLeader");
    expect(leader.group.proposeConfChange(change([[addLearnerNode, 1]]))).toBe("removesLeader");
    expect(leader.group.proposeConfChange(change([]))).toBe("notNow");
    leader.group.transferLeadership(2);
    expect(leader.group.proposeConfChange(change([[removeNode, 3]]))).toBe("notLeading");
  });

  test("a newcomer where the log does not reach back to its beginning", () => {
    const node = new HostNode(undefined, { keepEntries: 0 }).start();
    for (let i = 0; i < 1100; i++) node.propose();
    node.settle();
    node.storage.flush();
    node.storage.stepFlush();
    node.settle();
    expect(node.group.log.firstIndex()).toBeGreaterThan(1);
    expect(node.group.proposeConfChange(change([[addLearnerNode, 2]]))).toBe("logCompacted");
    expect(node.group.configuration.learners).toEqual([]);
  });
});

test("while there are other members the log is not compacted", () => {
  const cluster = new HostCluster([1, 2, 3], { keepEntries: 0 });
  const leader = cluster.lead(1);
  for (let i = 0; i < 1100; i++) leader.propose();
  cluster.settle();
  for (const node of cluster.nodes.values()) {
    node.storage.flush();
    node.storage.stepFlush();
    node.settle();
    expect(node.group.status.persistedIndex).toBeGreaterThan(1000);
    expect(node.group.log.firstIndex()).toBe(1);
  }
});
