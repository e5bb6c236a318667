// The window of messages in flight against a plain list that does the same.
import { SeededRandom } from "../../../../src/base/index";
import { Inflights } from "../../../../src/raft/core/progress/inflights";

const SEED = Number(process.env["RAFT_SEED"] ?? 11);

test(`seed ${SEED}: random messages and answers equal a list's`, () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 50; round++) {
    const maxMessages = 1 + random.below(70);
    const maxBytes = random.chance(0.5) ? Number.POSITIVE_INFINITY : 1 + random.below(500);
    const inflights = new Inflights(maxMessages, maxBytes);
    let model: { index: number; bytes: number }[] = [];
    let index = 0;
    for (let step = 0; step < 300; step++) {
      const bytes = model.reduce((sum, message) => sum + message.bytes, 0);
      const full = model.length >= maxMessages || bytes >= maxBytes;
      expect([inflights.count, inflights.full]).toEqual([model.length, full]);
      if (random.chance(0.02)) {
        inflights.reset();
        model = [];
      } else if (!full && random.chance(0.7)) {
        index += 1 + random.below(3);
        const message = { index, bytes: random.below(20) };
        inflights.add(message.index, message.bytes);
        model.push(message);
      } else {
        const answered = index - random.below(20);
        inflights.freeUpTo(answered);
        model = model.filter((message) => message.index > answered);
      }
    }
  }
});

test("a full window takes no message", () => {
  const inflights = new Inflights(1, 10);
  inflights.add(1, 0);
  expect(() => inflights.add(2, 0)).toThrow("a full window takes no message");
});
