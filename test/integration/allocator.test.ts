// scripts/node, the Node.js that the server runs in, and what INFO tells of it.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { BasaltProcess, REPOSITORY, temporaryDirectory } from "./support/basalt-process";
import { RedisClient } from "./support/redis-client";

/** What is preloaded under an environment; empty for nothing. */
function preloaded(environment: NodeJS.ProcessEnv): string {
  const run = spawnSync(join(REPOSITORY, "scripts", "node"), ["-p", "process.env.LD_PRELOAD ?? ''"], {
    env: { PATH: process.env["PATH"], ...environment },
    encoding: "utf8",
  });
  expect(run).toMatchObject({ status: 0, stderr: "" });
  return run.stdout.trim();
}

async function allocatorOf(environment: Record<string, string>): Promise<string | undefined> {
  const directory = temporaryDirectory("allocator");
  const basalt = await BasaltProcess.start({ directory: directory.path, environment });
  try {
    const client = await RedisClient.connect(basalt.redisPort);
    const info = String(await client.send("INFO", "memory"));
    await client.close();
    return /^mem_allocator:(.*)\r$/m.exec(info)?.[1];
  } finally {
    await basalt.kill();
    directory.remove();
  }
}

test("the server runs with jemalloc where it is installed", async () => {
  expect(await allocatorOf({})).toMatch(preloaded({}) === "" ? /^libc$/ : /^jemalloc-\d+\.\d+\.\d+$/);
});

test("or with the system's allocator, if that is wanted", async () => {
  expect(preloaded({ BASALT_ALLOCATOR: "system" })).toBe("");
  expect(await allocatorOf({ BASALT_ALLOCATOR: "system" })).toBe("libc");
});

test("what somebody else preloads stays", () => {
  expect(preloaded({ LD_PRELOAD: "libm.so.6" })).toBe("libm.so.6");
});

test("an allocator that is not known starts nothing", () => {
  const run = spawnSync(join(REPOSITORY, "scripts", "node"), ["-p", "1"], {
    env: { PATH: process.env["PATH"], BASALT_ALLOCATOR: "tcmalloc" },
    encoding: "utf8",
  });
  expect(run).toMatchObject({ status: 2, stdout: "" });
  expect(run.stderr).toMatch(/^BASALT_ALLOCATOR is "tcmalloc", and nothing was started: .*\.\n$/);
});
