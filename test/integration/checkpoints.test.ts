// SAVE and BGSAVE against a real server: a checkpoint can be started from as a data directory and holds what was written
// before it, whatever was written beside and behind it; the oldest go; a failure is told and harms nothing.
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BasaltProcess, temporaryDirectory } from "./support/basalt-process";
import { RedisClient } from "./support/redis-client";

const KEYS = 5000;

function namesIn(directory: string): string[] {
  return readdirSync(join(directory, "checkpoints")).sort();
}

async function infoOf(client: RedisClient, figure: string): Promise<string | undefined> {
  const text = String(await client.send("INFO", "everything"));
  return new RegExp(`^${figure}:(.*)\r$`, "m").exec(text)?.[1];
}

test("a checkpoint made under load starts as a data directory and holds what came before it", async () => {
  const directory = temporaryDirectory("checkpoint");
  const server = await BasaltProcess.start({ directory: directory.path });
  const client = await RedisClient.connect(server.redisPort);
  const writer = await RedisClient.connect(server.redisPort);
  for (let i = 0; i < KEYS; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, k) => client.send("SET", `before:${i + k}`, i + k)));
  }
  await client.send("HSET", "hash", "field", "value");
  await client.send("SETRANGE", "long", 200_000, "end");
  const digests = await client.send("DEBUG", "DIGEST-VALUE", "before:7", "hash", "long");

  // Somebody writes all the time, so that the log is written and compacted while it is copied.
  let writes = 0;
  let writing = true;
  const load = (async () => {
    while (writing) {
      const batch = Array.from({ length: 200 }, () =>
        writer.send("SET", `beside:${writes % 1000}`, writes++),
      );
      await Promise.all(batch);
    }
  })();
  const savedBefore = Number(await client.send("LASTSAVE"));
  await sleep(1100);
  expect(await client.send("SAVE")).toBe("OK");
  expect(Number(await client.send("LASTSAVE"))).toBeGreaterThan(savedBefore);
  expect(await client.send("BGSAVE")).toBe("Background saving started");
  while ((await infoOf(client, "rdb_bgsave_in_progress")) === "1") await sleep(20);
  expect(await infoOf(client, "rdb_saves")).toBe("2");
  expect(await infoOf(client, "rdb_last_bgsave_status")).toBe("ok");
  expect(await client.send("SAVE")).toBe("OK");
  writing = false;
  await load;
  expect(writes).toBeGreaterThan(1000);

  const names = namesIn(directory.path);
  expect(names).toHaveLength(2);
  expect(await infoOf(client, "last_checkpoint")).toBe(names[1]);
  await client.send("SET", "behind", 1);
  await client.close();
  await writer.close();
  await server.kill();

  for (const name of names) {
    const copy = await BasaltProcess.start({ directory: join(directory.path, "checkpoints", name) });
    const reader = await RedisClient.connect(copy.redisPort);
    expect(await reader.send("GET", "behind")).toBeNull();
    expect(await reader.send("DEBUG", "DIGEST-VALUE", "before:7", "hash", "long")).toEqual(digests);
    const keys = Array.from({ length: KEYS }, (_, i) => `before:${i}`);
    expect(await reader.send("MGET", ...keys)).toEqual(keys.map((_, i) => String(i)));
    expect(await reader.send("SET", "written", "here")).toBe("OK");
    await reader.close();
    await copy.kill();
    const again = await BasaltProcess.start({ directory: join(directory.path, "checkpoints", name) });
    const second = await RedisClient.connect(again.redisPort);
    expect(await second.send("GET", "written")).toBe("here");
    await second.close();
    expect((await again.stop()).code).toBe(0);
  }
  directory.remove();
}, 120_000);

test("a checkpoint that fails is told, and the next one clears up", async () => {
  const directory = temporaryDirectory("checkpoint");
  const server = await BasaltProcess.start({ directory: directory.path, flags: ["--checkpoints-kept", "1"] });
  const client = await RedisClient.connect(server.redisPort);
  const obstacle = join(directory.path, "checkpoints");
  writeFileSync(obstacle, "not a directory");
  expect(await client.send("SAVE")).toMatchObject({
    message: expect.stringMatching(/^ERR .*there is no new checkpoint/),
  });
  expect(await infoOf(client, "rdb_last_bgsave_status")).toBe("err");
  expect(await client.send("SHUTDOWN", "SAVE")).toMatchObject({
    message: "ERR Errors trying to SHUTDOWN. Check logs.",
  });
  expect(await client.send("SET", "a", 1)).toBe("OK");
  rmSync(obstacle);
  expect(await client.send("SAVE")).toBe("OK");
  expect(await client.send("SAVE")).toBe("OK");
  expect(await infoOf(client, "rdb_last_bgsave_status")).toBe("ok");
  expect(namesIn(directory.path)).toHaveLength(1);
  void client.send("SHUTDOWN", "SAVE").catch(() => undefined);
  expect((await server.exited).code).toBe(0);
  directory.remove();
}, 60_000);
