// Bad input against a real server: every case gets Redis's answer, or a bounded and clear end, and others are served
// meanwhile. Where redis-server is installed its answers are asked for, else those written down here hold.
import { readFileSync } from "node:fs";
import { SeededRandom } from "../../src/base/index";
import { ReplyError, encodeCommand } from "../../src/resp/index";
import { ReferenceServer } from "../compat/reference-server";
import { BasaltProcess, temporaryDirectory } from "./support/basalt-process";
import { RawConnection } from "./support/raw-connection";
import { RedisClient } from "./support/redis-client";

const MIB = 1024 * 1024;
const directory = temporaryDirectory("bad-input");
let basalt: BasaltProcess;
let client: RedisClient;

beforeAll(async () => {
  basalt = await BasaltProcess.start({ directory: directory.path });
  client = await RedisClient.connect(basalt.redisPort);
});

afterAll(async () => {
  await client.close();
  const { code } = await basalt.stop();
  directory.remove();
  expect(code).toBe(0);
});

/** The server is there, and what was to change nothing has changed nothing. */
afterEach(async () => {
  expect(await client.send("PING")).toBe("PONG");
  expect(await client.send("DBSIZE")).toBe(0);
});

async function errorOf(...words: string[]): Promise<string> {
  const reply = await client.send(...words);
  return reply instanceof ReplyError ? reply.message : `no error: ${String(reply)}`;
}

function residentBytes(): number {
  const status = readFileSync(`/proc/${basalt.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

test("ten thousand idle connections cost little; one more than is allowed is told so", async () => {
  const limit = Number(/Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 1024);
  const wanted = 10_000;
  const count = Math.min(wanted, limit - 500) - 1;
  if (count < wanted - 1)
    process.stdout.write(`bad input: only ${count} idle connections (ulimit -n is ${limit})\n`);
  const before = residentBytes();
  const idle: RawConnection[] = [];
  while (idle.length < count) {
    const more = Math.min(200, count - idle.length);
    idle.push(
      ...(await Promise.all(Array.from({ length: more }, () => RawConnection.open(basalt.redisPort)))),
    );
  }
  // Some have spoken, some never.
  for (const connection of idle.slice(0, 1000)) connection.send("PING\r\n");
  await Promise.all(
    idle.slice(0, 1000).map((connection) => connection.until((received) => received === "+PONG\r\n")),
  );
  expect(String(await client.send("INFO", "clients"))).toContain(`connected_clients:${count + 1}\r\n`);
  if (count === wanted - 1) {
    const refused = await RawConnection.exchange(basalt.redisPort, "");
    expect(refused).toBe("-ERR max number of clients reached\r\n");
  }
  const bytesEach = (residentBytes() - before) / count;
  process.stdout.write(`bad input: ${count} idle connections, ${(bytesEach / 1024).toFixed(1)} KiB each\n`);
  expect(bytesEach).toBeLessThan(30 * 1024);
  for (const connection of idle) connection.close();
  for (let open = count; open > 1;)
    open = Number(/connected_clients:(\d+)/.exec(String(await client.send("INFO")))?.[1]);
});

/** Bytes that end a connection, with the error that says why; an HTTP request ends without a word. */
const PROTOCOL_ERRORS: readonly (readonly [bytes: string, answer: string])[] = [
  ["*1\r\n$536870913\r\n", "-ERR Protocol error: invalid bulk length\r\n"],
  ["*1\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length\r\n"],
  ["*1\r\n$x\r\n", "-ERR Protocol error: invalid bulk length\r\n"],
  ["*1\r\n$ 4\r\n", "-ERR Protocol error: invalid bulk length\r\n"],
  ["*1\r\n$9999999999999999999\r\n", "-ERR Protocol error: invalid bulk length\r\n"],
  ["*1\r\n:4\r\n", "-ERR Protocol error: expected '$', got ':'\r\n"],
  ["*2147483648\r\n", "-ERR Protocol error: invalid multibulk length\r\n"],
  ["*x\r\n", "-ERR Protocol error: invalid multibulk length\r\n"],
  ["*99999999999999999999\r\n", "-ERR Protocol error: invalid multibulk length\r\n"],
  [`*${"1".repeat(70_000)}`, "-ERR Protocol error: too big mbulk count string\r\n"],
  [`*1\r\n$${"1".repeat(70_000)}`, "-ERR Protocol error: too big bulk count string\r\n"],
  ["x".repeat(70_000), "-ERR Protocol error: too big inline request\r\n"],
  ['SET k "unbalanced\r\n', "-ERR Protocol error: unbalanced quotes in request\r\n"],
  ["POST / HTTP/1.1\r\nHost: x\r\n\r\nFLUSHALL\r\n", ""],
  ["PING\r\n*1\r\n$x\r\n", "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n"],
];

test("protocol errors are answered as Redis answers them, and end the connection", async () => {
  const redis = await ReferenceServer.start();
  if (redis === undefined)
    process.stdout.write("bad input: SKIPPED the comparison, redis-server is not installed\n");
  try {
    for (const [bytes, answer] of PROTOCOL_ERRORS) {
      const name = bytes.slice(0, 40);
      expect([name, await RawConnection.exchange(basalt.redisPort, bytes)]).toEqual([name, answer]);
      if (redis !== undefined)
        expect([name, await RawConnection.exchange(redis.port, bytes)]).toEqual([name, answer]);
    }
  } finally {
    await redis?.stop();
  }
});

test("empty and negative counts are no commands and no errors", async () => {
  const bytes = "*0\r\n*-1\r\n\r\n*-2147483648\r\nPING\r\n";
  expect(await RawConnection.exchange(basalt.redisPort, bytes, "\r\n")).toBe("+PONG\r\n");
});

test("unknown commands, wrong arity, options and types are told", async () => {
  expect(await errorOf("NOPE", "a", "b")).toBe(
    "ERR unknown command 'NOPE', with args beginning with: 'a' 'b' ",
  );
  expect(await errorOf("\r\n", "\r\n")).toBe("ERR unknown command '  ', with args beginning with: '  ' ");
  expect(await errorOf("GET")).toBe("ERR wrong number of arguments for 'get' command");
  expect(await errorOf("MSET", "a", "1", "b")).toBe("ERR wrong number of arguments for 'mset' command");
  expect(await errorOf("SET", "a", "1", "EX")).toBe("ERR syntax error");
  expect(await errorOf("SET", "a", "1", "EX", "-1")).toBe("ERR invalid expire time in 'set' command");
  expect(await errorOf("INCRBY", "a", "1.5")).toBe("ERR value is not an integer or out of range");
  expect(await errorOf("EXPIRE", "a", "1", "NEVER")).toBe("ERR Unsupported option NEVER");
  expect(await errorOf("CONFIG", "NOPE")).toBe("ERR unknown subcommand 'NOPE'. Try CONFIG HELP.");
  await client.send("SET", "string", "text");
  expect(await errorOf("HGET", "string", "f")).toMatch(/^WRONGTYPE /);
  expect(await errorOf("INCR", "string")).toBe("ERR value is not an integer or out of range");
  expect(await client.send("GET", "string")).toBe("text");
  await client.send("DEL", "string");
});

test("keys, fields and values beyond the limits are refused, nothing is changed", async () => {
  const key = "k".repeat(64 * 1024 + 1);
  expect(await errorOf("SET", key, "v")).toBe("ERR a key is longer than 65536 bytes");
  expect(await errorOf("MSET", "a", "1", key, "2")).toBe("ERR a key is longer than 65536 bytes");
  expect(await errorOf("HSET", "h", key, "v")).toBe("ERR a field is longer than 65536 bytes");
  expect(await errorOf("SET", "a", "v".repeat(20 * MIB))).toMatch(/^ERR .*one log entry/);
  expect(await errorOf("SETRANGE", "a", "536870912", "x")).toMatch(
    /^ERR string exceeds maximum allowed size/,
  );
});

test("a field that is longer than any can be is not there", async () => {
  const field = "f".repeat(MIB);
  expect(await client.send("HSET", "h", "a", "1", "b", "2")).toBe(2);
  expect(await client.send("HGET", "h", field)).toBeNull();
  expect(await client.send("HDEL", "h", field, "a", "b")).toBe(2);
});

test("a half-sent command waits without holding anyone up, and takes effect only when it is whole", async () => {
  const command = encodeCommand(["SET", "half", "sent"]);
  const slow = await RawConnection.open(basalt.redisPort);
  const gone = await RawConnection.open(basalt.redisPort);
  slow.send(command.subarray(0, 20));
  gone.send(command.subarray(0, command.length - 1));
  const announced = await RawConnection.open(basalt.redisPort);
  announced.send("*2\r\n$4\r\nECHO\r\n$500000000\r\nabc");
  for (let i = 0; i < 100; i++) expect(await client.send("GET", "half")).toBeNull();
  gone.close();
  expect(await client.send("GET", "half")).toBeNull();
  expect(residentBytes()).toBeLessThan(600 * MIB);
  slow.send(command.subarray(20));
  await slow.until((received) => received.endsWith("\r\n"));
  expect(slow.received).toBe("+OK\r\n");
  expect(await client.send("GET", "half")).toBe("sent");
  slow.close();
  announced.close();
  await client.send("DEL", "half");
});

test("a client that never reads its replies is not read any more; memory stays bounded, others are served", async () => {
  await client.send("SET", "large", "x".repeat(MIB));
  await client.send("GET", "large");
  await client.send("SETRANGE", "huge", String(400 * MIB), "x");
  const before = residentBytes();
  const deaf = await RawConnection.open(basalt.redisPort);
  const deafToo = await RawConnection.open(basalt.redisPort);
  deaf.stopReading();
  deafToo.stopReading();
  deafToo.send(encodeCommand(["GET", "huge"]));
  // A gigabyte of replies, and requests until the server does not take them.
  const request = Buffer.concat(Array.from({ length: 1024 }, () => encodeCommand(["GET", "large"])));
  deaf.send(request);
  const padding = encodeCommand(["ECHO", "y".repeat(64 * 1024)]);
  for (let i = 0; i < 1024; i++) deaf.send(padding);
  for (let i = 0; i < 300; i++) {
    expect(await client.send("SET", "other", String(i))).toBe("OK");
    expect(await client.send("GET", "other")).toBe(String(i));
  }
  expect(deaf.unsentBytes).toBeGreaterThan(0);
  expect(residentBytes() - before).toBeLessThan(300 * MIB);
  deaf.close();
  deafToo.close();
  await client.send("DEL", "large", "other", "huge");
});

test("random bytes end in an error or wait for more; the server stays", async () => {
  const seed = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000);
  process.stdout.write(`bad input: seed ${seed} (BASALT_TEST_SEED)\n`);
  const random = new SeededRandom(seed);
  const pieces = [
    "*",
    "$",
    "3",
    "-1",
    "\r\n",
    "*3\r\n",
    "$3\r\nSET\r\n",
    "$1\r\na\r\n",
    '"',
    "GET a",
    "\0",
    "\xff",
  ];
  for (let round = 0; round < 100; round++) {
    const connection = await RawConnection.open(basalt.redisPort);
    const length = random.between(1, 60);
    const bytes = Array.from({ length }, () =>
      random.chance(0.8) ? random.pick(pieces) : random.bytes(random.below(30)).toString("latin1"),
    );
    for (const piece of bytes) connection.send(piece);
    expect(await client.send("PING")).toBe("PONG");
    connection.close();
  }
  await client.send("FLUSHALL");
});
