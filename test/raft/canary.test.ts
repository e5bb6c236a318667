// The property test must be able to fail: with vote requests that are sent before the candidacy is durable, as etcd
// sends them when storage is asynchronous, it finds a leader that lacks a committed entry.
import { SeededRandom } from "../../src/base/index";
import { Cluster } from "./cluster/cluster";

const STEPS = 20_000;
/** Those before do not happen upon it. */
const FIRST_SEED = 350;
const SEEDS = 1000;

test("a candidacy that is not durable is caught", () => {
  let problem: unknown = null;
  let seed = FIRST_SEED;
  while (problem === null && seed++ < FIRST_SEED + SEEDS) {
    const cluster = new Cluster(new SeededRandom(seed), { voteRequestsBeforeSync: true });
    try {
      for (let step = 0; step < STEPS; step++) cluster.step();
    } catch (error) {
      problem = error;
    }
  }
  console.log(`seed ${seed}: ${String(problem)}`);
  expect(String(problem)).toMatch(/leads term \d+ without entry|both lead term|another state/);
});
