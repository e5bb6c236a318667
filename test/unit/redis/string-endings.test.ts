// SETNX, SETEX, GETSET, GETDEL, GETEX and MSETNX: what they answer, and what becomes of the time to live.
import { RedisNode } from "./redis-node";

test("SETNX, SETEX, PSETEX and GETSET", () => {
  const client = new RedisNode().connect();
  expect(client.call("SETNX", "k", "a")).toBe(1);
  expect(client.call("SETNX", "k", "b")).toBe(0);
  expect(client.call("SETEX", "k", 100, "c")).toBe("OK");
  expect(client.call("TTL", "k")).toBe(100);
  expect(client.call("GETSET", "k", "d")).toBe("c");
  expect(client.call("TTL", "k")).toBe(-1);
  expect(client.call("PSETEX", "k", 2500, "e")).toBe("OK");
  expect(client.call("PTTL", "k")).toBe(2500);
  expect(client.call("GETSET", "none", "f")).toBeNull();
  expect(client.call("SETEX", "k", 0, "x")).toBe("ERR invalid expire time in 'setex' command");
  expect(client.call("PSETEX", "k", "x", "x")).toBe("ERR value is not an integer or out of range");
});

test("a blind SETEX reads nothing", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.call("HSET", "h", "f", "v");
  const { missesTotal, hitsTotal } = node.kv.evaluator.cacheStatistics;
  expect(client.call("SETEX", "h", 10, "v")).toBe("OK");
  expect(client.call("SETEX", "new", 10, "v")).toBe("OK");
  expect(node.kv.evaluator.cacheStatistics).toMatchObject({ missesTotal, hitsTotal });
});

test("GETDEL and GETEX", () => {
  const client = new RedisNode().connect();
  client.call("SET", "k", "v");
  expect(client.call("GETEX", "k", "EX", 100)).toBe("v");
  expect(client.call("GETEX", "k")).toBe("v");
  expect(client.call("TTL", "k")).toBe(100);
  expect(client.call("GETEX", "k", "PERSIST")).toBe("v");
  expect(client.call("TTL", "k")).toBe(-1);
  expect(client.call("GETEX", "k", "EX", 1, "EX", 200)).toBe("v");
  expect(client.call("TTL", "k")).toBe(200);
  expect(client.call("GETEX", "k", "EX", 1, "PX", 200)).toBe("ERR syntax error");
  expect(client.call("GETEX", "k", "EXAT", 1)).toBe("v");
  expect(client.call("EXISTS", "k")).toBe(0);
  expect(client.call("GETEX", "k", "EX", 0)).toBeNull();
  client.call("SET", "k", "v");
  expect(client.call("GETDEL", "k")).toBe("v");
  expect(client.call("GETDEL", "k")).toBeNull();
  client.call("HSET", "h", "f", "v");
  for (const words of [
    ["GETDEL", "h"],
    ["GETEX", "h"],
    ["GETEX", "h", "PERSIST"],
    ["GETSET", "h", "v"],
  ]) {
    expect(client.call(...words)).toMatch(/^WRONGTYPE/);
  }
  expect(client.call("TYPE", "h")).toBe("hash");
});

test("MSETNX sets all or nothing", () => {
  const client = new RedisNode().connect();
  expect(client.call("MSETNX", "a", 1, "b", 2)).toBe(1);
  expect(client.call("MSETNX", "b", 3, "c", 4)).toBe(0);
  expect(client.call("MGET", "a", "b", "c")).toEqual(["1", "2", null]);
  expect(client.call("MSETNX", "c")).toMatch(/wrong number of arguments for 'msetnx'/);
  expect(client.call("MSETNX", "c", 1, "d")).toMatch(/wrong number of arguments for 'msetnx'/);
});

test("SUBSTR is GETRANGE", () => {
  const client = new RedisNode().connect();
  client.call("SET", "k", "This is a string");
  expect(client.call("SUBSTR", "k", 0, 3)).toBe("This");
  expect(client.call("SUBSTR", "k", -3, -1)).toBe("ing");
  expect(client.call("SUBSTR", "none", 0, -1)).toBe("");
});
