// Whole databases: SCAN's guarantee while keys come and go, keys of equal hash, KEYS, DBSIZE, FLUSH, and expired keys.
import { SeededRandom, keyHashOfString } from "../../../src/base/index";
import { CURSOR_END, cursorBehind, cursorOf, keyAtCursor } from "../../../src/redis/commands/scan-cursor";
import { headerKey } from "../../../src/storage/index";
import { RedisNode } from "./redis-node";
import type { CommandClient } from "./redis-node";

function page(reply: unknown): { cursor: string; keys: string[] } {
  const [cursor, keys] = reply as [string, string[]];
  return { cursor, keys };
}

function scanAll(client: CommandClient, between: () => void, ...options: (string | number)[]): string[] {
  const found: string[] = [];
  for (let cursor = "0"; ; between()) {
    const next = page(client.call("SCAN", cursor, ...options));
    found.push(...next.keys);
    cursor = next.cursor;
    if (cursor === "0") return found;
  }
}

test("cursors are read as C's strtoul reads them", () => {
  expect(
    ["", "0", "7", "+7", "-1", "18446744073709551615"].map((text) => cursorOf(text, CURSOR_END)),
  ).toEqual([0, 0, 7, 7, CURSOR_END, CURSOR_END]);
  expect(
    [" 1", "1 ", "x", "1x", "--1", "+", "18446744073709551616"].map((text) => cursorOf(text, CURSOR_END)),
  ).toEqual(Array(7).fill(undefined));
});

test("a cursor stands behind its key and before the next place", () => {
  const random = new SeededRandom(3);
  for (let i = 0; i < 1000; i++) {
    const key = headerKey(5, random.bytes(random.below(20)).toString("latin1"));
    const cursor = cursorBehind(key);
    expect(cursor).toBeLessThanOrEqual(CURSOR_END);
    expect(keyAtCursor(5, cursor - 1) <= key).toBe(true);
    expect(key < keyAtCursor(5, cursor)).toBe(true);
  }
});

test.each([1, 3, 10, 1000])(
  "SCAN with COUNT %i finds every key that stays, while others come and go",
  (count) => {
    const random = new SeededRandom(count);
    const node = new RedisNode();
    const client = node.connect();
    const stay = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? `stays:${i}` : `{tag}:${i}`));
    client.pipeline(...stay.map((key) => ["SET", key, "x"]));
    let passing = 0;
    const comeAndGo = (): void => {
      client.pipeline(["SET", `passing:${passing++}`, "x"], ["DEL", `passing:${random.below(passing)}`]);
    };
    const found = scanAll(client, comeAndGo, "COUNT", count);
    for (const key of stay) expect(found.filter((other) => other === key)).toHaveLength(1);
  },
);

/** Two keys under one hash tag whose hashes are equal. */
function collidingKeys(): string[] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const key = `{t}${i}`;
    const hash = keyHashOfString(key);
    const other = seen.get(hash);
    if (other !== undefined) return [other, key];
    seen.set(hash, key);
  }
}

test("keys of equal place are returned together, so that no cursor falls between them", () => {
  const client = new RedisNode().connect();
  const colliding = collidingKeys();
  const keys = [...colliding, "{t}a", "{t}b", "{t}c"];
  client.pipeline(...keys.map((key) => ["SET", key, "x"]));
  for (let cursor = "0"; ;) {
    const next = page(client.call("SCAN", cursor, "COUNT", 1));
    expect([0, 2]).toContain(next.keys.filter((key) => colliding.includes(key)).length);
    cursor = next.cursor;
    if (cursor === "0") break;
  }
  expect(scanAll(client, () => undefined, "COUNT", 1).sort()).toEqual(keys.sort());
});

test("MATCH and TYPE filter what COUNT has counted", () => {
  const client = new RedisNode().connect();
  client.pipeline(
    ...Array.from({ length: 50 }, (_, i) =>
      i % 5 === 0 ? ["HSET", `h${i}`, "f", "v"] : ["SET", `s${i}`, "v"],
    ),
  );
  expect(scanAll(client, () => undefined, "TYPE", "HASH", "COUNT", 7)).toHaveLength(10);
  expect(scanAll(client, () => undefined, "MATCH", "s?", "COUNT", 7)).toHaveLength(8);
  expect(scanAll(client, () => undefined, "TYPE", "zset")).toEqual([]);
  expect(page(client.call("SCAN", 0, "COUNT", "9223372036854775807")).cursor).toBe("0");
  expect(page(client.call("SCAN", "70368744177664")).keys).toEqual([]);
});

test("a cursor holds across databases' contents, connections and a server's restart of evaluation", () => {
  const node = new RedisNode();
  const first = node.connect();
  first.pipeline(...Array.from({ length: 40 }, (_, i) => ["SET", `k${i}`, "x"]));
  const begun = page(first.call("SCAN", 0, "COUNT", 15));
  node.kv.evaluator.following();
  node.kv.lead(2);
  const found = [...begun.keys];
  for (let { cursor } = begun; cursor !== "0";) {
    const next = page(node.connect().call("SCAN", cursor, "COUNT", 15));
    found.push(...next.keys);
    cursor = next.cursor;
  }
  expect(new Set(found).size).toBe(40);
  expect(found).toHaveLength(40);
});

test("KEYS and DBSIZE see what was written before them on their connection, page by page", () => {
  const client = new RedisNode().connect();
  const keys = Array.from({ length: 2500 }, (_, i) => `key:${i}`);
  const replies = client.pipeline(
    ...keys.map((key) => ["SET", key, "x"]),
    ["KEYS", "*"],
    ["DBSIZE"],
    ["KEYS", "key:1[0-4]"],
  );
  expect([...(replies[2500] as string[])].sort()).toEqual([...keys].sort());
  expect(replies[2501]).toBe(2500);
  expect([...(replies[2502] as string[])].sort()).toEqual(["key:10", "key:11", "key:12", "key:13", "key:14"]);
});

test("expired keys are left out everywhere, also when nobody has read them", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.pipeline(
    ["SET", "short", "x", "PX", 50],
    ["SET", "long", "x", "EX", 50],
    ["HSET", "h", "f", "v"],
    ["PEXPIRE", "h", 50],
  );
  expect(client.call("DBSIZE")).toBe(3);
  node.kv.clock.wall += 51;
  expect(client.call("DBSIZE")).toBe(1);
  expect(client.call("KEYS", "*")).toEqual(["long"]);
  expect(scanAll(client, () => undefined)).toEqual(["long"]);
  // The clock goes back: what was said to be gone stays gone.
  node.kv.clock.wall -= 51;
  expect(client.pipeline(["EXISTS", "short"], ["HLEN", "h"], ["DBSIZE"])).toEqual([0, 0, 1]);
});

test("FLUSHDB empties one database, FLUSHALL all of them, at once and in order", () => {
  const client = new RedisNode().connect();
  client.pipeline(["SET", "a", 1], ["SELECT", 3], ["SET", "b", 2], ["SELECT", 0]);
  expect(client.pipeline(["SET", "c", 3], ["FLUSHDB"], ["GET", "c"], ["SET", "d", 4], ["GET", "d"])).toEqual([
    "OK",
    "OK",
    null,
    "OK",
    "4",
  ]);
  expect(client.pipeline(["DBSIZE"], ["SELECT", 3], ["DBSIZE"])).toEqual([1, "OK", 1]);
  expect(client.pipeline(["FLUSHALL", "ASYNC"], ["DBSIZE"], ["SELECT", 0], ["KEYS", "*"])).toEqual([
    "OK",
    0,
    "OK",
    [],
  ]);
});

test("a key beyond 64 KiB is refused by every command, one of 64 KiB is kept", () => {
  const client = new RedisNode().connect();
  const key = "k".repeat(64 * 1024);
  expect(client.call("SET", key, "v")).toBe("OK");
  expect(client.call("KEYS", "k*")).toEqual([key]);
  const tooLong = "ERR a key is longer than 65536 bytes";
  for (const words of [
    ["GET"],
    ["SET", "v"],
    ["DEL"],
    ["INCR"],
    ["TTL"],
    ["HSET", "f", "v"],
    ["EXPIRE", "1"],
  ]) {
    expect(client.call(words[0]!, `${key}x`, ...words.slice(1))).toBe(tooLong);
  }
  expect(client.call("MGET", "a", `${key}x`)).toBe(tooLong);
  expect(client.call("MSET", "a", "1", `${key}x`, "2")).toBe(tooLong);
  expect(client.call("MSET", "a", `${key}x`)).toBe("OK");
  expect(client.call("DEL", key)).toBe(1);
});
