// Error texts that no single request provokes: of a leader that was lost, a disk that fails, limits of half a gigabyte, a self-test
// that finds something. Each is asserted whole, as a client reads it; the others are in test/compat/error-texts.
import { Databases } from "../../../src/kv/databases";
import { refusalOf } from "../../../src/redis/admission";
import { CommandTable } from "../../../src/redis/index";
import type { Connection } from "../../../src/redis/connection";
import * as estimates from "../../../src/redis/hyperloglog/estimate";
import { Sketch } from "../../../src/redis/hyperloglog/sketch";
import { Arguments } from "../../../src/resp/index";
import { ConnectionNode, TestSocket } from "./connection-node";
import { RedisNode } from "./redis-node";

afterEach(() => {
  jest.restoreAllMocks();
});

test("a leader that is lost", () => {
  const node = new ConnectionNode();
  const client = node.client();
  client.send("SET a 1");
  node.propose();
  client.send("SET b 1");
  node.evaluator.following();
  const texts = [
    "UNKNOWN outcome unknown: leadership or the disk was lost before the command was committed; it may or may not take effect, read before you repeat it",
    "TRYAGAIN This node does not lead the key's group at the moment; the command was not run, send it again",
  ];
  expect(client.text()).toBe(texts.map((text) => `-${text}\r\n`).join(""));
});

test("protected mode", () => {
  const node = new ConnectionNode();
  const socket = new TestSocket(node.pool);
  Object.defineProperty(socket, "remoteAddress", { value: "192.168.1.7:5000" });
  node.server.accept(socket);
  const text =
    "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.";
  expect(Buffer.concat(socket.received).toString()).toBe(`-${text}\r\n`);
});

test("DEBUG that is not allowed", () => {
  const node = new RedisNode({ limits: { debugCommand: "no" } });
  expect(node.connect().call("DEBUG", "DIGEST")).toBe(
    'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
  );
});

test("checkpoints that run or fail", () => {
  const node = new RedisNode();
  const client = node.connect();
  const other = node.connect();
  client.send(["SAVE"]);
  other.send(["BGSAVE"]);
  expect(other.taken()).toEqual(["ERR Background save already in progress"]);
  node.turn();
  expect(client.taken()).toEqual(["OK"]);
  node.kv.disk.failing.add("checkpoint");
  expect(client.call("SHUTDOWN", "SAVE")).toBe("ERR Errors trying to SHUTDOWN. Check logs.");
});

test("a configuration file that cannot be written", async () => {
  const client = new RedisNode({ rewriteConfig: () => Promise.resolve("disk full") }).connect();
  client.send(["CONFIG", "REWRITE"]);
  await Promise.resolve();
  await Promise.resolve();
  expect(client.taken()).toEqual(["ERR Rewriting config file: disk full"]);
});

test("no ids left for a database that is flushed", () => {
  jest.spyOn(Databases.prototype, "canReplace").mockReturnValue(false);
  const client = new RedisNode().connect();
  const text = "ERR this group has flushed databases four billion times and has no ids left for another";
  client.call("SET", "a", 1);
  expect(client.call("FLUSHDB")).toBe(text);
  expect(client.call("FLUSHALL")).toBe(text);
  expect(client.call("GET", "a")).toBe("1");
});

/** Words of so many bytes that are never looked at. */
function wordsOfLength(...lengths: readonly number[]): Arguments {
  const args = new Arguments();
  let at = 0;
  for (const length of lengths) args.add(at, (at += length));
  return args;
}

function connectionOf(node: RedisNode): Connection {
  const [connection] = node.server.clients.values();
  return connection!;
}

test("a word longer than a text can be", () => {
  const node = new RedisNode();
  node.connect();
  const set = new CommandTable().byName("set")!;
  const text = "ERR an argument is longer than 536870888 bytes";
  expect(refusalOf(connectionOf(node), set, wordsOfLength(3, 1, 536_870_889))).toBe(text);
  expect(refusalOf(connectionOf(node), set, wordsOfLength(3, 1, 536_870_888))).toBeUndefined();
});

test("a transaction of more than 1 GiB", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.call("MULTI");
  const { transaction, reply } = connectionOf(node);
  const set = new CommandTable().byName("set")!;
  const args = wordsOfLength(3, 1, 500 * 1024 * 1024);
  jest.spyOn(args, "copyOut").mockReturnValue(args);
  const begin = reply.length;
  for (let i = 0; i < 3; i++) expect(transaction.queue(set, args, reply)).toBe(true);
  expect(reply.length).toBeGreaterThan(begin);
  expect(client.pipeline(["EXEC"], ["PING"], ["PING"], ["PING"])).toEqual([
    "QUEUED",
    "QUEUED",
    "ERR the commands queued by MULTI exceed 1 GiB; this one was not queued and EXEC will run none of them",
    "EXECABORT Transaction discarded because of previous errors.",
    "PONG",
    "PONG",
    "PONG",
  ]);
});

describe("PFSELFTEST finds", () => {
  const answer = (): unknown => new RedisNode().connect().call("PFSELFTEST");

  test("a register that does not rise", () => {
    jest.spyOn(Sketch.prototype, "raise").mockReturnValue(0);
    expect(answer()).toBe("TESTFAILED Register not raised");
  });

  test("registers that are lost", () => {
    jest.spyOn(Sketch.prototype, "mergeInto").mockReturnValue(true);
    expect(answer()).toBe("TESTFAILED Registers differ from what was put there");
  });

  test("an estimate that is off", () => {
    jest.spyOn(estimates, "estimateOf").mockReturnValue(0n);
    expect(answer()).toBe("TESTFAILED 1000 elements are 0");
  });
});
