// Rounds of load, power loss at a random file operation, restart and check. The test build's file system discards every
// byte not synced and every create, rename and delete whose directory was not, and tears the tail at a random point.
import { SeededRandom } from "../../../src/base/index";
import { BasaltProcess, temporaryDirectory } from "./basalt-process";
import { CrashLoad } from "./crash-load";
import { join } from "node:path";

const WORKERS = 8;
const ENTRY = join(__dirname, "faulty-server.js");
/** The file system's way to end the process. */
const POWER_LOSS_EXIT = 137;
/** What a node says that refuses to start because its data are ahead of its log. */
const REFUSAL = "Writes were lost";

export interface PowerOutcome {
  readonly seed: number;
  readonly acknowledged: number;
  /** Every promise found broken, over all rounds. */
  readonly broken: string[];
}

export async function powerRounds(rounds: number, fsync: "always" | "never"): Promise<PowerOutcome> {
  const seed = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000);
  process.stdout.write(`power loss, --fsync ${fsync}: seed ${seed} (BASALT_TEST_SEED)\n`);
  const random = new SeededRandom(seed);
  const directory = temporaryDirectory("power");
  const load = new CrashLoad(random);
  const broken: string[] = [];
  const start = (faults: object): Promise<BasaltProcess> =>
    BasaltProcess.start({
      directory: directory.path,
      entry: ENTRY,
      // Small buffers, so that flushes, compactions and new files fall into the rounds. Without syncs each flush puts
      // the data ahead of the log, which such a node refuses to start from; there the data mostly stay in memory, so
      // that the check of the single writes gets its turn.
      flags: ["--fsync", fsync, "--write-buffer-bytes", fsync === "always" ? "1MiB" : "64MiB"],
      environment: { BASALT_TEST_FAULTS: JSON.stringify(faults) },
    });
  try {
    for (let round = 0; round < rounds; round++) {
      const powerLossAtOperation = random.between(200, 6000);
      let server: BasaltProcess;
      try {
        server = await start({ seed: random.next32(), powerLossAtOperation });
      } catch (error) {
        // The power may fail while the node starts, too.
        if (String(error).includes(`ended (${POWER_LOSS_EXIT})`)) continue;
        throw error;
      }
      await load.run(server.redisPort, WORKERS, server.exited);
      expect((await server.exited).code).toBe(POWER_LOSS_EXIT);
      let restarted: BasaltProcess;
      try {
        restarted = await start({ seed: random.next32() });
      } catch (error) {
        // A node that finds the loss itself has been told as much as the check would have found out.
        if (!String(error).includes(REFUSAL)) throw error;
        broken.push(`the node refused to start after round ${round}: acknowledged writes lost`);
        break;
      }
      broken.push(...(await load.check(restarted.redisPort)));
      expect((await restarted.stop()).code).toBe(0);
    }
  } finally {
    directory.remove();
  }
  return { seed, acknowledged: load.acknowledgedTotal, broken };
}
