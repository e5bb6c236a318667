// Keyspace notifications: what commands and expiry tell, when it goes out, and that nothing is told of what did not happen.
import { NotificationClass } from "../../../src/redis/notifications";
import { FrameClient } from "../../compat/frame-client";
import { ReferenceServer } from "../../compat/reference-server";
import { Sweeper } from "../../../src/kv/index";
import { GROUP } from "../kv/kv-node";
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

const CASES: readonly (readonly [commands: readonly string[], events: readonly string[]])[] = [
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
];

test.each(CASES)("%j", (commands, events) => {
  const { node, listener } = listening(EVENTS_ONLY);
  node.ask(...commands);
  expect(told(listener)).toEqual(events);
});

const MISSES = ["SET a 1", "GET a", "GET b", "MGET a c d", "EXISTS e a", "TTL f", "HGET g x", "DEL b"];
const MISSED = ["keymiss b", "keymiss c", "keymiss d", "keymiss e", "keymiss f", "keymiss g"];
const NEW = ["SET a 1", "SET a 2", `SET b ${"x".repeat(70_000)}`, "MSET a 3 c 4", "HSET h f v", "HSET h f w"];
const NEWS = ["new a", "set a", "set a", "new b", "set b", "set a", "new c", "set c", "new h"];

test("redis-server tells the same", async () => {
  const reference = await ReferenceServer.start();
  if (reference === undefined) {
    process.stdout.write("skipped: redis-server is not installed\n");
    return;
  }
  const listener = await FrameClient.connect(reference.port);
  const client = await FrameClient.connect(reference.port);
  const tellsOf = async (classes: string, commands: readonly string[]): Promise<string[]> => {
    client.send(["CONFIG", "SET", "notify-keyspace-events", classes]);
    for (const command of commands) client.send(command.split(" "));
    client.send(["FLUSHALL"]);
    await client.taken();
    const frames = await listener.taken();
    return frames.map((frame) => /__keyevent@0__:(\w+)" \$"(.*)"\]$/.exec(frame)!.slice(1, 3).join(" "));
  };
  try {
    listener.send(["PSUBSCRIBE", "__key*"]);
    await listener.taken();
    for (const [commands, events] of CASES) expect(await tellsOf("EA", commands)).toEqual(events);
    expect(await tellsOf("Em", MISSES)).toEqual(MISSED);
    expect(await tellsOf("En$", NEW)).toEqual(NEWS);
  } finally {
    listener.close();
    client.close();
    await reference.stop();
  }
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
  node.ask(...MISSES);
  expect(told(listener)).toEqual(MISSED);
});

test("new keys, also by writes that else would read nothing", () => {
  const { node, listener } = listening(
    NotificationClass.keyevent | NotificationClass.newKey | NotificationClass.string,
    { isInMemory: () => false, hotRowsBytes: 0 },
  );
  node.ask(...NEW);
  expect(told(listener)).toEqual(NEWS);
});

test("a plain SET stays blind while nobody asks for new keys", () => {
  const { node } = listening(EVENTS_ONLY, { isInMemory: () => false, hotRowsBytes: 0 });
  node.ask("SET a 1", "MSET a 3 c 4");
  expect(node.evaluator.statistics.loadsTotal).toBe(0);
});

test.each([[["MULTI", "MGET a b", "EXEC"]], [["MULTI", "SELECT 0", "MGET a b", "EXEC"]], [["MGET a b"]]])(
  "what is run again after a load is told once: %j",
  (commands) => {
    const { node, listener } = listening(NotificationClass.keyevent | NotificationClass.keyMiss, {
      isInMemory: (key: string) => !key.endsWith("b"),
    });
    node.ask(...commands);
    expect(told(listener)).toEqual(["keymiss a", "keymiss b"]);
  },
);

test("the sweeper tells of what it finds expired, and finds nothing while writes are held", () => {
  const { node, listener } = listening(EVENTS_ONLY);
  let isHeld = true;
  const sweeper = new Sweeper(node.evaluator, {
    storage: node.storage,
    scheduler: node.scheduler,
    group: GROUP,
    rowsPerSecond: 10_000,
    isHeld: () => isHeld,
  });
  node.ask("SELECT 5", "SET a 1 PX 10", "SET b 1");
  listener.replies();
  node.clock.wall += 20;
  sweeper.start();
  const sweep = (): void => {
    for (let step = 0; step < 10; step++) {
      node.scheduler.pass(1000);
      node.loadAll();
      node.settle();
    }
  };
  sweep();
  expect(listener.replies()).toEqual([]);
  isHeld = false;
  sweep();
  expect(listener.replies()).toEqual([["pmessage", "__key*", "__keyevent@5__:expired", "a"]]);
  sweeper.stop();
});
