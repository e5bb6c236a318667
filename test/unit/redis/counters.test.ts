// Counters: reading 64-bit integers as Redis does, exact sums, and the commands around their edges.
import { integerOf, sumOf } from "../../../src/redis/commands/counters";
import { RedisNode } from "./redis-node";

const MAX = "9223372036854775807";
const MIN = "-9223372036854775808";
const NOT_INTEGER = "ERR value is not an integer or out of range";
const OVERFLOW = "ERR increment or decrement would overflow";

test.each([
  ["0", 0],
  ["7", 7],
  ["-7", -7],
  ["123456789012345", 123456789012345],
  ["-123456789012345", -123456789012345],
  ["9007199254740991", 9007199254740991],
  ["9007199254740993", 9007199254740993n],
  [MAX, 9223372036854775807n],
  [MIN, -9223372036854775808n],
])("%j is an integer", (text, value) => {
  expect(integerOf(text)).toBe(value);
});

test.each([
  "",
  "-",
  "-0",
  "00",
  "01",
  "-01",
  "+1",
  " 1",
  "1 ",
  "1.0",
  "1e3",
  "a",
  "1a",
  "0x1",
  "--1",
  "\u0661",
])("%j is no integer", (text) => {
  expect(integerOf(text)).toBeUndefined();
});

test.each(["9223372036854775808", "-9223372036854775809", "12345678901234567890123", "1234567890123456a"])(
  "%j is out of range",
  (text) => {
    expect(integerOf(text)).toBeUndefined();
  },
);

test("sums are exact and overflow where 64 bits end", () => {
  expect(sumOf(1, 2)).toBe(3);
  expect(sumOf(9007199254740991, 1)).toBe(9007199254740992n);
  expect(sumOf(9007199254740993n, -2)).toBe(9007199254740991n);
  expect(sumOf(9223372036854775806n, 1)).toBe(9223372036854775807n);
  expect(sumOf(9223372036854775807n, 1)).toBeUndefined();
  expect(sumOf(-9223372036854775808n, -1)).toBeUndefined();
});

test("INCR and its kin", () => {
  const client = new RedisNode().connect();
  expect(client.pipeline(["INCR", "n"], ["INCRBY", "n", 41], ["DECR", "n"], ["DECRBY", "n", 100])).toEqual([
    1, 42, 41, -59,
  ]);
  expect(client.call("GET", "n")).toBe("-59");
  expect(client.call("INCRBY", "n", "x")).toBe(NOT_INTEGER);
  expect(client.call("INCRBY", "n", "9223372036854775808")).toBe(NOT_INTEGER);
  expect(client.pipeline(["SET", "n", MAX], ["INCR", "n"], ["DECRBY", "n", MIN], ["GET", "n"])).toEqual([
    "OK",
    OVERFLOW,
    "ERR decrement would overflow",
    MAX,
  ]);
  expect(client.pipeline(["DECR", "n"], ["INCR", "n"])).toEqual([9223372036854775806n, 9223372036854775807n]);
  expect(client.pipeline(["SET", "n", MIN], ["DECR", "n"], ["INCRBY", "n", MAX])).toEqual([
    "OK",
    OVERFLOW,
    -1,
  ]);
  expect(
    client.pipeline(["SET", "n", "x"], ["INCR", "n"], ["SET", "n", "1".repeat(70_000)], ["INCR", "n"]),
  ).toEqual(["OK", NOT_INTEGER, "OK", NOT_INTEGER]);
});

test("a counter keeps its time to live", () => {
  const client = new RedisNode().connect();
  expect(client.pipeline(["SET", "n", 5, "EX", 100], ["INCR", "n"], ["TTL", "n"])).toEqual(["OK", 6, 100]);
});
