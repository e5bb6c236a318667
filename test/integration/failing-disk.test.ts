// A disk that fails ends the node: unanswered writes get the unknown-outcome error or no answer, never a false OK; the
// process exits non-zero with one sentence; what was acknowledged is there when the disk works again.
import { join } from "node:path";
import { SeededRandom } from "../../src/base/index";
import { BasaltProcess, temporaryDirectory } from "./support/basalt-process";
import { RedisClient } from "./support/redis-client";

const ENTRY = join(__dirname, "support", "faulty-server.js");

test.each(["ioError", "noSpace", "readOnly"] as const)(
  "a disk that fails with %s",
  async (fail) => {
    const directory = temporaryDirectory("disk");
    const random = new SeededRandom(7);
    try {
      const server = await BasaltProcess.start({
        directory: directory.path,
        entry: ENTRY,
        environment: { BASALT_TEST_FAULTS: JSON.stringify({ runningFaults: { fail } }) },
      });
      const client = await RedisClient.connect(server.redisPort);
      const acknowledged: string[] = [];
      const refused: string[] = [];
      const send = async (i: number): Promise<void> => {
        const reply = await client.send("SET", `k${i}`, `v${i}`);
        if (reply === "OK") acknowledged.push(`k${i}`);
        else refused.push(String((reply as { message?: string }).message));
      };
      for (let i = 0; i < 50; i++) await send(i);
      server.signal("SIGUSR2");
      // Until the connection ends: each reply is OK (before the failure) or the error.
      for (let i = 50; i < 100_000; i += 10) {
        const turn = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => send(i + n)));
        if (turn.some((sent) => sent.status === "rejected")) break;
        await new Promise((resolve) => setTimeout(resolve, random.below(3)));
      }
      const exit = await server.exited;
      expect(exit.code).toBe(70);
      const sentences = server.output.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
      expect(sentences).toHaveLength(1);
      for (const message of refused) expect(message).toMatch(/^(UNKNOWN|TRYAGAIN) /);

      const restarted = await BasaltProcess.start({ directory: directory.path });
      const reader = await RedisClient.connect(restarted.redisPort);
      const lost: string[] = [];
      for (const key of acknowledged)
        if ((await reader.send("GET", key)) !== key.replace("k", "v")) lost.push(key);
      expect(lost).toEqual([]);
      await reader.close();
      expect((await restarted.stop()).code).toBe(0);
    } finally {
      directory.remove();
    }
  },
  60_000,
);

/** Sentences among the lines of the log. */
function sentencesOf(output: string): string[] {
  return output.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
}

test.each(["/data/", "/log/"])(
  "a disk that fails while the server stops (%s) is told as a failure",
  async (pathContains) => {
    const directory = temporaryDirectory("disk");
    try {
      const runningFaults = { fail: "ioError", pathContains };
      const server = await BasaltProcess.start({
        directory: directory.path,
        entry: ENTRY,
        environment: { BASALT_TEST_FAULTS: JSON.stringify({ runningFaults }) },
      });
      const client = await RedisClient.connect(server.redisPort);
      expect(await client.send("SET", "k", "v")).toBe("OK");
      server.signal("SIGUSR2");
      await new Promise((resolve) => setTimeout(resolve, 200));
      // For the log to be written at the end, something has to be under way when it stops.
      const last = client.send("SET", "k", "w").catch(() => undefined);
      const exit = await server.stop();
      await last;
      expect([exit.code, sentencesOf(server.output).length]).toEqual([70, 1]);
      expect(sentencesOf(server.output)[0]).toMatch(/^Basalt cannot go on: .*failed/);

      const restarted = await BasaltProcess.start({ directory: directory.path });
      const reader = await RedisClient.connect(restarted.redisPort);
      expect(["v", "w"]).toContain(await reader.send("GET", "k"));
      await reader.close();
      expect((await restarted.stop()).code).toBe(0);
    } finally {
      directory.remove();
    }
  },
  60_000,
);

test.each(["ioError", "readError"])(
  "a disk that fails from the start (%s) is told, and nothing is started",
  async (fail) => {
    const directory = temporaryDirectory("disk");
    try {
      const server = await BasaltProcess.start({ directory: directory.path });
      const client = await RedisClient.connect(server.redisPort);
      expect(await client.send("SET", "k", "v")).toBe("OK");
      await client.close();
      expect((await server.stop()).code).toBe(0);
      const refused = await BasaltProcess.startRefused({
        directory: directory.path,
        entry: ENTRY,
        environment: { BASALT_TEST_FAULTS: JSON.stringify({ fail }) },
      });
      expect([refused.code, sentencesOf(refused.output).length]).toEqual([1, 1]);
      expect(sentencesOf(refused.output)[0]).toMatch(/^Basalt cannot start: /);
    } finally {
      directory.remove();
    }
  },
  60_000,
);
