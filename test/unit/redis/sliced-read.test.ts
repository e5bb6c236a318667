// Replies in slices and their clients: one that reads slowly gets all of it in parts, one that goes takes nothing with it,
// one that reads late sees the moment at which it asked.
import { RedisNode } from "./redis-node";
import type { CommandClient } from "./redis-node";

const MIB = 1024 * 1024;
const LIMIT = MIB;
const LONG_BYTES = 12 * MIB;

/** A database with a long string, mostly never written to, and a large hash. */
function populated(): { node: RedisNode; client: CommandClient } {
  const node = new RedisNode({ outputLimitBytes: LIMIT });
  const client = node.connect();
  client.pipeline(["SETRANGE", "s", 6 * MIB, "middle"], ["SETRANGE", "s", LONG_BYTES - 1, "e"]);
  const fields = Array.from({ length: 8000 }, (_, i) => [`field:${10_000 + i}`, "v".repeat(200)]).flat();
  for (let i = 0; i < fields.length; i += 4000) client.call("HSET", "h", ...fields.slice(i, i + 4000));
  return { node, client };
}

/** With the bytes of all texts in the reply. */
const COMMANDS: readonly (readonly [name: string, words: readonly string[], replyBytes: number])[] = [
  ["GET", ["GET", "s"], LONG_BYTES],
  ["GETRANGE", ["GETRANGE", "s", "5", "-5"], LONG_BYTES - 9],
  ["MGET", ["MGET", "s", "none", "s"], 2 * LONG_BYTES],
  ["HGETALL", ["HGETALL", "h"], 8000 * 211],
];

test.each(COMMANDS)("%s goes in parts, as fast as its client reads", (_, words, replyBytes) => {
  const { node, client } = populated();
  const slow = node.connect();
  slow.socket.takesAll = false;
  slow.send(words, ["PING"]);
  let most = 0;
  let blocks = 0;
  const replies: unknown[] = [];
  for (let turn = 0; replies.length < 2; turn++) {
    node.turn();
    most = Math.max(most, node.pool.lentBytes);
    if (turn % 7 !== 0) continue;
    slow.drain();
    blocks += slow.socket.received.length;
    replies.push(...slow.taken());
  }
  expect(sizeOf(replies[0])).toBe(replyBytes);
  expect(replies[1]).toBe("PONG");
  expect(blocks).toBeGreaterThan(3);
  expect(most).toBeLessThan(LIMIT + 6 * MIB);
  expect(client.call("STRLEN", "s")).toBe(LONG_BYTES);
});

function sizeOf(reply: unknown): number {
  if (Array.isArray(reply)) return reply.reduce((sum: number, item: unknown) => sum + sizeOf(item), 0);
  return typeof reply === "string" ? reply.length : 0;
}

test.each(COMMANDS)("%s is given up when its client goes", (_, words) => {
  for (const turns of [0, 1, 3]) {
    const { node, client } = populated();
    const gone = node.connect();
    gone.socket.takesAll = false;
    gone.send(words, ["PING"]);
    for (let i = 0; i < turns; i++) node.turn();
    gone.socket.take();
    gone.close();
    for (let i = 0; i < 10; i++) node.turn();
    expect(node.pool.lentBytes).toBe(0);
    expect(node.kv.storage.statistics()["pinnedSnapshots"]).toBe(0);
    expect(client.call("PING")).toBe("PONG");
  }
});

test("what is written while a reply is in slices does not show in it", () => {
  const { node, client } = populated();
  const reader = node.connect();
  reader.socket.takesAll = false;
  reader.send(["HGETALL", "h"]);
  for (let i = 0; i < 3; i++) node.turn();
  client.pipeline(["DEL", "h"], ["HSET", "h", "field:10001", "new"]);
  const replies: unknown[] = [];
  while (replies.length === 0) {
    node.turn();
    reader.drain();
    replies.push(...reader.taken());
  }
  const items = replies[0] as string[];
  expect(items).toHaveLength(16_000);
  expect(items).not.toContain("new");
});

test("where a key has expired, nothing goes before the time is fixed", () => {
  const { node, client } = populated();
  client.call("SET", "short", "x", "PX", 10);
  node.kv.clock.wall += 10;
  const [first, none] = client.call("MGET", "s", "short") as (string | null)[];
  expect(first).toHaveLength(LONG_BYTES);
  expect(none).toBeNull();
  node.kv.clock.wall -= 10;
  expect(client.call("EXISTS", "short")).toBe(0);
});

test.each(["DBSIZE", "INFO"])("a count of a client that goes is called off (%s)", (command) => {
  const { node } = populated();
  const gone = node.connect();
  gone.send([command]);
  expect(node.kv.storage.statistics()["pinnedSnapshots"]).toBe(1);
  gone.close();
  expect(node.kv.storage.statistics()["pinnedSnapshots"]).toBe(0);
  node.turn();
});
