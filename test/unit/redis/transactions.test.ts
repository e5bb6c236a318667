// MULTI, EXEC, DISCARD, WATCH and UNWATCH: what is queued and what is refused, what aborts, what an EXEC's commands see, long ones
// in steps with reads in slices inside, and the end of it all when leadership is lost.
import { RedisNode } from "./redis-node";
import type { CommandClient } from "./redis-node";

const ABORTED = "EXECABORT Transaction discarded because of previous errors.";

function node(options: ConstructorParameters<typeof RedisNode>[0] = {}): {
  it: RedisNode;
  client: CommandClient;
} {
  const it = new RedisNode(options);
  return { it, client: it.connect() };
}

describe("the queue", () => {
  test("EXEC runs what was queued, in order, each seeing those before it", () => {
    const { client } = node();
    expect(
      client.pipeline(
        ["MULTI"],
        ["SET", "a", 1],
        ["INCR", "a"],
        ["GET", "a"],
        ["HGET", "a", "f"],
        ["EXEC"],
        ["GET", "a"],
      ),
    ).toEqual([
      "OK",
      "QUEUED",
      "QUEUED",
      "QUEUED",
      "QUEUED",
      ["OK", 2, "2", expect.objectContaining({ message: expect.stringMatching(/^WRONGTYPE/) as string })],
      "2",
    ]);
  });

  test("its effects are one entry, and nobody sees a part of them", () => {
    const { it, client } = node();
    const other = it.connect();
    const before = it.kv.group.lastIndex;
    client.send(["MULTI"], ["SET", "a", 1], ["SET", "b", 1], ["EXEC"]);
    it.kv.endTurn();
    expect(it.kv.group.lastIndex).toBe(before + 1);
    other.send(["MGET", "a", "b"]);
    expect(other.taken()).toEqual([[null, null]]);
    it.turn();
    expect(other.call("MGET", "a", "b")).toEqual(["1", "1"]);
  });

  test("commands that end, nest or stand alone", () => {
    const { client } = node();
    expect(client.call("EXEC")).toBe("ERR EXEC without MULTI");
    expect(client.call("DISCARD")).toBe("ERR DISCARD without MULTI");
    expect(client.pipeline(["MULTI"], ["MULTI"], ["WATCH", "a"], ["SET", "a", 1], ["EXEC"])).toEqual([
      "OK",
      "ERR MULTI calls can not be nested",
      "ERR WATCH inside MULTI is not allowed",
      "QUEUED",
      ["OK"],
    ]);
    expect(client.pipeline(["MULTI"], ["SET", "a", 2], ["DISCARD"], ["GET", "a"], ["EXEC"])).toEqual([
      "OK",
      "QUEUED",
      "OK",
      "1",
      "ERR EXEC without MULTI",
    ]);
    expect(client.pipeline(["MULTI"], ["EXEC"])).toEqual(["OK", []]);
  });

  test.each([
    ["an unknown command", ["NONSENSE"]],
    ["a wrong number of words", ["GET"]],
    ["an unknown subcommand", ["CLIENT", "NONSENSE"]],
    ["a wrong number of words behind a subcommand", ["CLIENT", "GETNAME", "x"]],
    ["a key that is too long", ["GET", "k".repeat(65_537)]],
  ])("is spoilt by %s", (_, words) => {
    const { client } = node();
    const replies = client.pipeline(
      ["MULTI"],
      ["SET", "a", 1],
      words,
      ["SET", "b", 1],
      ["EXEC"],
      ["EXISTS", "a", "b"],
      ["EXEC"],
    );
    expect([replies[3], replies[4], replies[5], replies[6]]).toEqual([
      "QUEUED",
      ABORTED,
      0,
      "ERR EXEC without MULTI",
    ]);
  });

  test("SELECT within it holds for what follows, also behind it", () => {
    const { client } = node();
    expect(
      client.pipeline(
        ["MULTI"],
        ["SET", "a", 0],
        ["SELECT", 3],
        ["SET", "a", 3],
        ["EXEC"],
        ["GET", "a"],
        ["SELECT", 0],
        ["GET", "a"],
      ),
    ).toEqual(["OK", "QUEUED", "QUEUED", "QUEUED", ["OK", "OK", "OK"], "3", "OK", "0"]);
  });

  test("what it does to its connection is done once, also when it has to begin again", () => {
    const { client } = node();
    expect(
      client.pipeline(
        ["MULTI"],
        ["CLIENT", "GETNAME"],
        ["CLIENT", "SETNAME", "a"],
        ["HELLO", 3],
        ["DBSIZE"],
        ["EXEC"],
      )[5],
    ).toEqual([null, "OK", expect.anything(), 0]);
    expect(client.call("CLIENT", "GETNAME")).toBe("a");
  });

  test.each([0, 300])("its commands are accounted for once, where they run: with %i more of them", (more) => {
    const { it, client } = node({ hotRowsBytes: 0 });
    client.pipeline(
      ["SET", "a", "x"],
      ["CONFIG", "SET", "slowlog-log-slower-than", 0, "slowlog-max-len", 1000],
      ["SLOWLOG", "RESET"],
    );
    let reads = 0;
    it.isInMemory = () => reads++ % 3 === 2;
    const calls = (name: string): number => it.server.table.byName(name)!.callsTotal;
    const before = ["get", "incr", "exec", "strlen"].map(calls);
    const many = Array.from({ length: more }, () => ["STRLEN", "a"]);
    client.pipeline(["MULTI"], ["GET", "a"], ["INCR", "a"], ...many, ["EXEC"]);
    expect(["get", "incr", "exec", "strlen"].map((name, i) => calls(name) - before[i]!)).toEqual([
      1,
      1,
      1,
      more,
    ]);
    expect(it.server.table.byName("incr")!.failedTotal).toBe(1);
    const logged = client.call("SLOWLOG", "GET", -1) as [number, number, number, string[]][];
    const names = logged.map(([, , , words]) => words.join(" ")).filter((text) => text !== "STRLEN a");
    expect(names.slice(0, 4)).toEqual(["INCR a", "GET a", "MULTI", "SLOWLOG RESET"]);
  });

  test("keeps no chunk: what is queued has bytes of its own", () => {
    const { it, client } = node();
    client.call("MULTI");
    client.call("SET", "a", "v".repeat(100));
    const [connection] = [...it.server.clients.values()];
    expect(connection!.transaction.queued[0]!.args.buffer.length).toBeLessThan(200);
    client.close();
    expect(connection!.transaction.queued).toEqual([]);
  });
});

describe("WATCH", () => {
  const watched = (
    change: (it: RedisNode, other: CommandClient, client: CommandClient) => void,
    setup: string[][] = [],
  ) => {
    const { it, client } = node();
    const other = it.connect();
    for (const words of setup) other.call(...words);
    expect(client.call("WATCH", "k", "other")).toBe("OK");
    change(it, other, client);
    return client.pipeline(["MULTI"], ["SET", "done", 1], ["EXEC"], ["EXISTS", "done"]).slice(2);
  };
  const STANDS = [["OK"], 1];
  const ABORTS = [null, 0];
  const KEY = [["SET", "k", "1"]];
  const HASH = [["HSET", "k", "f", "1"]];

  test.each([
    ["is written", KEY, ["SET", "k", "1"]],
    ["is changed in place", KEY, ["APPEND", "k", "x"]],
    ["is made", [], ["SET", "k", "1"]],
    ["is deleted", KEY, ["DEL", "k"]],
    ["gets a time to live", KEY, ["EXPIRE", "k", "100"]],
    ["gets another field", HASH, ["HSET", "k", "g", "1"]],
    ["gets another value in a field", HASH, ["HSET", "k", "f", "2"]],
    ["is flushed", KEY, ["FLUSHALL"]],
    ["is flushed with its database", KEY, ["FLUSHDB"]],
    ["is the second of them", [], ["SET", "other", "1"]],
  ])("EXEC does nothing when the key %s", (_, setup, change) => {
    expect(watched((__, other) => other.call(...change), setup)).toEqual(ABORTS);
    // By the same connection as well.
    expect(watched((__, ___, client) => client.call(...change), setup)).toEqual(ABORTS);
  });

  test.each([
    ["nothing happens", KEY, ["GET", "k"]],
    ["another key is written", KEY, ["SET", "l", "1"]],
    ["a key of that name is written in another database", KEY, ["MOVE_LIKE"]],
    ["a write changes nothing", [], ["DEL", "k"]],
    ["a database without it is flushed", [], ["FLUSHALL"]],
    ["a wrong command is refused", KEY, ["HSET", "k", "f", "1"]],
  ])("EXEC runs when %s", (_, setup, change) => {
    const result = watched((__, other) => {
      if (change[0] !== "MOVE_LIKE") return other.call(...change);
      return other.pipeline(["SELECT", 1], ["SET", "k", 1]);
    }, setup);
    expect(result).toEqual(STANDS);
  });

  test("EXEC does nothing when the key has expired, unless it had when it was watched", () => {
    const expires = [["SET", "k", "1", "PX", "100"]];
    expect(watched((it) => void (it.kv.clock.wall += 101), expires)).toEqual(ABORTS);
    expect(watched(() => undefined, expires)).toEqual(STANDS);
    const { it, client } = node();
    client.call("SET", "k", 1, "PX", 100);
    it.kv.clock.wall += 101;
    expect(client.pipeline(["WATCH", "k"], ["MULTI"], ["PING"], ["EXEC"])[3]).toEqual(["PONG"]);
  });

  test("a key that came and went within one EXEC that flushes twice was touched", () => {
    const { it, client } = node();
    const other = it.connect();
    client.call("WATCH", "k");
    other.pipeline(["MULTI"], ["FLUSHDB"], ["SET", "k", 1], ["FLUSHDB"], ["EXEC"]);
    expect(client.pipeline(["MULTI"], ["PING"], ["EXEC"])[2]).toBe(null);
    client.call("WATCH", "k");
    other.pipeline(["MULTI"], ["FLUSHDB"], ["SET", "other", 1], ["FLUSHDB"], ["EXEC"]);
    expect(client.pipeline(["MULTI"], ["PING"], ["EXEC"])[2]).toEqual(["PONG"]);
  });

  test("UNWATCH, DISCARD and EXEC end it", () => {
    const { it, client } = node();
    const other = it.connect();
    for (const ending of [[["UNWATCH"]], [["MULTI"], ["DISCARD"]], [["MULTI"], ["EXEC"]]]) {
      client.pipeline(["WATCH", "k"], ...ending);
      other.call("INCR", "k");
      expect(client.pipeline(["MULTI"], ["PING"], ["EXEC"])[2]).toEqual(["PONG"]);
      expect(it.kv.evaluator.watches.isEmpty).toBe(true);
    }
    client.call("WATCH", "k");
    client.close();
    expect(it.kv.evaluator.watches.isEmpty).toBe(true);
  });

  test("its reply waits for the write that it saw, so that a read behind it cannot see less", () => {
    const { it, client } = node();
    const other = it.connect();
    other.send(["SET", "k", 2]);
    client.send(["WATCH", "k"]);
    expect(client.taken()).toEqual([]);
    it.turn();
    expect(client.taken()).toEqual(["OK"]);
  });

  test("its reply waits for what was written to elements, too, which leaves the header as it was", () => {
    const { it, client } = node();
    const writer = it.connect();
    writer.call("HSET", "h", "f", "1");
    writer.send(["HSET", "h", "f", "2"]);
    client.send(["WATCH", "h"], ["HGET", "h", "f"]);
    expect(client.taken()).toEqual([]);
    it.turn();
    expect(client.taken()).toEqual(["OK", "2"]);
    expect(client.pipeline(["MULTI"], ["HSET", "h", "f", "3"], ["EXEC"])[2]).toEqual([0]);
  });

  test("a change of leadership aborts", () => {
    const { it, client } = node();
    client.call("WATCH", "k");
    it.kv.evaluator.following();
    it.kv.lead(2);
    expect(client.pipeline(["MULTI"], ["PING"], ["EXEC"])[2]).toBe(null);
  });
});

describe("a long EXEC", () => {
  const many = (count: number): string[][] =>
    Array.from({ length: count }, (_, i) => ["SET", `k${i}`, String(i)]);

  test("runs in steps: committed reads go on, everything else waits, and its effects come at once", () => {
    const { it, client } = node();
    const reader = it.connect();
    const writer = it.connect();
    reader.call("SET", "k1", "before");
    const { clock } = it.kv;
    // Each look at the clock takes a millisecond, so that every few commands a turn ends.
    Object.defineProperty(clock, "monotonic", {
      get: (() => {
        let now = 0;
        return () => (now += 1);
      })(),
      set: () => undefined,
    });
    client.send(["MULTI"], ...many(1000), ["DBSIZE"], ["EXEC"]);
    it.kv.endTurn();
    expect(it.kv.evaluator.busy).toBe(true);
    reader.send(["GET", "k1"]);
    writer.send(["SET", "k1", "after"], ["GET", "k1"]);
    expect(reader.taken()).toEqual(["before"]);
    expect(writer.taken()).toEqual([]);
    let replies = client.taken();
    for (let turn = 0; turn < 5000 && replies.length < 1003; turn++) {
      it.turn();
      replies = replies.concat(client.taken());
    }
    expect(replies[1002]).toEqual([...Array.from({ length: 1000 }, () => "OK"), 1000]);
    it.turn();
    expect(writer.taken()).toEqual(["OK", "after"]);
    expect(reader.call("MGET", "k0", "k999")).toEqual(["0", "999"]);
  });

  test("reads in slices show what the transaction has done", () => {
    const { client } = node();
    client.pipeline(["SET", "a", 1], ["SET", "gone", 1], ["SET", "dies", 1, "PX", 1]);
    const replies = client.pipeline(
      ["MULTI"],
      ["SET", "b", 1],
      ["DEL", "gone"],
      ["DBSIZE"],
      ["KEYS", "*"],
      ["SCAN", 0],
      ["FLUSHDB"],
      ["DBSIZE"],
      ["KEYS", "*"],
      ["SET", "c", 1],
      ["EXEC"],
    );
    expect(replies).toBeDefined();
    const exec = replies[replies.length - 1] as unknown[];
    expect([exec[2], (exec[3] as string[]).sort(), exec[6], exec[7]]).toEqual([3, ["a", "b", "dies"], 0, []]);
    expect((exec[4] as [string, string[]])[1].sort()).toEqual(["a", "b", "dies"]);
    expect(client.call("KEYS", "*")).toEqual(["c"]);
  });

  test("commands whose rows are not in memory are loaded one after another", () => {
    const { it, client } = node({ hotRowsBytes: 0 });
    client.pipeline(["SET", "a", 1], ["HSET", "h", "f", "v"]);
    let reads = 0;
    it.isInMemory = () => reads++ % 3 === 2;
    expect(
      client.pipeline(
        ["MULTI"],
        ["GET", "a"],
        ["HGETALL", "h"],
        ["INCR", "a"],
        ["KEYS", "a"],
        ["GET", "a"],
        ["EXEC"],
      )[6],
    ).toEqual(["1", ["f", "v"], 2, ["a"], "2"]);
  });

  test("replies from before it go while one of its commands loads again and again", () => {
    const { it, client } = node();
    client.call("HSET", "h", "f", "v");
    // Nothing is in memory then.
    it.kv.evaluator.following();
    it.kv.lead(2);
    it.isInMemory = () => false;
    client.send(["SET", "x", 1], ["MULTI"], ["HGET", "h", "f"], ...many(300), ["EXEC"]);
    it.kv.settle();
    expect(client.taken().slice(0, 2)).toEqual(["OK", "OK"]);
    expect(it.kv.evaluator.busy).toBe(true);
    for (let turn = 0; turn < 20; turn++) it.turn();
    const replies = client.taken();
    expect((replies[replies.length - 1] as unknown[]).slice(0, 2)).toEqual(["v", "OK"]);
  });

  test("leadership that is lost on the way leaves nothing, and the connection goes on", () => {
    const { it, client } = node();
    client.send(["MULTI"], ...many(300), ["DBSIZE"], ["EXEC"], ["PING"]);
    it.kv.endTurn();
    expect(it.kv.evaluator.busy).toBe(true);
    it.kv.evaluator.following();
    it.kv.lead(2);
    const replies = [];
    for (let turn = 0; turn < 50; turn++) {
      it.turn();
      replies.push(...client.taken());
    }
    expect(replies.slice(302)).toEqual([expect.stringMatching(/^TRYAGAIN/), "PONG"]);
    expect(client.pipeline(["DBSIZE"], ["EXEC"])).toEqual([0, "ERR EXEC without MULTI"]);
  });
});
