// The longest common subsequence by bit vectors against the plain table of lengths and the walk back through it.
import { SeededRandom } from "../../../src/base/index";
import { commonSubsequence, isTooLarge } from "../../../src/redis/common-subsequence";
import type { CommonRange, CommonSubsequence } from "../../../src/redis/common-subsequence";
import { RedisNode } from "./redis-node";

function found(a: Buffer, b: Buffer, withText = true): CommonSubsequence {
  const work = commonSubsequence(a, b, withText);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Up where the cell above is larger than the left one, else left. */
function expected(a: Buffer, b: Buffer): CommonSubsequence {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      table[i]![j] =
        a[i - 1] === b[j - 1] ? table[i - 1]![j - 1]! + 1 : Math.max(table[i - 1]![j]!, table[i]![j - 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = a.length, j = b.length; i > 0 && j > 0;) {
    if (a[i - 1] === b[j - 1]) pairs.push([--i, --j]);
    else if (table[i - 1]![j]! > table[i]![j - 1]!) i--;
    else j--;
  }
  const ranges: CommonRange[] = [];
  for (const [aStart, bStart] of pairs) {
    const last = ranges[ranges.length - 1];
    if (last !== undefined && last.aStart === aStart + 1 && last.bStart === bStart + 1) {
      ranges[ranges.length - 1] = { aStart, bStart, length: last.length + 1 };
    } else ranges.push({ aStart, bStart, length: 1 });
  }
  const text = Buffer.from(pairs.reverse().map(([i]) => a[i]!)).toString("latin1");
  return { length: table[a.length]![b.length]!, text, ranges };
}

test("random pairs of strings", () => {
  const seed = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000);
  process.stdout.write(`common subsequence: seed ${seed} (BASALT_TEST_SEED)\n`);
  const random = new SeededRandom(seed);
  for (let round = 0; round < 300; round++) {
    const letters = random.pick([1, 2, 3, 10, 256]);
    const text = (): Buffer =>
      Buffer.from(
        Array.from({ length: random.pick([0, 1, 7, 8, 31, 32, 33, 64, 65, 120]) }, () =>
          random.below(letters),
        ),
      );
    const [a, b] = [text(), text()];
    const wanted = expected(a, b);
    expect(found(a, b)).toEqual(wanted);
    expect(found(a, b, false).length).toBe(wanted.length);
  }
});

test("what Redis's table has no room for is refused, an empty string is not", () => {
  expect(isTooLarge(11_584, 11_584, 2 ** 29)).toBe(false);
  expect(isTooLarge(11_585, 11_585, 2 ** 29)).toBe(true);
  const client = new RedisNode().connect();
  client.call("SET", "a", "x".repeat(20_000));
  client.call("SETRANGE", "vast", 100_000_000, "x");
  expect(client.call("LCS", "a", "a")).toMatch(/^ERR Insufficient memory/);
  expect(client.call("LCS", "vast", "none", "LEN")).toBe(0);
});

test("long strings are compared in slices, with the same answer", () => {
  const node = new RedisNode();
  const client = node.connect();
  const random = new SeededRandom(3);
  const a = random.bytes(70_000);
  const b = Buffer.concat([random.bytes(200), a.subarray(60_000, 60_500), random.bytes(100)]);
  client.call("SET", "a", a.toString("latin1"));
  client.call("SET", "b", b.toString("latin1"));
  const wanted = found(a, b);
  expect(wanted.length).toBeGreaterThanOrEqual(500);
  expect(client.call("LCS", "a", "b")).toBe(wanted.text);
  expect(client.call("LCS", "a", "b", "LEN")).toBe(wanted.length);
  const ranges = client.call("LCS", "a", "b", "IDX", "MINMATCHLEN", "400", "WITHMATCHLEN");
  const [range] = wanted.ranges.filter(({ length }) => length >= 400);
  expect(range).toBeDefined();
  const { aStart, bStart, length } = range!;
  expect(ranges).toEqual([
    "matches",
    [[[aStart, aStart + length - 1], [bStart, bStart + length - 1], length]],
    "len",
    wanted.length,
  ]);
});
