import * as fc from "fast-check";
import { median, quantile, ratioOfPairs, relativeWidth, spread } from "../../../bench/statistics";

describe("medians and quantiles", () => {
  test("the median is the middle value, or the mean of the two middle ones", () => {
    expect(median([3])).toBe(3);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test("quantiles are interpolated between neighbours", () => {
    const values = [10, 20, 30, 40, 50];
    expect(quantile(values, 0)).toBe(10);
    expect(quantile(values, 0.25)).toBe(20);
    expect(quantile(values, 0.9)).toBeCloseTo(46);
    expect(quantile(values, 1)).toBe(50);
  });

  test("an empty list has none", () => {
    expect(() => median([])).toThrow("needs values");
  });

  test("the list that is handed in is left as it is", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test("the median lies within the spread, and half of the values on each side of it", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (values) => {
        const figure = spread(values);
        expect(figure.count).toBe(values.length);
        expect(figure.median).toBeGreaterThanOrEqual(figure.lowest);
        expect(figure.median).toBeLessThanOrEqual(figure.highest);
        const below = values.filter((value) => value < figure.median).length;
        const above = values.filter((value) => value > figure.median).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe("ratios", () => {
  test("are formed pair by pair, not of medians", () => {
    const subject = new Map([
      [0, 100],
      [1, 60],
      [2, 30],
    ]);
    const reference = new Map([
      [0, 50],
      [1, 60],
      [2, 60],
    ]);
    expect(ratioOfPairs(subject, reference)).toEqual({ median: 1, lowest: 0.5, highest: 2, count: 3 });
  });

  test("leave out what has no partner", () => {
    expect(ratioOfPairs(new Map([[0, 1]]), new Map([[1, 1]]))).toBeUndefined();
    expect(
      ratioOfPairs(
        new Map([
          [0, 1],
          [1, 3],
        ]),
        new Map([
          [1, 2],
          [2, 5],
        ]),
      ),
    ).toMatchObject({ median: 1.5, count: 1 });
  });

  test("never divide by nothing", () => {
    expect(ratioOfPairs(new Map([[0, 1]]), new Map([[0, 0]]))).toBeUndefined();
  });
});

test("the relative width is the distance between the extremes against the median", () => {
  expect(relativeWidth(spread([90, 100, 130]))).toBeCloseTo(0.4);
  expect(relativeWidth(spread([0, 0]))).toBe(0);
});
