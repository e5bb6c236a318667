// TOUCH, EXPIRETIME, OBJECT, MEMORY USAGE and SWAPDB.
import { SeededRandom } from "../../../src/base/index";
import { RedisNode } from "./redis-node";
import type { CommandClient } from "./redis-node";

const SMALL_LISTPACKS = { limits: { hashMaxListpackEntries: 128 } };

test("TOUCH counts keys that are there, each as often as it is named", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  client.pipeline(["SET", "a", 1], ["HSET", "h", "f", 1]);
  expect(client.call("TOUCH", "a", "h", "a", "nosuch")).toBe(3);
});

test("EXPIRETIME and PEXPIRETIME tell the moment, rounded to seconds", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  client.pipeline(
    ["SET", "a", 1, "PXAT", 1_900_000_000_499],
    ["SET", "b", 1, "PXAT", 1_900_000_000_500],
    ["SET", "c", 1],
  );
  expect(client.pipeline(["PEXPIRETIME", "a"], ["EXPIRETIME", "a"], ["EXPIRETIME", "b"])).toEqual([
    1_900_000_000_499, 1_900_000_000, 1_900_000_001,
  ]);
  expect(
    client.pipeline(["EXPIRETIME", "c"], ["PEXPIRETIME", "c"], ["EXPIRETIME", "d"], ["PEXPIRETIME", "d"]),
  ).toEqual([-1, -1, -2, -2]);
});

const encodingOf = (client: CommandClient, key: string): unknown => client.call("OBJECT", "ENCODING", key);

test("encodings are told by Redis's thresholds", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  const strings: [string, string][] = [
    ["0", "int"],
    ["-9223372036854775808", "int"],
    ["9223372036854775807", "int"],
    ["9223372036854775808", "embstr"],
    ["01", "embstr"],
    ["-0", "embstr"],
    ["", "embstr"],
    ["x".repeat(44), "embstr"],
    ["x".repeat(45), "raw"],
    ["x".repeat(70_000), "raw"],
  ];
  for (const [value, encoding] of strings) {
    client.call("SET", "k", value);
    expect([value.slice(0, 50), encodingOf(client, "k")]).toEqual([value.slice(0, 50), encoding]);
  }
  client.call("HSET", "h", ...Array.from({ length: 128 }, (_, i) => [`f${i}`, "x".repeat(64)]).flat());
  expect(encodingOf(client, "h")).toBe("listpack");
  client.call("HSET", "h", "more", "v");
  expect(encodingOf(client, "h")).toBe("hashtable");
  client.pipeline(["HDEL", "h", "more", "f0"], ["HSET", "h", "x".repeat(64), "v"]);
  expect(encodingOf(client, "h")).toBe("listpack");
  client.pipeline(["HSET", "a", "f", "x".repeat(65)], ["HSET", "b", "x".repeat(65), "v"]);
  expect([encodingOf(client, "a"), encodingOf(client, "b"), encodingOf(client, "nosuch")]).toEqual([
    "hashtable",
    "hashtable",
    null,
  ]);
});

test("a hash under a key of 64 KiB has an encoding, a longer key is refused", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  const key = "k".repeat(64 * 1024);
  client.call("HSET", key, ...Array.from({ length: 128 }, (_, i) => [`f${i}`, "v"]).flat());
  expect(encodingOf(client, key)).toBe("listpack");
  const tooLong = "ERR a key is longer than 65536 bytes";
  expect([encodingOf(client, `${key}x`), client.call("MEMORY", "USAGE", `${key}x`)]).toEqual([
    tooLong,
    tooLong,
  ]);
  for (const words of [
    ["RENAME", "k", `${key}x`],
    ["COPY", `${key}x`, "k"],
    ["MOVE", `${key}x`, "1"],
    ["HSCAN", `${key}x`, "0"],
  ]) {
    expect(client.call(...words)).toBe(tooLong);
  }
});

test("what is not kept of a value is an error, and of no value null", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  client.pipeline(["SET", "small", 9999], ["SET", "large", 10_000], ["SET", "text", "x"]);
  expect(["small", "large", "text", "nosuch"].map((key) => client.call("OBJECT", "REFCOUNT", key))).toEqual([
    2_147_483_647,
    1,
    1,
    null,
  ]);
  expect(client.call("OBJECT", "FREQ", "text")).toMatch(
    /^ERR An LFU maxmemory policy is not selected, access/,
  );
  expect(client.call("OBJECT", "IDLETIME", "text")).toMatch(
    /^ERR An LFU maxmemory policy is selected, idle time/,
  );
  expect([client.call("OBJECT", "FREQ", "nosuch"), client.call("OBJECT", "IDLETIME", "nosuch")]).toEqual([
    null,
    null,
  ]);
  expect(client.call("OBJECT", "HELP")).toContain("ENCODING");
});

test("MEMORY USAGE grows with the value, samples estimate, SAMPLES 0 is exact", () => {
  const client = new RedisNode(SMALL_LISTPACKS).connect();
  const usage = (key: string, ...options: (string | number)[]): number =>
    Number(client.call("MEMORY", "USAGE", key, ...options));
  client.pipeline(["SET", "s", "x".repeat(100)], ["SET", "long", "x".repeat(1_000_000)]);
  expect(usage("s")).toBeGreaterThan(100);
  expect(usage("s")).toBeLessThan(160);
  expect(usage("long")).toBeGreaterThan(1_000_000);
  expect(usage("long")).toBeLessThan(1_050_000);
  for (let from = 0; from < 5000; from += 500) {
    client.call(
      "HSET",
      "h",
      ...Array.from({ length: 500 }, (_, i) => [`f${from + i}`, "x".repeat(i % 2 === 0 ? 10 : 190)]).flat(),
    );
  }
  const exact = usage("h", "SAMPLES", 0);
  // Rows of 100 bytes on average, each with its key: prefix, hash, field.
  const prefix = 15 + 1 + 8 + 4;
  expect(Math.abs(exact - 5000 * (100 + prefix + 4.8))).toBeLessThan(1000);
  expect(usage("h", "SAMPLES", 5000)).toBe(exact);
  expect(usage("h", "SAMPLES", 1_000_000)).toBe(exact);
  for (const samples of [100, 1000, 3000]) {
    expect(Math.abs(usage("h", "SAMPLES", samples) / exact - 1)).toBeLessThan(0.35);
  }
  expect(usage("h")).toBeGreaterThan(5000 * (10 + prefix));
  expect(client.call("MEMORY", "USAGE", "nosuch")).toBe(null);
  expect(
    client.pipeline(["SETRANGE", "holes", 400_000_000, "x"], ["MEMORY", "USAGE", "holes", "SAMPLES", 0])[1],
  ).toBeLessThan(70_000);
});

test("SWAPDB has two databases change places for everybody, at once and in order", () => {
  const node = new RedisNode();
  const [first, second] = [node.connect(), node.connect()];
  second.call("SELECT", 1);
  first.pipeline(["SET", "a", 1], ["HSET", "h", "f", "v"], ["EXPIRE", "h", 50]);
  second.pipeline(["SET", "b", 2]);
  expect(
    first.pipeline(["SET", "last", 1], ["SWAPDB", 0, 1], ["KEYS", "*"], ["SET", "new", 1], ["GET", "a"]),
  ).toEqual(["OK", "OK", ["b"], "OK", null]);
  expect(second.pipeline(["GET", "a"], ["HGETALL", "h"], ["TTL", "h"], ["DBSIZE"])).toEqual([
    "1",
    ["f", "v"],
    50,
    3,
  ]);
  expect(first.pipeline(["SWAPDB", 1, 0], ["SWAPDB", 0, 0], ["MGET", "a", "last", "new"])).toEqual([
    "OK",
    "OK",
    ["1", "1", null],
  ]);
  expect(second.pipeline(["FLUSHDB"], ["SWAPDB", 0, 1], ["DBSIZE"])).toEqual(["OK", "OK", 3]);
});

test("a swap survives a kill, and one that is lost with the leadership did not happen", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.pipeline(["SET", "a", 1], ["SWAPDB", 0, 9]);
  client.send(["SWAPDB", 9, 0], ["GET", "a"]);
  node.kv.evaluator.following();
  node.kv.storage.crash(new SeededRandom(1), { unsynced: "lost" });
  const again = new RedisNode({ disk: node.kv.disk }).connect();
  expect(again.pipeline(["GET", "a"], ["SELECT", 9], ["GET", "a"])).toEqual([null, "OK", "1"]);
});

test("a swap tells those who watch a key of either database", () => {
  const node = new RedisNode();
  const [client, other] = [node.connect(), node.connect()];
  client.pipeline(["SET", "a", 1], ["WATCH", "a"]);
  other.call("SWAPDB", 0, 1);
  expect(client.pipeline(["MULTI"], ["PING"], ["EXEC"])[2]).toBe(null);
  client.call("WATCH", "nowhere");
  other.call("SWAPDB", 0, 1);
  expect(client.pipeline(["MULTI"], ["PING"], ["EXEC"])[2]).toEqual(["PONG"]);
  client.call("WATCH", "a");
  other.call("SWAPDB", 2, 3);
  expect(client.pipeline(["MULTI"], ["PING"], ["EXEC"])[2]).toEqual(["PONG"]);
});
