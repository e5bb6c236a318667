// Charts as text: golden files would hide what matters in a thousand coordinates, so places, order and texts are looked at,
// and one small chart of each kind is compared whole.
import { createHash } from "node:crypto";
import { barChart, figureText, lineChart } from "../../../bench/charts/index";
import { scaleOf } from "../../../bench/charts/scales";

/** The points of each line, as numbers. */
function linesOf(svg: string): number[][][] {
  return [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = ""]) =>
    points.split(" ").map((point) => point.split(",").map(Number)),
  );
}

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text);
}

describe("scales", () => {
  test("linear ones begin at 0 and end at a round figure", () => {
    const scale = scaleOf("linear", [3, 47]);
    expect(scale.marks).toEqual([0, 10, 20, 30, 40, 50]);
    expect([0, 25, 50].map((figure) => scale.place(figure))).toEqual([0, 0.5, 1]);
    expect(scaleOf("linear", [0.7]).marks).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
    expect(scaleOf("linear", []).marks[0]).toBe(0);
  });

  test("logarithmic ones have whole decades at their ends, and one at least", () => {
    const scale = scaleOf("log", [0.3, 40]);
    expect(scale.marks).toEqual([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]);
    expect(scale.place(0.1)).toBeCloseTo(0);
    expect(scale.place(100)).toBeCloseTo(1);
    expect(scale.place(10) - scale.place(1)).toBeCloseTo(1 / 3);
    expect(scaleOf("log", [10]).marks).toEqual([10, 20, 50, 100]);
    expect(() => scaleOf("log", [0, 1])).toThrow("above 0");
  });

  test("percentile ones give each nine the same room", () => {
    const scale = scaleOf("percentile", [50, 99.99]);
    expect(scale.marks).toEqual([0, 50, 90, 99, 99.9, 99.99]);
    expect(scale.place(99)).toBeCloseTo(0.5);
    expect(scale.place(99.9) - scale.place(99)).toBeCloseTo(scale.place(99) - scale.place(90));
    expect(() => scaleOf("percentile", [100])).toThrow("below 100");
  });
});

describe("a line chart", () => {
  const chart = {
    title: "Latency <of> a & b",
    x: { title: "rate" },
    y: { title: "ms", scale: "log" },
    series: [
      {
        name: "one",
        points: [
          [0, 1],
          [10_000, 10],
          [20_000, 100],
        ],
      },
      {
        name: "two",
        points: [
          [0, 1],
          [10_000, 0],
          [20_000, NaN],
        ],
      },
    ],
  } as const;

  test("places points by its scales, higher figures higher up", () => {
    const [one, two] = linesOf(lineChart(chart));
    const [first, middle, last] = one ?? [];
    expect(first).toEqual([78, 360]);
    expect(last).toEqual([716, 66]);
    expect(middle?.[0]).toBeCloseTo((78 + 716) / 2, 0);
    expect(middle?.[1]).toBeCloseTo((360 + 66) / 2, 0);
    // What a logarithmic axis can't show is left out.
    expect(two).toEqual([[78, 360]]);
  });

  test("names series, axes and marks, and escapes what is not to be SVG", () => {
    const svg = lineChart(chart);
    expect(textsOf(svg)).toEqual(
      expect.arrayContaining(["Latency &lt;of&gt; a &amp; b", "one", "two", "rate", "ms", "20k", "100"]),
    );
    expect(svg).not.toContain("NaN");
    expect(svg.match(/<svg /g)).toHaveLength(1);
    expect(svg.endsWith("</svg>\n")).toBe(true);
  });

  test("without figures says so", () => {
    expect(textsOf(lineChart({ ...chart, series: [{ name: "none", points: [] }] }))).toContain("no figures");
  });

  test("is the same bytes each time, and as when it was looked at", () => {
    expect(createHash("sha256").update(lineChart(chart)).digest("hex").slice(0, 16)).toBe("1cf774b8f7481065");
  });
});

describe("a bar chart", () => {
  const chart = {
    title: "Throughput",
    axisTitle: "operations a second",
    series: ["basalt", "redis"],
    groups: [
      { name: "SET", values: [50_000, 100_000], note: "× 0.50" },
      { name: "GET", values: [75_000, undefined] },
    ],
  };

  test("has bars as long as their figures, from 0 on", () => {
    const svg = barChart(chart);
    const bars = [...svg.matchAll(/<rect x="(\S+)" y="\S+" width="(\S+)" height="11" /g)];
    const widths = bars.map((bar) => Number(bar[2]));
    expect(new Set(bars.map((bar) => bar[1])).size).toBe(1);
    expect(widths).toHaveLength(3);
    expect(widths[0]).toBeCloseTo((widths[1] ?? NaN) / 2);
    expect(widths[2]).toBeCloseTo(((widths[1] ?? NaN) * 3) / 4);
  });

  test("names loads, servers, figures and ratios", () => {
    expect(textsOf(barChart(chart))).toEqual(
      expect.arrayContaining(["Throughput", "SET", "GET", "basalt", "redis", "50k", "75k", "× 0.50"]),
    );
  });

  test("is the same bytes each time, and as when it was looked at", () => {
    expect(createHash("sha256").update(barChart(chart)).digest("hex").slice(0, 16)).toBe("45f0d4939a3e7a20");
  });
});

test("figures are short", () => {
  expect([0, 0.05, 12.34, 999, 1234, 45_678, 1_234_567].map(figureText)).toEqual([
    ...["0", "0.05", "12.3", "999", "1.23k", "45.7k", "1.23M"],
  ]);
});
