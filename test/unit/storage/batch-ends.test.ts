// Which applied index the entries lead to: the same as what the appliers report.
import { SeededRandom } from "../../../src/base/index";
import { BatchEnds } from "../../../src/storage/index";
import { EntryApplier, noApplied } from "../../../src/storage/memory/entry-applier";
import { OrderedMap } from "../../../src/storage/memory/ordered-map";
import { payloadOf, put } from "./log-builder";

interface Entry {
  readonly index: number;
  readonly term: number;
  readonly type: number;
  readonly payload: Uint8Array;
}

function endsAlong(
  entries: readonly (readonly [term: number, flags: number | "empty" | "change"])[],
): number[] {
  const ends = new BatchEnds(0);
  return entries.map(([term, flags], at) => {
    const type = flags === "change" ? 2 : 0;
    const payload = typeof flags === "number" ? payloadOf([], { term, hlcMs: at + 1, flags }) : null;
    ends.add(at + 1, term, type, payload);
    return ends.last;
  });
}

test("whole batches and entries without operations end where they stand", () => {
  expect(endsAlong([[1, "empty"], [1, 0], [1, "change"], [2, 0]])).toEqual([1, 2, 3, 4]); // prettier-ignore
});

test("fragments and what stands between them end with the last one", () => {
  expect(endsAlong([[1, 0], [1, 1], [1, "empty"], [1, "change"], [1, 1], [1, 3], [1, 0]])).toEqual([1, 1, 1, 1, 1, 6, 7]); // prettier-ignore
});

test("an entry of another term drops fragments, a fragment of another term waits for its own last one", () => {
  expect(endsAlong([[1, 1], [1, "empty"], [2, "empty"], [2, 1], [3, 1], [3, "empty"], [3, 3]])).toEqual([0, 0, 3, 3, 3, 3, 7]); // prettier-ignore
});

test("random entries lead to what the applier has applied after each", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new SeededRandom(seed);
    const ends = new BatchEnds(0);
    const rows = new OrderedMap();
    const applier = new EntryApplier("\0\0\0\u0001", 0);
    let applied = noApplied;
    let term = 1;
    let fragment = 0;
    for (let index = 1; index <= 200; index++) {
      if (random.chance(0.1)) {
        term++;
        fragment = 0;
      }
      let entry: Entry = { index, term, type: random.chance(0.5) ? 0 : 2, payload: Buffer.alloc(0) };
      if (random.chance(0.7)) {
        const isFragment = fragment > 0 || random.chance(0.3);
        const flags = !isFragment ? 0 : fragment > 0 && random.chance(0.4) ? 3 : 1;
        const payload = payloadOf([put("\u0010k", "v")], { term, hlcMs: index, flags, fragment });
        entry = { index, term, type: 0, payload };
        fragment = flags === 1 ? fragment + 1 : 0;
      }
      ends.add(index, term, entry.type, entry.payload);
      applied = applier.apply(rows, applied, entry) ?? applied;
      expect([seed, index, ends.last]).toEqual([seed, index, applied.index]);
      expect(applier.takenThrough).toBe(index);
    }
  }
});
