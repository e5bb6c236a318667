// The stored configuration: frozen bytes, every list, and what is refused.
import { BasaltError } from "../../../../src/base/index";
import { decodeConfiguration, encodeConfiguration } from "../../../../src/raft/host/configuration-record";

const SINGLE = {
  state: { voters: [1], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false },
  index: 0,
};
const JOINT = {
  state: {
    voters: [1, 2, 2 ** 40],
    votersOutgoing: [1, 3],
    learners: [4],
    learnersNext: [3],
    autoLeave: true,
  },
  index: 2 ** 33,
};

test("bytes of format 2", () => {
  expect(encodeConfiguration(SINGLE).toString("hex")).toBe(
    "0200" + "0000000000000000" + "0001" + "0000000000000001" + "000000000000",
  );
  expect(encodeConfiguration(JOINT).toString("hex")).toBe(
    "0201" +
      "0000000200000000" +
      ("0003" + "0000000000000001" + "0000000000000002" + "0000010000000000") +
      ("0002" + "0000000000000001" + "0000000000000003") +
      ("0001" + "0000000000000004") +
      ("0001" + "0000000000000003"),
  );
});

test("records of format 1, without an index, are still read", () => {
  const bytes = Buffer.from("01000001" + "0000000000000001" + "000000000000", "hex");
  expect(decodeConfiguration(bytes)).toEqual(SINGLE);
});

test("what is stored is what is read", () => {
  for (const state of [SINGLE, JOINT]) expect(decodeConfiguration(encodeConfiguration(state))).toEqual(state);
});

test("anything else is refused: cut short, too long, another format, no boolean, an id beyond safe integers", () => {
  const whole = encodeConfiguration(JOINT);
  const damaged = [
    ...Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length)),
    Buffer.concat([whole, Buffer.alloc(1)]),
  ];
  for (const [at, byte] of [
    [0, 3],
    [0, 0],
    [1, 2],
    [2, 0xff],
    [12, 0xff],
  ] as const) {
    const copy = Buffer.from(whole);
    copy[at] = byte;
    damaged.push(copy);
  }
  for (const bytes of damaged) expect(() => decodeConfiguration(bytes)).toThrow(BasaltError);
});
