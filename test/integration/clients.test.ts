// The clients that people use work unchanged: ioredis, node-redis (RESP2 and RESP3), redis-cli and redis-benchmark.
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { BasaltProcess, temporaryDirectory } from "./support/basalt-process";

const run = promisify(execFile);
const directory = temporaryDirectory("clients");
let server: BasaltProcess;

beforeAll(async () => {
  server = await BasaltProcess.start({ directory: directory.path });
});

afterAll(async () => {
  expect((await server.stop()).code).toBe(0);
  directory.remove();
});

function hasRedisTools(): boolean {
  try {
    execFileSync("redis-cli", ["--version"]);
    return true;
  } catch {
    process.stdout.write("skipped: redis-tools are not installed\n");
    return false;
  }
}

test("ioredis", async () => {
  const redis = new Redis(server.redisPort, "127.0.0.1");
  expect(await redis.set("io:a", "1", "EX", 100)).toBe("OK");
  expect(await redis.ttl("io:a")).toBe(100);
  expect(await redis.incr("io:a")).toBe(2);
  expect(await redis.hset("io:h", { one: "1", two: "2" })).toBe(2);
  expect(await redis.hgetall("io:h")).toEqual({ one: "1", two: "2" });
  const pipeline = redis.pipeline();
  for (let i = 0; i < 1000; i++) pipeline.set(`io:p:${i}`, String(i)).get(`io:p:${i}`);
  const replies = (await pipeline.exec()) ?? [];
  expect(replies.map(([, reply]) => reply)).toEqual(
    Array.from({ length: 1000 }, (_, i) => ["OK", String(i)]).flat(),
  );
  const binary = Buffer.from([0, 255, 13, 10, 128]);
  await redis.set("io:binary", binary);
  expect(await redis.getBuffer("io:binary")).toEqual(binary);
  await expect(redis.hget("io:a", "f")).rejects.toThrow("WRONGTYPE");
  const seen = new Set<string>();
  for await (const keys of redis.scanStream({ match: "io:p:*", count: 100 })) {
    for (const key of keys as string[]) seen.add(key);
  }
  expect(seen.size).toBe(1000);
  await redis.quit();
});

test.each([2, 3] as const)("node-redis over RESP%i", async (RESP) => {
  const client = createClient({ RESP, url: `redis://127.0.0.1:${server.redisPort}` });
  await client.connect();
  expect(await client.set("node:a", "1")).toBe("OK");
  expect(await client.incrBy("node:a", 41)).toBe(42);
  await client.del("node:h");
  expect(await client.hSet("node:h", { one: "1", two: "2" })).toBe(2);
  expect({ ...(await client.hGetAll("node:h")) }).toEqual({ one: "1", two: "2" });
  const many = await Promise.all(Array.from({ length: 500 }, (_, i) => client.set(`node:p:${i}`, `${i}`)));
  expect(new Set(many)).toEqual(new Set(["OK"]));
  expect(await client.mGet(["node:p:1", "node:p:499", "node:none"])).toEqual(["1", "499", null]);
  await client.close();
});

test("redis-cli and redis-benchmark", async () => {
  if (!hasRedisTools()) return;
  const port = String(server.redisPort);
  const cli = async (...words: string[]): Promise<string> =>
    (await run("redis-cli", ["-p", port, ...words])).stdout.trim();
  expect(await cli("set", "cli:a", "b")).toBe("OK");
  expect(await cli("-3", "get", "cli:a")).toBe("b");
  expect(await cli("--scan", "--pattern", "cli:*")).toBe("cli:a");
  expect(await cli("info", "server")).toContain("redis_version:");
  const load = ["-p", port, "-t", "set,get,incr,mset", "-n", "5000", "-P", "16", "-q"];
  const { stdout } = await run("redis-benchmark", load);
  for (const name of ["SET", "GET", "INCR", "MSET"]) expect(stdout).toContain(`${name}`);
  expect(stdout).not.toMatch(/error/i);
});
