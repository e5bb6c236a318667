// Latencies as an HDR histogram of three digits, from 1 µs to two minutes, and its summary. Single thread.
import { build } from "hdr-histogram-js";
import { LATENCY_PERCENTILES } from "./load-messages";
import type { LatencySummary } from "./load-messages";

const LONGEST_LATENCY_US = 120_000_000;

export class LatencyRecord {
  private readonly histogram = build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_LATENCY_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });

  reset(): void {
    this.histogram.reset();
  }

  record(microseconds: number): void {
    this.histogram.recordValue(Math.min(LONGEST_LATENCY_US, Math.round(microseconds)));
  }

  summary(): LatencySummary {
    const { histogram } = this;
    const percentilesUs: Record<string, number> = {};
    for (const percentile of LATENCY_PERCENTILES) {
      // The histogram answers with the upper edge of a bucket, which may lie above every value that was recorded.
      percentilesUs[percentile] = Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue);
    }
    return {
      count: histogram.totalCount,
      meanUs: histogram.mean,
      maxUs: histogram.maxValue,
      percentilesUs,
    };
  }
}
