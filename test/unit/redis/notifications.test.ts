// Keyspace notifications: what commands and expiry tell, when it goes out, and that nothing is told of what did not happen.
import { NotificationClass } from "../../../src/redis/notifications";
import { ConnectionNode } from "./connection-node";
import type { TestClient } from "./connection-node";

const ALL = Object.values(NotificationClass).reduce((bits, bit) => bits | bit, 0);
const EVENTS_ONLY =
  ALL & ~NotificationClass.keyspace & ~NotificationClass.newKey & ~NotificationClass.keyMiss;

function listening(keyspaceEvents: number, options = {}): { node: ConnectionNode; listener: TestClient } {
  const node = new ConnectionNode({ ...options, limits: { keyspaceEvents } });
  const listener = node.client();
  listener.send("PSUBSCRIBE __key*");
  listener.replies();
  return { node, listener };
}

/** "event key" of what has been told by event. */
function told(listener: TestClient): string[] {
  return listener
    .replies()
    .map((reply) => (reply as string[]).slice(2))
    .map(([channel, key]) => `${channel!.replace("__keyevent@0__:", "")} ${key!}`);
}

test.each([
  [["SET a 1"], ["set a"]],
  [["SET a 1 EX 100"], ["set a", "expire a"]],
  [["SET a 1 NX", "SET a 1 NX"], ["set a"]],
  [["MSET a 1 b 2"], ["set a", "set b"]],
  [
    ["APPEND a x", "APPEND a y"],
    ["append a", "append a"],
  ],
  [["SETRANGE a 2 x", "SETRANGE a 0 "], ["setrange a"]],
  [
    ["INCR a", "DECRBY a 5"],
    ["incrby a", "incrby a"],
  ],
  [
    ["HSET h f v g w", "HDEL h f", "HDEL h nothing", "HDEL h g"],
    ["hset h", "hdel h", "hdel h", "del h"],
  ],
  [
    ["MSET a 1 b 2", "DEL a b c"],
    ["set a", "set b", "del a", "del b"],
  ],
  [
    ["SET a 1", "UNLINK a"],
    ["set a", "del a"],
  ],
  [
    ["SET a 1", "EXPIRE a 10", "PERSIST a", "PERSIST a", "EXPIRE a -1", "EXPIRE a 10"],
    ["set a", "expire a", "persist a", "del a"],
  ],
  [["SET a 1", "HSET a f v", "GET a", "FLUSHALL"], ["set a"]],
  [
    ["MULTI", "SET a 1", "INCR a", "EXEC"],
    ["set a", "incrby a"],
  ],
])("%j", (commands, events) => {
  const { node, listener } = listening(EVENTS_ONLY);
  node.ask(...commands);
  expect(told(listener)).toEqual(events);
});

test("nothing is told before it is committed, nor when it is lost", () => {
  const { node, listener } = listening(EVENTS_ONLY);
  const client = node.client();
  client.send("SET a 1");
  const index = node.propose();
  expect(told(listener)).toEqual([]);
  node.commit(index);
  expect(told(listener)).toEqual(["set a"]);
  client.send("SET b 1");
  node.endTurn();
  node.evaluator.following();
  node.endTurn();
  expect(told(listener)).toEqual([]);
});

test("both channels, of the client's database", () => {
  const { node, listener } = listening(
    NotificationClass.keyspace | NotificationClass.keyevent | NotificationClass.generic,
  );
  node.ask("SELECT 3", "SET a 1", "DEL a");
  expect(listener.replies()).toEqual([
    ["pmessage", "__key*", "__keyspace@3__:a", "del"],
    ["pmessage", "__key*", "__keyevent@3__:del", "a"],
  ]);
});

test("classes alone, without a place, tell nothing", () => {
  const { node, listener } = listening(ALL & ~NotificationClass.keyspace & ~NotificationClass.keyevent);
  node.ask("SET a 1", "DEL a", "GET a");
  expect(listener.replies()).toEqual([]);
});

test("a key whose time is over is told of before what the command did, once", () => {
  const { node, listener } = listening(EVENTS_ONLY);
  node.ask("SET a 1 PX 10");
  told(listener);
  node.clock.wall += 20;
  node.ask("APPEND a x", "GET a");
  expect(told(listener)).toEqual(["expired a", "append a"]);
});

test("a read that finds a key expired tells when the deletion is committed", () => {
  const { node, listener } = listening(EVENTS_ONLY);
  node.ask("SET a 1 PX 10");
  told(listener);
  node.clock.wall += 20;
  const client = node.client();
  client.send("GET a");
  const index = node.propose();
  expect(told(listener)).toEqual([]);
  node.commit(index);
  expect(told(listener)).toEqual(["expired a"]);
});

test("misses of reads", () => {
  const { node, listener } = listening(NotificationClass.keyevent | NotificationClass.keyMiss);
  node.ask("SET a 1", "GET a", "GET b", "MGET a c d", "EXISTS e a", "TTL f", "HGET g x", "DEL b");
  expect(told(listener)).toEqual([
    "keymiss b",
    "keymiss c",
    "keymiss d",
    "keymiss e",
    "keymiss f",
    "keymiss g",
  ]);
});

test("new keys, also by writes that else would read nothing", () => {
  const { node, listener } = listening(
    NotificationClass.keyevent | NotificationClass.newKey | NotificationClass.string,
    { isInMemory: () => false, hotRowsBytes: 0 },
  );
  node.ask("SET a 1", "SET a 2", `SET b ${"x".repeat(70_000)}`, "MSET a 3 c 4", "HSET h f v", "HSET h f w");
  expect(told(listener)).toEqual([
    "new a",
    "set a",
    "set a",
    "new b",
    "set b",
    "set a",
    "new c",
    "set c",
    "new h",
  ]);
});

test("a plain SET stays blind while nobody asks for new keys", () => {
  const { node } = listening(EVENTS_ONLY, { isInMemory: () => false, hotRowsBytes: 0 });
  node.ask("SET a 1", "MSET a 3 c 4");
  expect(node.evaluator.statistics.loadsTotal).toBe(0);
});
