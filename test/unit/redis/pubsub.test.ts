// Publish and subscribe over connections whose commits the test decides: a message goes out when what it tells is true, in its
// place, between whole replies; slow subscribers are cut off.
import { ConnectionNode, heldCommand } from "./connection-node";
import type { TestClient } from "./connection-node";

function subscriber(node: ConnectionNode, ...commands: string[]): TestClient {
  const client = node.client();
  client.send(...commands);
  client.replies();
  return client;
}

test("a message goes to all who subscribe, once for each way, at the end of the turn", () => {
  const node = new ConnectionNode();
  const one = subscriber(node, "SUBSCRIBE news", "PSUBSCRIBE n* *s");
  const two = subscriber(node, "SUBSCRIBE other");
  const publisher = node.client();
  publisher.send("PUBLISH news hello", "PUBLISH void x", "SPUBLISH news x");
  expect(one.replies()).toEqual([]);
  node.endTurn();
  expect(publisher.replies()).toEqual([3, 0, 0]);
  expect(one.replies()).toEqual([
    ["message", "news", "hello"],
    ["pmessage", "n*", "news", "hello"],
    ["pmessage", "*s", "news", "hello"],
  ]);
  expect(two.replies()).toEqual([]);
});

test("all messages of a turn go in one write", () => {
  const node = new ConnectionNode();
  const client = subscriber(node, "SUBSCRIBE c");
  const before = client.writes;
  const publisher = node.client();
  publisher.send("PUBLISH c 1", "PUBLISH c 2", "PUBLISH c 3");
  node.endTurn();
  expect(client.writes).toBe(before + 1);
  expect(client.replies()).toHaveLength(3);
});

test("a PUBLISH behind an unanswered write of its connection waits with it", () => {
  const node = new ConnectionNode();
  const client = subscriber(node, "SUBSCRIBE c");
  const publisher = node.client();
  publisher.send("SET a 1", "PUBLISH c told");
  const other = node.client();
  other.send("PUBLISH c free");
  const index = node.propose();
  expect(publisher.replies()).toEqual([]);
  expect(client.replies()).toEqual([]);
  node.commit(index);
  expect(publisher.replies()).toEqual(["OK", 1]);
  // In the order in which they were published, also the one that waited for nothing.
  expect(client.replies()).toEqual([
    ["message", "c", "told"],
    ["message", "c", "free"],
  ]);
});

test("a PUBLISH within an EXEC waits for the EXEC's effects, and is not sent twice when that is run again", () => {
  let isInMemory = true;
  const node = new ConnectionNode({ isInMemory: () => isInMemory, hotRowsBytes: 0 });
  const client = subscriber(node, "SUBSCRIBE c");
  const publisher = node.client();
  isInMemory = false;
  publisher.send("MULTI", "PUBLISH c first", "APPEND a 1", "PUBLISH c last", "EXEC");
  node.endTurn();
  expect(client.replies()).toEqual([]);
  node.loadAll();
  const index = node.propose();
  expect(client.replies()).toEqual([]);
  node.commit(index);
  expect(client.replies()).toEqual([
    ["message", "c", "first"],
    ["message", "c", "last"],
  ]);
  expect(publisher.replies().at(-1)).toEqual([1, 1, 1]);
});

test("what a lost write told is not sent; what was true is, in its place among the errors", () => {
  const node = new ConnectionNode();
  const client = subscriber(node, "HELLO 3", "SUBSCRIBE c");
  client.send("SET mine 1");
  const publisher = node.client();
  const liar = node.client();
  liar.send("SET a 1", "PUBLISH c falsehood");
  publisher.send("PUBLISH c true");
  client.send("SET mine 2");
  node.endTurn();
  node.evaluator.following();
  node.endTurn();
  const replies = client.text();
  expect(replies).not.toContain("falsehood");
  expect(replies).toMatch(
    /^-UNKNOWN .*\r\n>3\r\n\$7\r\nmessage\r\n\$1\r\nc\r\n\$4\r\ntrue\r\n-UNKNOWN .*\r\n$/,
  );
  expect(liar.replies()).toEqual([expect.stringMatching(/^-UNKNOWN/), expect.stringMatching(/^-UNKNOWN/)]);
});

test("a message waits for the end of a reply in slices", () => {
  const held = heldCommand("held");
  const node = new ConnectionNode({ commands: [held.spec] });
  const client = subscriber(node, "HELLO 3", "SUBSCRIBE c");
  client.send("HELD", "PING");
  held.send[0]!("*2\r\n+part\r\n", () => undefined);
  const publisher = node.client();
  publisher.send("PUBLISH c m");
  node.endTurn();
  expect(client.text()).toBe("*2\r\n+part\r\n");
  held.ends[0]!("+rest\r\n");
  node.endTurn();
  expect(client.text()).toBe("+rest\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n+PONG\r\n");
});

test("who publishes to itself gets the reply first, and each message before the next reply", () => {
  const node = new ConnectionNode();
  const client = subscriber(node, "HELLO 3", "SUBSCRIBE c");
  client.send("PUBLISH c 1", "PUBLISH c 2", "PING");
  node.endTurn();
  const message = (text: string): string => `>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\n${text}\r\n`;
  expect(client.text()).toBe(`:1\r\n${message("1")}:1\r\n${message("2")}+PONG\r\n`);
});

test("what subscribing answers counts channels and patterns together, shard channels for themselves", () => {
  const node = new ConnectionNode();
  const client = node.client();
  client.send(
    "SUBSCRIBE a b a",
    "PSUBSCRIBE p",
    "SSUBSCRIBE s",
    "UNSUBSCRIBE",
    "UNSUBSCRIBE",
    "PUNSUBSCRIBE x p",
  );
  client.send("SUNSUBSCRIBE", "GET a");
  expect(client.replies()).toEqual([
    ["subscribe", "a", 1],
    ["subscribe", "b", 2],
    ["subscribe", "a", 2],
    ["psubscribe", "p", 3],
    ["ssubscribe", "s", 1],
    ["unsubscribe", "a", 2],
    ["unsubscribe", "b", 1],
    ["unsubscribe", null, 1],
    ["punsubscribe", "x", 1],
    ["punsubscribe", "p", 0],
    ["sunsubscribe", "s", 0],
    null,
  ]);
});

test("who has subscribed in RESP2 may do no more than that", () => {
  const node = new ConnectionNode();
  const client = subscriber(node, "SUBSCRIBE c");
  client.send("GET a", "CLIENT ID", "MULTI", "PING", "PING x", "GET", "RESET", "GET a");
  expect(client.replies()).toEqual([
    "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
    "-ERR Can't execute 'client|id': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
    "-ERR Can't execute 'multi': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
    ["pong", ""],
    ["pong", "x"],
    "-ERR wrong number of arguments for 'get' command",
    "RESET",
    null,
  ]);
  expect(node.server.subscriptions.isEmpty).toBe(true);
});

test("a client that goes subscribes to nothing any more", () => {
  const node = new ConnectionNode();
  subscriber(node, "SUBSCRIBE c", "PSUBSCRIBE d*", "SSUBSCRIBE e").close();
  expect(node.server.subscriptions.isEmpty).toBe(true);
  expect(node.ask("PUBLISH c x")).toEqual([0]);
});

describe("a subscriber that does not read", () => {
  const limits = {
    outputBufferLimits: {
      normal: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
      replica: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
      pubsub: { hardBytes: 1000, softBytes: 300, softSeconds: 2 },
    },
  };

  test("is cut off beyond the hard limit", () => {
    const node = new ConnectionNode({ limits });
    const client = subscriber(node, "SUBSCRIBE c");
    client.socket.takesAll = false;
    const publisher = node.client();
    publisher.send(`PUBLISH c ${"x".repeat(900)}`);
    node.endTurn();
    expect(client.socket.destroyed).toBe(false);
    publisher.send(`PUBLISH c ${"x".repeat(100)}`);
    expect(client.socket.destroyed).toBe(true);
    node.endTurn();
    expect(publisher.replies()).toEqual([1, 1]);
  });

  test("is cut off when it stays beyond the soft limit, and not if it catches up", () => {
    const node = new ConnectionNode({ limits });
    const [slow, slower] = [subscriber(node, "SUBSCRIBE c"), subscriber(node, "SUBSCRIBE c")];
    for (const client of [slow, slower]) client.socket.takesAll = false;
    const publisher = node.client();
    const publish = (): void => {
      publisher.send(`PUBLISH c ${"x".repeat(310)}`);
      node.endTurn();
    };
    publish();
    node.clock.monotonic += 1500;
    slow.drain();
    publisher.send("PUBLISH c x");
    node.endTurn();
    slow.drain();
    node.clock.monotonic += 600;
    publish();
    expect([slow.socket.destroyed, slower.socket.destroyed]).toEqual([false, true]);
  });

  test("does not hold up its publisher when messages wait for a commit", () => {
    const node = new ConnectionNode({ limits });
    const client = subscriber(node, "SUBSCRIBE c");
    const publisher = node.client();
    publisher.send("SET a 1", ...Array.from({ length: 12 }, () => `PUBLISH c ${"x".repeat(80)}`));
    expect(client.socket.destroyed).toBe(true);
    node.settle();
    expect(publisher.replies().slice(0, 2)).toEqual(["OK", 1]);
  });
});

test("names that are too long are refused", () => {
  const node = new ConnectionNode();
  const long = "x".repeat(65_537);
  expect(node.ask(`SUBSCRIBE ${long}`, `PUBLISH ${long} m`, "PUBSUB NUMPAT")).toEqual([
    "-ERR a channel or a pattern is longer than 65536 bytes",
    "-ERR a channel or a pattern is longer than 65536 bytes",
    0,
  ]);
});

test("(un)subscribing within an EXEC that has to wait for the disk happens once", () => {
  const node = new ConnectionNode({ isInMemory: () => false, hotRowsBytes: 0 });
  const client = subscriber(node, "HELLO 3", "SUBSCRIBE a");
  client.send("MULTI", "UNSUBSCRIBE", "GET k", "SUBSCRIBE b", "EXEC");
  for (let round = 0; round < 5; round++) {
    node.loadAll();
    node.settle();
    node.scheduler.pass(1);
  }
  expect(client.text()).toContain(
    "*3\r\n>3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n_\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:1\r\n",
  );
});

test("a message that waits for the end of a reply is dropped when what it tells is lost meanwhile", () => {
  const held = heldCommand("held");
  const node = new ConnectionNode({ commands: [held.spec] });
  const client = subscriber(node, "HELLO 3", "SUBSCRIBE c");
  client.send("HELD");
  held.send[0]!("+part", () => undefined);
  const publisher = node.client();
  publisher.send("PUBLISH c true", "SET a 1", "PUBLISH c falsehood");
  node.endTurn();
  node.evaluator.following();
  held.ends[0]!("\r\n");
  node.endTurn();
  expect(client.text()).toBe("+part\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\ntrue\r\n");
});
