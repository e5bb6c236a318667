// The cardinality that registers stand for, from how many of them hold each value: the improved raw estimator of Otmar
// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (arXiv 1702.01284, algorithm 6), in the order of
// operations that gives the numbers Redis gives. Pure.
import { RANK_BITS, REGISTERS } from "./element-hash";

/** Places of a histogram: one for each value that six bits hold. */
export const HISTOGRAM_SIZE = 64;
/** 1 / (2 ln 2). */
const ALPHA = 0.72134752044448170368;
const INT64_MIN = -(2n ** 63n);
const TWO_POW_63 = 2 ** 63;

/** `histogram[v]`: how many registers hold v. A bigint beyond 2^53; the lowest 64-bit integer where there is no answer. */
export function estimateOf(histogram: Int32Array): number | bigint {
  let sum = REGISTERS * tau((REGISTERS - histogram[RANK_BITS + 1]!) / REGISTERS);
  for (let rank = RANK_BITS; rank >= 1; rank--) {
    sum += histogram[rank]!;
    sum *= 0.5;
  }
  sum += REGISTERS * sigma(histogram[0]! / REGISTERS);
  const estimate = Math.round((ALPHA * REGISTERS * REGISTERS) / sum);
  if (Number.isSafeInteger(estimate)) return estimate;
  return estimate < TWO_POW_63 ? BigInt(estimate) : INT64_MIN;
}

/** The correction for registers that are still zero. */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let y = 1;
  let z = x;
  let before: number;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (before !== z);
  return z;
}

/** The correction for registers that can rise no further. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let y = 1;
  let z = 1 - x;
  let before: number;
  do {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (before !== z);
  return z / 3;
}
