// The full count of the differential test: several seeds, many restarts; the short form is test/compat/compat.test.ts.
import { appendFileSync } from "node:fs";
import { compatRound } from "../compat/compat-round";

const SEEDS = 10;

test("ten long random sequences are answered as redis-server answers them", async () => {
  const first = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000);
  const commands = Number(process.env["BASALT_COMPAT_COMMANDS"] ?? 60_000);
  const file = process.env["BASALT_LONG_REPORT"];
  for (let seed = first; seed < first + SEEDS; seed++) {
    await compatRound({ seed, commands, restarts: 20 });
    if (file !== undefined)
      appendFileSync(file, `- compat: seed ${seed}, ${commands} commands, 20 restarts, no difference\n`);
  }
}, 3_600_000);
