// kill -9 under load, at random moments: every acknowledged write is there after the restart, every acknowledged INCR
// counted exactly once. A few rounds here, fifty in test/long/kill.test.ts.
import { killRounds } from "./support/kill-rounds";

test("kill -9 under load loses nothing", async () => {
  await killRounds(Number(process.env["BASALT_KILL_ROUNDS"] ?? 4));
}, 120_000);
