// The entry ring against a plain array that does the same.
import { SeededRandom } from "../../../../src/base/index";
import { EntryRing } from "../../../../src/raft/core/log/entry-ring";
import type { Entry } from "../../../../src/raft/core/index";

const SEED = Number(process.env["RAFT_SEED"] ?? 7);

function entry(index: number): Entry {
  return { term: 1, index, type: 0, data: null };
}

test(`seed ${SEED}: random pushes, drops, cuts and copies equal an array's`, () => {
  const random = new SeededRandom(SEED);
  const ring = new EntryRing();
  let model: Entry[] = [];
  for (let step = 0; step < 3000; step++) {
    const dice = random.below(100);
    if (dice < 60) {
      for (let count = random.below(40); count > 0; count--) {
        ring.push(entry(step));
        model.push(entry(step));
      }
    } else if (dice < 90) {
      const count = random.below(model.length + 1);
      ring.dropFirst(count);
      model = model.slice(count);
    } else {
      const length = random.below(model.length + 1);
      ring.truncate(length);
      model = model.slice(0, length);
    }
    const from = random.below(model.length + 1);
    const to = from + random.below(model.length - from + 1);
    expect(ring.length).toBe(model.length);
    expect(ring.copy(from, to)).toEqual(model.slice(from, to));
    if (model.length > 0) expect(ring.at(model.length - 1)).toEqual(model.at(-1));
  }
});

test("survives a burst that is larger than what it keeps", () => {
  const ring = new EntryRing();
  for (let index = 0; index < 100_000; index++) ring.push(entry(index));
  ring.dropFirst(99_999);
  expect(ring.at(0).index).toBe(99_999);
  ring.dropFirst(1);
  ring.push(entry(1));
  expect(ring.copy(0, 1)).toEqual([entry(1)]);
});

test("reading outside is a broken invariant, not undefined", () => {
  const ring = new EntryRing();
  ring.push(entry(1));
  expect(() => ring.at(1)).toThrow("internal invariant broken");
  expect(() => ring.at(-1)).toThrow("internal invariant broken");
  expect(() => ring.copy(0, 2)).toThrow("internal invariant broken");
  expect(() => ring.dropFirst(2)).toThrow("internal invariant broken");
});
