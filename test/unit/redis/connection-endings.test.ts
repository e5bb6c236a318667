// How connections end, and what is measured of commands that wait: one test for each thing that was once wrong.
import { ConnectionNode, heldCommand } from "./connection-node";

describe("a lost reply", () => {
  test.each([
    "SELECT 2",
    "HELLO 3",
    "CLIENT SETNAME me",
    "SUBSCRIBE c",
    "MULTI",
    "CLIENT REPLY OFF",
    "RESET",
  ])("to %s ends the connection: nobody knows any more what the client is", (command) => {
    const node = new ConnectionNode();
    const client = node.client();
    client.send("SET a 1", command);
    node.endTurn();
    node.evaluator.following();
    expect(client.text()).toMatch(/^-UNKNOWN /);
    expect(client.socket.ended).toBe(true);
  });

  test("to an EXEC that changed the client ends it, too; another one does not", () => {
    for (const [command, ends] of [
      ["SELECT 2", true],
      ["INCR a", false],
    ] as const) {
      const node = new ConnectionNode();
      const client = node.client();
      client.send("MULTI", "SET a 1", command);
      client.send("EXEC");
      node.endTurn();
      node.evaluator.following();
      node.endTurn();
      expect(client.replies().at(-1)).toMatch(/^-UNKNOWN /);
      expect(client.socket.ended).toBe(ends);
    }
  });

  test("to anything else leaves the client as it was", () => {
    const node = new ConnectionNode();
    const client = node.client();
    client.send("SELECT 2", "SET a 1", "PING", "GET a", "CLIENT GETNAME");
    client.replies();
    node.endTurn();
    node.evaluator.following();
    expect(client.socket.ended).toBe(false);
    node.lead(2);
    client.send("CLIENT INFO");
    expect(client.replies().at(-1)).toContain(" db=2 ");
  });
});

test("a reply that was kept back needs no error when it is lost", () => {
  const node = new ConnectionNode();
  const client = node.client();
  client.send("CLIENT REPLY OFF");
  client.send("SET a 1", "GET a");
  node.endTurn();
  node.evaluator.following();
  expect([client.text(), client.socket.ended]).toEqual(["", false]);
});

test("what is read or published behind a write whose reply is kept back still comes behind it", () => {
  const node = new ConnectionNode();
  const listener = node.client();
  listener.send("SUBSCRIBE c");
  listener.replies();
  const client = node.client();
  client.send("CLIENT REPLY SKIP", "SET a 1", "GET a", "PUBLISH c m");
  node.endTurn();
  expect([client.replies(), listener.replies()]).toEqual([[], []]);
  node.settle();
  expect([client.replies(), listener.replies()]).toEqual([["1", 1], [["message", "c", "m"]]]);
});

test("what still comes to a connection that ends is read and dropped", () => {
  const node = new ConnectionNode({ outputLimitBytes: 10 });
  const [quits, errs, stopped] = [node.client(), node.client(), node.client()];
  quits.send("QUIT", "PING");
  errs.sendBytes(Buffer.from("*1\r\n:1\r\n"));
  stopped.socket.takesAll = false;
  stopped.send("ECHO long-enough-to-be-over-the-limit", "SET a 1");
  expect(stopped.socket.paused).toBe(true);
  void node.server.close();
  for (const client of [quits, errs, stopped]) {
    client.send("SET b 1");
    expect([client.socket.paused, client.socket.ended]).toEqual([false, true]);
  }
  expect(node.evaluator.statistics.operationsTotal).toBe(0);
});

test("a stop answers what was begun, and begins nothing", async () => {
  const node = new ConnectionNode();
  const client = node.client();
  client.send("SET a 1", "GET a");
  await node.server.close();
  client.send("SET b 1");
  expect(client.socket.ended).toBe(false);
  node.settle();
  expect(client.replies()).toEqual(["OK", "1"]);
  expect(client.socket.ended).toBe(true);
});

test("who is not let in is let go, also if it does not go by itself", () => {
  const node = new ConnectionNode({ maxClients: 1 });
  node.client();
  const refused = node.client();
  expect([refused.socket.ended, refused.socket.destroyed]).toEqual([true, false]);
  node.scheduler.pass(1000);
  expect(refused.socket.destroyed).toBe(true);
});

describe("latency counts from the arrival of a command", () => {
  test("that waits for a load", () => {
    const node = new ConnectionNode({ isInMemory: () => false, hotRowsBytes: 0 });
    const client = node.client();
    client.send("GET a", "PING");
    node.clock.monotonic += 50;
    client.send("PING");
    node.loadAll();
    const { latencyUs } = node.server.table.byName("get")!;
    expect([latencyUs.count, latencyUs.sum]).toEqual([1, 50_000]);
  });

  test("that runs in slices", () => {
    const held = heldCommand("held");
    const node = new ConnectionNode({ commands: [held.spec] });
    const client = node.client();
    client.send("HELD");
    node.clock.monotonic += 30;
    client.drain();
    node.clock.monotonic += 40;
    held.ends[0]!("+end\r\n");
    const { latencyUs } = node.server.table.byName("held")!;
    expect([latencyUs.count, latencyUs.sum]).toEqual([1, 70_000]);
  });

  test("that waits for its batch, or for the end of a pause", () => {
    const node = new ConnectionNode();
    node.ask("CLIENT PAUSE 20 WRITE");
    const client = node.client();
    client.send("SET a 1");
    node.clock.monotonic += 20;
    node.scheduler.pass(20);
    node.endTurn();
    node.clock.monotonic += 5;
    node.settle();
    expect(client.replies()).toEqual(["OK"]);
    const { latencyUs } = node.server.table.byName("set")!;
    expect([latencyUs.count, latencyUs.sum]).toEqual([1, 25_000]);
  });
});
