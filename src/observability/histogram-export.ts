// How base's LatencyHistogram is shown to Prometheus: a prom-client histogram whose values are computed at scrape time
// from the fine buckets, one series a set of labels. The edges shown are powers of two of the recorded unit, where the
// fine buckets have edges too, so the counts are exact (of integers below the edge).
//
// prom-client asks a metric for its values through `getForPromString`, which its type declarations leave out; the
// version is pinned and a test holds it.
import { Histogram } from "prom-client";
import type { LatencyHistogram } from "../base/index";

/** What was recorded, and so what is shown: microseconds become seconds, the others stay. */
export type HistogramUnit = "microseconds" | "bytes" | "operations";

export type Labels = Readonly<Record<string, string>>;

interface UnitExport {
  /** Recorded value × scale = shown value. */
  readonly scale: number;
  readonly lowestEdgeExponent: number;
  readonly highestEdgeExponent: number;
}

const UNITS: Readonly<Record<HistogramUnit, UnitExport>> = {
  microseconds: { scale: 1e-6, lowestEdgeExponent: 4, highestEdgeExponent: 24 },
  bytes: { scale: 1, lowestEdgeExponent: 6, highestEdgeExponent: 30 },
  operations: { scale: 1, lowestEdgeExponent: 0, highestEdgeExponent: 20 },
};

interface ExportedValue {
  readonly labels: Record<string, string | number>;
  readonly sharedLabels: Record<string, string>;
  readonly value: number;
  readonly metricName: string;
}

export class HistogramExport extends Histogram {
  private readonly family: { readonly name: string; readonly help: string };
  private readonly unit: UnitExport;
  private readonly series: { readonly labels: Labels; readonly histogram: LatencyHistogram }[] = [];
  private readonly read: () => Iterable<readonly [Labels, LatencyHistogram]>;

  /** `read` gives series that are known only at a scrape. */
  constructor(
    name: string,
    help: string,
    unit: HistogramUnit,
    read: () => Iterable<readonly [Labels, LatencyHistogram]> = () => [],
  ) {
    super({ name, help, registers: [] });
    this.read = read;
    this.family = { name, help };
    this.unit = UNITS[unit];
  }

  addSeries(labels: Labels, histogram: LatencyHistogram): void {
    this.series.push({ labels, histogram });
  }

  async getForPromString(): Promise<object> {
    const values = this.series.flatMap(({ labels, histogram }) => this.valuesOf(labels, histogram));
    for (const [labels, histogram] of this.read()) values.push(...this.valuesOf(labels, histogram));
    return { ...this.family, type: "histogram", aggregator: "sum", values };
  }

  private valuesOf(labels: Labels, histogram: LatencyHistogram): ExportedValue[] {
    const { scale, lowestEdgeExponent, highestEdgeExponent } = this.unit;
    const values: ExportedValue[] = [];
    const push = (suffix: string, value: number, own: Record<string, string | number>) =>
      values.push({
        labels: own,
        sharedLabels: { ...labels },
        value,
        metricName: `${this.family.name}${suffix}`,
      });
    for (let exponent = lowestEdgeExponent; exponent <= highestEdgeExponent; exponent++) {
      const edge = 2 ** exponent;
      push("_bucket", histogram.countAtOrBelow(edge - 1), { le: Number((edge * scale).toPrecision(12)) });
    }
    push("_bucket", histogram.count, { le: "+Inf" });
    push("_sum", histogram.sum * scale, {});
    push("_count", histogram.count, {});
    return values;
  }
}
