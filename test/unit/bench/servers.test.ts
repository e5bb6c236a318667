import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerProcess, serverKinds, withSmallCaches } from "../../../bench/servers/index";
import type { ServerKind } from "../../../bench/servers/index";

const kinds = serverKinds("/project");

function scriptedKind(script: string): ServerKind {
  return {
    ...kinds.redis,
    title: "A script",
    program: process.execPath,
    args: (port) => ["-e", script, String(port)],
  };
}

const answering = `require("node:net").createServer((socket) => socket.on("data", () => socket.write("+PONG\\r\\n")))
  .listen(Number(process.argv[1]), "127.0.0.1");`;

describe("a server process", () => {
  let parent: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), "basalt-bench-test-"));
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  test("is ready when it answers PING, and leaves nothing behind", async () => {
    const server = await ServerProcess.start(scriptedKind(answering), parent, process.env);
    expect(readdirSync(parent)).toHaveLength(1);
    expect(() => process.kill(server.pid, 0)).not.toThrow();
    server.assertRunning();
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow("ESRCH");
    expect(readdirSync(parent)).toEqual([]);
    await server.stop();
  });

  test("that ends at once is reported with what it said", async () => {
    const failing = scriptedKind(`console.error("no room on this disk"); process.exit(3);`);
    await expect(ServerProcess.start(failing, parent, process.env)).rejects.toThrow(
      /A script did not start .*It said: no room on this disk/,
    );
    expect(readdirSync(parent)).toEqual([]);
  });

  test("whose program is missing is reported", async () => {
    const missing = { ...scriptedKind(""), program: "no-such-program-of-basalt" };
    await expect(ServerProcess.start(missing, parent, process.env)).rejects.toThrow("did not start");
  });
});

test("redis runs with a sync for every reply, no snapshots and no rewrite", () => {
  const words = kinds.redis.args(7000, "/data").join(" ");
  expect(words).toContain("--port 7000");
  expect(words).toContain("--bind 127.0.0.1");
  expect(words).toContain("--appendonly yes --appendfsync always --auto-aof-rewrite-percentage 0");
  expect(kinds.redis.args(7000, "/data")).toContain("--save");
  expect(kinds["basalt-net"].args(7000, "/data").join(" ")).toMatch(/^.+ serve .*--socket-layer net$/);
  expect(kinds["basalt-epoll"].args(7000, "/data").join(" ")).toMatch(/^.+ serve .*--socket-layer epoll$/);
  expect(kinds["redis-memory"].args(7000, "/data").join(" ")).toContain("--appendonly no");
});

test("Basalt runs with its Redis port only and its own defaults", () => {
  expect(kinds.basalt.args(7000, "/data").join(" ")).toBe(
    "/project/build/src/cli/main.js serve --data-dir /data --redis-port 7000 --grpc-port off --router-port off " +
      "--manager-port off --router-metrics-port off --manager-metrics-port off --dynamodb-port off",
  );
});

test("small caches: all of them together, and only where there are any", () => {
  expect(
    withSmallCaches(kinds.basalt, 48 * 2 ** 20)
      ?.args(7000, "/data")
      .slice(-6),
  ).toEqual([
    ...["--cache-bytes", String(32 * 2 ** 20), "--hot-rows-bytes", String(16 * 2 ** 20)],
    ...["--write-buffer-bytes", String(8 * 2 ** 20)],
  ]);
  expect(withSmallCaches(kinds["basalt-net"], 48 * 2 ** 20)?.args(7000, "/data")).toContain("--socket-layer");
  expect(withSmallCaches(kinds.redis, 48 * 2 ** 20)).toBeUndefined();
});
