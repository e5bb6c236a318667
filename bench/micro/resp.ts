// Micro-benchmarks of resp/: commands in, replies out, and the client's readers. One operation is one command or one
// reply. node build/bench/micro/resp.js [--tiny]
import {
  CommandParser,
  encodeCommand,
  OutputBlockPool,
  ParseStatus,
  ReplyCounter,
  ReplyParser,
  ReplyWriter,
} from "../../src/resp/index";
import { type Measured, measure, report } from "./resp-measure";

/** What Node's sockets deliver at most at once. */
const CHUNK_BYTES = 65_536;
const KEY = "key:000000000001";
const VALUE = "x".repeat(64);
/** So that nothing is optimised away. */
let sink = 0;

function pipelined(command: Buffer): Buffer {
  return Buffer.concat(Array<Buffer>(Math.floor(CHUNK_BYTES / command.length)).fill(command));
}

function parsing(
  name: string,
  chunks: readonly Buffer[],
  look?: (parser: CommandParser) => number,
): Measured {
  const parser = new CommandParser();
  return measure(name, (repetitions) => {
    let commands = 0;
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const chunk of chunks) {
        parser.push(chunk);
        while (parser.next() === ParseStatus.command) {
          commands++;
          sink += look === undefined ? parser.args.count : look(parser);
        }
      }
    }
    return commands;
  });
}

const set = encodeCommand(["SET", KEY, VALUE]);
const get = encodeCommand(["GET", KEY]);
const mset = encodeCommand(["MSET", ...Array<string>(20).fill(KEY)]);
const large = encodeCommand(["SET", KEY, "x".repeat(1 << 20)]);

function inChunks(stream: Buffer, bytes: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < stream.length; at += bytes) chunks.push(stream.subarray(at, at + bytes));
  return chunks;
}

report("Parsing, a command", [
  parsing("SET, 64 B, pipelined", [pipelined(set)]),
  parsing("GET, pipelined", [pipelined(get)]),
  parsing(
    "GET, pipelined, name and key as strings",
    [pipelined(get)],
    ({ args }) => args.string(0).length + args.string(1).length,
  ),
  parsing("INCR, pipelined", [pipelined(encodeCommand(["INCR", "counter:1"]))]),
  parsing("MSET of 10 pairs, pipelined", [pipelined(mset)]),
  parsing("SET, one a chunk", [set]),
  parsing("GET, one a chunk", [get]),
  parsing(
    "SET, pipelined, chunks of 10,007 B",
    inChunks(Buffer.concat(Array<Buffer>(8).fill(pipelined(set))), 10_007),
  ),
  parsing("SET, byte by byte", inChunks(set, 1)),
  parsing("SET, 1 MiB, chunks of 64 KiB", inChunks(large, CHUNK_BYTES)),
  parsing("inline PING, one a chunk", [Buffer.from("PING\r\n")]),
  parsing("inline SET with quotes, one a chunk", [Buffer.from('SET key "a value"\r\n')]),
]);

/** Hands over every 16 replies, as a pipeline of 16 does. */
function writing(name: string, write: (writer: ReplyWriter, round: number) => void, replies = 16): Measured {
  const pool = new OutputBlockPool();
  const writer = new ReplyWriter(pool);
  return measure(name, (repetitions) => {
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (let reply = 0; reply < replies; reply++) write(writer, repetition);
      pool.release(writer.take()!);
    }
    return repetitions * replies;
  });
}

const bytes = Buffer.alloc(1024, 0x61);
const kilobyte = "y".repeat(1024);
report("Replies, 16 a block", [
  writing("ok", (writer) => writer.ok()),
  writing("ok, one a block", (writer) => writer.ok(), 1),
  writing("null", (writer) => writer.null()),
  writing("integer 0–7", (writer, round) => writer.integer(round & 7)),
  writing("integer of 6 digits", (writer, round) => writer.integer(100_000 + (round & 0xffff))),
  writing("integer of 13 digits", (writer, round) => writer.integer(1_700_000_000_000 + round)),
  writing("bulk, string of 10 B", (writer) => writer.bulk("abcdefghij")),
  writing("bulk, string of 64 B", (writer) => writer.bulk(VALUE)),
  writing("bulk, string of 1 KiB", (writer) => writer.bulk(kilobyte)),
  writing("bulk, 10 B of a buffer", (writer) => writer.bulkFrom(bytes, 0, 10)),
  writing("bulk, 64 B of a buffer", (writer) => writer.bulkFrom(bytes, 0, 64)),
  writing("bulk, 1 KiB of a buffer", (writer) => writer.bulkFrom(bytes, 0, 1024)),
  writing("error", (writer) =>
    writer.error("WRONGTYPE Operation against a key holding the wrong kind of value"),
  ),
  writing("double, RESP2", (writer, round) => writer.double(0.1 * round)),
]);

function counting(name: string, replies: Buffer): Measured {
  const counter = new ReplyCounter();
  return measure(name, (repetitions) => {
    let count = 0;
    for (let repetition = 0; repetition < repetitions; repetition++) count += counter.push(replies);
    return count;
  });
}

function reading(name: string, replies: Buffer): Measured {
  const parser = new ReplyParser();
  return measure(name, (repetitions) => {
    let count = 0;
    for (let repetition = 0; repetition < repetitions; repetition++) {
      parser.push(replies);
      while (parser.next() !== undefined) count++;
    }
    return count;
  });
}

const oks = pipelined(Buffer.from("+OK\r\n"));
const bulks = pipelined(Buffer.from(`$64\r\n${VALUE}\r\n`));
report("A client's side, a reply", [
  counting("counter, +OK", oks),
  counting("counter, bulk of 64 B", bulks),
  reading("parser, +OK", oks),
  reading("parser, bulk of 64 B", bulks),
]);

if (sink < 0) throw new Error("the sum of lengths is not negative");
