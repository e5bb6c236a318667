// The arithmetic of INCRBYFLOAT: sums as redis-server 7.0.15 on amd64 gives them, and the edges of the format.
import { formatLongDouble, longDoubleOf, sumOfLongDoubles } from "../../../src/redis/long-double";
import { RedisNode } from "./redis-node";

function sum(a: string, b: string): string {
  const [x, y] = [longDoubleOf(a), longDoubleOf(b)];
  if (x === undefined || y === undefined) return "no float";
  const result = sumOfLongDoubles(x, y);
  if (result === undefined) return "NaN";
  return result.infinite ? "infinite" : formatLongDouble(result);
}

test.each([
  ["0.1", "0.2", "0.3"],
  ["3.0e3", "5.0e3", "8000"],
  ["1e17", "0.5", "100000000000000000.5"],
  ["10.50", "0.1", "10.6"],
  ["-5e-18", "0", "0"],
  ["4.9e-18", "0", "0"],
  ["1e-17", "0", "0.00000000000000001"],
  ["0x1.8p1", "1", "4"],
  ["1e30", "1", "1000000000000000000024696061952"],
  ["123456789012345678901234567890.5", "0", "123456789012345678899921813504"],
  ["-0.0", "-0.0", "0"],
  ["9007199254740993", "1", "9007199254740994"],
  ["18446744073709551615", "1", "18446744073709551616"],
  ["18446744073709551617", "0", "18446744073709551616"],
  ["1", "-1", "0"],
])("%s + %s is %s", (a, b, expected) => {
  expect(sum(a, b)).toBe(expected);
});

test("the ends of the format: overflow, the smallest numbers, ties", () => {
  const largest = "1.18973149535723176502e4932";
  expect(sum(largest, "0")).toHaveLength(4933);
  expect(sum(largest, largest)).toBe("infinite");
  expect(sum("1.1898e4932", "0")).toBe("no float");
  // The smallest number is 2^-16445; what rounds to zero is refused, as is what C calls a range error.
  expect(longDoubleOf("0x1p-16445")).toEqual({
    negative: false,
    mantissa: 1n,
    exponent: -16445,
    infinite: false,
  });
  expect(longDoubleOf("0x1p-16446")).toBeUndefined();
  expect(longDoubleOf("0x1.0000001p-16446")).toMatchObject({ mantissa: 1n, exponent: -16445 });
  // Halfway between two numbers of 64 bits: the even one.
  expect(sum("18446744073709551616", "1")).toBe("18446744073709551616");
  expect(sum("18446744073709551618", "1")).toBe("18446744073709551620");
  expect(sum("inf", "-inf")).toBe("NaN");
  expect(sum("infinity", "1")).toBe("infinite");
});

test.each(["", " 1", "1 ", ".", "e5", "1e", "0x", "0x.p1", "nan", "1.2.3", "--1", "1\0", "0".repeat(5120)])(
  "%j is no float",
  (text) => {
    expect(longDoubleOf(text)).toBeUndefined();
  },
);

test("INCRBYFLOAT keeps the time to live and tells what it cannot do", () => {
  const client = new RedisNode().connect();
  expect(client.call("INCRBYFLOAT", "k", "10.5")).toBe("10.5");
  client.call("EXPIRE", "k", 100);
  expect(client.call("INCRBYFLOAT", "k", "-5")).toBe("5.5");
  expect(client.call("TTL", "k")).toBe(100);
  expect(client.call("INCRBYFLOAT", "k", "x")).toBe("ERR value is not a valid float");
  expect(client.call("INCRBYFLOAT", "k", "inf")).toBe("ERR increment would produce NaN or Infinity");
  client.call("SET", "long", "1".repeat(100_000));
  expect(client.call("INCRBYFLOAT", "long", "1")).toBe("ERR value is not a valid float");
  expect(client.call("GET", "k")).toBe("5.5");
});
