// CLIENT's commands over several connections, the pause of commands, MONITOR, and clients that are silent for too long.
import { ClientWatch } from "../../../src/redis/clients/client-watch";
import { ConnectionNode, heldCommand } from "./connection-node";
import type { TestClient } from "./connection-node";

function fieldsOf(line: unknown): Record<string, string> {
  return Object.fromEntries(
    String(line)
      .trim()
      .split(" ")
      .map((field) => field.split("=") as [string, string]),
  );
}

function linesOf(reply: unknown): Record<string, string>[] {
  return String(reply)
    .split("\n")
    .filter((line) => line !== "")
    .map(fieldsOf);
}

function ask(node: ConnectionNode, client: TestClient, ...commands: string[]): unknown[] {
  client.send(...commands);
  node.settle();
  return client.replies();
}

describe("CLIENT LIST and INFO", () => {
  test("say what is", () => {
    const node = new ConnectionNode();
    const client = node.client();
    node.clock.wall += 5000;
    const [, , , , info] = ask(
      node,
      client,
      "CLIENT SETNAME me",
      "CLIENT SETINFO lib-name lib",
      "SELECT 2",
      "WATCH a b",
      "CLIENT INFO",
    );
    expect(fieldsOf(info)).toMatchObject({
      id: "1",
      addr: "127.0.0.1:40000",
      laddr: "127.0.0.1:6379",
      fd: "9",
      name: "me",
      age: "5",
      idle: "0",
      flags: "N",
      db: "2",
      sub: "0",
      psub: "0",
      ssub: "0",
      multi: "-1",
      watch: "2",
      qbuf: "0",
      "argv-mem": "10",
      events: expect.stringMatching(/^r/) as string,
      cmd: "client|info",
      user: "default",
      redir: "-1",
      resp: "2",
      "lib-name": "lib",
      "lib-ver": "",
    });
    const asking = node.client();
    client.send("MULTI", "GET a", "SET b 1");
    client.sendBytes(Buffer.from("*2\r\n$3\r\nGET\r\n$10\r\nabc"));
    node.clock.wall += 3000;
    node.clock.monotonic += 3000;
    const [list] = ask(node, asking, "CLIENT LIST ID 1");
    expect(linesOf(list)).toEqual([
      expect.objectContaining({ idle: "3", age: "8", flags: "x", multi: "2", cmd: "set" }),
    ]);
    expect(Number(linesOf(list)[0]!["qbuf"])).toBeGreaterThan(0);
    expect(Number(linesOf(list)[0]!["multi-mem"])).toBeGreaterThan(0);
  });

  test("filters", () => {
    const node = new ConnectionNode();
    ask(node, node.client(), "SUBSCRIBE a b", "PSUBSCRIBE c", "SSUBSCRIBE d");
    const client = node.client();
    const ids = (reply: unknown): string[] => linesOf(reply).map(({ id }) => id!);
    const replies = ask(
      node,
      client,
      "CLIENT LIST",
      "CLIENT LIST TYPE pubsub",
      "CLIENT LIST TYPE normal",
      "CLIENT LIST TYPE replica",
      "CLIENT LIST ID 2 7 1",
    );
    expect(replies.map(ids)).toEqual([["1", "2"], ["1"], ["2"], [], ["2", "1"]]);
    expect(linesOf(replies[1])[0]).toMatchObject({ flags: "P", sub: "2", psub: "1", ssub: "1" });
  });
});

describe("CLIENT KILL", () => {
  test("by filters, all of which must hold", () => {
    const node = new ConnectionNode();
    const [one, two, me] = [node.client(), node.client(), node.client()];
    ask(node, two, "SUBSCRIBE c");
    expect(
      ask(node, me, "CLIENT KILL ID 1 TYPE pubsub", "CLIENT KILL ID 2 TYPE pubsub USER default"),
    ).toEqual([0, 1]);
    expect([one.socket.destroyed, two.socket.destroyed]).toEqual([false, true]);
    expect(ask(node, me, "CLIENT KILL LADDR 127.0.0.1:6379 SKIPME yes")).toEqual([1]);
    expect([one.socket.destroyed, me.socket.ended]).toEqual([true, false]);
  });

  test("of oneself is answered first", () => {
    const node = new ConnectionNode();
    const me = node.client();
    expect(ask(node, me, "SET a 1", "CLIENT KILL ID 1 SKIPME no", "PING")).toEqual(["OK", 1]);
    expect([me.socket.ended, me.socket.destroyed]).toEqual([true, false]);
  });

  test("in its old form", () => {
    const node = new ConnectionNode();
    expect(node.ask("CLIENT KILL 1.2.3.4:5", "CLIENT KILL 127.0.0.1:40000", "PING")).toEqual([
      "-ERR No such client",
      "OK",
    ]);
  });

  test("ends a client whose command is in slices", () => {
    const held = heldCommand("held");
    const node = new ConnectionNode({ commands: [held.spec] });
    const busy = node.client();
    busy.send("HELD", "PING");
    expect(ask(node, node.client(), "CLIENT KILL ID 1")).toEqual([1]);
    busy.close();
    held.ends[0]!("+late\r\n");
    expect(busy.replies()).toEqual([]);
    expect(node.pool.lentBytes).toBe(0);
  });
});

describe("CLIENT PAUSE", () => {
  test("WRITE holds what writes, in its place, and nothing else", () => {
    const node = new ConnectionNode();
    const me = node.client();
    const writer = node.client();
    expect(ask(node, me, "CLIENT PAUSE 1000 WRITE", "GET a")).toEqual(["OK", null]);
    expect(ask(node, writer, "GET a", "SET a 1", "GET a")).toEqual([null]);
    expect(writer.socket.paused).toBe(true);
    expect(ask(node, node.client(), "PUBLISH c m")).toEqual([]);
    expect(linesOf(ask(node, me, "CLIENT LIST ID 2")[0])[0]).toMatchObject({ flags: "b", cmd: "set" });
    node.clock.monotonic += 1000;
    node.scheduler.pass(1000);
    node.settle();
    expect(writer.replies()).toEqual(["OK", "1"]);
    expect(writer.socket.paused).toBe(false);
  });

  test("holds an EXEC that writes, not one that reads", () => {
    const node = new ConnectionNode();
    const reader = node.client();
    const writer = node.client();
    ask(node, writer, "MULTI", "SET a 1");
    ask(node, node.client(), "CLIENT PAUSE 1000 WRITE");
    expect(ask(node, reader, "MULTI", "GET a", "EXEC")).toEqual(["OK", "QUEUED", [null]]);
    expect(ask(node, writer, "EXEC")).toEqual([]);
    ask(node, reader, "CLIENT UNPAUSE");
    node.settle();
    expect(writer.replies()).toEqual([["OK"]]);
  });

  test("ALL holds every command, until it is over; held commands go on in the order in which they came", () => {
    const node = new ConnectionNode();
    const [a, b] = [node.client(), node.client()];
    ask(node, a, "CLIENT PAUSE 500");
    ask(node, b, "APPEND k b");
    ask(node, a, "APPEND k a", "CLIENT UNPAUSE", "GET k");
    node.clock.monotonic += 500;
    node.scheduler.pass(500);
    node.settle();
    expect(b.replies()).toEqual([1]);
    expect(a.replies()).toEqual([2, "OK", "ba"]);
  });

  test("is never made shorter or milder by another one", () => {
    const node = new ConnectionNode();
    const me = node.client();
    ask(node, me, "CLIENT PAUSE 1000 WRITE", "CLIENT PAUSE 10 WRITE");
    node.clock.monotonic += 20;
    node.scheduler.pass(20);
    expect(node.server.pause.isActive).toBe(true);
    ask(node, me, "CLIENT PAUSE 10 ALL");
    expect(ask(node, node.client(), "PING")).toEqual([]);
    node.clock.monotonic += 980;
    node.scheduler.pass(980);
    expect(node.server.pause.isActive).toBe(false);
  });

  test("a pause begun by a held command holds those behind it", () => {
    const node = new ConnectionNode();
    const [a, b, c] = [node.client(), node.client(), node.client()];
    ask(node, a, "CLIENT PAUSE 100 ALL");
    ask(node, b, "CLIENT PAUSE 100 ALL");
    ask(node, c, "PING");
    node.clock.monotonic += 100;
    node.scheduler.pass(100);
    expect([b.replies(), c.replies()]).toEqual([["OK"], []]);
    node.clock.monotonic += 100;
    node.scheduler.pass(100);
    expect(c.replies()).toEqual(["PONG"]);
  });

  test("a stop drops what is held and ends its connection", async () => {
    const node = new ConnectionNode();
    const [me, held] = [node.client(), node.client()];
    ask(node, me, "CLIENT PAUSE 100000 WRITE");
    ask(node, held, "SET a 1");
    await node.server.close();
    node.settle();
    expect(held.replies()).toEqual([]);
    expect(held.socket.ended).toBe(true);
    expect(node.evaluator.statistics.operationsTotal).toBe(0);
  });

  test("UNPAUSE within an EXEC does not run held commands inside of it", () => {
    const node = new ConnectionNode();
    const [me, held] = [node.client(), node.client()];
    ask(node, me, "MULTI", "GET a", "CLIENT UNPAUSE", "GET a");
    ask(node, node.client(), "CLIENT PAUSE 1000 WRITE");
    ask(node, held, "SET a 1");
    expect(ask(node, me, "EXEC")).toEqual([[null, "OK", null]]);
    node.settle();
    expect(held.replies()).toEqual(["OK"]);
  });
});

test("CLIENT REPLY keeps replies back, and not messages", () => {
  const node = new ConnectionNode();
  const me = node.client();
  expect(ask(node, me, "CLIENT REPLY SKIP", "PING", "PING")).toEqual(["PONG"]);
  expect(ask(node, me, "CLIENT REPLY OFF", "PING", "SET a 1", "NOSUCH", "CLIENT REPLY SKIP", "PING")).toEqual(
    [],
  );
  expect(ask(node, me, "SUBSCRIBE c")).toEqual([["subscribe", "c", 1]]);
  ask(node, node.client(), "PUBLISH c m");
  expect(me.replies()).toEqual([["message", "c", "m"]]);
  expect(ask(node, me, "UNSUBSCRIBE c", "CLIENT REPLY ON", "GET a")).toEqual([
    ["unsubscribe", "c", 0],
    "OK",
    "1",
  ]);
});

test("CLIENT REPLY OFF keeps a reply in slices back", () => {
  const held = heldCommand("held");
  const node = new ConnectionNode({ commands: [held.spec] });
  const me = node.client();
  me.send("CLIENT REPLY OFF", "HELD", "CLIENT REPLY ON");
  held.send[0]!("*2\r\n+part\r\n", () => undefined);
  held.ends[0]!("+rest\r\n");
  node.settle();
  expect(me.text()).toBe("+OK\r\n");
});

test("CLIENT UNBLOCK ends the wait of a client that waits, once", () => {
  const node = new ConnectionNode();
  const waiting = node.client();
  const connection = node.server.clients.get(1)!;
  const ends: boolean[] = [];
  connection.unblock = (withError) => {
    ends.push(withError);
    connection.unblock = undefined;
  };
  expect(
    ask(
      node,
      node.client(),
      "CLIENT UNBLOCK 2",
      "CLIENT UNBLOCK 1 ERROR",
      "CLIENT UNBLOCK 1",
      "CLIENT UNBLOCK 1 x",
    ),
  ).toEqual([0, 1, 0, "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"]);
  expect(ends).toEqual([true]);
  waiting.close();
});

test("tracking is refused plainly", () => {
  expect(
    new ConnectionNode().ask(
      "CLIENT TRACKING ON",
      "CLIENT TRACKING OFF",
      "CLIENT TRACKINGINFO",
      "CLIENT GETREDIR",
    ),
  ).toEqual([
    expect.stringMatching(/^-ERR CLIENT TRACKING is not supported/),
    "OK",
    ["flags", ["off"], "redirect", -1, "prefixes", []],
    -1,
  ]);
});

describe("MONITOR", () => {
  function monitored(node: ConnectionNode): TestClient {
    const monitor = node.client();
    monitor.send("MONITOR");
    expect(monitor.replies()).toEqual(["OK"]);
    return monitor;
  }

  /** Lines without their time. */
  const shown = (monitor: TestClient): string[] =>
    monitor.replies().map((line) => String(line).replace(/^\d{10}\.\d{6} /, ""));

  test("shows what runs, with its database and its client, when it is true", () => {
    const node = new ConnectionNode();
    const monitor = monitored(node);
    const client = node.client();
    client.send("PING", "SELECT 3", "SET a 1", "GET a", "NOSUCH", "GET");
    node.endTurn();
    expect(shown(monitor)).toEqual(['[0 127.0.0.1:40000] "PING"', '[3 127.0.0.1:40000] "SELECT" "3"']);
    node.settle();
    expect(shown(monitor)).toEqual(['[3 127.0.0.1:40000] "SET" "a" "1"', '[3 127.0.0.1:40000] "GET" "a"']);
  });

  test("does not show what was lost", () => {
    const node = new ConnectionNode();
    const monitor = monitored(node);
    node.client().send("SET a 1");
    node.endTurn();
    node.evaluator.following();
    node.endTurn();
    expect(shown(monitor)).toEqual([]);
  });

  test("shows an EXEC's commands before it, and only if it ran", () => {
    const node = new ConnectionNode();
    const monitor = monitored(node);
    node.ask("MULTI", "SET a 1", "CLIENT LIST", "SELECT 2", "INCR a", "EXEC", "MULTI", "NOSUCH", "EXEC");
    expect(shown(monitor)).toEqual([
      '[0 127.0.0.1:40000] "MULTI"',
      '[0 127.0.0.1:40000] "SET" "a" "1"',
      '[2 127.0.0.1:40000] "SELECT" "2"',
      '[2 127.0.0.1:40000] "INCR" "a"',
      '[2 127.0.0.1:40000] "EXEC"',
      '[2 127.0.0.1:40000] "MULTI"',
      '[2 127.0.0.1:40000] "EXEC"',
    ]);
  });

  test("hides secrets and administration, and escapes what is not printable", () => {
    const node = new ConnectionNode();
    const monitor = monitored(node);
    node.ask("AUTH default secret", "HELLO 2 AUTH default secret SETNAME n", "CONFIG GET x", "CLIENT LIST");
    node.ask('ECHO \x00"\\\r\n\t\x07\x08\x7f\xff');
    expect(shown(monitor)).toEqual([
      '[0 127.0.0.1:40000] "AUTH" "(redacted)" "(redacted)"',
      '[0 127.0.0.1:40000] "HELLO" "2" "AUTH" "(redacted)" "(redacted)" "SETNAME" "n"',
      '[0 127.0.0.1:40000] "ECHO" "\\x00\\"\\\\\\r\\n\\t\\a\\b\\x7f\\xff"',
    ]);
  });

  test("its client may not touch keys, and sees its own commands behind their replies", () => {
    const node = new ConnectionNode();
    const monitor = monitored(node);
    monitor.send("GET a", "PING");
    node.settle();
    expect(shown(monitor)).toEqual([
      "-ERR Replica can't interact with the keyspace",
      "PONG",
      '[0 127.0.0.1:40000] "PING"',
    ]);
    expect(ask(node, node.client(), "MULTI", "MONITOR", "EXEC")).toEqual([
      "OK",
      "QUEUED",
      ["-ERR MONITOR isn't allowed for DENY BLOCKING client"],
    ]);
  });

  test("a slow one is cut off", () => {
    const node = new ConnectionNode({ outputLimitBytes: 2000 });
    const monitor = monitored(node);
    monitor.socket.takesAll = false;
    node.ask(`ECHO ${"x".repeat(1000)}`);
    expect(monitor.socket.destroyed).toBe(false);
    node.ask(`ECHO ${"x".repeat(1000)}`);
    expect(monitor.socket.destroyed).toBe(true);
  });
});

test("silent clients are let go after the timeout, those that wait for others are not", () => {
  const node = new ConnectionNode({ limits: { timeoutSeconds: 10 } });
  const [silent, active, subscribed, monitor] = [node.client(), node.client(), node.client(), node.client()];
  ask(node, subscribed, "SUBSCRIBE c");
  ask(node, monitor, "MONITOR");
  node.clock.monotonic += 9000;
  ask(node, active, "PING");
  node.clock.monotonic += 1001;
  new ClientWatch(node.server).look();
  expect([silent, active, subscribed, monitor].map(({ socket }) => socket.destroyed)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test("a normal client beyond a hard limit that is set is cut off; without one it is only not read", () => {
  const outputBufferLimits = {
    normal: { hardBytes: 1000, softBytes: 0, softSeconds: 0 },
    replica: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
    pubsub: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
  };
  for (const limits of [{ outputBufferLimits }, {}]) {
    const node = new ConnectionNode({ limits });
    const client = node.client();
    client.socket.takesAll = false;
    client.send(`ECHO ${"x".repeat(1100)}`);
    expect(client.socket.destroyed).toBe(limits !== undefined && "outputBufferLimits" in limits);
  }
});
