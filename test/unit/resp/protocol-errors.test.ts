// Each word and limit of the protocol, here and (where it is installed) in a real redis-server.
import { parse, byteByByte, bytes } from "./parsing";
import { LiveRedis } from "./live-redis";

interface Case {
  readonly stream: string;
  /** What commands come before the end. */
  readonly commands?: string[][];
  readonly error?: string;
}

const LINE = 65_536;
const ping = [["PING"]];

const CASES: Record<string, Case> = {
  "a simple string for an argument": { stream: "*1\r\n+PING\r\n", error: "expected '$', got '+'" },
  "a carriage return for an argument": { stream: "*1\r\n\r\n", error: "expected '$', got ' '" },
  "a line feed for an argument": { stream: "*1\r\n\n\r\n", error: "expected '$', got ' '" },
  "a high byte for an argument": { stream: "*1\r\n\xff\r\n", error: "expected '$', got '\xff'" },
  "a count within a command": { stream: "*2\r\n$4\r\nPING\r\n*1\r\n", error: "expected '$', got '*'" },
  "no count": { stream: "*\r\nPING\r\n", error: "invalid multibulk length" },
  "a count that is no number": { stream: "*a\r\n", error: "invalid multibulk length" },
  "a count with a plus": { stream: "*+1\r\n", error: "invalid multibulk length" },
  "a count with a leading zero": { stream: "*01\r\n", error: "invalid multibulk length" },
  "a count with a space": { stream: "*1 \r\n", error: "invalid multibulk length" },
  "a count over INT_MAX": { stream: "*2147483648\r\n", error: "invalid multibulk length" },
  "a count over 64 bits": { stream: "*9223372036854775808\r\n", error: "invalid multibulk length" },
  "a count below 64 bits": { stream: "*-9223372036854775809\r\n", error: "invalid multibulk length" },
  "a count of INT_MAX waits": { stream: "*2147483647\r\n" },
  "a count of zero": { stream: "*0\r\nPING\r\n", commands: ping },
  "negative counts": { stream: "*-1\r\n*-99\r\n*-9223372036854775808\r\nPING\r\n", commands: ping },
  "minus zero": { stream: "*-0\r\n", error: "invalid multibulk length" },
  "a negative length": { stream: "*1\r\n$-1\r\n", error: "invalid bulk length" },
  "a length over 512 MB": { stream: "*1\r\n$536870913\r\n", error: "invalid bulk length" },
  "a length of 512 MB waits": { stream: "*1\r\n$536870912\r\n" },
  "a length that is no number": { stream: "*1\r\n$4x\r\nPING\r\n", error: "invalid bulk length" },
  "no length": { stream: "*1\r\n$\r\n\r\n", error: "invalid bulk length" },
  "a length with a leading zero": { stream: "*1\r\n$04\r\nPING\r\n", error: "invalid bulk length" },
  "a length of many digits": { stream: `*1\r\n$${"9".repeat(30)}\r\n`, error: "invalid bulk length" },
  "nobody looks at the second byte of a line's end": {
    stream: "*1\rx$4\rxPINGzz*1\r\n$4\r\nPING\r\n",
    commands: [["PING"], ["PING"]],
  },
  "empty lines": { stream: "\r\n\n \t\r\n\r\nPING\r\n", commands: ping },
  "an inline request without a carriage return": { stream: "PING\n", commands: ping },
  "open double quotes": { stream: 'PING "a\r\n', error: "unbalanced quotes in request" },
  "open single quotes": { stream: "PING 'a\r\n", error: "unbalanced quotes in request" },
  "a backslash at the end of quotes": { stream: 'PING "a\\\r\n', error: "unbalanced quotes in request" },
  "text behind double quotes": { stream: 'PING "a"b\r\n', error: "unbalanced quotes in request" },
  "text behind single quotes": { stream: "PING 'a'b\r\n", error: "unbalanced quotes in request" },
  "the longest inline request waits": { stream: "A".repeat(LINE) },
  "a longer inline request": { stream: "A".repeat(LINE + 1), error: "too big inline request" },
  "the longest count waits": { stream: `*${"1".repeat(LINE - 1)}` },
  "a longer count": { stream: `*${"1".repeat(LINE)}`, error: "too big mbulk count string" },
  "the longest length waits": { stream: `*1\r\n$${"1".repeat(LINE - 1)}` },
  "a longer length": { stream: `*1\r\n$${"1".repeat(LINE)}`, error: "too big bulk count string" },
  "a long line instead of a length": {
    stream: `*1\r\n${"x".repeat(LINE + 1)}`,
    error: "too big bulk count string",
  },
  "commands before an error count": {
    stream: "PING\r\n*1\r\n$4\r\nPING\r\n*1\r\n$x\r\nPING\r\n",
    commands: [["PING"], ["PING"]],
    error: "invalid bulk length",
  },
};

describe.each(Object.entries(CASES))("%s", (_, { stream, commands = [], error }) => {
  const words = error === undefined ? "" : `Protocol error: ${error}`;

  test("in one chunk", () => {
    expect(parse([bytes(stream)])).toMatchObject({ commands, error: words });
  });

  test("byte by byte", () => {
    expect(parse(byteByByte(bytes(stream)))).toMatchObject({ commands, error: words });
  });

  test("nothing is accepted or held after an error", () => {
    const { commands: found, pendingBytes } = parse([bytes(stream), bytes("PING\r\nPING\r\n")]);
    if (error !== undefined) {
      expect(found).toEqual(commands);
      expect(pendingBytes).toBe(0);
    }
  });
});

test("a real redis-server says the same", async () => {
  const redis = await LiveRedis.start();
  if (redis === undefined) {
    console.log("skipped: redis-server is not installed");
    return;
  }
  try {
    for (const [name, { stream, commands = [], error }] of Object.entries(CASES)) {
      const answer = await redis.exchange(bytes(stream));
      const expected =
        "+PONG\r\n".repeat(commands.length) + (error ? `-ERR Protocol error: ${error}\r\n` : "");
      expect([name, answer]).toEqual([name, expected]);
    }
  } finally {
    await redis.stop();
  }
});
