// The writer of replies: blocks of sixteen, as a pipeline of 16 hands them over. One operation is one reply.
import { OutputBlockPool, ReplyWriter } from "../../src/resp/index";
import type { MicroSuite, MicroTask } from "./suite";

const BLOCKS = 32;
const VALUE = "x".repeat(64);

function writing(name: string, write: (writer: ReplyWriter, block: number) => void, replies = 16): MicroTask {
  const pool = new OutputBlockPool();
  const writer = new ReplyWriter(pool);
  return {
    name,
    operations: BLOCKS * replies,
    run: () => {
      for (let block = 0; block < BLOCKS; block++) {
        for (let reply = 0; reply < replies; reply++) write(writer, block);
        pool.release(writer.take()!);
      }
    },
  };
}

function tasks(): MicroTask[] {
  const bytes = Buffer.alloc(1024, 0x61);
  const kilobyte = "y".repeat(1024);
  return [
    writing("ok", (writer) => writer.ok()),
    writing("ok, one a block", (writer) => writer.ok(), 1),
    writing("null", (writer) => writer.null()),
    writing("integer 0–7", (writer, block) => writer.integer(block & 7)),
    writing("integer of 6 digits", (writer, block) => writer.integer(100_000 + (block & 0xffff))),
    writing("integer of 13 digits", (writer, block) => writer.integer(1_700_000_000_000 + block)),
    writing("bulk, string of 10 B", (writer) => writer.bulk("abcdefghij")),
    writing("bulk, string of 64 B", (writer) => writer.bulk(VALUE)),
    writing("bulk, string of 1 KiB", (writer) => writer.bulk(kilobyte)),
    writing("bulk, 10 B of a buffer", (writer) => writer.bulkFrom(bytes, 0, 10)),
    writing("bulk, 64 B of a buffer", (writer) => writer.bulkFrom(bytes, 0, 64)),
    writing("bulk, 1 KiB of a buffer", (writer) => writer.bulkFrom(bytes, 0, 1024)),
    writing("error", (writer) =>
      writer.error("WRONGTYPE Operation against a key holding the wrong kind of value"),
    ),
    writing("double, RESP2", (writer, block) => writer.double(0.1 * block)),
  ];
}

export const suite: MicroSuite = {
  name: "encoder",
  title: "Replies, 16 a block",
  prepare: () => ({ tasks: tasks() }),
};
