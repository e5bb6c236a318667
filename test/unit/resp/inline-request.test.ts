// How an inline request is split, here and (where it is installed) in a real redis-server.
import { bytes, byteByByte, parse } from "./parsing";
import { LiveRedis } from "./live-redis";

/** What PING is given → the one argument it gets. */
const ARGUMENTS: [written: string, read: string][] = [
  ["a", "a"],
  ["  a\t ", "a"],
  ["\v\fa", "a"],
  ["a\vb\fc", "a\vb\fc"],
  ['"a b"', "a b"],
  ["'a b'", "a b"],
  ['""', ""],
  ["''", ""],
  ['a"b c"', "ab c"],
  ["a'b c'", "ab c"],
  ['"a\\n\\r\\t\\b\\a\\\\\\"\\q"', 'a\n\r\t\b\x07\\"q'],
  ['"\\x00\\xfF\\x4"', "\x00\xffx4"],
  ['"\\xg1\\x"', "xg1x"],
  ["'a\\'b\\n\\\\x'", "a'b\\n\\\\x"],
  ["'a\\\\' '", "a\\' "],
  ['"it\'s"', "it's"],
  ["'say \"x\"'", 'say "x"'],
  ["\\n", "\\n"],
  ["\xe9\x80", "\xe9\x80"],
  ['"a"\v', "a"],
];

test.each(ARGUMENTS)("PING %j", (written, read) => {
  for (const end of ["\r\n", "\n"]) {
    const stream = bytes(`PING ${written}${end}`);
    expect(parse([stream]).commands).toEqual([["PING", read]]);
    expect(parse(byteByByte(stream)).commands).toEqual([["PING", read]]);
  }
});

test("a carriage return within the line separates", () => {
  expect(parse([bytes("PING a\rb\r\r\n")]).commands).toEqual([["PING", "a", "b"]]);
});

test("a NUL is a byte like others", () => {
  expect(parse([bytes("PING a\0b\r\n")]).commands).toEqual([["PING", "a\0b"]]);
});

test("a line without quotes is not copied", () => {
  const chunk = bytes("*1\r\n$4\r\nPING\r\nSET key value\r\n");
  expect(parse([chunk]).commands).toEqual([["PING"], ["SET", "key", "value"]]);
});

test("a real redis-server splits the same", async () => {
  const redis = await LiveRedis.start();
  if (redis === undefined) {
    console.log("skipped: redis-server is not installed");
    return;
  }
  try {
    for (const [written, read] of ARGUMENTS) {
      const answer = await redis.exchange(bytes(`PING ${written}\r\n`));
      expect([written, answer]).toEqual([written, `$${read.length}\r\n${read}\r\n`]);
    }
  } finally {
    await redis.stop();
  }
});
