// RANDOMKEY is fair: every live key comes up with the same probability, however keys are spread over slots, also when most
// have expired, and when the database has changed since it was measured. Seeds are fixed; the bounds are those that a
// fair draw exceeds once in some ten thousand runs.
import { SeededRandom } from "../../../src/base/index";
import { KeyDensity } from "../../../src/redis/key-density";
import { RedisNode } from "./redis-node";
import type { CommandClient } from "./redis-node";

function set(client: CommandClient, keys: readonly string[], ...options: (string | number)[]): void {
  for (let from = 0; from < keys.length; from += 1000) {
    client.pipeline(...keys.slice(from, from + 1000).map((key) => ["SET", key, "v", ...options]));
  }
}

function draws(client: CommandClient, count: number): string[] {
  const drawn: string[] = [];
  while (drawn.length < count) {
    drawn.push(...client.pipeline(...Array.from({ length: 100 }, () => ["RANDOMKEY"])).map(String));
  }
  return drawn;
}

/** How far counts are from equal ones: chi-squared, in standard deviations of what chance makes of it. */
function deviation(drawn: readonly string[], bins: number, binOf: (key: string) => number): number {
  const counts = new Array<number>(bins).fill(0);
  for (const key of drawn) counts[binOf(key)]!++;
  const expected = drawn.length / bins;
  const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (chiSquared - (bins - 1)) / Math.sqrt(2 * (bins - 1));
}

const LIMIT = 4.5;
const numberOf = (key: string): number => Number(/\d+$/.exec(key)![0]);

test("of a small database every key comes up alike", () => {
  const client = new RedisNode().connect();
  expect(client.call("RANDOMKEY")).toBe(null);
  set(
    client,
    Array.from({ length: 50 }, (_, i) => (i % 3 === 0 ? `{t}${i}` : `k${i}`)),
  );
  expect(deviation(draws(client, 5000), 50, numberOf)).toBeLessThan(LIMIT);
  client.call("SELECT", 1);
  expect(client.call("RANDOMKEY")).toBe(null);
});

test.each([
  ["spread over all slots", 1, (i: number) => `k${i}`],
  ["under one hash tag", 2, (i: number) => `{t}${i}`],
  ["half of them under one hash tag", 3, (i: number) => (i % 2 === 0 ? `{t}${i}` : `k${i}`)],
  ["under tags of unequal size", 4, (i: number) => `{t${Math.floor(Math.log2(1 + (i % 1024)))}}${i}`],
])("of 2,000 keys, %s, every one comes up alike", (_, seed, keyOf) => {
  const KEYS = 2000;
  const client = new RedisNode({ seed }).connect();
  set(
    client,
    Array.from({ length: KEYS }, (_, i) => keyOf(i)),
  );
  const drawn = draws(client, 20_000);
  expect(deviation(drawn, KEYS, numberOf)).toBeLessThan(LIMIT);
  const shareOf = (pattern: RegExp): number => drawn.filter((key) => pattern.test(key)).length / drawn.length;
  const keys = Array.from({ length: KEYS }, (_, i) => keyOf(i));
  for (const pattern of [/^\{t\}/, /^k/, /^\{t0\}/, /^\{t3\}/, /^\{t9\}/]) {
    const share = keys.filter((key) => pattern.test(key)).length / KEYS;
    expect(Math.abs(shareOf(pattern) - share)).toBeLessThanOrEqual(
      4 * Math.sqrt((share * (1 - share)) / drawn.length),
    );
  }
});

test("expired keys are never drawn, and leave the others as likely as before", () => {
  const node = new RedisNode({ seed: 5 });
  const client = node.connect();
  set(
    client,
    Array.from({ length: 8000 }, (_, i) => (i % 2 === 0 ? `{t}dies:${i}` : `dies:${i}`)),
    "PX",
    1000,
  );
  set(
    client,
    Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? `{t}lives:${i}` : `lives:${i}`)),
  );
  node.kv.clock.wall += 1000;
  const drawn = draws(client, 2000);
  expect(drawn.filter((key) => !key.includes("lives"))).toEqual([]);
  expect(deviation(drawn, 400, numberOf)).toBeLessThan(LIMIT);
});

test("where almost everything has expired the draw ends by passing over all of it; of nothing it is null for good", () => {
  const node = new RedisNode({ seed: 6 });
  const client = node.connect();
  set(
    client,
    Array.from({ length: 3000 }, (_, i) => `{t}${i}`),
    "PX",
    1000,
  );
  set(client, ["one", "two"], "PX", 2000);
  node.kv.clock.wall += 1000;
  const drawn = draws(client, 100);
  expect(new Set(drawn)).toEqual(new Set(["one", "two"]));
  expect(Math.abs(drawn.filter((key) => key === "one").length - 50)).toBeLessThan(20);
  node.kv.clock.wall += 1000;
  expect(client.call("RANDOMKEY")).toBe(null);
  // The clock goes back: what was said to be gone stays gone.
  node.kv.clock.wall -= 1500;
  expect(client.pipeline(["EXISTS", "one", "two"], ["RANDOMKEY"])).toEqual([0, null]);
});

test("keys that come after the measuring come up as often as the others", () => {
  const node = new RedisNode({ seed: 7 });
  const client = node.connect();
  set(
    client,
    Array.from({ length: 4000 }, (_, i) => `k${i}`),
  );
  draws(client, 100);
  set(
    client,
    Array.from({ length: 12_000 }, (_, i) => `{t}${4000 + i}`),
  );
  // Measured again before the very first draw.
  const first = Array.from({ length: 8 }, () => String(client.call("RANDOMKEY")));
  expect(first.filter((key) => key.startsWith("{t}")).length).toBeGreaterThanOrEqual(3);
  const drawn = draws(client, 8000);
  expect(deviation(drawn, 16, (key) => Math.floor(numberOf(key) / 1000))).toBeLessThan(LIMIT);
  // And most of them go again.
  for (let from = 4000; from < 16_000; from += 1000) {
    client.call("DEL", ...Array.from({ length: 1000 }, (_, i) => `{t}${from + i}`));
  }
  expect(deviation(draws(client, 4000), 4, (key) => Math.floor(numberOf(key) / 1000))).toBeLessThan(LIMIT);
});

test("after another leadership, a flush and a swap nothing of what was known before is believed", () => {
  const node = new RedisNode({ seed: 8 });
  const client = node.connect();
  set(
    client,
    Array.from({ length: 3000 }, (_, i) => `k${i}`),
  );
  draws(client, 100);
  node.kv.evaluator.following();
  node.kv.lead(node.kv.group.term + 1);
  const other = node.connect();
  set(
    other,
    Array.from({ length: 3000 }, (_, i) => `{t}${3000 + i}`),
  );
  expect(deviation(draws(other, 2000), 6, (key) => Math.floor(numberOf(key) / 1000))).toBeLessThan(LIMIT);
  other.call("SWAPDB", 0, 1);
  expect(other.call("RANDOMKEY")).toBe(null);
  other.pipeline(["SELECT", 1], ["FLUSHDB"], ["SET", "only", 1]);
  expect(new Set(draws(other, 100))).toEqual(new Set(["only"]));
});

test("in a transaction it draws from what the transaction sees", () => {
  const client = new RedisNode().connect();
  client.call("SET", "before", 1);
  expect(
    client
      .pipeline(["MULTI"], ["DEL", "before"], ["RANDOMKEY"], ["SET", "new", 1], ["RANDOMKEY"], ["EXEC"])
      .pop(),
  ).toEqual([1, null, "OK", "new"]);
});

test("many clients that draw at once measure once, and one that goes away harms nobody", () => {
  const node = new RedisNode({ seed: 9 });
  const client = node.connect();
  set(
    client,
    Array.from({ length: 3000 }, (_, i) => `k${i}`),
  );
  const clients = Array.from({ length: 10 }, () => node.connect());
  for (const each of clients) each.send(["RANDOMKEY"]);
  clients[0]!.close();
  for (const each of clients.slice(1)) {
    let replies = each.taken();
    for (let turn = 0; turn < 20_000 && replies.length === 0; turn++) {
      node.turn();
      replies = each.taken();
    }
    expect(replies).toEqual([expect.stringMatching(/^k\d+$/)]);
  }
});

test("a division covers the key space without gaps, in ranges of about the same number of keys", () => {
  const random = new SeededRandom(10);
  const density = new KeyDensity();
  for (let slot = 0; slot < 16_384; slot++) {
    density.setSlot(
      slot,
      random.chance(0.3) ? 0 : random.chance(0.01) ? random.below(10_000) : random.below(30),
    );
  }
  density.divide();
  let at = 0;
  for (let i = 0; i < density.rangeCount; i++) {
    const { from, to } = density.range(i);
    if (from !== at || to <= from) throw new Error(`range ${i} begins at ${from}, not at ${at}`);
    at = to;
  }
  expect(at).toBe(16_384 * 2 ** 32);
  expect(density.keys / density.rangeCount).toBeGreaterThan(8);
  expect(density.keys / density.rangeCount).toBeLessThanOrEqual(16);
});
