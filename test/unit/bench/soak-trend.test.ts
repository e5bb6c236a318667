// The soak's verdicts, on series whose truth is known.
import { SAMPLES_AT_LEAST, trendOf } from "../../../bench/soak/trend";
import type { Point } from "../../../bench/soak/trend";
import { SeededRandom } from "../../../src/base/index";

const SAMPLES = 240;
const tenth = (level: number): number => level * 0.1;

function series(
  value: (share: number, random: SeededRandom, at: number) => number,
  count = SAMPLES,
): Point[] {
  const random = new SeededRandom(3);
  return Array.from({ length: count }, (_, at) => ({
    seconds: at * 5,
    value: value(at / count, random, at),
  }));
}

const jitter = (random: SeededRandom, width: number): number => (random.below(2001) / 1000 - 1) * width;

test("a level with noise is flat", () => {
  const trend = trendOf(
    series((_, random) => 200 + jitter(random, 12)),
    tenth,
  );
  expect(trend.verdict).toBe("flat");
  expect(trend.level).toBeGreaterThan(190);
  expect(trend.level).toBeLessThan(210);
});

test("saw teeth are flat", () => {
  expect(
    trendOf(
      series((_, random, at) => 200 + (at % 9) * 10 + jitter(random, 5)),
      tenth,
    ).verdict,
  ).toBe("flat");
});

test("filling up at the beginning is flat", () => {
  expect(
    trendOf(
      series((share) => 300 * Math.min(1, share / 0.25)),
      tenth,
    ).verdict,
  ).toBe("flat");
});

test("falling is flat", () => {
  expect(
    trendOf(
      series((share) => 300 - 200 * share),
      tenth,
    ).verdict,
  ).toBe("flat");
});

test("a leak is found under noise and teeth", () => {
  const leak = trendOf(
    series((share, random, at) => 200 + 80 * share + (at % 7) * 5 + jitter(random, 20)),
    tenth,
  );
  expect(leak.verdict).toBe("grows");
  expect(leak.growth).toBeGreaterThan(40);
  expect(leak.growth).toBeLessThan(72);
  expect(leak.lowest).toBeLessThan(leak.growth);
  expect(leak.highest).toBeGreaterThan(leak.growth);
});

test("a slow rise within the tolerance is flat", () => {
  expect(
    trendOf(
      series((share, random) => 200 + 8 * share + jitter(random, 2)),
      tenth,
    ).verdict,
  ).toBe("flat");
});

test("what swings wider than it can tell is not decided", () => {
  // Two swings of a wave over the judged part.
  const swinging = series((share) => 200 + 60 * Math.sin(20 * share));
  expect(trendOf(swinging, tenth).verdict).toBe("not decided");
});

test("too few samples are refused", () => {
  expect(() =>
    trendOf(
      series(() => 1, SAMPLES_AT_LEAST - 1),
      tenth,
    ),
  ).toThrow("enough samples");
  expect(
    trendOf(
      series(() => 1, SAMPLES_AT_LEAST),
      tenth,
    ).verdict,
  ).toBe("flat");
});
