import { CommandParser, encodeCommand, ParseStatus } from "../../../src/resp/index";
import { byteByByte, bytes, cut, drain, parse } from "./parsing";

const PIPELINE = Buffer.concat([
  encodeCommand(["SET", "key", "v\r\n\0\xff"]),
  bytes("\r\nPING\r\n*0\r\n*-1\r\n"),
  encodeCommand(["MSET", ...Array.from({ length: 24 }, (_, index) => `item ${index}`)]),
  encodeCommand(["GET", ""]),
  bytes("ECHO 'a b' \"c\\x41\"\n"),
  encodeCommand(["SET", "big", "y".repeat(3000)]),
]);
const COMMANDS = [
  ["SET", "key", "v\r\n\0\xff"],
  ["PING"],
  ["MSET", ...Array.from({ length: 24 }, (_, index) => `item ${index}`)],
  ["GET", ""],
  ["ECHO", "a b", "cA"],
  ["SET", "big", "y".repeat(3000)],
];

describe("framing", () => {
  test("a pipeline in one chunk", () => {
    expect(parse([PIPELINE])).toEqual({ commands: COMMANDS, error: "", pendingBytes: 0 });
  });

  test("byte by byte", () => {
    expect(parse(byteByByte(PIPELINE))).toEqual({ commands: COMMANDS, error: "", pendingBytes: 0 });
  });

  test("cut at each place", () => {
    for (let at = 0; at <= PIPELINE.length; at++) {
      expect(parse(cut(PIPELINE, [at])).commands).toEqual(COMMANDS);
    }
  });

  test("chunks that wait behind one another", () => {
    const parser = new CommandParser();
    for (const chunk of byteByByte(PIPELINE)) parser.push(chunk);
    expect(parser.pendingBytes).toBe(PIPELINE.length);
    const commands: string[][] = [];
    expect(drain(parser, commands)).toBe(ParseStatus.needMore);
    expect(commands).toEqual(COMMANDS);
    expect(parser.pendingBytes).toBe(0);
  });

  test("a chunk that comes in the middle of draining", () => {
    const parser = new CommandParser();
    parser.push(PIPELINE);
    expect(parser.next()).toBe(ParseStatus.command);
    parser.push(PIPELINE);
    const commands: string[][] = [];
    drain(parser, commands);
    expect(commands).toEqual([...COMMANDS.slice(1), ...COMMANDS]);
  });

  test("a thousand commands in a chunk", () => {
    const one = encodeCommand(["INCR", "counter"]);
    const { commands } = parse([Buffer.concat(Array<Buffer>(1000).fill(one))]);
    expect(commands).toHaveLength(1000);
  });

  test("next without new bytes says needMore again, anywhere in a command", () => {
    const stream = encodeCommand(["SET", "key", "value"]);
    for (let at = 0; at < stream.length; at++) {
      const parser = new CommandParser();
      parser.push(Buffer.from(stream.subarray(0, at)));
      expect([parser.next(), parser.next()]).toEqual([ParseStatus.needMore, ParseStatus.needMore]);
      parser.push(Buffer.from(stream.subarray(at)));
      expect(parser.next()).toBe(ParseStatus.command);
      expect(parser.args.string(2)).toBe("value");
    }
  });

  test("an empty chunk changes nothing", () => {
    expect(parse([bytes(""), bytes("PI"), bytes(""), bytes("NG\r\n")]).commands).toEqual([["PING"]]);
  });

  test("more than a million arguments", () => {
    const count = 1_100_000;
    const stream = bytes(`*${count}\r\n${"$1\r\nx\r\n".repeat(count)}PING\r\n`);
    const parser = new CommandParser();
    const chunkBytes = 65_536;
    for (let at = 0; at < stream.length; at += chunkBytes) {
      parser.push(Buffer.from(stream.subarray(at, at + chunkBytes)));
      if (at + chunkBytes < stream.length) expect(parser.next()).toBe(ParseStatus.needMore);
    }
    expect(parser.next()).toBe(ParseStatus.command);
    expect(parser.args.count).toBe(count);
    expect(parser.args.string(count - 1)).toBe("x");
    expect(parser.next()).toBe(ParseStatus.command);
    expect(parser.args.string(0)).toBe("PING");
  });

  test("a million waiting chunks of one byte are drained", () => {
    const parser = new CommandParser();
    const one = [...encodeCommand(["PING"])].map((byte) => Buffer.from([byte]));
    for (let round = 0; round < 70_000; round++) for (const chunk of one) parser.push(chunk);
    let count = 0;
    while (parser.next() === ParseStatus.command) count++;
    expect(count).toBe(70_000);
  });
});

describe("ownership", () => {
  test("a command within a chunk is offsets into it", () => {
    const parser = new CommandParser();
    const chunk = encodeCommand(["GET", "key"]);
    parser.push(chunk);
    expect(parser.next()).toBe(ParseStatus.command);
    expect(parser.args.buffer).toBe(chunk);
    expect(chunk.subarray(parser.args.start(1), parser.args.end(1)).toString()).toBe("key");
    expect(parser.args.length(1)).toBe(3);
  });

  test("a command in the middle of a chunk that follows a spanning one is too", () => {
    const stream = Buffer.concat([encodeCommand(["GET", "first"]), encodeCommand(["GET", "second"])]);
    const [head, tail] = cut(stream, [20]);
    const parser = new CommandParser();
    parser.push(head!);
    expect(parser.next()).toBe(ParseStatus.needMore);
    parser.push(tail!);
    expect(parser.next()).toBe(ParseStatus.command);
    expect(parser.args.buffer).not.toBe(tail);
    expect(parser.args.string(1)).toBe("first");
    expect(parser.next()).toBe(ParseStatus.command);
    expect(parser.args.buffer).toBe(tail);
    expect(parser.args.string(1)).toBe("second");
  });

  test("detached arguments outlive what comes after them", () => {
    for (const chunks of [[PIPELINE, PIPELINE], byteByByte(PIPELINE), cut(PIPELINE, [7, 40, 41, 300])]) {
      const parser = new CommandParser();
      const kept = [];
      for (const chunk of chunks) {
        parser.push(chunk);
        while (parser.next() === ParseStatus.command) kept.push(parser.args.detach());
      }
      const texts = kept.map((args) => Array.from({ length: args.count }, (_, index) => args.string(index)));
      expect(texts.slice(0, COMMANDS.length)).toEqual(COMMANDS);
    }
  });

  test("an idle parser holds no bytes", () => {
    const parser = new CommandParser();
    parser.push(PIPELINE);
    drain(parser, []);
    expect(parser.args.buffer.length).toBe(0);
    expect(parser.pendingBytes).toBe(0);
  });

  test("a half-sent command holds its own bytes only", () => {
    const parser = new CommandParser();
    parser.push(Buffer.concat([PIPELINE, bytes("*2\r\n$3\r\nGE")]));
    drain(parser, []);
    expect(parser.args.buffer.length).toBe(0);
    expect(parser.pendingBytes).toBe(10);
  });
});

describe("memory", () => {
  test("announcing 512 MB costs nothing", () => {
    const before = process.memoryUsage().arrayBuffers;
    const parsers = Array.from({ length: 20 }, () => new CommandParser());
    for (const parser of parsers) {
      parser.push(bytes("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc"));
      expect(parser.next()).toBe(ParseStatus.needMore);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  test("announcing two billion arguments costs nothing", () => {
    const before = process.memoryUsage().arrayBuffers;
    const parser = new CommandParser();
    parser.push(bytes("*2147483647\r\n$1\r\nx\r\n"));
    expect(parser.next()).toBe(ParseStatus.needMore);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  test("a large argument takes at most four times what has come, and in the end its size", () => {
    const length = 8 << 20;
    const parser = new CommandParser();
    const before = process.memoryUsage().arrayBuffers;
    parser.push(bytes(`*2\r\n$4\r\nECHO\r\n$${length}\r\n`));
    expect(parser.next()).toBe(ParseStatus.needMore);
    const chunk = Buffer.alloc(1 << 20, 0x61);
    parser.push(chunk);
    expect(parser.next()).toBe(ParseStatus.needMore);
    // The first buffer may wait for the collector; the chunk itself is counted too.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(6.5 * (1 << 20));
    for (let at = 1; at < 8; at++) {
      parser.push(chunk);
      expect(parser.next()).toBe(ParseStatus.needMore);
    }
    expect(parser.pendingBytes).toBeGreaterThan(length);
    parser.push(bytes("\r\n"));
    expect(parser.next()).toBe(ParseStatus.command);
    expect(parser.args.length(1)).toBe(length);
    expect(parser.args.buffer.length).toBeLessThan(length + 64);
    expect(parser.args.string(1)).toBe("a".repeat(length));
  });

  test("the offsets of a huge command are let go", () => {
    const parser = new CommandParser();
    parser.push(encodeCommand(["MSET", ...Array<string>(4000).fill("x")]));
    drain(parser, []);
    expect(parser.args.offsets.length).toBeLessThanOrEqual(128);
  });
});

describe("limits of its own", () => {
  const limits = { maxQueryBytes: 1000 };
  const words = "Protocol error: query exceeds the limit of the query buffer";

  test.each([
    ["one large argument", encodeCommand(["ECHO", "x".repeat(1000)])],
    ["an announcement", bytes("*2\r\n$4\r\nECHO\r\n$990\r\n")],
    ["many small arguments", encodeCommand(Array<string>(100).fill(""))],
  ])("%s, in one chunk or in many", (_, stream) => {
    expect(parse([stream], limits).error).toBe(words);
    expect(parse(byteByByte(stream), limits).error).toBe(words);
  });

  test("commands below the limit pass, however many", () => {
    const stream = Buffer.concat(Array<Buffer>(100).fill(encodeCommand(["ECHO", "x".repeat(900)])));
    expect(parse([stream], limits).commands).toHaveLength(100);
    expect(parse(byteByByte(stream), limits).commands).toHaveLength(100);
  });

  test("limits must be positive integers", () => {
    expect(() => new CommandParser({ maxBulkBytes: 0 })).toThrow(/maxBulkBytes/);
    expect(() => new CommandParser({ maxQueryBytes: 2 ** 31 })).toThrow(/maxQueryBytes/);
    expect(() => new CommandParser({ maxArguments: 1.5 })).toThrow(/maxArguments/);
  });
});

describe("before authentication", () => {
  const narrow = (stream: Buffer): CommandParser => {
    const parser = new CommandParser();
    parser.setAuthenticated(false);
    parser.push(stream);
    return parser;
  };

  test("ten arguments of 16 KiB are taken", () => {
    const parser = narrow(encodeCommand(["AUTH", ...Array<string>(9).fill("x".repeat(16_384))]));
    expect(parser.next()).toBe(ParseStatus.command);
  });

  test("eleven arguments are not", () => {
    const parser = narrow(encodeCommand(Array<string>(11).fill("x")));
    expect(parser.next()).toBe(ParseStatus.failed);
    expect(parser.error).toBe("Protocol error: unauthenticated multibulk length");
  });

  test("a longer argument is not", () => {
    const parser = narrow(encodeCommand(["AUTH", "x".repeat(16_385)]));
    expect(parser.next()).toBe(ParseStatus.failed);
    expect(parser.error).toBe("Protocol error: unauthenticated bulk length");
  });

  test("afterwards both are", () => {
    const parser = narrow(encodeCommand(["AUTH", "x"]));
    expect(parser.next()).toBe(ParseStatus.command);
    parser.setAuthenticated(true);
    parser.push(encodeCommand(Array<string>(11).fill("x".repeat(16_385))));
    expect(parser.next()).toBe(ParseStatus.command);
  });
});
