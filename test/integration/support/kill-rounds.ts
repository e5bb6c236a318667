// Rounds of load, SIGKILL at a random moment, restart and check, over one data directory.
import { SeededRandom } from "../../../src/base/index";
import { BasaltProcess, temporaryDirectory } from "./basalt-process";
import { CrashLoad } from "./crash-load";
import { RedisClient } from "./redis-client";

const WORKERS = 8;

export async function killRounds(
  rounds: number,
  report: (line: string) => void = () => undefined,
): Promise<void> {
  const seed = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000);
  process.stdout.write(`kill -9: seed ${seed} (BASALT_TEST_SEED)\n`);
  const random = new SeededRandom(seed);
  const directory = temporaryDirectory("kill");
  const load = new CrashLoad(random);
  try {
    for (let round = 0; round < rounds; round++) {
      const server = await BasaltProcess.start({ directory: directory.path });
      expect(await load.check(server.redisPort)).toEqual([]);
      const running = load.run(server.redisPort, WORKERS);
      await new Promise((resolve) => setTimeout(resolve, random.between(50, 1500)));
      await server.kill();
      await running;
    }
    const server = await BasaltProcess.start({ directory: directory.path });
    expect(await load.check(server.redisPort)).toEqual([]);
    const client = await RedisClient.connect(server.redisPort);
    await client.close();
    expect((await server.stop()).code).toBe(0);
  } finally {
    directory.remove();
  }
  expect(load.acknowledgedTotal).toBeGreaterThan(rounds * 100);
  report(`kill -9: ${rounds} rounds, seed ${seed}, ${load.acknowledgedTotal} acknowledged writes, none lost`);
}
