// Hashes: rows and incarnations, O(1) deletion, the last field, and HGETALL of large ones in slices.
import { SeededRandom } from "../../../src/base/index";
import { Space, TombstoneKind } from "../../../src/storage/index";
import { RedisNode } from "./redis-node";

const ELEMENTS = String.fromCharCode(Space.element);
const HEADERS = String.fromCharCode(Space.header);
const TOMBSTONES = String.fromCharCode(Space.tombstone, TombstoneKind.collection);

function pairsOf(reply: unknown): Map<string, string> {
  const items = reply as string[];
  const pairs = new Map<string, string>();
  for (let i = 0; i < items.length; i += 2) pairs.set(items[i]!, items[i + 1]!);
  expect(pairs.size * 2).toBe(items.length);
  return pairs;
}

test("fields are counted once, the last value wins", () => {
  const client = new RedisNode().connect();
  expect(client.call("HSET", "h", "a", 1, "b", 2, "a", 3)).toBe(2);
  expect(client.call("HSET", "h", "a", 4, "c", 5, "c", 6)).toBe(1);
  expect(pairsOf(client.call("HGETALL", "h"))).toEqual(
    new Map([
      ["a", "4"],
      ["b", "2"],
      ["c", "6"],
    ]),
  );
  expect(client.pipeline(["HLEN", "h"], ["HGET", "h", "a"], ["HGET", "h", "z"])).toEqual([3, "4", null]);
  expect(client.call("HDEL", "h", "a", "a", "z")).toBe(1);
  expect(client.call("HLEN", "h")).toBe(2);
});

test("the last field takes the key with it", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.call("HSET", "h", "a", 1, "b", 2);
  expect(client.call("HDEL", "h", "b", "a", "z")).toBe(2);
  expect(client.pipeline(["EXISTS", "h"], ["TYPE", "h"], ["HLEN", "h"], ["HGETALL", "h"])).toEqual([
    0,
    "none",
    0,
    [],
  ]);
  expect(node.rows(HEADERS)).toHaveLength(0);
});

test("HSET, DEL and HSET of one key in one batch leave only the last incarnation", () => {
  const node = new RedisNode();
  const client = node.connect();
  const replies = client.pipeline(
    ["HSET", "h", "old", 1],
    ["DEL", "h"],
    ["HSET", "h", "new", 2],
    ["HGETALL", "h"],
  );
  expect(replies).toEqual([1, 1, 1, ["new", "2"]]);
  expect(client.call("HGETALL", "h")).toEqual(["new", "2"]);
});

test("deleting and overwriting a hash is O(1); its rows are left to the sweeper under a tombstone", () => {
  const node = new RedisNode();
  const client = node.connect();
  const fields = Array.from({ length: 500 }, (_, i) => [`f${i}`, i]).flat();
  client.call("HSET", "h", ...fields);
  node.turn();
  const before = node.kv.evaluator.statistics.operationsTotal;
  expect(client.call("DEL", "h")).toBe(1);
  expect(node.kv.evaluator.statistics.operationsTotal - before).toBe(2);
  expect(node.rows(TOMBSTONES)).toHaveLength(1);
  expect(node.rows(ELEMENTS)).toHaveLength(500);
  client.call("HSET", "h", "f1", "again");
  expect(client.call("HGETALL", "h")).toEqual(["f1", "again"]);
  expect(client.pipeline(["SET", "h", "text"], ["GET", "h"], ["HGET", "h", "f1"])).toEqual([
    "OK",
    "text",
    "WRONGTYPE Operation against a key holding the wrong kind of value",
  ]);
});

test("HSET and HDEL cost what they are given, whatever the size of the hash", () => {
  const node = new RedisNode();
  const client = node.connect();
  const fields = Array.from({ length: 3000 }, (_, i) => [`f${i}`, i]).flat();
  client.call("HSET", "h", ...fields);
  node.turn();
  const operations = (...words: string[]): number => {
    const before = node.kv.evaluator.statistics.operationsTotal;
    client.call(...words);
    return node.kv.evaluator.statistics.operationsTotal - before;
  };
  expect(operations("HSET", "h", "f7", "changed")).toBe(1);
  expect(operations("HSET", "h", "fresh", "x")).toBe(2);
  expect(operations("HDEL", "h", "f8", "f9", "absent")).toBe(3);
  expect(operations("HDEL", "h", "absent")).toBe(0);
});

test.each([999, 1001, 5000])("HGETALL of %i fields, rows in memory or not", (count) => {
  const random = new SeededRandom(count);
  const node = new RedisNode({ hotRowsBytes: 0 });
  node.isInMemory = () => random.chance(0.5);
  const client = node.connect();
  const expected = new Map<string, string>();
  for (let i = 0; i < count; i++)
    expected.set(`field ${i}`, random.bytes(random.below(40)).toString("latin1"));
  expect(client.call("HSET", "h", ...[...expected].flat())).toBe(count);
  const [all, answer] = client.pipeline(["HGETALL", "h"], ["PING"]);
  expect(pairsOf(all)).toEqual(expected);
  expect(answer).toBe("PONG");
  // Behind a write of its own connection it sees that write.
  client.pipeline(["HSET", "h", "field 0", "new"], ["HDEL", "h", "field 1"]);
  const replies = client.pipeline(["HSET", "h", "field 2", "newer"], ["HGETALL", "h"]);
  expected.set("field 0", "new").set("field 2", "newer").delete("field 1");
  expect(pairsOf(replies[1])).toEqual(expected);
});

test("a hash of large values is read in slices, too", () => {
  const client = new RedisNode().connect();
  const value = "v".repeat(400 * 1024);
  client.call("HSET", "h", "a", value, "b", value, "c", value, "d", value);
  expect([...pairsOf(client.call("HGETALL", "h")).values()].every((found) => found === value)).toBe(true);
});

test("a client that goes while its HGETALL is in slices takes nothing with it", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.call("HSET", "h", ...Array.from({ length: 5000 }, (_, i) => [`f${i}`, i]).flat());
  client.send(["HGETALL", "h"]);
  node.kv.settle();
  client.close();
  for (let i = 0; i < 20; i++) node.turn();
  expect(node.pool.lentBytes).toBe(0);
  expect(node.connect().call("HLEN", "h")).toBe(5000);
});

test("a field beyond 64 KiB is refused, one of 64 KiB is kept", () => {
  const client = new RedisNode().connect();
  const field = "f".repeat(64 * 1024);
  expect(client.call("HSET", "h", field, 1)).toBe(1);
  expect(client.call("HSET", "h", `${field}x`, 1)).toBe("ERR a field is longer than 65536 bytes");
  expect(client.call("HGET", "h", `${field}x`)).toBeNull();
  expect(client.call("HDEL", "h", field)).toBe(1);
});

test("a field that is longer than any can be is not there", () => {
  const client = new RedisNode().connect();
  const field = "f".repeat(600_000);
  client.call("HSET", "h", "a", 1, "b", 2);
  expect(client.pipeline(["HGET", "h", field], ["HDEL", "h", field, "a"], ["HLEN", "h"])).toEqual([
    null,
    1,
    1,
  ]);
});
