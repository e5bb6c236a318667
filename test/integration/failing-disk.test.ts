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
