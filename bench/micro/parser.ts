// The parser of commands: chunks as sockets deliver them, commands out. One operation is one command.
import { CommandParser, ParseStatus, encodeCommand } from "../../src/resp/index";
import { sink } from "./suite";
import type { MicroSuite, MicroTask } from "./suite";

/** What Node's sockets deliver at most at once. */
const CHUNK_BYTES = 65_536;
const KEY = "key:000000000001";
const VALUE = "x".repeat(64);

function pipelined(command: Buffer): Buffer {
  return Buffer.concat(Array<Buffer>(Math.floor(CHUNK_BYTES / command.length)).fill(command));
}

function inChunks(stream: Buffer, bytes: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < stream.length; at += bytes) chunks.push(stream.subarray(at, at + bytes));
  return chunks;
}

/** Parses the chunks `rounds` times in a call. */
function parsing(
  name: string,
  chunks: readonly Buffer[],
  rounds: number,
  look: (parser: CommandParser) => number = ({ args }) => args.count,
): MicroTask {
  const parser = new CommandParser();
  const parse = (): number => {
    let commands = 0;
    for (let round = 0; round < rounds; round++) {
      for (const chunk of chunks) {
        parser.push(chunk);
        while (parser.next() === ParseStatus.command) {
          commands++;
          sink.sum += look(parser);
        }
      }
    }
    return commands;
  };
  const operations = parse();
  return {
    name,
    operations,
    run: () => {
      parse();
    },
  };
}

function tasks(): MicroTask[] {
  const set = encodeCommand(["SET", KEY, VALUE]);
  const get = encodeCommand(["GET", KEY]);
  const mset = encodeCommand(["MSET", ...Array<string>(20).fill(KEY)]);
  const large = encodeCommand(["SET", KEY, "x".repeat(1 << 20)]);
  const stream = Buffer.concat(Array<Buffer>(8).fill(pipelined(set)));
  return [
    parsing("SET, 64 B, pipelined", [pipelined(set)], 1),
    parsing("GET, pipelined", [pipelined(get)], 1),
    parsing(
      "GET, pipelined, name and key as strings",
      [pipelined(get)],
      1,
      ({ args }) => args.string(0).length + args.string(1).length,
    ),
    parsing("INCR, pipelined", [pipelined(encodeCommand(["INCR", "counter:1"]))], 1),
    parsing("MSET of 10 pairs, pipelined", [pipelined(mset)], 1),
    parsing("SET, one a chunk", [set], 256),
    parsing("GET, one a chunk", [get], 256),
    parsing("SET, pipelined, chunks of 10,007 B", inChunks(stream, 10_007), 1),
    parsing("SET, byte by byte", inChunks(set, 1), 16),
    parsing("SET, 1 MiB, chunks of 64 KiB", inChunks(large, CHUNK_BYTES), 1),
    parsing("inline PING, one a chunk", [Buffer.from("PING\r\n")], 256),
    parsing("inline SET with quotes, one a chunk", [Buffer.from('SET key "a value"\r\n')], 256),
  ];
}

export const suite: MicroSuite = {
  name: "parser",
  title: "Parsing, a command",
  prepare: () => ({ tasks: tasks() }),
};
