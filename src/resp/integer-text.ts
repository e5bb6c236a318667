// Redis's strict reading of integers (string2ll): an optional '-', then decimal digits without a leading zero, nothing
// else, within 64 bits. Pure functions over borrowed bytes.
import { DIGIT_0, DIGIT_1, MINUS } from "./ascii";

/** "-9223372036854775808" has 20 characters; Redis refuses 21 and more before it looks at them. */
const MAX_INT64_LENGTH = 20;
/** Any 15 digits are below 2^53, so a sum over them is exact. */
const ALWAYS_SAFE_DIGITS = 15;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * The integer that the bytes [start, end) spell; undefined if they spell none or one that a number cannot hold exactly.
 * Where the difference matters, ask `bigIntegerOf` next.
 */
export function safeIntegerOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  if (at >= end) return undefined;
  const negative = bytes[at] === MINUS;
  if (negative) at++;
  const digits = end - at;
  if (digits === 1) {
    const digit = bytes[at]! - DIGIT_0;
    if (digit < 0 || digit > 9 || (negative && digit === 0)) return undefined;
    return negative ? -digit : digit;
  }
  if (digits > ALWAYS_SAFE_DIGITS) return longSafeIntegerOf(bytes, start, end);
  if (digits === 0 || bytes[at]! < DIGIT_1) return undefined;
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - DIGIT_0;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

function longSafeIntegerOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  const value = bigIntegerOf(bytes, start, end);
  if (value === undefined) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The 64-bit integer that the bytes [start, end) spell; undefined if they spell none. */
export function bigIntegerOf(bytes: Uint8Array, start: number, end: number): bigint | undefined {
  const length = end - start;
  if (length <= 0 || length > MAX_INT64_LENGTH) return undefined;
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative) at++;
  if (at === end) return undefined;
  if (bytes[at] === DIGIT_0) return length === 1 ? 0n : undefined;
  let text = negative ? "-" : "";
  for (; at < end; at++) {
    const digit = bytes[at]! - DIGIT_0;
    if (digit < 0 || digit > 9) return undefined;
    text += digit;
  }
  const value = BigInt(text);
  return value < INT64_MIN || value > INT64_MAX ? undefined : value;
}
