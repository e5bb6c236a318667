// Power loss: no acknowledged write is lost and the node starts. The same test under --fsync never must name a write
// that was lost, or it would prove nothing. More rounds in test/long/power-loss.test.ts.
import { powerRounds } from "./support/power-rounds";

test("power loss at random moments loses no acknowledged write", async () => {
  const { broken, acknowledged } = await powerRounds(4, "always");
  expect(broken).toEqual([]);
  expect(acknowledged).toBeGreaterThan(100);
}, 180_000);

test("without syncs the same test finds lost writes", async () => {
  // A round may keep all it had by luck: the file system keeps a random part of what was not synced.
  let broken: string[] = [];
  for (let round = 0; round < 8 && broken.length === 0; round++)
    broken = (await powerRounds(1, "never")).broken;
  process.stdout.write(`--fsync never lost, for example: ${broken[0]}\n`);
  expect(broken.some((what) => what.endsWith("lost"))).toBe(true);
}, 120_000);
