// A real server's parameters, written to its file and there after a restart; its figures under load; who it logs as slow.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BasaltProcess, temporaryDirectory } from "./support/basalt-process";
import { RedisClient } from "./support/redis-client";

test("CONFIG REWRITE survives a restart, and what the file cannot say is refused at start", async () => {
  const directory = temporaryDirectory("config");
  const file = join(directory.path, "basalt.toml");
  writeFileSync(file, "# ours\nmax-clients = 100\n\n[redis]\nslowlog-max-len = 5\n");
  const start = (): Promise<BasaltProcess> =>
    BasaltProcess.start({ directory: join(directory.path, "data"), flags: ["--config", file] });
  let server = await start();
  let client = await RedisClient.connect(server.redisPort);
  expect(await client.send("CONFIG", "GET", "slowlog-max-len", "maxclients")).toEqual([
    "slowlog-max-len",
    "5",
    "maxclients",
    "100",
  ]);
  expect(await client.send("CONFIG", "SET", "maxclients", 90, "timeout", 77, "loglevel", "warning")).toBe(
    "OK",
  );
  expect(await client.send("CONFIG", "REWRITE")).toBe("OK");
  expect(readFileSync(file, "utf8")).toBe(
    '# ours\nmax-clients = "90"\n\n[redis]\nslowlog-max-len = 5\ntimeout = "77"\nloglevel = "warning"\n',
  );
  await client.close();
  expect((await server.stop()).code).toBe(0);
  // The level of the log says nothing of being ready.
  writeFileSync(file, readFileSync(file, "utf8").replace('loglevel = "warning"\n', ""));
  server = await start();
  client = await RedisClient.connect(server.redisPort);
  expect(await client.send("CONFIG", "GET", "timeout", "max-clients", "maxclients")).toEqual([
    "timeout",
    "77",
    "max-clients",
    "90",
    "maxclients",
    "90",
  ]);
  expect(String(await client.send("INFO", "server"))).toContain(`config_file:${file}\r\n`);
  await client.close();
  expect((await server.stop()).code).toBe(0);

  for (const [line, sentence] of [
    ["timout = 3", "redis.timout in .* is no parameter: take it out."],
    ['timeout = "x"', "redis.timeout in .* is refused: argument couldn't be parsed into an integer."],
    [
      "maxclients = 3",
      "redis.maxclients in .* is an option of its own: give max-clients outside of \\[redis\\].",
    ],
    ["databases = 3", "redis.databases in .* is refused: can't set immutable config."],
  ] as const) {
    writeFileSync(file, `[redis]\n${line}\n`);
    const refused = await BasaltProcess.startRefused({
      directory: join(directory.path, "data"),
      flags: ["--config", file],
    });
    expect([line, refused.code]).toEqual([line, 1]);
    expect(refused.output).toMatch(new RegExp(`Basalt cannot start: ${sentence}`));
  }
  directory.remove();
}, 60_000);

test("figures under load, slow commands with their client, memory by owner", async () => {
  const directory = temporaryDirectory("figures");
  const server = await BasaltProcess.start({ directory: directory.path });
  const client = await RedisClient.connect(server.redisPort);
  await client.send("CLIENT", "SETNAME", "worker");
  await client.send("CONFIG", "SET", "slowlog-log-slower-than", 0, "latency-monitor-threshold", 1);
  const until = Date.now() + 700;
  let sent = 0;
  while (Date.now() < until) {
    await Promise.all(Array.from({ length: 50 }, () => client.send("SET", `k${sent % 500}`, sent++)));
  }
  await Promise.all(Array.from({ length: 30 }, (_, i) => client.send("SET", `gone${i}`, "x", "PX", 1)));
  await sleep(5);
  await client.send("MGET", ...Array.from({ length: 30 }, (_, i) => `gone${i}`));
  const text = String(await client.send("INFO", "everything"));
  const figure = (name: string): number => Number(new RegExp(`^${name}:(.*)\r$`, "m").exec(text)?.[1]);
  expect(figure("instantaneous_ops_per_sec")).toBeGreaterThan(10);
  expect(figure("instantaneous_input_kbps")).toBeGreaterThan(0);
  expect(figure("instantaneous_output_kbps")).toBeGreaterThan(0);
  expect(figure("expired_keys")).toBe(30);
  expect(figure("used_memory")).toBeGreaterThan(figure("used_memory_heap"));
  expect(figure("used_memory_peak")).toBeGreaterThanOrEqual(figure("used_memory"));
  expect(figure("used_memory_memtables")).toBeGreaterThan(0);
  expect(figure("rdb_changes_since_last_save")).toBeGreaterThanOrEqual(sent);
  expect(text).toMatch(new RegExp(`^cmdstat_set:calls=${sent + 30},`, "m"));
  const [entry] = (await client.send("SLOWLOG", "GET", 1)) as [unknown[]];
  expect(entry?.[3]).toEqual(["INFO", "everything"]);
  expect(String(entry?.[4])).toMatch(/^127\.0\.0\.1:[0-9]+$/);
  expect(entry?.[5]).toBe("worker");
  // Syncs of the log take a millisecond now and then on any disk.
  const events = (await client.send("LATENCY", "LATEST")) as [string, number, number, number][];
  for (const [event, , latest, max] of events) {
    expect(["command", "fast-command", "aof-fsync-always"]).toContain(event);
    expect(max).toBeGreaterThanOrEqual(latest);
  }
  expect(await client.send("MEMORY", "PURGE")).toBe("OK");
  const digest = await client.send("DEBUG", "DIGEST");
  await client.close();
  await server.kill();
  const again = await BasaltProcess.start({ directory: directory.path });
  const reader = await RedisClient.connect(again.redisPort);
  expect(await reader.send("DEBUG", "DIGEST")).toBe(digest);
  await reader.close();
  expect((await again.stop()).code).toBe(0);
  directory.remove();
}, 60_000);
