// The gate's statistics: what counts as missed, and by simulation with noise worse than that of the machine it was
// designed on, how often an unchanged tree fails and how often a slow-down of 30 % is found.
import { join } from "node:path";
import { readBudgets } from "../../../bench/gate/budgets";
import type { GateForm } from "../../../bench/gate/budgets";
import { isMissed, lookFigure, outcomeOf, ratios, secondLookPairs } from "../../../bench/gate/decision";
import type { Limit } from "../../../bench/gate/decision";
import { SeededRandom } from "../../../src/base/index";

const BUDGETS = join(__dirname, "../../../../bench/budgets.json");
const base = readBudgets(BUDGETS, "base");
const RUNS = 3000;

describe("looks", () => {
  const atLeast: Limit = { figure: "throughputRatio", bound: 0.8 };
  const atMost: Limit = { figure: "cpuUs", bound: 12 };

  test("are medians, of ratios in logarithms", () => {
    expect(lookFigure("cpuUs", [1, 100, 3])).toBe(3);
    expect(lookFigure("throughputRatio", [0.5, 2])).toBeCloseTo(1);
    expect(lookFigure("p99Ms", [1, 2])).toBe(1.5);
  });

  test("are missed beyond the limit, on the side that is worse", () => {
    expect(isMissed(atLeast, [0.81, 0.1, 0.9])).toBe(false);
    expect(isMissed(atLeast, [0.79, 2, 0.5])).toBe(true);
    expect(isMissed(atMost, [12])).toBe(false);
    expect(isMissed(atMost, [12.1])).toBe(true);
  });

  test("without a number are missed", () => {
    expect(isMissed(atLeast, [NaN])).toBe(true);
    expect(isMissed(atMost, [NaN])).toBe(true);
  });

  test("fail only when missed twice", () => {
    const verdict = (first: number, second?: number) =>
      outcomeOf({ limit: atMost, first: [first], second: second === undefined ? undefined : [second] });
    expect(verdict(10)).toBe("held");
    expect(verdict(13)).toBe("to be looked at again");
    expect(verdict(13, 11)).toBe("held at the second look");
    expect(verdict(13, 14)).toBe("missed twice");
  });

  test("ratios leave out what has no partner and never divide by nothing", () => {
    expect(
      ratios([
        { subject: 3, reference: 2 },
        { subject: 3, reference: undefined },
        { subject: 3, reference: 0 },
      ]),
    ).toEqual([1.5]);
  });
});

test("the second look takes the more pairs the wider the first was spread, within bounds", () => {
  expect(secondLookPairs([1, 1.01, 0.99, 1.02, 0.98], 7, 21)).toBe(7);
  expect(secondLookPairs([1, 1.12, 0.88, 1.1, 0.9], 7, 21)).toBeGreaterThan(10);
  expect(secondLookPairs([1, 3, 0.3, 2, 0.5], 7, 21)).toBe(21);
  expect(secondLookPairs([NaN, 0], 7, 21)).toBe(7);
});

/** What a pair's ratio is multiplied with. */
type Noise = (random: SeededRandom) => number;

function normal(random: SeededRandom): number {
  const uniform = () => (random.next32() + 1) / (2 ** 32 + 1);
  return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** A spread in logarithms, and a share of pairs in which one side was disturbed up to threefold. */
function noise(spread: number, outliers: number): Noise {
  return (random) => {
    const even = Math.exp(spread * normal(random));
    if (random.below(1000) >= outliers * 1000) return even;
    const factor = 1 + (2 * random.below(1000)) / 1000;
    return random.below(2) === 0 ? even * factor : even / factor;
  };
}

/** Whether a whole run of the form fails, when the tree costs `cost` times what the base costs. */
function runFails(
  form: GateForm,
  cost: number,
  cpu: Noise,
  throughput: Noise,
  random: SeededRandom,
): boolean {
  const draw = (limit: Limit, count: number) =>
    Array.from({ length: count }, () =>
      limit.figure === "cpuRatio" ? cost * cpu(random) : (1 / cost) * throughput(random),
    );
  return form.loads.some(({ limits }) =>
    limits.some((limit) => {
      const first = draw(limit, form.pairs);
      if (!isMissed(limit, first)) return false;
      const second = draw(limit, secondLookPairs(first, form.secondPairs, form.mostPairs));
      return outcomeOf({ limit, first, second }) === "missed twice";
    }),
  );
}

function shareThatFails(cost: number, cpu: Noise, throughput: Noise): number {
  const random = new SeededRandom(41);
  let failed = 0;
  for (let run = 0; run < RUNS; run++) if (runFails(base, cost, cpu, throughput, random)) failed++;
  return failed / RUNS;
}

describe("the form --base, simulated", () => {
  test("looks at five pairs or more, and then at more", () => {
    expect(base.pairs).toBeGreaterThanOrEqual(5);
    expect(base.secondPairs).toBeGreaterThanOrEqual(base.pairs);
    for (const { limits } of base.loads) {
      expect(limits.map(({ figure }) => figure).sort()).toEqual(["cpuRatio", "throughputRatio"]);
    }
  });

  test("a quiet machine: an unchanged tree does not fail, 30 % are found", () => {
    expect(shareThatFails(1, noise(0.04, 0), noise(0.06, 0))).toBe(0);
    expect(shareThatFails(1.3, noise(0.04, 0), noise(0.06, 0))).toBeGreaterThan(0.999);
  });

  test("a fifth of all pairs disturbed up to threefold: fewer than one of 200 runs fails, 30 % are found", () => {
    expect(shareThatFails(1, noise(0.05, 0.2), noise(0.1, 0.2))).toBeLessThan(0.005);
    expect(shareThatFails(1.3, noise(0.05, 0.2), noise(0.1, 0.2))).toBeGreaterThan(0.99);
  });

  test("a machine busy with other work: fewer than one of 200 runs fails, 30 % are found", () => {
    expect(shareThatFails(1, noise(0.12, 0.1), noise(0.2, 0.1))).toBeLessThan(0.005);
    expect(shareThatFails(1.3, noise(0.12, 0.1), noise(0.2, 0.1))).toBeGreaterThan(0.99);
  });

  test("a machine with three times the work it can do: fewer than one of 100 runs fails, 30 % are found", () => {
    expect(shareThatFails(1, noise(0.2, 0.1), noise(0.3, 0.1))).toBeLessThan(0.01);
    expect(shareThatFails(1.3, noise(0.2, 0.1), noise(0.3, 0.1))).toBeGreaterThan(0.98);
  });

  test("a change of 5 % does not fail", () => {
    expect(shareThatFails(1.05, noise(0.04, 0), noise(0.06, 0))).toBeLessThan(0.005);
  });
});
