// The simulator of several nodes over thousands of seeds, and how often each bug that is put in on purpose is found.
// BASALT_CLUSTER_SEED gives the first seed, BASALT_CLUSTER_SEEDS how many.
import { CANARY_SEEDS, CLUSTER_CANARIES } from "../sim/cluster/cluster-canaries";
import { SimulationFailure } from "../sim/simulation-failure";
import { runClusterSeeds } from "../sim/cluster/cluster-seeds";
import { runCluster } from "../sim/cluster/cluster-world";

const FIRST_SEED = Number(process.env["BASALT_CLUSTER_SEED"] ?? 1_000_000);
const SEEDS = Number(process.env["BASALT_CLUSTER_SEEDS"] ?? 2500);
const ENOUGH_FINDS = 5;

test("thousands of seeds pass", () => {
  const { acknowledged, leaderChanges, faults, summary } = runClusterSeeds(FIRST_SEED, SEEDS, (done) => {
    if (done > 0 && done % 250 === 0) console.log(`${done} of ${SEEDS} seeds have passed`);
    return true;
  });
  console.log(summary);
  expect(acknowledged).toBeGreaterThanOrEqual(1000);
  expect(leaderChanges).toBeGreaterThanOrEqual(3);
  expect(faults).toBeGreaterThanOrEqual(5);
});

const canaries = CLUSTER_CANARIES.map((canary) => [canary.name, canary] as const);

test.each(canaries)("%s: is found", (name, { sabotage }) => {
  let found = 0;
  let seeds = 0;
  for (; seeds < CANARY_SEEDS && found < ENOUGH_FINDS; seeds++) {
    try {
      runCluster({ seed: FIRST_SEED + seeds, sabotage });
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error;
      found++;
    }
  }
  console.log(`${name}: found by ${found} of ${seeds} seeds from ${FIRST_SEED}`);
  expect(found).toBeGreaterThan(0);
});
