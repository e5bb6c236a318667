// A log-linear histogram of non-negative integers (microseconds, bytes, operations): eight linear buckets in each power
// of two, so a quantile is read within 12.5 %. Recording is a few integer operations into a typed array, which is why
// hot paths use this and not a metrics library; `observability/` exports it at scrape time. Values above 2^36 land in
// the last bucket.

const SUB_BITS = 3;
const SUB_COUNT = 1 << SUB_BITS;
const MAX_EXPONENT = 36;
const BUCKET_COUNT = (MAX_EXPONENT - SUB_BITS + 2) * SUB_COUNT;

export class LatencyHistogram {
  readonly counts = new Float64Array(BUCKET_COUNT);
  count = 0;
  sum = 0;
  max = 0;

  /** Records a value, as often as it was measured. */
  record(value: number, times = 1): void {
    this.counts[bucketOf(value)]! += times;
    this.count += times;
    this.sum += value * times;
    if (value > this.max) this.max = value;
  }

  /** The upper edge of the bucket that holds the given quantile (0 to 1); 0 when empty. */
  quantile(fraction: number): number {
    if (this.count === 0) return 0;
    const rank = Math.max(1, Math.ceil(fraction * this.count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      seen += this.counts[bucket]!;
      if (seen >= rank) return Math.min(upperEdge(bucket), this.max);
    }
    return this.max;
  }

  /** How many recorded values lie at or below `edge`, to the bucket's precision. */
  countAtOrBelow(edge: number): number {
    let seen = 0;
    const last = bucketOf(edge);
    for (let bucket = 0; bucket <= last; bucket++) seen += this.counts[bucket]!;
    return seen;
  }

  reset(): void {
    this.counts.fill(0);
    this.count = 0;
    this.sum = 0;
    this.max = 0;
  }
}

function bucketOf(value: number): number {
  if (value < SUB_COUNT) return value < 0 ? 0 : value | 0;
  if (value >= 2 ** MAX_EXPONENT) return BUCKET_COUNT - 1;
  let exponent: number;
  let top: number;
  if (value < 0x8000_0000) {
    exponent = 31 - Math.clz32(value);
    top = value >>> (exponent - SUB_BITS);
  } else {
    const high = Math.floor(value / 0x10000);
    exponent = 31 - Math.clz32(high) + 16;
    top = Math.floor(value / 2 ** (exponent - SUB_BITS));
  }
  return (exponent - SUB_BITS) * SUB_COUNT + top;
}

/** The highest integer that falls into the bucket. */
function upperEdge(bucket: number): number {
  if (bucket < SUB_COUNT) return bucket;
  const exponent = Math.floor(bucket / SUB_COUNT) - 1;
  const top = (bucket % SUB_COUNT) + SUB_COUNT;
  return (top + 1) * 2 ** exponent - 1;
}
