// The metrics of a process. The server room constructs one and hands it to the rooms below this one; rooms above keep
// plain numbers and histograms of base, which the server registers here. Everything is read at scrape time: counting
// and recording touch a number or a typed array and nothing of the metrics library. Names follow Prometheus:
// `basalt_…_total` for counters, `_seconds`, `_bytes` for units.
import {
  Counter as ExportedCounter,
  Gauge as ExportedGauge,
  Registry,
  collectDefaultMetrics,
} from "prom-client";
import { LatencyHistogram, assert } from "../base/index";
import { Counter } from "./counter";
import { HistogramExport } from "./histogram-export";
import type { HistogramUnit, Labels } from "./histogram-export";

/** Default metrics that list the process's open handles: with ten thousand connections a scrape would stop the loop. */
const COSTLY_DEFAULTS = [
  "process_open_fds",
  "nodejs_active_handles",
  "nodejs_active_handles_total",
  "nodejs_active_requests",
  "nodejs_active_requests_total",
  "nodejs_active_resources",
  "nodejs_active_resources_total",
];

/** How often the delay of the event loop is sampled. */
const DELAY_SAMPLE_MS = 20;

/** Series that come and go: what there is at a scrape, with its labels. */
export type SeriesReader<T> = () => Iterable<readonly [labels: Labels, value: T]>;

interface ReadSeries {
  readonly labels: Labels;
  readonly read: () => number;
}

export class Metrics {
  private readonly registry = new Registry();
  private readonly histogramFamilies = new Map<string, HistogramExport>();
  private readonly readFamilies = new Map<string, ReadSeries[]>();
  private scrapes = 0;

  /** Figures of the process and of the event loop (`process_…`, `nodejs_…`). Once a process. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: DELAY_SAMPLE_MS });
    for (const name of COSTLY_DEFAULTS) this.registry.removeSingleMetric(name);
  }

  /** A new counter. One family may be asked for several times, with other values of the same labels. */
  counter(name: string, help: string, labels: Labels = {}): Counter {
    const counter = new Counter();
    this.total(name, help, () => counter.value, labels);
    return counter;
  }

  /** A counter that somebody else keeps. */
  total(name: string, help: string, read: () => number, labels: Labels = {}): void {
    assert(name.endsWith("_total"), "the name of a counter ends in _total");
    this.addRead(name, { labels, read }, (series) => {
      const collect = (metric: ExportedCounter) => {
        metric.reset();
        for (const { labels: own, read: value } of series) metric.inc({ ...own }, value());
      };
      return new ExportedCounter({
        name,
        help,
        labelNames: Object.keys(labels),
        registers: [],
        collect() {
          collect(this);
        },
      });
    });
  }

  /** A value of now that somebody else keeps. */
  gauge(name: string, help: string, read: () => number, labels: Labels = {}): void {
    this.addRead(name, { labels, read }, (series) => {
      const collect = (metric: ExportedGauge) => {
        for (const { labels: own, read: value } of series) metric.set({ ...own }, value());
      };
      return new ExportedGauge({
        name,
        help,
        labelNames: Object.keys(labels),
        registers: [],
        collect() {
          collect(this);
        },
      });
    });
  }

  /** A histogram, new or (where a room above records it) handed in. Recorded in `unit`; microseconds are shown as seconds. */
  histogram(
    name: string,
    help: string,
    unit: HistogramUnit,
    labels: Labels = {},
    histogram: LatencyHistogram = new LatencyHistogram(),
  ): LatencyHistogram {
    let family = this.histogramFamilies.get(name);
    if (family === undefined) {
      family = new HistogramExport(name, help, unit);
      this.registry.registerMetric(family);
      this.histogramFamilies.set(name, family);
    }
    family.addSeries(labels, histogram);
    return histogram;
  }

  /** Counters of one family whose series are known only at the scrape: errors by code, commands that have run. */
  totals(name: string, help: string, labelNames: readonly string[], read: SeriesReader<number>): void {
    assert(name.endsWith("_total"), "the name of a counter ends in _total");
    const collect = (metric: ExportedCounter) => {
      metric.reset();
      for (const [labels, value] of read()) metric.inc({ ...labels }, value);
    };
    this.registry.registerMetric(
      new ExportedCounter({
        name,
        help,
        labelNames: [...labelNames],
        registers: [],
        collect() {
          collect(this);
        },
      }),
    );
  }

  /** Gauges of one family, all read in one call. */
  gauges(name: string, help: string, labelNames: readonly string[], read: SeriesReader<number>): void {
    const collect = (metric: ExportedGauge) => {
      metric.reset();
      for (const [labels, value] of read()) metric.set({ ...labels }, value);
    };
    this.registry.registerMetric(
      new ExportedGauge({
        name,
        help,
        labelNames: [...labelNames],
        registers: [],
        collect() {
          collect(this);
        },
      }),
    );
  }

  /** Histograms of one family whose series are known only at the scrape. */
  histograms(name: string, help: string, unit: HistogramUnit, read: SeriesReader<LatencyHistogram>): void {
    assert(!this.histogramFamilies.has(name), "a family is either fixed or read");
    const family = new HistogramExport(name, help, unit, read);
    this.registry.registerMetric(family);
    this.histogramFamilies.set(name, family);
  }

  /**
   * Figures by name that somebody else gathers in one call, as storage does: `bytesWrittenTotal` becomes the counter
   * `<prefix>bytes_written_total`, any other name a gauge. Which figures there are is decided now.
   */
  figures(prefix: string, help: string, read: () => Readonly<Record<string, number>>): void {
    // All figures of one scrape come from one reading.
    let latest = read();
    let readAt = this.scrapes;
    const figure = (name: string) => () => {
      if (readAt !== this.scrapes) {
        latest = read();
        readAt = this.scrapes;
      }
      return latest[name] ?? 0;
    };
    for (const name of Object.keys(latest)) {
      const exported = prefix + name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (exported.endsWith("_total")) this.total(exported, `${help}: ${name}`, figure(name));
      else this.gauge(exported, `${help}: ${name}`, figure(name));
    }
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Everything in Prometheus's text format. */
  text(): Promise<string> {
    this.scrapes++;
    return this.registry.metrics();
  }

  private addRead(
    name: string,
    added: ReadSeries,
    create: (series: readonly ReadSeries[]) => ExportedCounter | ExportedGauge,
  ): void {
    const known = this.readFamilies.get(name);
    if (known !== undefined) {
      known.push(added);
      return;
    }
    const series = [added];
    this.readFamilies.set(name, series);
    this.registry.registerMetric(create(series));
  }
}
