// The native storage and its in-memory twin, held equal over random operations, restarts and kills. The seed is printed;
// BASALT_SEED gives it. The long form is test/long/storage-differential.test.ts.
import { runDifferential } from "./differential-run";

const seed = Number(process.env["BASALT_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test("random operations with restarts", async () => {
  console.log(`differential seed ${seed}`);
  const { counts } = await runDifferential(seed, 250, 0);
  expect(counts["reads"]).toBeGreaterThan(1000);
  expect(counts["restart"]).toBeGreaterThan(0);
  expect(counts["inPlace"]).toBeGreaterThan(0);
  expect(counts["queued"]).toBeGreaterThan(0);
});

test("random operations with kills", async () => {
  const { kills, counts } = await runDifferential(seed + 1, 150, 30);
  console.log(`differential: ${kills} kills, ${JSON.stringify(counts)}`);
  expect(counts["reads"]).toBeGreaterThan(500);
});
