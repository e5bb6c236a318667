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
    ["MSETNX a 1 a 2 b 3", "MSETNX b 1 c 2"],
    ["set a", "set a", "set b"],
  ],
  [["SETNX a 1", "SETNX a 2"], ["set a"]],
  [
    ["SETEX a 10 x", "PSETEX b 10000 x"],
    ["set a", "expire a", "set b", "expire b"],
  ],
  [
    ["SET a 1 EX 100", "SET a 1 KEEPTTL", "SET b 1 XX", "GETSET a 2"],
    ["set a", "expire a", "set a", "set a"],
  ],
  [
    [
      "SET a 1",
      "GETEX a",
      "GETEX a EX 100",
      "GETEX a PERSIST",
      "GETEX a PERSIST",
      "GETEX a EXAT 1",
      "GETEX a EX 9",
    ],
    ["set a", "expire a", "persist a", "del a"],
  ],
  [
    ["SET a 1", "GETDEL a", "GETDEL a"],
    ["set a", "del a"],
  ],
  [["INCRBYFLOAT a 1.5"], ["incrbyfloat a"]],
  [
    ["SETBIT a 7 1", "SETBIT a 7 1", "SETBIT a 7 0", "SETBIT a 100 0"],
    ["setbit a", "setbit a", "setbit a"],
  ],
  [
    [
      "BITFIELD a SET u8 0 0",
      "BITFIELD a SET u8 0 0 GET u8 0",
      "BITFIELD a INCRBY u8 0 7",
      "BITFIELD a OVERFLOW FAIL INCRBY u8 100 300",
      "BITFIELD a INCRBY u63 0 0",
    ],
    ["setbit a", "setbit a"],
  ],
  [
    ["SET a 1", "BITOP NOT b a", "BITOP AND b c d", "BITOP AND b c d"],
    ["set a", "set b", "del b"],
  ],
  [
    ["PFADD a x", "PFADD a x", "PFCOUNT a", "PFMERGE b a", "PFMERGE b a"],
    ["pfadd a", "pfadd b", "pfadd b"],
  ],
  [
    ["SET a 1", "RENAME a a", "RENAME a b", "RENAMENX b b", "RENAMENX b c"],
    ["set a", "rename_from a", "rename_to b", "rename_from b", "rename_to c"],
  ],
  [
    ["SET a 1", "COPY a b", "COPY a b", "COPY a b REPLACE"],
    ["set a", "copy_to b", "copy_to b"],
  ],
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

/** "event key" of what redis-server's messages tell. */
function eventsOf(frames: readonly string[]): string[] {
  return frames.map((frame) => /__keyevent@0__:(\w+)" \$"(.*)"\]$/.exec(frame)!.slice(1, 3).join(" "));
}

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
    return eventsOf(await listener.taken());
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

test("what replaces another key is a new one, unless the key is only set", () => {
  const { node, listener } = listening(NotificationClass.keyevent | NotificationClass.newKey);
  node.ask("MSET a 1 b 2 c 3", "RENAME a b", "COPY b c REPLACE", "BITOP NOT c b", "MSETNX d 1 d 2");
  expect(told(listener)).toEqual(["new a", "new b", "new c", "new b", "new c", "new d"]);
});

test("moves and copies are told of in the database they go to", () => {
  const { node, listener } = listening(EVENTS_ONLY);
  node.ask("SET a 1", "COPY a b DB 3", "MOVE a 4");
  const channels = listener.replies().map((reply) => (reply as string[]).slice(2).join(" "));
  expect(channels).toEqual([
    "__keyevent@0__:set a",
    "__keyevent@3__:copy_to b",
    "__keyevent@0__:move_from a",
    "__keyevent@4__:move_to a",
  ]);
});

test("a plain SET stays blind while nobody asks for what was there before", () => {
  const { node } = listening(EVENTS_ONLY & ~NotificationClass.expired, {
    isInMemory: () => false,
    hotRowsBytes: 0,
  });
  node.ask("SET a 1", "MSET a 3 c 4", "SETEX a 10 x", "SET a 1 EX 10");
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

test("a plain SET of a key whose time is over tells of that before, if somebody listens", () => {
  const { node, listener } = listening(EVENTS_ONLY);
  node.ask("MSET a 1 b 2", "PEXPIRE a 10", "PEXPIRE b 10");
  told(listener);
  node.clock.wall += 20;
  node.ask("SET a 1", "MSET b 1");
  expect(told(listener)).toEqual(["expired a", "set a", "expired b", "set b"]);
});

/** Nothing is in memory, and what was loaded does not stay there. */
const SEVERALLY = { isInMemory: () => false, hotRowsBytes: 0, outputLimitBytes: 1 << 26 };

/** Keys a to d are there, and the time of a and c is over: what is told key by key, and what beforehand. */
const EXPIRED_AMONG: readonly (readonly [command: string, events: readonly string[]])[] = [
  ["DEL a b c d", ["expired a", "del b", "expired c", "del d"]],
  ["UNLINK d c b a", ["del d", "expired c", "del b", "expired a"]],
  ["MSET a 1 b 2 c 3", ["expired a", "new a", "set a", "set b", "expired c", "new c", "set c"]],
  ["MSETNX c 1 e 2 a 3", ["expired c", "expired a", "new c", "set c", "new e", "set e", "new a", "set a"]],
  ["MSETNX a 1 b 2 c 3", ["expired a"]],
  ["EXISTS a b c e", ["expired a", "keymiss a", "expired c", "keymiss c", "keymiss e"]],
  ["TOUCH a b c", ["expired a", "keymiss a", "expired c", "keymiss c"]],
  ["MGET a b c", ["expired a", "keymiss a", "expired c", "keymiss c"]],
  ["BITOP OR e b a c", ["expired a", "keymiss a", "expired c", "keymiss c", "new e", "set e"]],
  ["BITOP OR e a b h c", ["expired a", "keymiss a"]],
  ["PFCOUNT a c", ["expired a", "keymiss a", "expired c", "keymiss c"]],
  ["PFCOUNT a b c", ["expired a", "keymiss a"]],
  ["LCS a c", ["expired a", "keymiss a", "expired c", "keymiss c"]],
  ["COPY b c", ["expired c", "new c", "copy_to c"]],
  ["RENAME b c", ["expired c", "new c", "rename_from b", "rename_to c"]],
];

test.each(EXPIRED_AMONG)("keys that have expired among others: %s", (command, events) => {
  for (const options of [{}, SEVERALLY]) {
    const { node, listener } = listening(ALL & ~NotificationClass.keyspace, options);
    asked(node, "MSET a 1 b 2 c 3 d 4", "HSET h f v", "PEXPIRE a 10", "PEXPIRE c 10");
    told(listener);
    node.clock.wall += 20;
    asked(node, command);
    expect(told(listener)).toEqual(events);
  }
});

test("redis-server tells of expired keys among others in the same order", async () => {
  const reference = await ReferenceServer.start(["--enable-debug-command", "yes"]);
  if (reference === undefined) {
    process.stdout.write("skipped: redis-server is not installed\n");
    return;
  }
  const listener = await FrameClient.connect(reference.port);
  const client = await FrameClient.connect(reference.port);
  try {
    client.send(["DEBUG", "SET-ACTIVE-EXPIRE", "0"]);
    client.send(["CONFIG", "SET", "notify-keyspace-events", "EAmn"]);
    listener.send(["PSUBSCRIBE", "__key*"]);
    await listener.taken();
    for (const [command, events] of EXPIRED_AMONG) {
      for (const line of ["FLUSHALL", "MSET a 1 b 2 c 3 d 4", "HSET h f v", "PEXPIRE a 20", "PEXPIRE c 20"])
        client.send(line.split(" "));
      await client.taken();
      await listener.taken();
      // Not so short a time that a server which is not scheduled for a moment would find it over when it sets it.
      await new Promise((resolve) => setTimeout(resolve, 30));
      client.send(command.split(" "));
      await client.taken();
      expect([command, ...eventsOf(await listener.taken())]).toEqual([command, ...events]);
    }
  } finally {
    listener.close();
    client.close();
    await reference.stop();
  }
});

// ── Evaluations that are begun again ────────────────────────────────────────────────────────────────────────────────

const LONG = "x".repeat(1_200_000);
const WRITES: readonly (readonly [command: string, events: readonly string[]])[] = [
  [`SET a ${LONG} EX 100`, ["new a", "set a", "expire a"]],
  [`SET a ${LONG} GET`, ["keymiss a", "new a", "set a"]],
  [`SETEX a 100 ${LONG}`, ["new a", "set a", "expire a"]],
  [`MSET a 1 b ${LONG} c 2`, ["new a", "set a", "new b", "set b", "new c", "set c"]],
  [`MSETNX a 1 b ${LONG} a 2`, ["new a", "set a", "new b", "set b", "set a"]],
  [`APPEND a ${LONG}`, ["new a", "append a"]],
  ["GETDEL long", ["del long"]],
  [`GETSET long ${LONG}`, ["set long"]],
  ["GETEX long EX 10", ["expire long"]],
  ["BITOP OR a nothing long long", ["keymiss nothing", "new a", "set a"]],
  [`PFADD a ${Array.from({ length: 1500 }, (_, i) => i).join(" ")}`, ["new a", "pfadd a"]],
  ["COPY long a", ["new a", "copy_to a"]],
  ["RENAME long short", ["new short", "rename_from long", "rename_to short"]],
  ["DEL short long nothing", ["del short", "del long"]],
];

function longListening(): ReturnType<typeof listening> {
  const { node, listener } = listening(0, SEVERALLY);
  asked(node, `SET long ${LONG}y`, "SET short 1");
  node.limits.keyspaceEvents = ALL & ~NotificationClass.keyspace;
  return { node, listener };
}

/** Runs commands to their end, however many loads and steps that takes. */
function asked(node: ConnectionNode, ...commands: string[]): void {
  const client = node.client();
  client.send(...commands, "PING the-end");
  for (let text = ""; !text.endsWith("the-end\r\n"); text = (text + client.text()).slice(-20)) {
    node.settle();
    node.loadAll();
    node.scheduler.pass(1);
  }
  client.close();
}

test.each(WRITES.map(([command, events]) => [command.slice(0, 30), command, events] as const))(
  "in steps: %s",
  (_, command, events) => {
    const { node, listener } = longListening();
    asked(node, command);
    expect(told(listener)).toEqual(events);
    expect(node.evaluator.statistics.loadsTotal).toBeGreaterThan(0);
  },
);

test.each(WRITES.map(([command, events]) => [command.slice(0, 30), command, events] as const))(
  "in a transaction, in steps: %s",
  (_, command, events) => {
    const { node, listener } = longListening();
    asked(node, "MULTI", "SET before 1", command, "SET behind 1", "EXEC");
    expect(told(listener)).toEqual(["new before", "set before", ...events, "new behind", "set behind"]);
  },
);

test("a transaction in one turn that has to wait tells of nothing twice", () => {
  const { node, listener } = longListening();
  asked(node, "MULTI", "SET a 1", "INCR a", "GET nothing", "APPEND short x", "EXEC");
  expect(told(listener)).toEqual(["new a", "set a", "incrby a", "keymiss nothing", "append short"]);
});

test("nothing is told of a long write whose leadership is lost, nor of one that is too large", () => {
  const { node, listener } = listening(EVENTS_ONLY, { maxEffectsBytes: 2_000_000 });
  const client = node.client();
  client.send(`MULTI`, `SET a ${LONG}`, `SET b ${LONG}`, "EXEC");
  for (let round = 0; round < 50; round++) {
    node.settle();
    node.scheduler.pass(1);
  }
  expect(client.replies().pop()).toMatch(/^-/);
  expect(told(listener)).toEqual([]);
  client.send("SET c 1", `SET a ${LONG}`);
  node.evaluator.following();
  node.settle();
  node.scheduler.pass(1);
  expect(told(listener)).toEqual([]);
});

test.each([
  ["MGET long long nothing", ["keymiss nothing"]],
  ["GET nothing", ["keymiss nothing"]],
  ["LCS short nothing", ["keymiss nothing"]],
  ["LCS long nothing", ["keymiss nothing"]],
  ["PFCOUNT nothing nothing", ["keymiss nothing", "keymiss nothing"]],
  ["OBJECT ENCODING nothing", []],
  ["COPY nothing short", ["keymiss nothing"]],
  ["GETEX nothing", ["keymiss nothing"]],
])("misses, also of reads in slices: %s", (command, events) => {
  const { node, listener } = longListening();
  asked(node, command);
  expect(told(listener)).toEqual(events);
  asked(node, "MULTI", "INCR short", command, "INCR short", "EXEC");
  expect(told(listener)).toEqual(["incrby short", ...events, "incrby short"]);
  const { keyspaceMissesTotal } = node.server.statistics;
  asked(node, command);
  expect(node.server.statistics.keyspaceMissesTotal - keyspaceMissesTotal).toBe(Math.max(1, events.length));
});
