// The client's side, as the load generator uses it: counting replies, and reading them. One operation is one reply.
import { ReplyCounter, ReplyParser } from "../../src/resp/index";
import { sink } from "./suite";
import type { MicroSuite, MicroTask } from "./suite";

const CHUNK_BYTES = 65_536;

function chunkOf(reply: string): { replies: Buffer; count: number } {
  const count = Math.floor(CHUNK_BYTES / reply.length);
  return { replies: Buffer.from(reply.repeat(count)), count };
}

function counting(name: string, reply: string): MicroTask {
  const counter = new ReplyCounter();
  const { replies, count } = chunkOf(reply);
  return {
    name,
    operations: count,
    run: () => {
      sink.sum += counter.push(replies);
    },
  };
}

function reading(name: string, reply: string): MicroTask {
  const parser = new ReplyParser();
  const { replies, count } = chunkOf(reply);
  return {
    name,
    operations: count,
    run: () => {
      parser.push(replies);
      while (parser.next() !== undefined) sink.sum++;
    },
  };
}

export const suite: MicroSuite = {
  name: "client",
  title: "A client's side, a reply",
  prepare: () => {
    const bulk = `$64\r\n${"x".repeat(64)}\r\n`;
    return {
      tasks: [
        counting("counter, +OK", "+OK\r\n"),
        counting("counter, bulk of 64 B", bulk),
        reading("parser, +OK", "+OK\r\n"),
        reading("parser, bulk of 64 B", bulk),
      ],
    };
  },
};
