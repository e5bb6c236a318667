// Configurations that follow from one another, over random changes: a joint change and the same changes one by one end
// alike, stored configurations are restored as they were, and quorums of neighbouring configurations overlap.
import { SeededRandom } from "../../../../src/base/index";
import { Tracker } from "../../../../src/raft/core/progress/tracker";
import {
  enterJoint,
  leaveJoint,
  restoreConfiguration,
  simpleChange,
} from "../../../../src/raft/core/quorum/changer";
import type { ChangeOutcome, ChangeResult } from "../../../../src/raft/core/quorum/changer";
import { confStateOf, confStatesEquivalent } from "../../../../src/raft/core/quorum/configuration";
import type { Configuration } from "../../../../src/raft/core/quorum/configuration";
import { ConfChangeType } from "../../../../src/raft/core/index";
import type { ConfChangeSingle } from "../../../../src/raft/core/index";

const SEED = Number(process.env["RAFT_SEED"] ?? 19);

function emptyTracker(): Tracker {
  return new Tracker(10, Number.POSITIVE_INFINITY);
}

function expectResult(outcome: ChangeOutcome): ChangeResult {
  if (typeof outcome === "string") throw new Error(outcome);
  return outcome;
}

function adopt(tracker: Tracker, outcome: ChangeOutcome): void {
  const { configuration, progress } = expectResult(outcome);
  tracker.adopt(configuration, progress);
}

function randomChanges(random: SeededRandom, count: number): ConfChangeSingle[] {
  return Array.from({ length: count }, () => ({
    type: random.pick(Object.values(ConfChangeType)),
    nodeId: 1 + random.below(6),
  }));
}

/** A tracker with random members; at least one voter. */
function randomTracker(random: SeededRandom): Tracker {
  const tracker = emptyTracker();
  adopt(tracker, simpleChange(tracker, 1, [{ type: ConfChangeType.addNode, nodeId: 1 }]));
  for (const change of randomChanges(random, random.below(8))) {
    const outcome = simpleChange(tracker, 1, [change]);
    if (typeof outcome !== "string") adopt(tracker, outcome);
  }
  return tracker;
}

function copyOf(tracker: Tracker): Tracker {
  const copy = emptyTracker();
  copy.adopt(tracker.configuration, tracker.progress);
  return copy;
}

function members(tracker: Tracker): string[] {
  return tracker.ids.map((id, at) => `${id}${tracker.progresses[at]!.isLearner ? " learner" : ""}`);
}

test(`seed ${SEED}: through a joint configuration or one by one, the end is the same`, () => {
  const random = new SeededRandom(SEED);
  let compared = 0;
  for (let round = 0; round < 4000; round++) {
    const joint = randomTracker(random);
    const single = copyOf(joint);
    const changes = randomChanges(random, 1 + random.below(4));
    const entered = enterJoint(joint, 1, random.chance(0.5), changes);
    if (typeof entered === "string") continue;
    adopt(joint, entered);
    expect(typeof enterJoint(joint, 1, false, [])).toBe("string");
    adopt(joint, leaveJoint(joint));
    let stepwise = true;
    for (const change of changes) {
      const outcome = simpleChange(single, 1, [change]);
      if (typeof outcome === "string") stepwise = false;
      else adopt(single, outcome);
    }
    // One by one the last voter may be refused its removal in between.
    if (!stepwise) continue;
    compared++;
    expect(joint.configuration).toEqual(single.configuration);
    expect(members(joint)).toEqual(members(single));
  }
  expect(compared).toBeGreaterThan(2000);
});

test(`seed ${SEED}: a stored configuration is restored as it was`, () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 4000; round++) {
    const tracker = randomTracker(random);
    if (random.chance(0.6)) {
      const outcome = enterJoint(tracker, 1, random.chance(0.5), randomChanges(random, random.below(4)));
      if (typeof outcome !== "string") adopt(tracker, outcome);
    }
    const stored = confStateOf(tracker.configuration);
    const restored = emptyTracker();
    const { configuration } = restoreConfiguration(restored, 7, stored);
    expect(confStatesEquivalent(confStateOf(configuration), stored)).toBe(true);
    expect(members(restored)).toEqual(members(tracker));
  }
});

function halves({ incoming, outgoing }: Configuration): (readonly number[])[] {
  return outgoing.length > 0 ? [incoming, outgoing] : [incoming];
}

function isQuorum(configuration: Configuration, ids: ReadonlySet<number>): boolean {
  return halves(configuration).every((half) => half.filter((id) => ids.has(id)).length * 2 > half.length);
}

/** No two disjoint sets of nodes are quorums of one each. */
function quorumsOverlap(one: Configuration, other: Configuration): boolean {
  const all = [1, 2, 3, 4, 5, 6];
  for (let bits = 0; bits < 1 << all.length; bits++) {
    const ids = new Set(all.filter((_id, at) => bits & (1 << at)));
    const rest = new Set(all.filter((id) => !ids.has(id)));
    if (isQuorum(one, ids) && isQuorum(other, rest)) return false;
  }
  return true;
}

test(`seed ${SEED}: quorums of neighbouring configurations overlap`, () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 300; round++) {
    const tracker = randomTracker(random);
    const changes = randomChanges(random, random.below(4));
    for (const next of [simpleChange(tracker, 1, changes), enterJoint(tracker, 1, false, changes)]) {
      if (typeof next === "string") continue;
      expect(quorumsOverlap(tracker.configuration, next.configuration)).toBe(true);
      if (next.configuration.outgoing.length === 0) continue;
      const joint = emptyTracker();
      joint.adopt(next.configuration, next.progress);
      expect(quorumsOverlap(joint.configuration, expectResult(leaveJoint(joint)).configuration)).toBe(true);
    }
  }
});

test("a refused change leaves everything as it was", () => {
  const tracker = randomTracker(new SeededRandom(SEED));
  const before = [tracker.configuration, members(tracker)];
  const removeAll = tracker.ids.map((nodeId) => ({ type: ConfChangeType.removeNode, nodeId }));
  expect(enterJoint(tracker, 1, false, removeAll)).toBe("removed all voters");
  expect([tracker.configuration, members(tracker)]).toEqual(before);
});
