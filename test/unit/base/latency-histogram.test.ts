// Quantiles lie within an eighth above the true value, at every magnitude; counts and edges fit.
import { LatencyHistogram, SeededRandom } from "../../../src/base/index";

test("quantiles are read within 12.5 % of the truth", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new SeededRandom(seed);
    const histogram = new LatencyHistogram();
    const values: number[] = [];
    const bits = random.between(1, 35);
    for (let count = 0; count < 2000; count++) {
      const value = Math.floor(2 ** (random.fraction() * bits));
      values.push(value);
      histogram.record(value);
    }
    values.sort((left, right) => left - right);
    expect(histogram.count).toBe(2000);
    expect(histogram.sum).toBe(values.reduce((sum, value) => sum + value, 0));
    expect(histogram.max).toBe(values.at(-1));
    expect(histogram.quantile(1)).toBe(histogram.max);
    for (const fraction of [0, 0.01, 0.5, 0.9, 0.99, 0.999]) {
      const truth = values[Math.max(1, Math.ceil(fraction * 2000)) - 1]!;
      const read = histogram.quantile(fraction);
      expect(read).toBeGreaterThanOrEqual(truth);
      expect(read).toBeLessThanOrEqual(truth < 8 ? truth : truth * 1.125);
    }
  }
});

test("every power of two and its neighbours fall into buckets in order", () => {
  for (let exponent = 0; exponent < 36; exponent++) {
    for (const value of [2 ** exponent - 1, 2 ** exponent, 2 ** exponent + 1]) {
      const histogram = new LatencyHistogram();
      histogram.record(value);
      histogram.record(value * 2 + 2);
      expect(histogram.countAtOrBelow(value)).toBe(1);
      const read = histogram.quantile(0.5);
      expect(read).toBeGreaterThanOrEqual(value);
      expect(read).toBeLessThanOrEqual(Math.max(value * 1.125, value));
    }
  }
});

test("what is out of range lands at the ends; a reset empties", () => {
  const histogram = new LatencyHistogram();
  expect(histogram.quantile(0.5)).toBe(0);
  histogram.record(-5);
  histogram.record(2 ** 50);
  expect(histogram.countAtOrBelow(0)).toBe(1);
  expect(histogram.countAtOrBelow(2 ** 36)).toBe(2);
  expect(histogram.max).toBe(2 ** 50);
  histogram.reset();
  expect([histogram.count, histogram.sum, histogram.max, histogram.countAtOrBelow(2 ** 50)]).toEqual([
    0, 0, 0, 0,
  ]);
});
