// The simulator of one node over thousands of seeds, and how often each bug that is put in on purpose is found.
// BASALT_SIM_SEED gives the first seed, BASALT_SIM_SEEDS how many.
import { CANARIES } from "../sim/canaries";
import { runSeeds } from "../sim/seeds";
import { SimulationFailure } from "../sim/simulation-failure";
import { runSimulation } from "../sim/world";

const FIRST_SEED = Number(process.env["BASALT_SIM_SEED"] ?? 1_000_000);
const SEEDS = Number(process.env["BASALT_SIM_SEEDS"] ?? 20_000);
const CANARY_SEEDS = 200;

test("thousands of seeds pass", () => {
  const { summary } = runSeeds(FIRST_SEED, SEEDS, (done) => {
    if (done % 2000 === 0) console.log(`${done} of ${SEEDS} seeds have passed`);
  });
  console.log(summary);
});

test.each(CANARIES.map((canary) => [canary.name, canary] as const))("%s: is found", (name, { sabotage }) => {
  let found = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + CANARY_SEEDS; seed++) {
    try {
      runSimulation({ seed, sabotage });
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error;
      found++;
    }
  }
  console.log(`${name}: found by ${found} of ${CANARY_SEEDS} seeds from ${FIRST_SEED}`);
  expect(found).toBeGreaterThan(0);
});
