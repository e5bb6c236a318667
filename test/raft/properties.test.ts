// Random treatment of small clusters: the properties of Raft (figure 3) must hold at every step, and once the faults end
// the cluster must agree. RAFT_SEED runs one seed, RAFT_SEEDS says how many.
import { SeededRandom } from "../../src/base/index";
import { Cluster } from "./cluster/cluster";

const FIRST_SEED = Number(process.env["RAFT_SEED"] ?? 1);
const SEEDS = process.env["RAFT_SEED"] === undefined ? Number(process.env["RAFT_SEEDS"] ?? 60) : 1;
const STEPS = 20_000;

describe("random clusters", () => {
  const totals = { elections: 0, confChanges: 0, crashes: 0, snapshots: 0, readsAnswered: 0, committed: 0 };
  let stalls = 0;

  test(`seeds ${FIRST_SEED} to ${FIRST_SEED + SEEDS - 1} keep Raft's properties`, () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const cluster = new Cluster(new SeededRandom(seed));
      let step = 0;
      try {
        while (step++ < STEPS) cluster.step();
        cluster.settle();
      } catch (error) {
        throw new Error(`RAFT_SEED=${seed} fails at step ${step} of ${STEPS}`, { cause: error });
      }
      totals.elections += cluster.elections;
      totals.confChanges += cluster.confChanges;
      totals.crashes += cluster.crashes;
      totals.snapshots += cluster.snapshots;
      totals.readsAnswered += cluster.readsAnswered;
      totals.committed += cluster.committed;
      stalls += cluster.stalls;
    }
  });

  test("the treatment was rough enough to mean something", () => {
    console.log(`${SEEDS} seeds from ${FIRST_SEED}: ${JSON.stringify({ ...totals, stalls })}`);
    for (const total of Object.values(totals)) expect(total).toBeGreaterThan(SEEDS === 1 ? -1 : SEEDS);
    expect(stalls).toBeLessThanOrEqual(SEEDS * 0.01);
  });
});
