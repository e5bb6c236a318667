// SAVE and its kin over the in-memory storage, MEMORY, DEBUG, WAIT, TIME, ROLE, LOLWUT, COMMAND DOCS.
import { SeededRandom } from "../../../src/base/index";
import type { Reply } from "../../../src/resp/index";
import { MemoryStorage } from "../../../src/storage/index";
import { parseArguments } from "../../../src/redis/documentation/argument-notation";
import { documentation } from "../../../src/redis/documentation/index";
import { RedisNode } from "./redis-node";

test("SAVE answers when the checkpoint is there; LASTSAVE and INFO tell of it", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.pipeline(["SET", "a", 1], ["SET", "b", 1]);
  const before = Number(client.call("LASTSAVE"));
  expect(String(client.call("INFO", "persistence"))).toContain("rdb_changes_since_last_save:2\r\n");
  node.advance(5000);
  client.send(["SAVE"]);
  expect(client.taken()).toEqual([]);
  const other = node.connect();
  other.send(["SAVE"], ["BGSAVE"], ["BGSAVE", "SCHEDULE"], ["BGSAVE", "NOW"]);
  expect(other.taken()).toEqual([
    "ERR Background save already in progress",
    "ERR Background save already in progress",
    "Background saving scheduled",
    "ERR syntax error",
  ]);
  node.turn();
  expect(client.taken()).toEqual(["OK"]);
  node.turn();
  expect(Number(client.call("LASTSAVE"))).toBe(before + 5);
  const info = String(client.call("INFO", "persistence"));
  expect(info).toContain("rdb_changes_since_last_save:0\r\n");
  expect(info).toContain("rdb_saves:2\r\n");
  expect(node.kv.storage.checkpoints()).toHaveLength(2);
  expect(client.call("BGSAVE")).toBe("Background saving started");
  node.turn();
  expect(node.kv.storage.checkpoints()).toHaveLength(2);
});

test("names of checkpoints rise, also when the clock goes back", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.call("CONFIG", "SET", "checkpoints-kept", 10);
  const names: string[] = [];
  for (const step of [0, 0, 1000, -60_000, 0]) {
    node.kv.clock.wall += step;
    client.call("SAVE");
    names.push(node.kv.storage.checkpoints().at(-1)!);
  }
  expect([...names].sort()).toEqual(names);
  expect(new Set(names).size).toBe(names.length);
});

test("a checkpoint that fails is told, and the storage goes on", () => {
  const node = new RedisNode();
  const client = node.connect();
  node.kv.disk.failing.add("checkpoint");
  expect(client.call("SAVE")).toMatch(/^ERR /);
  expect(String(client.call("INFO", "persistence"))).toContain("rdb_last_bgsave_status:err\r\n");
  expect(client.call("SET", "a", 1)).toBe("OK");
  node.kv.disk.failing.delete("checkpoint");
  expect(client.call("SAVE")).toBe("OK");
  expect(String(client.call("INFO", "persistence"))).toContain("rdb_last_bgsave_status:ok\r\n");
});

test("SHUTDOWN SAVE can be aborted while it saves, and fails with its checkpoint unless forced", () => {
  const node = new RedisNode();
  const client = node.connect();
  const other = node.connect();
  client.send(["SHUTDOWN", "SAVE"]);
  expect(other.call("SHUTDOWN", "ABORT")).toBe("OK");
  node.turn();
  expect(client.taken()).toEqual(["ERR Errors trying to SHUTDOWN. Check logs."]);
  expect(other.call("SHUTDOWN", "ABORT")).toBe("ERR No shutdown in progress.");
  node.kv.disk.failing.add("checkpoint");
  expect(client.call("SHUTDOWN", "SAVE")).toBe("ERR Errors trying to SHUTDOWN. Check logs.");
  expect(node.shutdowns).toEqual([]);
  client.send(["SHUTDOWN", "SAVE", "FORCE"]);
  node.turn();
  expect(node.shutdowns).toEqual([{ force: true }]);
});

test("WAIT comes when what is before it is durable", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.send(["SET", "a", 1], ["WAIT", 0, 0], ["WAITAOF", 1, 0, 0]);
  expect(client.taken()).toEqual([]);
  node.turn();
  expect(client.taken()).toEqual(["OK", 0, [1, 0]]);
  expect(client.call("WAITAOF", 2, 0, 0)).toBe("ERR value is out of range, must be between 0 and 1");
  expect(client.call("WAITAOF", 1, -1, 0)).toBe("ERR value is out of range, must be positive");
  expect(client.call("WAITAOF", 1, 0, -1)).toBe("ERR timeout is negative");
  expect(client.call("WAIT", 1, -1)).toBe("ERR timeout is negative");
  expect(client.call("WAIT", 1, "x")).toBe("ERR timeout is not an integer or out of range");
  expect(client.call("WAIT", "x", "x")).toBe("ERR value is not an integer or out of range");
});

test("TIME, ROLE, LOLWUT, MEMORY", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.call("SET", "a", 1);
  const [seconds] = client.call("TIME") as string[];
  expect(Number(seconds)).toBe(Math.floor(node.kv.clock.wallMs() / 1000));
  expect(client.call("ROLE")).toEqual(["master", expect.any(Number), []]);
  expect(String(client.call("LOLWUT", "VERSION", 5, 4, 3))).toMatch(/\(Redis ver\. 7\.2\.0\)\n$/);
  expect(client.call("LOLWUT", "VERSION", "x")).toBe("ERR value is not an integer or out of range");
  const stats = client.call("MEMORY", "STATS") as Reply[];
  expect(stats[stats.indexOf("keys.count") + 1]).toBe(1);
  expect(Number(stats[stats.indexOf("total.allocated") + 1])).toBeGreaterThan(1_000_000);
  expect(String(client.call("MEMORY", "DOCTOR"))).toMatch(/^Basalt uses /);
  expect(String(client.call("MEMORY", "MALLOC-STATS"))).toMatch(/old_space/);
  expect(client.call("MEMORY", "PURGE")).toBe("OK");
});

describe("DEBUG", () => {
  const digest = (build: (node: RedisNode) => void): unknown => {
    const node = new RedisNode();
    build(node);
    return node.connect().call("DEBUG", "DIGEST");
  };

  test("the digest is that of the data, not of their history", () => {
    expect(digest(() => undefined)).toBe("0".repeat(40));
    const first = digest((node) => {
      const client = node.connect();
      client.call("SET", "a", "1");
      client.call("HSET", "h", "f", "v", "g", "w");
      client.call("SET", "long", "x".repeat(70_000));
    });
    const second = digest((node) => {
      const client = node.connect();
      client.call("HSET", "h", "g", "w", "z", "z");
      client.call("HDEL", "h", "z");
      client.call("HSET", "h", "f", "v");
      client.call("SET", "long", "x");
      client.call("SETRANGE", "long", 69_999, "x");
      for (let at = 1; at < 69_999; at += 5000) {
        client.call("SETRANGE", "long", at, "x".repeat(Math.min(5000, 69_999 - at)));
      }
      client.call("DEL", "a");
      client.call("SET", "gone", 1);
      client.call("DEL", "gone");
      client.call("INCR", "a");
    });
    expect(first).toMatch(/^[0-9a-f]{40}$/);
    expect(second).toBe(first);
  });

  test("whatever differs shows", () => {
    const builds: ((node: RedisNode) => void)[] = [
      (node) => void node.connect().call("SET", "a", "1"),
      (node) => void node.connect().call("SET", "b", "1"),
      (node) => void node.connect().call("SET", "a", "2"),
      (node) => void node.connect().call("SET", "a", "1", "EX", 100),
      (node) => void node.connect().call("HSET", "a", "1", ""),
      (node) => void node.connect().pipeline(["SELECT", 1], ["SET", "a", "1"]),
      (node) => void node.connect().pipeline(["SET", "a", "1"], ["SET", "b", "1"]),
      (node) => void node.connect().call("SETRANGE", "a", 100_000, "1"),
      (node) => void node.connect().call("SETRANGE", "a", 100_001, "1"),
      (node) => void node.connect().call("HSET", "h", "ab", "c"),
      (node) => void node.connect().call("HSET", "h", "a", "bc"),
      (node) => void node.connect().call("SETRANGE", "a", 3_000_000, "1"),
    ];
    const digests = builds.map(digest);
    expect(new Set(digests).size).toBe(builds.length);
  });

  test("DIGEST-VALUE is the value's, whatever the key", () => {
    const client = new RedisNode().connect();
    client.pipeline(["SET", "a", "1"], ["SET", "b", "1"], ["SET", "c", "2"]);
    const [a, b, c, none] = client.call("DEBUG", "DIGEST-VALUE", "a", "b", "c", "none") as string[];
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    expect(none).toBe("0".repeat(40));
  });

  test("OBJECT, SLEEP, SET-ACTIVE-EXPIRE, HELP, and who may", () => {
    const node = new RedisNode();
    const client = node.connect();
    client.call("SET", "a", "12");
    expect(client.call("DEBUG", "OBJECT", "a")).toMatch(
      /^Value at:0x\S+ refcount:1 encoding:int serializedlength:2 /,
    );
    expect(client.call("DEBUG", "OBJECT", "none")).toBe("ERR no such key");
    expect(client.call("DEBUG", "SET-ACTIVE-EXPIRE", 0)).toBe("OK");
    expect(client.call("DEBUG", "SET-ACTIVE-EXPIRE", 1)).toBe("OK");
    expect(node.activeExpiry).toEqual([false, true]);
    client.send(["DEBUG", "SLEEP", "0.5"], ["PING"]);
    expect(node.connect().call("PING")).toBe("PONG");
    expect(client.taken()).toEqual([]);
    node.kv.scheduler.pass(500);
    expect(client.taken()).toEqual(["OK", "PONG"]);
    expect(client.call("DEBUG", "HELP")).toEqual(expect.arrayContaining(["DIGEST"]));
    expect(client.call("DEBUG", "NOSUCH")).toMatch(/^ERR unknown subcommand or wrong number/);
    node.server.settings.debugCommand = "no";
    expect(client.call("DEBUG", "DIGEST")).toMatch(/^ERR DEBUG command not allowed/);
  });
});

describe("COMMAND DOCS", () => {
  test("every command and subcommand of the table is explained", () => {
    const node = new RedisNode();
    const known = documentation();
    const missing = node.server.table.everyCommand
      .filter(({ name }) => !known.has(name) && !name.endsWith("|help"))
      .map(({ name }) => name);
    expect(missing).toEqual([]);
    for (const { spec, name } of node.server.table.everyCommand) {
      const documented = known.get(name);
      if (documented === undefined) continue;
      expect([name, documented.since, documented.summary.length > 0]).toEqual([name, spec.since, true]);
    }
  });

  test("names that are asked for, as maps", () => {
    const client = new RedisNode().connect();
    client.call("HELLO", 3);
    const answer = client.call("COMMAND", "DOCS", "nosuch", "GET", "config|set") as Map<
      string,
      Map<string, Reply>
    >;
    expect([...answer.keys()]).toEqual(["get", "config|set"]);
    expect(answer.get("get")?.get("arguments")).toEqual([
      new Map<string, Reply>([
        ["name", "key"],
        ["type", "key"],
        ["key_spec_index", 0],
      ]),
    ]);
    expect([...(answer.get("config|set") ?? new Map<string, Reply>()).keys()]).toEqual([
      "summary",
      "since",
      "group",
      "complexity",
      "arguments",
    ]);
  });

  test("the notation of arguments", () => {
    expect(
      parseArguments('a(NX | x/"*")?@1.2.3 LIMIT=b{<c#1> <ip:port>*}!2.0 GET=<p:pattern>?**'),
    ).toMatchObject([
      {
        name: "a",
        type: "oneof",
        flags: ["optional"],
        since: "1.2.3",
        arguments: [
          { name: "nx", type: "pure-token", token: "NX" },
          { name: "x", type: "pure-token", token: "*" },
        ],
      },
      {
        name: "b",
        type: "block",
        token: "LIMIT",
        deprecatedSince: "2.0",
        arguments: [
          { name: "c", type: "key", keySpecification: 1 },
          { name: "ip:port", type: "string", flags: ["multiple"] },
        ],
      },
      { name: "p", type: "pattern", token: "GET", flags: ["optional", "multiple", "multiple_token"] },
    ]);
    expect(() => parseArguments("a(b")).toThrow();
  });
});

test("COMMAND GETKEYSANDFLAGS says what is done with each key", () => {
  const client = new RedisNode().connect();
  expect(client.call("COMMAND", "GETKEYSANDFLAGS", "SET", "a", "b")).toEqual([["a", ["OW", "update"]]]);
  expect(client.call("COMMAND", "GETKEYSANDFLAGS", "SET", "a", "b", "GET")).toEqual([
    ["a", ["RW", "access", "update"]],
  ]);
  expect(client.call("COMMAND", "GETKEYSANDFLAGS", "MSET", "a", 1, "b", 2)).toEqual([
    ["a", ["OW", "update"]],
    ["b", ["OW", "update"]],
  ]);
});

test("a checkpoint of the twin opens as a disk of its own", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.call("SET", "a", 1);
  client.call("SAVE");
  client.call("SET", "b", 1);
  const [copy] = node.kv.disk.checkpoints.values();
  const storage = new MemoryStorage(copy!, { nodeId: 1, driver: { random: new SeededRandom(1) } });
  const applied = storage.readApplied(1);
  expect(applied.index).toBeGreaterThan(0);
  expect(storage.readLogState(1).lastIndex).toBeGreaterThanOrEqual(applied.index);
});
