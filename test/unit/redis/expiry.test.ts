// Times to live: 64-bit arithmetic, options, and what a clock that moves does to keys.
import { RedisNode } from "./redis-node";

const INVALID = (name: string): string => `ERR invalid expire time in '${name}' command`;

test("times beyond 2^53 ms are kept as 2^53 - 1", () => {
  const node = new RedisNode();
  const client = node.connect();
  const latest = Number.MAX_SAFE_INTEGER - node.kv.clock.wall;
  expect(client.pipeline(["SET", "k", "v", "PXAT", "9223372036854775807"], ["PTTL", "k"])).toEqual([
    "OK",
    latest,
  ]);
  expect(client.pipeline(["EXPIREAT", "k", "9223372036854775"], ["PTTL", "k"])).toEqual([1, latest]);
  expect(client.pipeline(["EXPIRE", "k", "9223372036854775"], ["TTL", "k"])).toEqual([
    INVALID("expire"),
    expect.any(Number),
  ]);
  expect(client.pipeline(["EXPIREAT", "k", "-9223372036854775"], ["EXISTS", "k"])).toEqual([1, 0]);
});

test("64-bit overflow is told with the command's name", () => {
  const client = new RedisNode().connect();
  client.call("SET", "k", "v");
  expect(client.call("SET", "k", "v", "PX", "9223372036854775807")).toBe(INVALID("set"));
  expect(client.call("EXPIRE", "k", "9223372036854775807")).toBe(INVALID("expire"));
  expect(client.call("PEXPIRE", "k", "9223372036854775807")).toBe(INVALID("pexpire"));
  expect(client.call("EXPIREAT", "k", "-9223372036854775808")).toBe(INVALID("expireat"));
  expect(client.call("PEXPIREAT", "k", "9223372036854775808")).toBe(
    "ERR value is not an integer or out of range",
  );
  expect(client.call("TTL", "k")).toBe(-1);
});

test("a key lives until its moment and not longer", () => {
  const node = new RedisNode();
  const client = node.connect();
  expect(client.pipeline(["SET", "k", "v", "PX", 1500], ["PTTL", "k"], ["TTL", "k"])).toEqual([
    "OK",
    1500,
    2,
  ]);
  node.kv.clock.wall += 1499;
  expect(client.pipeline(["GET", "k"], ["PTTL", "k"], ["TTL", "k"])).toEqual(["v", 1, 0]);
  node.kv.clock.wall += 1;
  expect(client.pipeline(["GET", "k"], ["PTTL", "k"], ["TTL", "k"], ["PERSIST", "k"])).toEqual([
    null,
    -2,
    -2,
    0,
  ]);
});

test("NX, XX, GT and LT compare with the present time to live", () => {
  const client = new RedisNode().connect();
  client.call("SET", "k", "v");
  const set = (seconds: number, ...options: string[]): unknown =>
    client.call("EXPIRE", "k", seconds, ...options);
  expect([set(100, "XX"), set(100, "GT"), set(100, "NX"), set(200, "NX")]).toEqual([0, 0, 1, 0]);
  expect([set(50, "GT"), set(100, "GT"), set(150, "GT"), set(200, "LT"), set(120, "LT", "XX")]).toEqual([
    0, 0, 1, 0, 1,
  ]);
  expect(client.pipeline(["TTL", "k"], ["PERSIST", "k"], ["TTL", "k"])).toEqual([120, 1, -1]);
  expect([set(100, "LT"), set(-1, "LT")]).toEqual([1, 1]);
  expect(client.call("EXISTS", "k")).toBe(0);
});

test("SET drops the time to live, KEEPTTL and changes of a value keep it", () => {
  const client = new RedisNode().connect();
  const ttl = (): unknown => client.call("TTL", "k");
  client.call("SET", "k", "v", "EX", 100);
  client.call("SET", "k", "w", "KEEPTTL");
  expect(ttl()).toBe(100);
  client.pipeline(["APPEND", "k", "x"], ["SETRANGE", "k", 70_000, "y"], ["APPEND", "k", "z"]);
  expect(ttl()).toBe(100);
  client.call("SET", "k", "w");
  expect(ttl()).toBe(-1);
  client.pipeline(
    ["DEL", "k"],
    ["HSET", "k", "f", "v"],
    ["EXPIRE", "k", 60],
    ["HSET", "k", "g", "v"],
    ["HDEL", "k", "f"],
  );
  expect(ttl()).toBe(60);
});

test("an expired hash is another incarnation when its key is used again", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.pipeline(["HSET", "h", "old", 1], ["PEXPIRE", "h", 10]);
  node.kv.clock.wall += 10;
  expect(client.pipeline(["HSET", "h", "new", 2], ["HGETALL", "h"], ["TTL", "h"])).toEqual([
    1,
    ["new", "2"],
    -1,
  ]);
});
