// Connections of a real server over real sockets: their ends, passwords, and the clients that people use for pub/sub.
import { Redis } from "ioredis";
import { createClient } from "redis";
import { BasaltProcess, temporaryDirectory } from "./support/basalt-process";
import { RawConnection } from "./support/raw-connection";
import { RedisClient } from "./support/redis-client";

const PASSWORD = "geheim-ß";

async function withServer(
  flags: readonly string[],
  environment: Readonly<Record<string, string>>,
  run: (server: BasaltProcess) => Promise<void>,
): Promise<void> {
  const directory = temporaryDirectory("connections");
  const server = await BasaltProcess.start({ directory: directory.path, flags, environment });
  try {
    await run(server);
    expect((await server.stop()).code).toBe(0);
  } finally {
    await server.kill();
    directory.remove();
  }
}

async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}

test("a connection that the server ends is closed, whatever its client has still sent", async () => {
  await withServer([], {}, async (server) => {
    const watcher = await RedisClient.connect(server.redisPort);
    for (const bytes of ["POST / HTTP/1.1\r\n\r\n", "*1\r\n:1\r\n", "QUIT\r\n"]) {
      const connection = await RawConnection.open(server.redisPort);
      connection.send(bytes);
      await connection.until((received) => bytes.startsWith("POST") || received !== "");
      connection.send("more of it, in a packet of its own\r\n".repeat(1000));
      connection.close();
    }
    await eventually(async () =>
      String(await watcher.send("INFO", "clients")).includes("connected_clients:1\r\n"),
    );
    await watcher.close();
  });
});

test("a client that is refused and stays does not hold up the stop", async () => {
  await withServer(["--max-clients", "1"], {}, async (server) => {
    const first = await RedisClient.connect(server.redisPort);
    expect(await first.send("PING")).toBe("PONG");
    const refused = await RawConnection.open(server.redisPort);
    await refused.until((received) => received.endsWith("\r\n"));
    expect(refused.received).toBe("-ERR max number of clients reached\r\n");
  });
});

test("what was sent before SHUTDOWN is answered", async () => {
  const directory = temporaryDirectory("shutdown");
  const server = await BasaltProcess.start({ directory: directory.path });
  const connection = await RawConnection.open(server.redisPort);
  connection.send(Array.from({ length: 100 }, (_, i) => `SET k${i} v\r\n`).join("") + "SHUTDOWN\r\n");
  await connection.until(() => false);
  expect(connection.received).toBe("+OK\r\n".repeat(100));
  expect((await server.exited).code).toBe(0);
  directory.remove();
});

test("a password from the environment: clients that have it come in, and no log shows it", async () => {
  await withServer([], { BASALT_REQUIREPASS: PASSWORD }, async (server) => {
    const without = await RedisClient.connect(server.redisPort);
    expect(String(((await without.send("GET", "a")) as { message?: string }).message)).toMatch(/^NOAUTH/);
    await without.close();
    const io = new Redis(server.redisPort, "127.0.0.1", { password: PASSWORD });
    expect(await io.set("a", "1")).toBe("OK");
    await io.quit();
    for (const RESP of [2, 3] as const) {
      const node = createClient({ RESP, url: `redis://127.0.0.1:${server.redisPort}`, password: PASSWORD });
      await node.connect();
      expect(await node.get("a")).toBe("1");
      await node.close();
    }
    const wrong = createClient({
      url: `redis://127.0.0.1:${server.redisPort}`,
      password: "wrong",
      socket: { reconnectStrategy: false },
    });
    wrong.on("error", () => undefined);
    await expect(wrong.connect()).rejects.toThrow("WRONGPASS");
    expect(server.output).not.toContain(PASSWORD);
    expect(server.output).not.toContain("geheim");
  });
});

test("ioredis: subscriptions, patterns, shard channels, MONITOR, CLIENT", async () => {
  await withServer([], {}, async (server) => {
    const publisher = new Redis(server.redisPort, "127.0.0.1");
    const subscriber = new Redis(server.redisPort, "127.0.0.1");
    const got: unknown[] = [];
    subscriber.on("message", (...words: unknown[]) => got.push(words));
    subscriber.on("pmessage", (...words: unknown[]) => got.push(words));
    subscriber.on("smessage", (...words: unknown[]) => got.push(words));
    expect(await subscriber.subscribe("a", "b")).toBe(2);
    expect(await subscriber.psubscribe("a*")).toBe(3);
    expect(await subscriber.ssubscribe("s")).toBe(1);
    expect(await publisher.publish("a", "1")).toBe(2);
    expect(await publisher.spublish("s", "2")).toBe(1);
    const [, , published] = (await publisher
      .multi()
      .set("k", "v")
      .publish("b", "3")
      .publish("none", "x")
      .exec())!;
    expect(published).toEqual([null, 0]);
    await eventually(() => got.length === 4);
    expect(got).toEqual([
      ["a", "1"],
      ["a*", "a", "1"],
      ["s", "2"],
      ["b", "3"],
    ]);
    expect(await publisher.pubsub("CHANNELS")).toEqual(["a", "b"]);
    expect(await publisher.pubsub("NUMSUB", "a", "c")).toEqual(["a", 1, "c", 0]);
    expect(String(await publisher.call("CLIENT", "LIST", "TYPE", "pubsub"))).toMatch(
      / flags=P .* sub=2 psub=1 ssub=1 /,
    );

    const monitor = await publisher.monitor();
    const seen: unknown[] = [];
    monitor.on("monitor", (_time: string, words: string[]) => seen.push(words));
    await publisher.set("k", "w");
    await eventually(() => seen.length > 0);
    expect(seen[0]).toEqual(["set", "k", "w"]);
    monitor.disconnect();
    await subscriber.quit();
    await publisher.quit();
  });
});

test.each([2, 3] as const)("node-redis over RESP%i: subscriptions and patterns", async (RESP) => {
  await withServer([], {}, async (server) => {
    const url = `redis://127.0.0.1:${server.redisPort}`;
    const publisher = createClient({ RESP, url });
    const subscriber = createClient({ RESP, url });
    await publisher.connect();
    await subscriber.connect();
    const got: string[] = [];
    await subscriber.subscribe("a", (message, channel) => void got.push(`${channel}:${message}`));
    await subscriber.pSubscribe("a*", (message, channel) => void got.push(`p:${channel}:${message}`));
    await subscriber.sSubscribe("s", (message, channel) => void got.push(`s:${channel}:${message}`));
    expect(await publisher.publish("a", "1")).toBe(2);
    expect(await publisher.sPublish("s", "2")).toBe(1);
    await publisher.multi().set("k", "v").publish("a", "3").exec();
    await eventually(() => got.length === 5);
    expect(got).toEqual(["a:1", "p:a:1", "s:s:2", "a:3", "p:a:3"]);
    await subscriber.unsubscribe("a");
    expect(await publisher.publish("a", "4")).toBe(1);
    if (RESP === 3) expect(await subscriber.get("k")).toBe("v");
    await subscriber.close();
    await publisher.close();
  });
});
