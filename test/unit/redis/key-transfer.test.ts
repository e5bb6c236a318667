// RENAME, RENAMENX, COPY and MOVE: what goes where, in one turn and in steps, and what a loss of leadership leaves of it.
import { SeededRandom } from "../../../src/base/index";
import { Sweeper } from "../../../src/kv/index";
import { RedisNode } from "./redis-node";
import type { CommandClient } from "./redis-node";

const NO_SUCH_KEY = "ERR no such key";
/** More rows than are copied in one turn. */
const MANY = 3000;

function bigHash(client: CommandClient, key: string, fields = MANY, padding = 0): void {
  const pad = ".".repeat(padding);
  for (let from = 0; from < fields; from += 500) {
    const words = Array.from({ length: 500 }, (_, i) => [`f${from + i}`, `v${from + i}${pad}`]).flat();
    client.call("HSET", key, ...words);
  }
}

function hashOf(client: CommandClient, key: string): Map<string, string> {
  const words = client.call("HGETALL", key) as string[];
  return new Map(words.filter((_, i) => i % 2 === 0).map((field, i) => [field, words[2 * i + 1]!]));
}

function expectBigHash(client: CommandClient, key: string, fields = MANY): void {
  const hash = hashOf(client, key);
  expect(hash.size).toBe(fields);
  expect([hash.get("f0"), hash.get("f1234"), hash.get(`f${fields - 1}`)]).toEqual([
    "v0",
    "v1234",
    `v${fields - 1}`,
  ]);
}

/** How many element rows there are. */
function elementRows(node: RedisNode): number {
  return node.rows("\x11").length;
}

test("RENAME moves a value with its time to live and replaces what was there", () => {
  const client = new RedisNode().connect();
  client.pipeline(
    ["SET", "a", 1, "EX", 100],
    ["HSET", "b", "f", "v"],
    ["SET", "c", "raw"],
    ["HSET", "h", "f", 1],
  );
  expect(client.pipeline(["RENAME", "a", "b"], ["GET", "b"], ["TTL", "b"], ["EXISTS", "a"])).toEqual([
    "OK",
    "1",
    100,
    0,
  ]);
  expect(client.pipeline(["RENAME", "c", "b"], ["GET", "b"], ["TTL", "b"])).toEqual(["OK", "raw", -1]);
  expect(client.pipeline(["RENAME", "h", "b"], ["HGETALL", "b"], ["TYPE", "h"])).toEqual([
    "OK",
    ["f", "1"],
    "none",
  ]);
  expect(
    client.pipeline(["RENAME", "nosuch", "b"], ["RENAME", "nosuch", "nosuch"], ["RENAME", "b", "b"]),
  ).toEqual([NO_SUCH_KEY, NO_SUCH_KEY, "OK"]);
  expect(client.call("HGETALL", "b")).toEqual(["f", "1"]);
});

test("RENAMENX and COPY without REPLACE leave alone what is there", () => {
  const client = new RedisNode().connect();
  client.pipeline(["SET", "a", 1, "PX", 5000], ["SET", "b", 2]);
  expect(client.pipeline(["RENAMENX", "a", "b"], ["RENAMENX", "a", "a"], ["COPY", "a", "b"])).toEqual([
    0, 0, 0,
  ]);
  expect(client.pipeline(["COPY", "a", "c"], ["PTTL", "c"], ["GET", "a"])).toEqual([1, 5000, "1"]);
  expect(client.pipeline(["COPY", "a", "b", "replace"], ["MGET", "a", "b"])).toEqual([1, ["1", "1"]]);
  expect(client.pipeline(["RENAMENX", "a", "d"], ["MGET", "a", "d"])).toEqual([1, [null, "1"]]);
  expect(client.call("COPY", "nosuch", "d")).toBe(0);
});

test("a target that has expired forbids nothing, a source that has expired is not there", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.pipeline(["SET", "a", 1], ["HSET", "b", "f", "v"], ["PEXPIRE", "b", 10]);
  node.kv.clock.wall += 10;
  expect(client.pipeline(["RENAMENX", "a", "b"], ["GET", "b"], ["PTTL", "b"])).toEqual([1, "1", -1]);
  client.pipeline(["PEXPIRE", "b", 10]);
  node.kv.clock.wall += 10;
  expect(client.pipeline(["RENAME", "b", "c"], ["COPY", "b", "c"], ["MOVE", "b", 1])).toEqual([
    NO_SUCH_KEY,
    0,
    0,
  ]);
});

test("COPY to another database and MOVE keep the other one's keys apart", () => {
  const client = new RedisNode().connect();
  client.pipeline(["HSET", "h", "f", "v"], ["EXPIRE", "h", 50], ["SET", "s", 1]);
  expect(client.pipeline(["COPY", "h", "h", "DB", 3], ["HSET", "h", "g", "w"], ["MOVE", "s", 3])).toEqual([
    1, 1, 1,
  ]);
  expect(
    client.pipeline(["EXISTS", "s"], ["MOVE", "h", 3], ["SELECT", 3], ["HGETALL", "h"], ["TTL", "h"]),
  ).toEqual([0, 0, "OK", ["f", "v"], 50]);
  expect(client.pipeline(["GET", "s"], ["MOVE", "s", 3], ["COPY", "s", "s", "DB", 3])).toEqual([
    "1",
    "ERR source and destination objects are the same",
    "ERR source and destination objects are the same",
  ]);
});

test("a copy and its source are changed apart from one another", () => {
  const client = new RedisNode().connect();
  const text = "x".repeat(200_000);
  client.pipeline(["SET", "long", text], ["COPY", "long", "copy"], ["SETRANGE", "long", 100_000, "Y"]);
  expect(client.pipeline(["GET", "copy"], ["GETRANGE", "long", 99_999, 100_001])).toEqual([text, "xYx"]);
  client.pipeline(["APPEND", "copy", "end"], ["DEL", "long"]);
  expect(client.call("GET", "copy")).toBe(`${text}end`);
});

test("many rows are copied in steps, staged ahead of their header, and the old ones reclaimed by name", () => {
  const node = new RedisNode({ maxBatchBytes: 64 * 1024 });
  const client = node.connect();
  bigHash(client, "h");
  client.pipeline(["EXPIRE", "h", 77], ["HSET", "target", "old", 1]);
  const tombstones = node.rows("\x40").length;
  expect(client.pipeline(["RENAME", "h", "target"], ["EXISTS", "h"], ["TTL", "target"])).toEqual([
    "OK",
    0,
    77,
  ]);
  expectBigHash(client, "target");
  // One for the source, one for the target's old value.
  expect(node.rows("\x40").length).toBe(tombstones + 2);
  expect(client.pipeline(["COPY", "target", "again"], ["COPY", "target", "target", "DB", 1])).toEqual([1, 1]);
  client.pipeline(["HSET", "target", "f1234", "changed"], ["HDEL", "target", "f0"]);
  expectBigHash(client, "again");
  client.call("SELECT", 1);
  expectBigHash(client, "target");
});

test("a long string is copied in steps, with its holes", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.pipeline(["SETRANGE", "s", 30_000_000, "tail"], ["SETRANGE", "s", 0, "head".repeat(300_000)]);
  expect(client.pipeline(["RENAME", "s", "t"], ["STRLEN", "t"], ["EXISTS", "s"])).toEqual([
    "OK",
    30_000_004,
    0,
  ]);
  expect(client.pipeline(["GETRANGE", "t", 0, 3], ["GETRANGE", "t", 1_199_996, 1_200_001])).toEqual([
    "head",
    "head\0\0",
  ]);
  expect(client.call("GETRANGE", "t", -5, -1)).toBe("\0tail");
  expect(node.rows("\x11").length).toBeLessThan(60);
});

test("while a large value is renamed others see the old key, then the new one, never both and never a part", () => {
  const node = new RedisNode();
  const client = node.connect();
  const reader = node.connect();
  bigHash(client, "h", 20_000);
  node.kv.settle();
  // A step takes longer than a turn's share.
  const { clock } = node.kv;
  clock.monotonicMs = () => (clock.monotonic += 3);
  client.send(["RENAME", "h", "target"]);
  const seen = new Set<string>();
  for (let turn = 0; turn < 2000 && client.taken().length === 0; turn++) {
    reader.send(["HLEN", "h"], ["HLEN", "target"]);
    node.turn();
    const replies = reader.taken();
    if (replies.length === 2) seen.add(replies.join(" "));
  }
  expect(seen).toContain("20000 0");
  for (const lengths of seen) expect(["20000 0", "0 20000"]).toContain(lengths);
  expect(client.pipeline(["HLEN", "h"], ["HLEN", "target"])).toEqual([0, 20_000]);
});

test("in a transaction a large value is copied with all the rest, or not at all", () => {
  const client = new RedisNode().connect();
  bigHash(client, "h");
  expect(
    client
      .pipeline(
        ["MULTI"],
        ["HSET", "h", "more", 1],
        ["RENAME", "h", "t"],
        ["HLEN", "t"],
        ["COPY", "t", "u"],
        ["EXEC"],
      )
      .pop(),
  ).toEqual([1, "OK", MANY + 1, 1]);
  expect(hashOf(client, "t")).toEqual(hashOf(client, "u"));
  expect(client.pipeline(["HGET", "u", "more"], ["EXISTS", "h"])).toEqual(["1", 0]);
});

/** A node that has staged a part of a large rename, and has got no further. */
function interrupted(): { node: RedisNode; client: CommandClient; staged: number } {
  const node = new RedisNode();
  const client = node.connect();
  bigHash(client, "h", 20_000, 200);
  client.pipeline(["SET", "target", "old"]);
  node.kv.settle();
  const { clock } = node.kv;
  clock.monotonicMs = () => (clock.monotonic += 3);
  client.send(["RENAME", "h", "target"]);
  for (let turn = 0; turn < 2000 && elementRows(node) === 20_000; turn++) node.turn();
  return { node, client, staged: elementRows(node) - 20_000 };
}

function expectNothingHappened(client: CommandClient): void {
  expect(client.pipeline(["GET", "target"], ["HLEN", "h"])).toEqual(["old", 20_000]);
  expect(hashOf(client, "h").size).toBe(20_000);
}

test("a loss of leadership in the middle of a rename leaves the old value, and garbage that is reclaimed", () => {
  const { node, client, staged } = interrupted();
  expect(staged).toBeGreaterThan(0);
  node.kv.evaluator.following();
  expect(client.taken()).toEqual([expect.stringMatching(/^(TRYAGAIN|UNKNOWN)/)]);
  node.kv.lead(node.kv.group.term + 1);
  const other = node.connect();
  expectNothingHappened(other);
  const sweeper = new Sweeper(node.kv.evaluator, {
    storage: node.kv.storage,
    scheduler: node.kv.scheduler,
    group: node.kv.group.id,
    rowsPerSecond: 1_000_000,
  });
  sweeper.start();
  for (let second = 0; second < 20; second++) {
    node.kv.scheduler.pass(1000);
    node.turn();
  }
  sweeper.stop();
  expect(elementRows(node)).toBe(20_000);
  expectNothingHappened(other);
  expect(other.call("RENAME", "h", "target")).toBe("OK");
  expect(hashOf(other, "target").size).toBe(20_000);
});

test("a kill in the middle of a rename leaves the old value, which can be renamed again", () => {
  const { node, staged } = interrupted();
  expect(staged).toBeGreaterThan(0);
  node.kv.storage.crash(new SeededRandom(1), { kind: "kill" });
  const again = new RedisNode({ disk: node.kv.disk });
  expect(elementRows(again)).toBeGreaterThan(20_000);
  const client = again.connect();
  expectNothingHappened(client);
  expect(client.pipeline(["RENAME", "h", "target"], ["EXISTS", "h"])).toEqual(["OK", 0]);
  expect(hashOf(client, "target").size).toBe(20_000);
});

test("a rename that was answered survives a kill", () => {
  const node = new RedisNode();
  const client = node.connect();
  bigHash(client, "h");
  expect(client.pipeline(["HSET", "target", "old", 1], ["RENAME", "h", "target"])).toEqual([1, "OK"]);
  node.kv.storage.crash(new SeededRandom(2), { unsynced: "lost" });
  const again = new RedisNode({ disk: node.kv.disk }).connect();
  expectBigHash(again, "target");
  expect(again.call("EXISTS", "h")).toBe(0);
});
