// The queue of reads that wait for a heartbeat round.
import { Message, MessageType } from "../../../../src/raft/core/index";
import { ReadOnlyQueue } from "../../../../src/raft/core/read-only";

function request(name: string): Message {
  const message = new Message(MessageType.readIndex, 1);
  message.entries = [{ term: 0, index: 0, type: 0, data: context(name) }];
  return message;
}

function context(name: string): Uint8Array {
  return Uint8Array.from(name, (letter) => letter.charCodeAt(0));
}

test("a round confirms its read and all before it, in their order", () => {
  const queue = new ReadOnlyQueue();
  ["a", "b", "c"].forEach((name, at) => queue.add(10 + at, request(name)));
  expect(queue.lastContext()).toEqual(context("c"));
  expect(queue.confirm(context("b")).map(({ index }) => index)).toEqual([10, 11]);
  expect(queue.confirm(context("b"))).toEqual([]);
  expect(queue.lastContext()).toEqual(context("c"));
  expect(queue.confirm(context("c")).map(({ index }) => index)).toEqual([12]);
  expect(queue.lastContext()).toBeNull();
});

test("answers are counted for reads that wait, and only for them", () => {
  const queue = new ReadOnlyQueue();
  queue.add(10, request("a"));
  expect(queue.acknowledge(1, context("x"))).toBeNull();
  queue.acknowledge(1, context("a"));
  expect([...queue.acknowledge(2, context("a"))!.keys()]).toEqual([1, 2]);
});

test("the same context twice is one read, with its first index", () => {
  const queue = new ReadOnlyQueue();
  queue.add(10, request("a"));
  queue.add(99, request("a"));
  expect(queue.confirm(context("a")).map(({ index }) => index)).toEqual([10]);
  expect(queue.lastContext()).toBeNull();
});
