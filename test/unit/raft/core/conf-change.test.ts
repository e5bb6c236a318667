// Configuration changes as bytes: vectors, round trips, and bytes that are none.
import { SeededRandom } from "../../../../src/base/index";
import {
  ConfChangeTransition,
  ConfChangeType,
  EntryType,
  confChangeText,
  decodeConfChange,
  encodeConfChange,
  isLeaveJoint,
  usesJoint,
} from "../../../../src/raft/core/index";
import type { ConfChange } from "../../../../src/raft/core/index";

const SEED = Number(process.env["RAFT_SEED"] ?? 17);

function change(changes: ConfChange["changes"], transition: ConfChangeTransition = 0): ConfChange {
  return { transition, changes, context: null };
}

test("vectors: the bytes of raftpb", () => {
  const addVoter = { type: ConfChangeType.addNode, nodeId: 2 };
  const removeLarge = { type: ConfChangeType.removeNode, nodeId: 300 };
  expect([...encodeConfChange(change([addVoter]), true).data]).toEqual([8, 0, 16, 0, 24, 2]);
  expect(encodeConfChange(change([addVoter]), true).type).toBe(EntryType.confChange);
  expect([...encodeConfChange(change([])).data]).toEqual([8, 0]);
  const both = encodeConfChange({ ...change([addVoter, removeLarge], 2), context: Uint8Array.of(7, 9) });
  expect(both.type).toBe(EntryType.confChangeV2);
  expect([...both.data]).toEqual([8, 2, 18, 4, 8, 0, 16, 2, 18, 5, 8, 1, 16, 172, 2, 26, 2, 7, 9]);
});

test("an entry without data leaves a joint configuration", () => {
  const empty = decodeConfChange({ type: EntryType.confChangeV2, data: null });
  expect(isLeaveJoint(empty)).toBe(true);
  expect(usesJoint(empty)).toBe(false);
});

test("the old form holds exactly one change", () => {
  const single = { type: ConfChangeType.addNode, nodeId: 2 };
  expect(() => encodeConfChange(change([]), true)).toThrow("Only one change");
  expect(() => encodeConfChange(change([single, single]), true)).toThrow("Only one change");
  expect(() => encodeConfChange(change([single], ConfChangeTransition.jointImplicit), true)).toThrow(
    "Only one",
  );
});

test("text as etcd prints it", () => {
  const text = confChangeText({
    ...change([{ type: ConfChangeType.addLearnerNode, nodeId: 4 }], 1),
    context: Uint8Array.of(97),
  });
  expect(text).toBe(
    'transition:ConfChangeTransitionJointImplicit changes:{type:ConfChangeAddLearnerNode node_id:4} context:"a"',
  );
});

function randomChange(random: SeededRandom): ConfChange {
  const changes = Array.from({ length: random.below(5) }, () => ({
    type: random.pick(Object.values(ConfChangeType)),
    nodeId: random.chance(0.5) ? random.below(10) : random.below(0x1_0000_0000) * 0x10_0000,
  }));
  const context = random.chance(0.5) ? null : new Uint8Array(random.bytes(random.below(200)));
  return { transition: random.pick(Object.values(ConfChangeTransition)), changes, context };
}

test(`seed ${SEED}: what is encoded is decoded`, () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 2000; round++) {
    const made = randomChange(random);
    expect(decodeConfChange(encodeConfChange(made))).toEqual(made);
    const single = { ...made, changes: made.changes.slice(0, 1), transition: ConfChangeTransition.auto };
    if (single.changes.length === 1) expect(decodeConfChange(encodeConfChange(single, true))).toEqual(single);
  }
});

test(`seed ${SEED}: broken bytes are refused or decoded, never worse`, () => {
  const random = new SeededRandom(SEED);
  let refused = 0;
  for (let round = 0; round < 5000; round++) {
    const { type, data } = encodeConfChange(randomChange(random));
    const broken = data.slice(0, random.below(data.length + 1));
    if (broken.length > 0) broken[random.below(broken.length)] = random.below(256);
    try {
      decodeConfChange({ type: random.chance(0.5) ? type : EntryType.confChange, data: broken });
    } catch (error) {
      expect(error).toMatchObject({ code: "RAFT_CONF_CHANGE_CORRUPT" });
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(1000);
});
