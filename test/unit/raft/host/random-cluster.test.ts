// Random treatment of hosts; a failing seed replays exactly. BASALT_HOST_SEEDS runs more of them.
import { RandomCluster } from "./random-cluster";

const SEEDS = Number(process.env["BASALT_HOST_SEEDS"] ?? 30);
const FIRST = Number(process.env["BASALT_HOST_SEED"] ?? 1);

test("one log, exclusive leases and confirmed reads, whatever happens to hosts, and recovery from it", () => {
  const sums: Record<string, number> = {};
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    try {
      const cluster = new RandomCluster(seed);
      cluster.run(30_000);
      expect(cluster.recover()).toBe(undefined);
      for (const [name, count] of Object.entries({ ...cluster.counts, committed: cluster.committed })) {
        sums[name] = (sums[name] ?? 0) + count;
      }
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  console.log(`${SEEDS} seeds from ${FIRST}: ${JSON.stringify(sums)}`);
  // It was not too calm to mean anything.
  for (const count of Object.values(sums)) expect(count).toBeGreaterThan(SEEDS);
});
