import {
  PushReply,
  type Reply,
  ReplyCounter,
  ReplyError,
  ReplyParser,
  type ReplyParserOptions,
  TypedReply,
} from "../../../src/resp/index";
import { byteByByte, bytes, cut } from "./parsing";

function read(chunks: readonly Buffer[], options?: ReplyParserOptions): Reply[] {
  const parser = new ReplyParser(options);
  const replies: Reply[] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    for (let reply = parser.next(); reply !== undefined; reply = parser.next()) replies.push(reply);
  }
  return replies;
}

const REPLIES: [string, Reply][] = [
  ["+OK\r\n", "OK"],
  ["+\r\n", ""],
  ["-ERR wrong\r\n", new ReplyError("ERR wrong")],
  [":42\r\n", 42],
  [":-9223372036854775808\r\n", -(2n ** 63n)],
  ["$5\r\na\r\nb\xff\r\n", "a\r\nb\xff"],
  ["$0\r\n\r\n", ""],
  ["$-1\r\n", null],
  ["*-1\r\n", null],
  ["_\r\n", null],
  ["*0\r\n", []],
  ["*3\r\n:1\r\n*2\r\n+a\r\n*0\r\n$1\r\nb\r\n", [1, ["a", []], "b"]],
  [
    "%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n",
    new Map<Reply, Reply>([
      ["a", 1],
      ["b", new Map()],
    ]),
  ],
  ["~2\r\n+a\r\n:1\r\n", new Set<Reply>(["a", 1])],
  [">2\r\n+message\r\n+x\r\n", new PushReply(["message", "x"])],
  [",1.5\r\n", 1.5],
  [",inf\r\n", Infinity],
  [",-inf\r\n", -Infinity],
  [",nan\r\n", NaN],
  ["#t\r\n", true],
  ["#f\r\n", false],
  ["(123456789012345678901234567890\r\n", 123456789012345678901234567890n],
  ["=7\r\ntxt:abc\r\n", "abc"],
  ["!8\r\nERR a\r\nb\r\n", new ReplyError("ERR a\r\nb")],
  ["|1\r\n+ttl\r\n:3\r\n:7\r\n", 7],
  ["*2\r\n|1\r\n+ttl\r\n*1\r\n:3\r\n:7\r\n:8\r\n", [7, 8]],
];

const STREAM = bytes(REPLIES.map(([text]) => text).join(""));
const VALUES = REPLIES.map(([, value]) => value);

test.each(REPLIES)("%j", (text, value) => {
  expect(read([bytes(text)])).toEqual([value]);
  expect(read(byteByByte(bytes(text)))).toEqual([value]);
});

test("a stream cut anywhere", () => {
  expect(read([STREAM])).toEqual(VALUES);
  expect(read(byteByByte(STREAM))).toEqual(VALUES);
  for (let at = 0; at <= STREAM.length; at++) expect(read(cut(STREAM, [at]))).toEqual(VALUES);
});

test("chunks may be reused after they were read", () => {
  const chunk = Buffer.from(STREAM);
  const replies = read([chunk], { buffers: true });
  const before = replies.map((reply) => (Buffer.isBuffer(reply) ? reply.toString("latin1") : ""));
  chunk.fill(0);
  expect(replies.map((reply) => (Buffer.isBuffer(reply) ? reply.toString("latin1") : ""))).toEqual(before);
  expect(before).toContain("a\r\nb\xff");
});

test("typed replies keep the wire's types and order", () => {
  const typed = read([bytes("%1\r\n+OK\r\n*2\r\n$2\r\nOK\r\n$-1\r\n")], { typed: true });
  const array = new TypedReply("*", [new TypedReply("$", "OK"), new TypedReply("$", null)]);
  expect(typed).toEqual([new TypedReply("%", [new TypedReply("+", "OK"), array])]);
});

test("the code of an error", () => {
  expect(new ReplyError("WRONGTYPE Operation against").code).toBe("WRONGTYPE");
  expect(new ReplyError("NOAUTH").code).toBe("NOAUTH");
});

test("deep nesting and a large value in small chunks", () => {
  const depth = 100_000;
  let reply = read([bytes("*1\r\n".repeat(depth) + ":1\r\n")])[0];
  for (let level = 0; level < depth; level++) reply = (reply as Reply[])[0];
  expect(reply).toBe(1);
  const value = "v".repeat(3_000_000);
  const stream = bytes(`$${value.length}\r\n${value}\r\n+OK\r\n`);
  const offsets = Array.from({ length: 3000 }, (_, index) => index * 1000);
  expect(read(cut(stream, offsets))).toEqual([value, "OK"]);
});

test.each(["hello\r\n", "$x\r\n", "$-2\r\n", "*1a\r\n", ":1.5\r\n", ",x\r\n", "(\r\n", "+a\n", "\n", "\r\n"])(
  "%j is no reply",
  (text) => {
    expect(() => read([bytes(text)])).toThrow(expect.objectContaining({ code: "BAD_REPLY" }));
  },
);

describe("counting", () => {
  const pushes = 1;
  const errors = 2;

  test("a stream cut anywhere", () => {
    const halves = Array.from({ length: STREAM.length }, (_, at) => cut(STREAM, [at]));
    for (const chunks of [byteByByte(STREAM), ...halves]) {
      const counter = new ReplyCounter();
      let returned = 0;
      for (const chunk of chunks) returned += counter.push(chunk);
      expect(counter.replies).toBe(REPLIES.length - pushes);
      expect(returned).toBe(counter.replies);
      expect(counter.errors).toBe(errors);
      expect(counter.firstError).toBe("ERR wrong");
    }
  });

  test("an incomplete reply is not counted", () => {
    const counter = new ReplyCounter();
    expect(counter.push(bytes("*2\r\n:1\r\n$3\r\nab"))).toBe(0);
    expect(counter.push(bytes("c\r"))).toBe(0);
    expect(counter.push(bytes("\n+OK\r\n+O"))).toBe(2);
  });

  test("an error within an array is not a reply's", () => {
    const counter = new ReplyCounter();
    counter.push(bytes("*2\r\n-ERR inner\r\n:1\r\n"));
    expect([counter.replies, counter.errors, counter.firstError]).toEqual([1, 0, ""]);
  });

  test("other bytes are refused", () => {
    expect(() => new ReplyCounter().push(bytes("HTTP/1.1"))).toThrow(
      expect.objectContaining({ code: "BAD_REPLY" }),
    );
  });
});
