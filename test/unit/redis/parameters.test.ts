// CONFIG: parameters by name and pattern, set together or not at all, in Redis's words; what they change; the file.
import { KeyspaceEvent } from "../../../src/redis/index";
import type { ChangedParameter } from "../../../src/redis/index";
import { RedisNode } from "./redis-node";

const refused = (name: string, why: string): string =>
  `ERR CONFIG SET failed (possibly related to argument '${name}') - ${why}`;

test("values are judged as Redis judges them, and shown in its form", () => {
  const client = new RedisNode().connect();
  const set = (name: string, value: string | number): unknown => client.call("CONFIG", "SET", name, value);
  const shown = (name: string): unknown => (client.call("CONFIG", "GET", name) as string[])[1];
  expect(set("maxclients", "x")).toBe(refused("maxclients", "argument couldn't be parsed into an integer"));
  expect(set("slowlog-max-len", -1)).toBe(
    refused("slowlog-max-len", "argument must be between 0 and 1000000 inclusive"),
  );
  expect(set("hll-sparse-max-bytes", "-1")).toBe(
    refused("hll-sparse-max-bytes", "argument must be a memory value"),
  );
  expect(set("latency-tracking", 1)).toBe(refused("latency-tracking", "argument must be 'yes' or 'no'"));
  expect(set("databases", 3)).toBe(refused("databases", "can't set immutable config"));
  expect(set("notify-keyspace-events", "ZZ")).toBe(
    refused("notify-keyspace-events", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."),
  );
  expect(set("client-output-buffer-limit", "normal 1")).toBe(
    refused("client-output-buffer-limit", "Wrong number of arguments in buffer limit configuration."),
  );
  expect(set("latency-tracking-info-percentiles", "50 101")).toBe(
    refused(
      "latency-tracking-info-percentiles",
      "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
    ),
  );
  expect(client.call("CONFIG", "SET", "foo", "bar")).toBe(
    "ERR Unknown option or number of arguments for CONFIG SET - 'foo'",
  );
  expect(client.call("CONFIG", "SET", "timeout", 1, "maxclients")).toBe("ERR syntax error");

  expect(set("proto-max-bulk-len", "1MB")).toBe("OK");
  expect(shown("proto-max-bulk-len")).toBe("1048576");
  expect(set("hash-max-ziplist-entries", "9223372036854775807")).toBe("OK");
  expect(shown("hash-max-listpack-entries")).toBe("9223372036854775807");
  expect(set("client-output-buffer-limit", "slave 1mb 2kb 3 pubsub 0 0 0")).toBe("OK");
  expect(shown("client-output-buffer-limit")).toBe("normal 0 0 0 slave 1048576 2048 3 pubsub 0 0 0");
  expect(set("latency-tracking-info-percentiles", "50.5 99")).toBe("OK");
  expect(shown("latency-tracking-info-percentiles")).toBe("50.5 99");
  for (const [given, normal] of [
    ["xK", "xK"],
    ["KEA", "AKE"],
    ["KElg$z", "g$lzKE"],
    ["g$lshzxetdKEmn", "AKEm"],
    ["nK", "nK"],
    ["", ""],
  ] as const) {
    expect(set("notify-keyspace-events", given)).toBe("OK");
    expect(shown("notify-keyspace-events")).toBe(normal);
  }
});

test("what cannot be honoured is refused, and its true value accepted", () => {
  const client = new RedisNode().connect();
  expect(client.call("CONFIG", "SET", "maxmemory", "1gb")).toMatch(/argument 'maxmemory'\) - .*only 0/);
  expect(client.call("CONFIG", "SET", "maxmemory", "0")).toBe("OK");
  expect(client.call("CONFIG", "SET", "appendonly", "YES")).toBe("OK");
  expect(client.call("CONFIG", "SET", "save", "900 1")).toMatch(/argument 'save'\) - /);
  expect(client.call("CONFIG", "SET", "save", "")).toBe("OK");
});

test("limits of types that do not exist can be read and not set", () => {
  const client = new RedisNode().connect();
  for (const [name, value] of [
    ["list-max-listpack-size", "-2"],
    ["list-max-ziplist-size", "-2"],
    ["list-compress-depth", "0"],
    ["set-max-intset-entries", "512"],
    ["set-max-listpack-entries", "128"],
    ["set-max-listpack-value", "64"],
    ["zset-max-listpack-entries", "128"],
    ["zset-max-ziplist-value", "64"],
    ["stream-node-max-bytes", "4096"],
    ["stream-node-max-entries", "100"],
  ] as const) {
    expect(client.call("CONFIG", "GET", name)).toEqual([name, value]);
    expect(client.call("CONFIG", "SET", name, value)).toBe(refused(name, "can't set immutable config"));
  }
});

test("no string grows beyond proto-max-bulk-len", () => {
  const client = new RedisNode().connect();
  const tooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
  const offset = "ERR bit offset is not an integer or out of range";
  client.pipeline(["SETRANGE", "a", 2 ** 20, "x"], ["CONFIG", "SET", "proto-max-bulk-len", 2 ** 20]);
  expect(client.call("APPEND", "a", "x")).toBe(tooLong);
  expect(client.call("SETRANGE", "b", 2 ** 20, "x")).toBe(tooLong);
  expect(client.call("SETRANGE", "b", 2 ** 20 - 1, "x")).toBe(2 ** 20);
  expect(client.call("SETBIT", "b", 2 ** 23, 1)).toBe(offset);
  expect(client.call("GETBIT", "a", 2 ** 23)).toBe(offset);
  expect(client.call("BITFIELD", "b", "GET", "u8", 2 ** 23)).toBe(offset);
  expect(client.call("SETBIT", "b", 2 ** 23 - 1, 1)).toBe(0);
  client.pipeline(["SET", "c", "x".repeat(512)], ["SET", "d", "x".repeat(511)]);
  expect(client.call("LCS", "c", "c", "LEN")).toBe(
    "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
  );
  expect(client.call("LCS", "d", "d", "LEN")).toBe(511);
});

test("all pairs are set or none", () => {
  const node = new RedisNode();
  const client = node.connect();
  expect(client.call("CONFIG", "SET", "timeout", 7, "maxclients", "none")).toMatch(/argument 'maxclients'/);
  expect(client.call("CONFIG", "SET", "timeout", 7, "nosuch", 1)).toMatch(/^ERR Unknown option/);
  expect(client.call("CONFIG", "SET", "timeout", 7, "timeout", 8)).toBe(
    refused("timeout", "duplicate parameter"),
  );
  expect(node.server.settings.timeoutSeconds).toBe(0);
  expect(client.call("CONFIG", "SET", "timeout", 7, "Requirepass", "\xff\0x")).toBe("OK");
  expect(node.server.settings).toMatchObject({ timeoutSeconds: 7, password: "\xff\0x" });
  client.call("CONFIG", "SET", "notify-keyspace-events", "K$");
  expect(node.server.settings.keyspaceEvents).toBe(KeyspaceEvent.keyspace | KeyspaceEvent.string);
});

test("limits hold from the moment they are set, for connections that are open too", () => {
  const node = new RedisNode();
  const client = node.connect();
  const other = node.connect();
  expect(client.call("CONFIG", "SET", "maxclients", 2, "proto-max-bulk-len", "1mb")).toBe("OK");
  const third = node.connect();
  expect(third.taken()).toEqual(["ERR max number of clients reached"]);
  expect(other.call("SET", "a", "x".repeat(2 ** 20))).toBe("OK");
  expect(other.call("SET", "a", "x".repeat(2 ** 20 + 1))).toBe("ERR Protocol error: invalid bulk length");
});

test("CONFIG REWRITE hands over what was changed, or says that there is no file", () => {
  expect(new RedisNode().connect().call("CONFIG", "REWRITE")).toBe(
    "ERR The server is running without a config file",
  );
});

test("CONFIG REWRITE tells what went wrong", async () => {
  const handed: (readonly ChangedParameter[])[] = [];
  const problems: (string | undefined)[] = [undefined, "disk full"];
  const node = new RedisNode({
    rewriteConfig: (changed) => {
      handed.push(changed);
      return Promise.resolve(problems.shift());
    },
  });
  const client = node.connect();
  client.call("CONFIG", "SET", "maxclients", 50, "slowlog-max-len", 5, "maxmemory", 0);
  client.send(["CONFIG", "REWRITE"]);
  await Promise.resolve();
  await Promise.resolve();
  expect(client.taken()).toEqual(["OK"]);
  client.send(["CONFIG", "REWRITE"]);
  await Promise.resolve();
  await Promise.resolve();
  expect(client.taken()).toEqual(["ERR Rewriting config file: disk full"]);
  expect(handed[0]).toEqual([
    { name: "max-clients", isOption: true, value: "50" },
    { name: "slowlog-max-len", isOption: false, value: "5" },
  ]);
});

test("CONFIG RESETSTAT begins the counters anew", () => {
  const client = new RedisNode().connect();
  client.pipeline(["GET", "none"], ["INCR", "a"], ["HGET", "a", "f"], ["GET"]);
  expect(String(client.call("INFO", "stats"))).toContain("\r\ntotal_error_replies:2\r\n");
  expect(client.call("CONFIG", "RESETSTAT")).toBe("OK");
  const info = String(client.call("INFO", "all"));
  expect(info).toContain("\r\ntotal_error_replies:0\r\n");
  expect(info).toContain("\r\nkeyspace_misses:0\r\n");
  expect(info).not.toContain("cmdstat_get:");
  expect(info).not.toContain("errorstat_");
});
