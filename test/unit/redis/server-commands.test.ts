// Connection and server commands: HELLO, SELECT, CLIENT, CONFIG, INFO, COMMAND, SHUTDOWN.
import { RedisNode } from "./redis-node";

test("HELLO switches the protocol and says who answers", () => {
  const client = new RedisNode().connect();
  const hello = client.call("HELLO", 3, "AUTH", "default", "any", "SETNAME", "me") as Map<string, unknown>;
  expect(hello.get("proto")).toBe(3);
  expect(hello.get("server")).toBe("redis");
  expect(client.call("CLIENT", "GETNAME")).toBe("me");
  expect(client.call("HGETALL", "none")).toEqual(new Map());
  expect(client.call("HELLO")).toBeInstanceOf(Map);
  expect(client.call("HELLO", 2)).toBeInstanceOf(Array);
});

test("a HELLO that is refused changes nothing", () => {
  const client = new RedisNode().connect();
  expect(client.call("HELLO", 3, "SETNAME", "a", "FOO")).toBe("ERR Syntax error in HELLO option 'FOO'");
  expect(client.call("HELLO", 3, "AUTH", "nobody", "x")).toMatch(/^WRONGPASS /);
  expect(client.call("HELLO", 4)).toBe("NOPROTO unsupported protocol version");
  expect(client.call("HELLO", 3, "SETNAME", "two words")).toMatch(/^ERR Client names/);
  expect(client.pipeline(["CLIENT", "GETNAME"], ["HGETALL", "none"])).toEqual([null, []]);
});

test("CLIENT SETINFO keeps the library's name and version", () => {
  const node = new RedisNode();
  const client = node.connect();
  expect(client.call("CLIENT", "SETINFO", "lib-name", "tester")).toBe("OK");
  expect(client.call("CLIENT", "SETINFO", "LIB-VER", "1.2")).toBe("OK");
  expect(client.call("CLIENT", "SETINFO", "LIB-NAME", "two words")).toMatch(
    /^ERR LIB-NAME cannot contain spaces/,
  );
  expect(client.call("CLIENT", "SETINFO", "FOO", "x")).toBe("ERR Unrecognized option 'FOO'");
  const [connection] = node.server.clients.values();
  expect([connection?.libraryName, connection?.libraryVersion]).toEqual(["tester", "1.2"]);
});

test("containers list what they have", () => {
  const client = new RedisNode().connect();
  expect(client.call("CONFIG", "HELP")).toEqual(expect.arrayContaining(["GET", "HELP"]));
  expect(client.call("CLIENT", "help")).toEqual(expect.arrayContaining(["ID", "SETINFO"]));
  expect(client.call("CLIENT", "NOPE")).toBe("ERR unknown subcommand 'NOPE'. Try CLIENT HELP.");
});

test("CONFIG GET: patterns, each option once, a plain name as it was asked for", () => {
  const client = new RedisNode().connect();
  expect(client.call("CONFIG", "GET", "MaxMemory", "maxmemory-p*")).toEqual([
    "MaxMemory",
    "0",
    "maxmemory-policy",
    "noeviction",
  ]);
  expect(client.call("CONFIG", "GET", "nothing", "D?TABASES")).toEqual(["databases", "16"]);
});

test("INFO: sections by name, and figures that are true", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.pipeline(
    ["SET", "a", 1],
    ["SET", "b", 2, "EX", 100],
    ["SELECT", 2],
    ["HSET", "h", "f", "v"],
    ["SELECT", 0],
  );
  client.pipeline(["GET", "a"], ["GET", "none"], ["EXISTS", "a", "none", "b"]);
  const info = String(client.call("INFO"));
  expect(info).toContain("# Server\r\nredis_version:7.2.0\r\n");
  expect(info).toContain("\r\nconnected_clients:1\r\n");
  expect(info).toContain("\r\nkeyspace_hits:3\r\nkeyspace_misses:2\r\n");
  expect(info).toContain(
    "# Keyspace\r\ndb0:keys=2,expires=1,avg_ttl=0\r\ndb2:keys=1,expires=0,avg_ttl=0\r\n",
  );
  expect(info).not.toContain("# Commandstats");
  expect(client.call("INFO", "cluster", "CPU")).toMatch(
    /^# CPU\r\n[^#]*\r\n\r\n# Cluster\r\ncluster_enabled:0\r\n$/,
  );
  expect(client.call("INFO", "nothing")).toBe("");
  expect(String(client.call("INFO", "all"))).toContain("cmdstat_set:calls=2,");
});

test("INFO answers without a leader, other commands say that they were not run", () => {
  const node = new RedisNode();
  const client = node.connect();
  node.kv.evaluator.following();
  expect(String(client.call("INFO"))).toContain("role:slave");
  expect(client.call("DBSIZE")).toMatch(/^TRYAGAIN /);
  expect(client.call("SET", "a", "b")).toMatch(/^TRYAGAIN /);
});

test("COMMAND GETKEYS", () => {
  const client = new RedisNode().connect();
  expect(client.call("COMMAND", "GETKEYS", "MSET", "a", 1, "b", 2)).toEqual(["a", "b"]);
  expect(client.call("COMMAND", "GETKEYS", "PING", "a")).toBe("ERR The command has no key arguments");
  expect(client.call("COMMAND", "GETKEYS", "NOPE", "a")).toBe("ERR Invalid command specified");
});

test("SHUTDOWN asks the process to stop and ends the connection; a wrong one does not", () => {
  const node = new RedisNode();
  const client = node.connect();
  expect(client.call("SHUTDOWN", "ABORT")).toBe("ERR No shutdown in progress.");
  expect(client.call("SHUTDOWN", "SAVE", "NOSAVE")).toBe("ERR syntax error");
  expect(node.shutdowns).toEqual([]);
  client.send(["SHUTDOWN", "NOSAVE", "NOW", "FORCE"]);
  node.turn();
  expect(node.shutdowns).toEqual([{ force: true }]);
  expect(client.taken()).toEqual([]);
  expect(client.socket.ended).toBe(true);
});

test("QUIT answers what came before it, then OK, then ends", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.send(["SET", "a", 1], ["QUIT"], ["SET", "a", 2]);
  node.turn();
  expect(client.taken()).toEqual(["OK", "OK"]);
  expect(client.socket.ended).toBe(true);
  expect(node.connect().call("GET", "a")).toBe("1");
});
