// One client connection: the order of replies, when each may go, what a loss of leadership makes of them, and when a
// connection stops running commands. Commits and applies happen when a test says so.
import { SeededRandom } from "../../../src/base/index";
import { effectsNotProposed } from "../../../src/kv/index";
import { encodeCommand } from "../../../src/resp/index";
import { ConnectionNode, heldCommand } from "./connection-node";

const UNKNOWN = expect.stringMatching(/^-UNKNOWN outcome unknown: /);
const TRY_AGAIN = expect.stringMatching(/^-TRYAGAIN /);

describe("a reply goes when it is true", () => {
  test("a SET is answered when it is committed, not when it is proposed, synced or applied", () => {
    const node = new ConnectionNode();
    const client = node.client();
    client.send("SET a 1");
    const index = node.propose();
    node.sync();
    expect(client.text()).toBe("");
    node.commit(index);
    expect(client.text()).toBe("+OK\r\n");
    expect(node.appliedIndex).toBeLessThan(index);
  });

  test("a read alone is answered at once, from committed state", () => {
    const node = new ConnectionNode();
    node.ask("SET a old");
    const [writer, reader] = [node.client(), node.client()];
    writer.send("SET a new");
    node.propose();
    reader.send("GET a");
    expect(reader.text()).toBe("$3\r\nold\r\n");
    node.commitAll();
    reader.send("GET a");
    expect(reader.text()).toBe("$3\r\nnew\r\n");
    expect(writer.text()).toBe("+OK\r\n");
  });

  test("a read behind an unanswered write of its connection sees it and waits with it", () => {
    const node = new ConnectionNode();
    const client = node.client();
    client.send("SET a 1");
    node.propose();
    client.send("GET a");
    node.propose();
    expect(client.text()).toBe("");
    node.commitAll();
    expect(client.text()).toBe("+OK\r\n$1\r\n1\r\n");
  });

  test("a pipeline of SET, GET, SET, GET costs one entry and one write", () => {
    const node = new ConnectionNode();
    const client = node.client();
    const before = node.group.lastIndex;
    client.send("SET a 1", "GET a", "SET a 2", "GET a");
    node.propose();
    expect(node.group.lastIndex).toBe(before + 1);
    expect(client.writes).toBe(0);
    node.commitAll();
    expect(client.replies()).toEqual(["OK", "1", "OK", "2"]);
    expect(client.writes).toBe(1);
  });

  test("what another connection wrote and is not committed is seen by writers, who wait for it", () => {
    const node = new ConnectionNode();
    const [one, other] = [node.client(), node.client()];
    one.send("INCR n");
    const first = node.propose();
    other.send("INCR n");
    node.propose();
    expect(other.text()).toBe("");
    node.commit(first);
    expect(one.replies()).toEqual([1]);
    expect(other.text()).toBe("");
    node.commitAll();
    expect(other.replies()).toEqual([2]);
  });

  test("a refusal and a no-op wait for the state behind them", () => {
    const node = new ConnectionNode();
    const [one, other] = [node.client(), node.client()];
    one.send("SET a x");
    node.propose();
    other.send("SET a y NX", "INCR a", "DEL b", "HGET a f");
    node.propose();
    expect(other.text()).toBe("");
    node.commitAll();
    expect(other.replies()).toEqual([
      null,
      "-ERR value is not an integer or out of range",
      0,
      "-WRONGTYPE Operation against a key holding the wrong kind of value",
    ]);
  });

  test("replies of several entries go as each is committed, in order, one write each", () => {
    const node = new ConnectionNode();
    const client = node.client();
    const indexes = ["SET a 1", "PING", "SET b 2", "GET a", "SET c 3"].map((command) => {
      client.send(command);
      return node.propose();
    });
    expect(client.text()).toBe("");
    node.commit(indexes[0]!);
    expect(client.replies()).toEqual(["OK", "PONG"]);
    node.commit(indexes[2]!);
    expect(client.replies()).toEqual(["OK", "1"]);
    node.commitAll();
    expect(client.replies()).toEqual(["OK"]);
    expect(client.writes).toBe(3);
  });

  test("an expired key that a read meets is deleted by an entry, and the read waits for it", () => {
    const node = new ConnectionNode();
    node.ask("SET a 1 PX 100");
    node.clock.wall += 100;
    const client = node.client();
    client.send("GET a");
    expect(client.text()).toBe("");
    const before = node.group.lastIndex;
    expect(node.propose()).toBe(before + 1);
    node.clock.wall -= 1000;
    const other = node.client();
    other.send("SET b 1", "GET a");
    node.propose();
    node.commitAll();
    expect(client.replies()).toEqual([null]);
    expect(other.replies()).toEqual(["OK", null]);
  });
});

describe("leadership is lost", () => {
  test("replies are released only where the entry is committed; each other one becomes an error", () => {
    const node = new ConnectionNode();
    const client = node.client();
    client.send("SET a 1");
    const first = node.propose();
    client.send("SET b 1", "GET b", "PING");
    node.propose();
    client.send("SET c 1", "GET a");
    node.commit(first);
    expect(client.replies()).toEqual(["OK"]);
    node.evaluator.following();
    expect(client.replies()).toEqual([UNKNOWN, UNKNOWN, UNKNOWN, TRY_AGAIN, TRY_AGAIN]);
    client.send("SET d 1", "GET a", "PING");
    expect(client.replies()).toEqual([TRY_AGAIN, TRY_AGAIN, "PONG"]);
  });

  test("nothing of what is lost is told as if it had happened", () => {
    const node = new ConnectionNode();
    const [writer, reader] = [node.client(), node.client()];
    writer.send("SET a 1");
    node.propose();
    reader.send("INCR b", "GET a");
    node.propose();
    node.evaluator.following();
    expect(writer.replies()).toEqual([UNKNOWN]);
    expect(reader.replies()).toEqual([UNKNOWN, UNKNOWN]);
  });

  test("by the proposal that a full batch makes in the middle of a pipeline", () => {
    const node = new ConnectionNode({ maxBatchBytes: 200 });
    const client = node.client();
    client.send("SET x 1");
    node.propose();
    node.group.refuses = true;
    client.send("SET a 1", `SET b ${"x".repeat(300)}`, "PING", "GET a");
    expect(client.replies()).toEqual([UNKNOWN, TRY_AGAIN, TRY_AGAIN, "PONG", TRY_AGAIN]);
    expect(node.evaluator.available).toBe(false);
    node.group.refuses = false;
    node.group.cut(node.group.lastIndex);
    node.lead(2);
    client.send("MGET x a b");
    expect(client.replies()).toEqual([[null, null, null]]);
  });

  test("while a reply is being written in slices", () => {
    const held = heldCommand("held");
    const node = new ConnectionNode({ commands: [held.spec] });
    const client = node.client();
    client.send("SET a 1", "HELD", "PING");
    node.propose();
    held.write[0]!("*2\r\n$1\r\nx\r\n");
    expect(client.text()).toBe("");
    node.evaluator.following();
    expect(client.replies()).toEqual([UNKNOWN]);
    held.ends[0]!("$1\r\ny\r\n");
    expect(client.replies()).toEqual([["x", "y"], "PONG"]);
  });

  test("and a connection that had stopped for the replies that waited goes on", () => {
    const node = new ConnectionNode({ outputLimitBytes: 1000 });
    const client = node.client();
    client.send("SET n 0", ...Array.from({ length: 400 }, () => "INCR n"));
    expect(client.socket.paused).toBe(true);
    node.evaluator.following();
    for (let round = 0; round < 10; round++) node.endTurn();
    expect(client.replies()).toHaveLength(401);
    expect(client.socket.paused).toBe(false);
  });

  test("is told to what waits for a release beside a reply", () => {
    const node = new ConnectionNode();
    const told: string[] = [];
    const session = node.evaluator.begin(false, 0);
    session.put("\x20k", "v");
    session.onRelease({ released: () => told.push("released"), lost: () => told.push("lost") });
    node.evaluator.finish();
    node.propose();
    expect(told).toEqual([]);
    node.evaluator.following();
    expect(told).toEqual(["lost"]);
  });
});

describe("a connection stops", () => {
  test("for a load, alone, and goes on in order", () => {
    const memory = { holds: true };
    const node = new ConnectionNode({ hotRowsBytes: 0, isInMemory: () => memory.holds });
    node.ask("SET a 1");
    for (const key of ["x", "y", "z"]) node.ask(`SET ${key} 1`, `GET ${key}`);
    memory.holds = false;
    const [one, other] = [node.client(), node.client()];
    one.send("PING", "GET a", "SET b 2", "GET b");
    expect(one.replies()).toEqual(["PONG"]);
    expect(one.socket.paused).toBe(true);
    one.send("ECHO more");
    other.send("SET c 3");
    node.settle();
    expect(other.replies()).toEqual(["OK"]);
    expect(one.text()).toBe("");
    node.loadAll();
    memory.holds = true;
    node.settle();
    expect(one.replies()).toEqual(["1", "OK", "2", "more"]);
    expect(one.socket.paused).toBe(false);
  });

  test("for a load no more than a few times: then the read may block", () => {
    const node = new ConnectionNode({ hotRowsBytes: 0, isInMemory: () => false });
    const client = node.client();
    client.send("GET a");
    expect(client.text()).toBe("");
    node.loadAll();
    expect(node.evaluator.statistics.loadsTotal).toBe(3);
    expect(client.replies()).toEqual([null]);
  });

  test("for a command in slices, alone, and goes on in order", () => {
    const held = heldCommand("held");
    const node = new ConnectionNode({ commands: [held.spec] });
    const [one, other] = [node.client(), node.client()];
    one.send("SET a 1", "HELD", "GET a", "HELD");
    other.send("SET b 1");
    node.settle();
    expect(other.replies()).toEqual(["OK"]);
    expect(one.replies()).toEqual(["OK"]);
    expect(one.socket.paused).toBe(true);
    held.ends[0]!("+first\r\n");
    expect(one.replies()).toEqual(["first", "1"]);
    held.ends[1]!("+second\r\n");
    expect(one.replies()).toEqual(["second"]);
    expect(one.socket.paused).toBe(false);
  });

  test("a reply in slices waits for the sequence it ends with", () => {
    const held = heldCommand("held");
    const node = new ConnectionNode({ commands: [held.spec] });
    const client = node.client();
    client.send("HELD", "PING");
    node.evaluator.begin(false, 0).fixTime();
    held.ends[0]!("+slow\r\n", node.evaluator.finish());
    expect(client.text()).toBe("");
    node.settle();
    expect(client.replies()).toEqual(["slow", "PONG"]);
  });

  test("for congestion, and goes on when half of it is applied", () => {
    const node = new ConnectionNode({ maxBatchBytes: 500, maxInFlightBytes: 2000 });
    const client = node.client();
    const commands = Array.from({ length: 100 }, (_, i) => `SET k${i} ${"x".repeat(100)}`);
    client.send(...commands, "GET k99");
    expect(node.evaluator.congested).toBe(true);
    expect(client.socket.paused).toBe(true);
    const proposed = node.group.lastIndex;
    node.settle();
    expect(node.group.lastIndex).toBeGreaterThan(proposed);
    for (let round = 0; round < 50; round++) node.settle();
    expect(client.replies()).toEqual([...commands.map(() => "OK"), "x".repeat(100)]);
    expect(node.evaluator.congested).toBe(false);
    expect(client.socket.paused).toBe(false);
  });

  test("for a client that does not take its replies", () => {
    const node = new ConnectionNode({ outputLimitBytes: 1000 });
    node.ask(`SET a ${"x".repeat(400)}`);
    const client = node.client();
    client.socket.takesAll = false;
    client.send(...Array.from({ length: 20 }, () => "GET a"), "PING");
    expect(client.socket.bufferedBytes).toBeLessThan(2000);
    expect(client.socket.paused).toBe(true);
    let replies = 0;
    for (let round = 0; round < 20; round++) {
      client.drain();
      replies += client.replies().length;
      expect(client.socket.bufferedBytes).toBeLessThan(2000);
    }
    expect(replies).toBe(21);
    expect(client.socket.paused).toBe(false);
  });

  test("not at all for a long pipeline whose replies the kernel takes at once", () => {
    const node = new ConnectionNode({ outputLimitBytes: 1000 });
    node.ask(`SET a ${"x".repeat(400)}`);
    const client = node.client();
    client.send(...Array.from({ length: 20 }, () => "GET a"), "PING");
    expect(client.replies()).toHaveLength(21);
  });

  test("for replies that wait for their batch, and goes on when they go", () => {
    const node = new ConnectionNode({ outputLimitBytes: 1000 });
    const client = node.client();
    client.send("SET n 0", ...Array.from({ length: 300 }, () => "INCR n"));
    expect(client.socket.paused).toBe(true);
    let replies: unknown[] = [];
    for (let round = 0; round < 5; round++) {
      node.settle();
      node.endTurn();
      replies = [...replies, ...client.replies()];
    }
    expect(replies).toEqual(["OK", ...Array.from({ length: 300 }, (_, i) => i + 1)]);
    expect(client.socket.paused).toBe(false);
  });
});

describe("a reply in parts", () => {
  const next = (): void => undefined;

  test("goes part by part, behind the replies before it", () => {
    const held = heldCommand("held");
    const node = new ConnectionNode({ commands: [held.spec] });
    const client = node.client();
    client.send("SET a 1", "HELD", "PING");
    node.propose();
    held.send[0]!("*3\r\n$1\r\na\r\n", next);
    expect(client.text()).toBe("");
    node.commitAll();
    expect(client.text()).toBe("+OK\r\n");
    held.send[0]!("$1\r\nb\r\n", next);
    expect(client.text()).toBe("*3\r\n$1\r\na\r\n$1\r\nb\r\n");
    held.ends[0]!("$1\r\nc\r\n");
    expect(client.text()).toBe("$1\r\nc\r\n+PONG\r\n");
  });

  test("waits for a client that is behind, and ends with one that has gone", () => {
    const held = heldCommand("held");
    const node = new ConnectionNode({ commands: [held.spec], outputLimitBytes: 10 });
    const [slow, leaving] = [node.client(), node.client()];
    let goesOn = 0;
    for (const client of [slow, leaving]) {
      client.socket.takesAll = false;
      client.send("HELD");
    }
    held.send[0]!("*2\r\n$10\r\n0123456789\r\n", () => goesOn++);
    held.send[1]!("*2\r\n$10\r\n0123456789\r\n", () => goesOn++);
    expect(goesOn).toBe(0);
    slow.drain();
    expect(goesOn).toBe(1);
    leaving.close();
    expect(goesOn).toBe(2);
    held.ends[0]!("$1\r\nx\r\n");
    slow.drain();
    expect(slow.replies()).toEqual([["0123456789", "x"]]);
    held.ends[1]!("");
    leaving.socket.take();
    expect(node.pool.lentBytes).toBe(0);
  });

  test("that cannot be ended breaks the connection: its client must not take an error for a part", () => {
    const held = heldCommand("held");
    const node = new ConnectionNode({ commands: [held.spec] });
    const [one, other] = [node.client(), node.client()];
    for (const client of [one, other]) client.send("HELD", "PING");
    held.send[0]!("*2\r\n$1\r\na\r\n", next);
    held.send[1]!("*2\r\n$1\r\na\r\n", next);
    // One had something that expired, so that its rest waits for the time to be fixed …
    node.evaluator.begin(false, 0).fixTime();
    held.ends[0]!("$1\r\nb\r\n", node.evaluator.finish());
    node.propose();
    node.evaluator.following();
    // … the other finds that it cannot fix it any more.
    held.ends[1]!("$1\r\nb\r\n", effectsNotProposed);
    for (const client of [one, other]) {
      expect(client.socket.destroyed).toBe(true);
      expect(client.text()).toBe("*2\r\n$1\r\na\r\n");
      client.close();
    }
    expect(node.pool.lentBytes).toBe(0);
  });
});

test("chunks that come while a connection is stopped keep their order", () => {
  const held = heldCommand("held");
  const node = new ConnectionNode({ commands: [held.spec] });
  const client = node.client();
  const stream = Buffer.concat(["first", "second"].map((word) => encodeCommand(["ECHO", word])));
  client.send("HELD", "HELD");
  client.sendBytes(stream.subarray(0, 20));
  // The second of them is the last of its chunk, and another chunk waits already.
  held.ends[0]!("+held\r\n");
  client.sendBytes(stream.subarray(20));
  held.ends[1]!("+held\r\n");
  expect(client.replies()).toEqual(["held", "held", "first", "second"]);
});

describe("a connection ends", () => {
  test("by QUIT, behind the replies before it", () => {
    const node = new ConnectionNode();
    const client = node.client();
    client.send("SET a 1", "QUIT", "SET a 2");
    node.propose();
    expect(client.socket.ended).toBe(false);
    node.commitAll();
    expect(client.replies()).toEqual(["OK", "OK"]);
    expect(client.socket.ended).toBe(true);
    expect(node.ask("GET a")).toEqual(["1"]);
  });

  test("by a protocol error, behind the replies before it", () => {
    const node = new ConnectionNode();
    const client = node.client();
    client.sendBytes(Buffer.concat([encodeCommand(["SET", "a", "1"]), Buffer.from("*1\r\n+x\r\n")]));
    node.propose();
    expect(client.text()).toBe("");
    node.commitAll();
    expect(client.replies()).toEqual(["OK", "-ERR Protocol error: expected '$', got '+'"]);
    expect(client.socket.ended).toBe(true);
  });

  test("while its command loads, is in slices, or waits: nothing is written and no block stays lent", () => {
    const held = heldCommand("held");
    const node = new ConnectionNode({ hotRowsBytes: 0, isInMemory: () => false, commands: [held.spec] });
    const clients = ["GET a", "HELD", "SET b 1"].map((command) => {
      const client = node.client();
      client.send("PING", command, "PING");
      client.close();
      return client;
    });
    held.ends[0]!("+late\r\n");
    node.loadAll();
    node.settle();
    for (const client of clients) expect(client.replies().slice(1)).toEqual([]);
    expect(node.pool.lentBytes).toBe(0);
    expect(node.server.clients.size).toBe(0);
  });

  test("at once where there are too many", () => {
    const node = new ConnectionNode({ maxClients: 1 });
    node.client();
    const refused = node.client();
    expect(refused.replies()).toEqual(["-ERR max number of clients reached"]);
    expect(refused.socket.ended).toBe(true);
  });
});

test("effects that exceed an entry are refused, and nothing of them is kept", () => {
  const node = new ConnectionNode({
    maxEffectsBytes: 16 << 20,
    maxInFlightBytes: 1 << 30,
    commands: [
      {
        name: "large",
        arity: 1,
        flags: ["write"],
        keys: [0, 0, 0],
        categories: [],
        since: "1.0.0",
        group: "generic",
        function: {
          kind: "evaluated",
          run: ({ session, reply }) => {
            const value = "x".repeat(1 << 20);
            for (let i = 0; i < 17; i++) session.put(`\x20large${i}`, value);
            reply.ok();
          },
        },
      },
    ],
  });
  const client = node.client();
  client.send("SET a 1", "LARGE", "GET a");
  node.settle();
  expect(client.replies()).toEqual([
    "OK",
    expect.stringMatching(/^-ERR The effects of this command exceed/),
    "1",
  ]);
  expect(node.evaluator.begin(false, 0).get("\x20large0")).toBe(null);
});

test("however a stream is cut, its replies are the same", () => {
  const commands = [
    "SET a 1",
    "GET a",
    "INCR a",
    "HSET h f v",
    "HGET h f",
    "NONSENSE x",
    "GET",
    "DEL a h",
    "GET a",
    "ECHO e",
  ];
  const stream = Buffer.concat(commands.map((command) => encodeCommand(command.split(" "))));
  const whole = new ConnectionNode().ask(...commands);
  const seed = Number(process.env["BASALT_KV_SEED"] ?? 1);
  for (let run = seed; run < seed + 50; run++) {
    const random = new SeededRandom(run);
    const node = new ConnectionNode({ isInMemory: () => random.chance(0.7), hotRowsBytes: 0 });
    const client = node.client();
    for (let at = 0; at < stream.length;) {
      const end = Math.min(stream.length, at + random.between(1, 20));
      client.sendBytes(stream.subarray(at, end));
      at = end;
      if (random.chance(0.3)) node.settle();
      if (random.chance(0.3)) node.loadAll();
    }
    for (let round = 0; round < 12; round++) {
      node.loadAll();
      node.settle();
    }
    expect({ run, replies: client.replies() }).toEqual({ run, replies: whole });
  }
});
