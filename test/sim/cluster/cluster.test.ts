// The simulator of several nodes: seeds that must pass, a seed that must replay exactly, bugs put in on purpose that must be
// found, and what a failure leaves. BASALT_CLUSTER_SEED gives the first seed, BASALT_CLUSTER_SEEDS how many.
import { CANARY_SEEDS, CLUSTER_CANARIES } from "./cluster-canaries";
import type { ClusterCanary } from "./cluster-canaries";
import { SimulationFailure } from "../simulation-failure";
import { drawFailure, runClusterSeeds } from "./cluster-seeds";
import { runCluster } from "./cluster-world";

const FIRST_SEED = Number(process.env["BASALT_CLUSTER_SEED"] ?? 1);
const SEEDS = Number(process.env["BASALT_CLUSTER_SEEDS"] ?? 24);

test("ordinary seeds pass", () => {
  const { acknowledged, leaderChanges, faults, summary } = runClusterSeeds(FIRST_SEED, SEEDS);
  console.log(summary);
  if (SEEDS < 10) return;
  expect(acknowledged).toBeGreaterThanOrEqual(1000);
  expect(leaderChanges).toBeGreaterThanOrEqual(3);
  expect(faults).toBeGreaterThanOrEqual(5);
});

test("a seed replays exactly, and another one does not", () => {
  const hashes = [0, 0, 1].map((offset) => runCluster({ seed: FIRST_SEED + offset, mainMs: 8000 }).traceHash);
  expect(hashes[1]).toBe(hashes[0]);
  expect(hashes[2]).not.toBe(hashes[0]);
});

/** What the first seed that finds a canary says. */
function find({ sabotage }: ClusterCanary): SimulationFailure {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + CANARY_SEEDS; seed++) {
    try {
      runCluster({ seed, sabotage });
    } catch (error) {
      if (error instanceof SimulationFailure) return error;
      throw error;
    }
  }
  throw new Error("no seed found it: there is a hole in the simulator");
}

describe("a bug put in on purpose is found, and its seed passes without it:", () => {
  test.each(CLUSTER_CANARIES.map((canary) => [canary.name, canary] as const))("%s", (_, canary) => {
    const failure = find(canary);
    expect(failure.message).toMatch(new RegExp(`^seed ${failure.seed}, step \\d+: `));
    // Lines of what clients sent and saw, and of what else happened.
    expect(failure.history).toMatch(/\d+ (---- n\d: |c\d+ #\d+ db\d [A-Z]+ )/);
    // The first test has run the first seeds without it.
    if (failure.seed >= FIRST_SEED + SEEDS) runCluster({ seed: failure.seed });
  });
});

test("a failure leaves a picture: lanes of nodes, arrows between them, and what was noted", () => {
  const { sabotage } = CLUSTER_CANARIES.find(({ name }) => name.startsWith("a lease is kept"))!;
  const { seed, step } = find({ name: "", sabotage });
  const picture = drawFailure({ seed, sabotage });
  expect(picture).toContain(`seed ${seed}, step ${step}: `);
  for (const node of ["n1", "n2", "n3"]) expect(picture).toContain(`>${node}</text>`);
  expect(picture.match(/marker-end/g)!.length).toBeGreaterThan(10);
  expect(picture).toMatch(/Heartbeat t\d+/);
  expect(picture).toMatch(/n\d: hands over to n\d/);
});
