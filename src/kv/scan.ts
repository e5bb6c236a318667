// A page of rows as a session sees it: storage's rows with the overlay laid over them. Pure.
import type { ByteString } from "../base/index";
import type { ScanPage } from "../storage/index";
import type { Overlay } from "./overlay";

export interface ScanLimits {
  /** Rows that are read from storage at most; the result may have a few more or fewer. */
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly reverse?: boolean;
  readonly valuePrefixBytes?: number;
}

export interface ScanResult {
  readonly keys: ByteString[];
  readonly values: ByteString[];
  /** Where the next page begins: its `lower`, or its `upper` when reverse. undefined at the end of the range. */
  readonly next: ByteString | undefined;
  /** The highest batch that the result depends on; 0 for none in flight. */
  readonly observedSequence: number;
}

export function mergeScan(
  overlay: Overlay,
  committed: boolean,
  lower: ByteString,
  upper: ByteString,
  limits: ScanLimits,
  page: ScanPage,
): ScanResult {
  const reverse = limits.reverse ?? false;
  const last = page.keys[page.keys.length - 1];
  // The page speaks for [from, to): up to its last row, or for all that was asked.
  let from = lower;
  let to = upper;
  if (!page.done && last !== undefined) {
    if (reverse) from = last;
    else to = last + "\0";
  }
  const next = page.done || last === undefined ? undefined : reverse ? from : to;

  const pending = overlay.pendingIn(from, to, committed);
  if (pending.length === 0 && !overlay.hasRanges) {
    return { keys: page.keys, values: page.values, next, observedSequence: 0 };
  }
  if (reverse) pending.reverse();
  const before = (a: ByteString, b: ByteString): boolean => (reverse ? a > b : a < b);
  const keys: ByteString[] = [];
  const values: ByteString[] = [];
  let observedSequence = overlay.rangesSequence;
  let row = 0;
  const take = (key: ByteString, value: ByteString | null): void => {
    if (value === null) return;
    keys.push(key);
    values.push(limits.valuePrefixBytes === undefined ? value : value.slice(0, limits.valuePrefixBytes));
  };
  for (const { key, value, sequence } of pending) {
    if (sequence > observedSequence) observedSequence = sequence;
    for (; row < page.keys.length && before(page.keys[row]!, key); row++) {
      if (!overlay.hides(page.keys[row]!, committed)) take(page.keys[row]!, page.values[row]!);
    }
    if (row < page.keys.length && page.keys[row] === key) row++;
    take(key, value);
  }
  for (; row < page.keys.length; row++) {
    if (!overlay.hides(page.keys[row]!, committed)) take(page.keys[row]!, page.values[row]!);
  }
  return { keys, values, next, observedSequence };
}
