// SCAN's and HSCAN's guarantee: what is there from the first call to the last comes up, exactly once here, while tens of thousands
// of keys or fields share a place of the routing and others come and go; HSCAN's pages, filters and whole small hashes.
import { SeededRandom, keyHashOfString } from "../../../src/base/index";
import type { ByteString } from "../../../src/base/index";
import { RedisNode } from "./redis-node";
import type { CommandClient } from "./redis-node";

const SMALL_LISTPACKS = { limits: { hashMaxListpackEntries: 128 } };

interface Page {
  readonly cursor: string;
  readonly items: string[];
}

function pageOf(reply: unknown): Page {
  const [cursor, items] = reply as [string, string[]];
  return { cursor, items };
}

/** Pages from beginning to end. */
function pages(
  begin: readonly ByteString[],
  client: () => CommandClient,
  options: readonly (string | number)[],
  between: (page: Page) => void = () => undefined,
): Page[] {
  const all: Page[] = [];
  for (let cursor = "0"; ;) {
    const page = pageOf(client().call(...begin, cursor, ...options));
    all.push(page);
    between(page);
    cursor = page.cursor;
    if (cursor === "0") return all;
  }
}

function setAll(client: CommandClient, keys: readonly string[]): void {
  for (let from = 0; from < keys.length; from += 1000) {
    client.pipeline(...keys.slice(from, from + 1000).map((key) => ["SET", key, "v"]));
  }
}

/** Fields or keys of equal hash. */
function colliding(prefix: string): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const key = `${prefix}${i}`;
    const hash = keyHashOfString(key);
    const other = seen.get(hash);
    if (other !== undefined) return [other, key];
    seen.set(hash, key);
  }
}

test("a scan of 50,000 keys under one hash tag meets each that stays once, across restarts, while others come and go", () => {
  const random = new SeededRandom(1);
  let node = new RedisNode();
  let client = node.connect();
  const stay = Array.from({ length: 50_000 }, (_, i) => `{tag}stays:${i}`);
  setAll(client, stay);
  let passing = 0;
  let restarts = 0;
  const found = new Map<string, number>();
  for (let cursor = "0"; ;) {
    const count = random.pick([1, 10, 100, 1000, 3000]);
    const page = pageOf(client.call("SCAN", cursor, "COUNT", count));
    for (const key of page.items) found.set(key, (found.get(key) ?? 0) + 1);
    cursor = page.cursor;
    if (cursor === "0") break;
    client.pipeline(...Array.from({ length: 20 }, () => ["SET", `{tag}passing:${passing++}`, "x"]), [
      "DEL",
      ...Array.from({ length: 15 }, () => `{tag}passing:${random.below(passing)}`),
    ]);
    if (random.chance(0.05)) {
      restarts++;
      node.kv.storage.crash(random, { unsynced: "lost" });
      node = new RedisNode({ disk: node.kv.disk, seed: restarts });
      client = node.connect();
    }
  }
  expect(restarts).toBeGreaterThan(1);
  expect(passing).toBeGreaterThan(500);
  const missing = stay.filter((key) => found.get(key) !== 1);
  expect(missing).toEqual([]);
  for (const [key, times] of found) expect([key, times]).toEqual([key, 1]);
});

test("a cursor is a place: deleting the key that it was made of, or all before it, changes nothing", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  const keys = Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? `{t}${i}` : `k${i}`));
  setAll(client, keys);
  const seen = new Set<string>();
  pages(
    ["SCAN"],
    () => client,
    ["COUNT", 50],
    ({ items }) => {
      for (const key of items) seen.add(key);
      client.call("DEL", ...items);
    },
  );
  expect(seen.size).toBe(2000);
  expect(client.call("DBSIZE")).toBe(0);
});

test("a cursor with a zero byte is read up to it, as C reads it", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  client.call("SET", "k", 1);
  expect(client.call("SCAN", "0\0x")).toEqual(["0", ["k"]]);
  expect(client.call("SCAN", "x\0")).toBe("ERR invalid cursor");
});

function fill(client: CommandClient, key: string, fields: readonly string[]): void {
  for (let from = 0; from < fields.length; from += 500) {
    client.call("HSET", key, ...fields.slice(from, from + 500).flatMap((field) => [field, `v:${field}`]));
  }
}

test.each([1, 7, 1000, 5000])("HSCAN with COUNT %i meets each field that stays once", (count) => {
  const random = new SeededRandom(count);
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  const stay = Array.from({ length: count === 1 ? 600 : 20_000 }, (_, i) => `stays:${i}`);
  fill(client, "h", stay);
  let passing = 0;
  const found = new Map<string, string[]>();
  const read = pages(
    ["HSCAN", "h"],
    () => client,
    ["COUNT", count],
    ({ items }) => {
      for (let i = 0; i < items.length; i += 2) {
        found.set(items[i]!, [...(found.get(items[i]!) ?? []), items[i + 1]!]);
      }
      client.pipeline(
        ["HSET", "h", `passing:${passing++}`, "x"],
        ["HDEL", "h", `passing:${random.below(passing)}`],
      );
    },
  );
  for (const field of stay) expect(found.get(field)).toEqual([`v:${field}`]);
  for (const page of read) expect(page.items.length / 2).toBeLessThanOrEqual(count + 1);
  expect(read.length).toBeGreaterThanOrEqual(Math.floor(stay.length / count));
});

test.each([1, 3000])("fields of equal hash are returned together, COUNT %i", (count) => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  const pair = colliding("c");
  fill(client, "h", [...pair, ...Array.from({ length: 3000 }, (_, i) => `f${i}`)]);
  for (const { items } of pages(["HSCAN", "h"], () => client, ["COUNT", count])) {
    expect([0, 2]).toContain(items.filter((item) => pair.includes(item)).length);
  }
});

test("HSCAN's cursor holds when the hash is replaced, shrinks, or is gone", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  fill(
    client,
    "h",
    Array.from({ length: 1000 }, (_, i) => `f${i}`),
  );
  const { cursor } = pageOf(client.call("HSCAN", "h", 0, "COUNT", 500));
  client.call("DEL", "h");
  expect(client.call("HSCAN", "h", cursor)).toEqual(["0", []]);
  client.call("HSET", "h", "f", "v");
  expect(client.call("HSCAN", "h", cursor)).toEqual(["0", ["f", "v"]]);
  client.call("SET", "h", "v");
  expect(client.call("HSCAN", "h", cursor)).toMatch(/^WRONGTYPE/);
});

test("what Redis would keep as a listpack comes whole, and MATCH is for the field alone", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  fill(
    client,
    "small",
    Array.from({ length: 128 }, (_, i) => `f${i}`),
  );
  expect(pageOf(client.call("HSCAN", "small", 0, "COUNT", 1)).items).toHaveLength(256);
  expect(client.call("HSCAN", "small", 0, "MATCH", "f1?")).toEqual([
    "0",
    expect.arrayContaining(["f10", "v:f10", "f19", "v:f19"]),
  ]);
  expect(client.call("HSCAN", "small", 0, "MATCH", "v*")).toEqual(["0", []]);
  client.call("HSET", "small", "one", "x".repeat(65));
  expect(pageOf(client.call("HSCAN", "small", 0, "COUNT", 1)).items).toHaveLength(2);
});

test("cursors of HSCAN: what strtoul reads; behind the last hash there is nothing", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  fill(
    client,
    "h",
    Array.from({ length: 200 }, (_, i) => `f${i}`),
  );
  for (const cursor of ["4294967296", "-1", "18446744073709551615"]) {
    expect(client.call("HSCAN", "h", cursor)).toEqual(["0", []]);
  }
  expect(pageOf(client.call("HSCAN", "h", "4294967295")).cursor).toBe("0");
  expect(client.call("HSCAN", "h", "18446744073709551616")).toBe("ERR invalid cursor");
});

test("an answer of HSCAN is bounded in bytes, also for a large COUNT", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  const value = "x".repeat(1024 * 1024);
  for (let i = 0; i < 40; i++) client.call("HSET", "h", `f${i}`, value);
  for (const [count, most] of [
    [100, 3],
    [100_000, 18],
  ]) {
    const all = pages(["HSCAN", "h"], () => client, ["COUNT", count!]);
    for (const { items } of all) expect(items.length / 2).toBeLessThanOrEqual(most!);
    expect(new Set(all.flatMap(({ items }) => items.filter((item) => item.length < 10))).size).toBe(40);
  }
});

test("HSCAN in a transaction sees what was done before it there", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  fill(
    client,
    "h",
    Array.from({ length: 2000 }, (_, i) => `f${i}`),
  );
  const replies = client
    .pipeline(
      ["MULTI"],
      ["HSET", "h", "new", 1],
      ["HDEL", "h", "f7"],
      ["HSCAN", "h", 0, "COUNT", 9999],
      ["EXEC"],
    )
    .pop() as unknown[];
  const { cursor, items } = pageOf(replies[2]);
  expect([cursor, items.length, items.includes("new"), items.includes("f7")]).toEqual([
    "0",
    4000,
    true,
    false,
  ]);
});

/** 18 MiB of keys: more than one answer holds. */
function manyLongKeys(client: CommandClient): string[] {
  const keys = Array.from({ length: 300 }, (_, at) => `${at}:`.padEnd(60 * 1024, "x"));
  client.pipeline(...keys.map((key) => ["SET", key, "v"]));
  client.call("SET", "0:short", "v", "PX", 5);
  return keys;
}

test("KEYS of more than it may hold reads twice, and answers the same", () => {
  const node = new RedisNode();
  const client = node.connect();
  const keys = manyLongKeys(client);
  node.advance(10);
  const answered = (words: readonly string[]): string[] => (client.call(...words) as string[]).sort();
  expect(answered(["KEYS", "*"])).toEqual([...keys].sort());
  expect(answered(["KEYS", "[12]*"])).toEqual(keys.filter((key) => /^[12]/.test(key)).sort());
  expect(client.call("KEYS", "none")).toEqual([]);
  const [, , , executed] = client.pipeline(["MULTI"], ["SET", "z", "v"], ["KEYS", "*"], ["EXEC"]);
  expect((executed as [string, string[]])[1].sort()).toEqual([...keys, "z"].sort());
});

test("a page of SCAN ends before COUNT where it would hold too much", () => {
  const client = new RedisNode().connect();
  const keys = manyLongKeys(client);
  const [cursor, page] = client.call("SCAN", 0, "COUNT", 1_000_000) as [string, string[]];
  expect(cursor).not.toBe("0");
  expect(page.length).toBeLessThan(301);
  const [end, rest] = client.call("SCAN", cursor, "COUNT", 1_000_000) as [string, string[]];
  expect(end).toBe("0");
  expect([...page, ...rest].sort()).toEqual([...keys, "0:short"].sort());
});
