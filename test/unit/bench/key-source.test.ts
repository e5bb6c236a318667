import { HOT_KEYS, SpreadRanks, ZIPFIAN_EXPONENT, ZipfianRanks, keySource } from "../../../bench/load/index";
import { SeededRandom } from "../../../src/base/index";

const DRAWS = 200_000;

/** How often each number below `size` was drawn. */
function counted(size: number, next: () => number): number[] {
  const counts = new Array<number>(size).fill(0);
  for (let draw = 0; draw < DRAWS; draw++) {
    const drawn = next();
    if (!(Number.isInteger(drawn) && drawn >= 0 && drawn < size)) throw new Error(`${drawn} was drawn`);
    counts[drawn]!++;
  }
  return counts;
}

/** Pearson's statistic; with k cells it is about k - 1, with a spread of the root of 2 (k - 1). */
function chiSquared(counts: readonly number[], shares: readonly number[]): number {
  return counts.reduce((sum, count, cell) => {
    const expected = DRAWS * (shares[cell] ?? 0);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
}

function zipfianShares(size: number, exponent: number): number[] {
  const weights = Array.from({ length: size }, (_, rank) => (rank + 1) ** -exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

test.each([
  [2, 0.99],
  [100, 0.99],
  [1000, 0.99],
  [100, 0.5],
  [100, 2],
])("%i ranks of exponent %f have the shares that the distribution gives them", (size, exponent) => {
  const ranks = new ZipfianRanks(size, exponent, new SeededRandom(3));
  const counts = counted(size, () => ranks.next());
  const cells = size - 1;
  expect(chiSquared(counts, zipfianShares(size, exponent))).toBeLessThan(cells + 4 * Math.sqrt(2 * cells));
});

test("the check would see another exponent", () => {
  const ranks = new ZipfianRanks(100, 0.9, new SeededRandom(3));
  const counts = counted(100, () => ranks.next());
  expect(chiSquared(counts, zipfianShares(100, 0.99))).toBeGreaterThan(1000);
});

test("one rank is always the first; many are drawn in range to the last", () => {
  expect(new ZipfianRanks(1, 0.99, new SeededRandom(3)).next()).toBe(0);
  const ranks = new ZipfianRanks(90_000_000, 0.99, new SeededRandom(3));
  let highest = 0;
  for (let draw = 0; draw < DRAWS; draw++) highest = Math.max(highest, ranks.next());
  expect(highest).toBeGreaterThan(80_000_000);
  expect(highest).toBeLessThan(90_000_000);
});

test.each([1, 2, 10, 997, 100_000])("%i ranks are spread over as many keys, each has its own", (keys) => {
  const spread = new SpreadRanks(keys);
  const seen = new Set(Array.from({ length: keys }, (_, rank) => spread.keyOf(rank)));
  expect(seen.size).toBe(keys);
  for (const key of [0, keys - 1]) expect(seen).toContain(key);
});

test("neighbours in rank are no neighbours in the key space", () => {
  const spread = new SpreadRanks(100_000);
  for (let rank = 0; rank < 1000; rank++) {
    expect(Math.abs(spread.keyOf(rank) - spread.keyOf(rank + 1))).toBeGreaterThan(10_000);
  }
});

test("zipfian keys: few get most of the requests, all may get some", () => {
  const keys = keySource("zipfian", 1000, new SeededRandom(5));
  const counts = counted(1000, () => keys.next()).sort((one, other) => other - one);
  const shares = zipfianShares(1000, ZIPFIAN_EXPONENT);
  for (const rank of [0, 1, 2]) expect((counts[rank] ?? 0) / DRAWS).toBeCloseTo(shares[rank] ?? NaN, 2);
  expect(counts.filter((count) => count > 0).length).toBe(1000);
});

test("hot keys: a hundred get everything, each as much; fewer where there are not as many", () => {
  const keys = keySource("hot", 100_000, new SeededRandom(5));
  const counts = counted(100_000, () => keys.next()).filter((count) => count > 0);
  expect(counts).toHaveLength(HOT_KEYS);
  const shares = new Array<number>(HOT_KEYS).fill(1 / HOT_KEYS);
  expect(chiSquared(counts, shares)).toBeLessThan(HOT_KEYS + 4 * Math.sqrt(2 * HOT_KEYS));
  const few = keySource("hot", 7, new SeededRandom(5));
  expect(counted(7, () => few.next()).every((count) => count > 0)).toBe(true);
});

test("uniform keys: each as much", () => {
  const keys = keySource("uniform", 100, new SeededRandom(5));
  const counts = counted(100, () => keys.next());
  expect(chiSquared(counts, new Array<number>(100).fill(0.01))).toBeLessThan(99 + 4 * Math.sqrt(2 * 99));
});
