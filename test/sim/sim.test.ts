// The simulator of one node: seeds that must pass, a seed that must replay exactly, and bugs put in on purpose that must be
// found. BASALT_SIM_SEED gives the first seed, BASALT_SIM_SEEDS how many.
import { CANARIES } from "./canaries";
import { runSeeds } from "./seeds";
import { SimulationFailure } from "./simulation-failure";
import { runSimulation } from "./world";

const FIRST_SEED = Number(process.env["BASALT_SIM_SEED"] ?? 1);
const SEEDS = Number(process.env["BASALT_SIM_SEEDS"] ?? 300);

test("ordinary seeds pass", () => {
  const { acknowledged, unknown, transactions, faults, summary } = runSeeds(FIRST_SEED, SEEDS);
  console.log(summary);
  if (SEEDS < 100) return;
  expect(acknowledged).toBeGreaterThan(SEEDS * 100);
  expect(unknown).toBeGreaterThan(SEEDS);
  expect(transactions.runWatching).toBeGreaterThan(SEEDS);
  expect(transactions.givenUp).toBeGreaterThan(SEEDS);
  expect(transactions.inSteps).toBeGreaterThan(SEEDS * 5);
  expect(Object.keys(faults).sort()).toEqual([
    "clock jump",
    "depose",
    "disconnect",
    "failing disk",
    "kill",
    "kill within a turn",
    "power loss",
    "stop",
  ]);
});

test("a seed replays exactly, and another one does not", () => {
  const hashes = [0, 0, 1].map((offset) => runSimulation({ seed: FIRST_SEED + offset }).traceHash);
  expect(hashes[1]).toBe(hashes[0]);
  expect(hashes[2]).not.toBe(hashes[0]);
});

/** The first seed that finds a canary, and what it says. */
function find(name: string): { seed: number; failure: SimulationFailure } | undefined {
  const { sabotage, withinSeeds } = CANARIES.find((canary) => canary.name === name)!;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + withinSeeds; seed++) {
    try {
      runSimulation({ seed, sabotage });
    } catch (error) {
      if (error instanceof SimulationFailure) return { seed, failure: error };
      throw error;
    }
  }
  return undefined;
}

describe("a bug put in on purpose is found, and its seed passes without it:", () => {
  test.each(CANARIES.map(({ name }) => name))("%s", (name) => {
    const found = find(name);
    if (found === undefined) throw new Error("no seed found it: there is a hole in the simulator");
    const { seed, failure } = found;
    expect(failure.message).toMatch(new RegExp(`^seed ${seed}, step \\d+: `));
    // Lines of what clients sent and saw, and of what else happened.
    expect(failure.history).toMatch(/\d+ c\d+ #\d+ db\d+ [A-Z]+ /);
    runSimulation({ seed });
  });
});
