import type { Arguments } from "../../../src/resp/index";
import { CommandParser, encodeCommand } from "../../../src/resp/index";

function argumentsOf(...texts: string[]): Arguments {
  const parser = new CommandParser();
  parser.push(encodeCommand(texts));
  parser.next();
  return parser.args;
}

describe("integers are read as strictly as Redis does", () => {
  test.each([
    ["0", 0],
    ["7", 7],
    ["-1", -1],
    ["10", 10],
    ["-987654321", -987654321],
    ["999999999999999", 999_999_999_999_999],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["-9007199254740991", Number.MIN_SAFE_INTEGER],
  ])("%s", (text, value) => {
    expect(argumentsOf(text).safeInteger(0)).toBe(value);
    expect(argumentsOf(text).bigInteger(0)).toBe(BigInt(value));
  });

  test.each(["9007199254740992", "-9007199254740992", "9223372036854775807", "-9223372036854775808"])(
    "%s is an integer, but no safe one",
    (text) => {
      expect(argumentsOf(text).safeInteger(0)).toBeUndefined();
      expect(argumentsOf(text).bigInteger(0)).toBe(BigInt(text));
    },
  );

  test.each([
    ...["", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1.0", "1e3", "0x10", "a", "--1", "1-", "1\0"],
    ...["9223372036854775808", "-9223372036854775809", "99999999999999999999", "123456789012345678901"],
    ...["000000000000000000001", "12345678901234567a", "/1", ":1", "1:", "1/"],
  ])("%j is none", (text) => {
    expect(argumentsOf(text).safeInteger(0)).toBeUndefined();
    expect(argumentsOf(text).bigInteger(0)).toBeUndefined();
  });
});

test("strings of every length, from every start", () => {
  for (let length = 0; length < 40; length++) {
    const text = Array.from({ length }, (_, index) => String.fromCharCode((index * 37 + 200) & 0xff)).join(
      "",
    );
    const args = argumentsOf("x".repeat(length % 5), text, "tail");
    expect(args.string(1)).toBe(text);
    expect(args.length(1)).toBe(length);
    const target = Buffer.alloc(50, 0x2e);
    expect(args.copy(1, target, 3)).toBe(3 + length);
    expect(target.toString("latin1")).toBe(`...${text}`.padEnd(50, "."));
  }
});

test("words are compared without regard to case", () => {
  const args = argumentsOf("set", "kEePtTl", "EX ", "[\\]", "{|}", "\xe9");
  expect(args.isWord(0, "SET")).toBe(true);
  expect(args.isWord(0, "SE")).toBe(false);
  expect(args.isWord(0, "GET")).toBe(false);
  expect(args.isWord(1, "KEEPTTL")).toBe(true);
  expect(args.isWord(2, "EX")).toBe(false);
  expect(args.isWord(3, "[\\]")).toBe(true);
  expect(args.isWord(4, "[\\]")).toBe(false);
  expect(args.isWord(5, "\xc9")).toBe(false);
});
