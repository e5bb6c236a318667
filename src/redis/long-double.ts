// The x87 long double that Redis on amd64 computes INCRBYFLOAT with: 64 bits of mantissa, exponents from -16445 to 16383,
// rounding to nearest, ties to even. Exact arithmetic over bigints, one rounding for each operation, as the hardware does
// it. Reading accepts what C's strtold accepts; writing is "%.17Lf" without trailing zeros. Pure functions.
import type { ByteString } from "../base/index";

/** (negative ? -1 : 1) × mantissa × 2^exponent. Infinities have their own form; a NaN never leaves this file. */
export interface LongDouble {
  readonly negative: boolean;
  /** Below 2^64. */
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly infinite: boolean;
}

const MANTISSA_BITS = 64;
/** The unit of subnormal numbers; nothing lies between its multiples. */
const LOWEST_EXPONENT = -16445;
/** The exponent that a mantissa of 64 bits has at most. */
const HIGHEST_EXPONENT = 16383 - 63;
/** Redis reads a number through a buffer of this size, its end included. */
const TEXT_MAX_BYTES = 5 * 1024 - 1;
/** Decimal exponents beyond which every number is infinite, or too small to be told from zero. */
const DECIMAL_EXPONENT_MAX = 4934;
const DECIMAL_EXPONENT_MIN = -4953;
const FRACTION_DIGITS = 17;

const DECIMAL = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:e([+-]?\d+))?$/i;
const HEXADECIMAL = /^([+-]?)0x(?:([0-9a-f]+)\.?([0-9a-f]*)|\.([0-9a-f]+))(?:p([+-]?\d+))?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

export const LONG_DOUBLE_ZERO: LongDouble = { negative: false, mantissa: 0n, exponent: 0, infinite: false };

/** undefined: "value is not a valid float". That includes NaN and what is out of range, in either direction. */
export function longDoubleOf(text: ByteString): LongDouble | undefined {
  if (text.length > TEXT_MAX_BYTES) return undefined;
  const decimal = DECIMAL.exec(text);
  if (decimal !== null) {
    const [, sign, whole = "", fraction = "", bareFraction = "", exponent = "0"] = decimal;
    return inRange(decimalValue(sign === "-", whole, fraction || bareFraction, Number(exponent)));
  }
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinity(infinite[1] === "-");
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal === null) return undefined;
  const [, sign, whole = "", fraction = "", bareFraction = "", power = "0"] = hexadecimal;
  const digits = whole + (fraction || bareFraction);
  const exponent = Number(power) - 4 * (fraction || bareFraction).length;
  const mantissa = BigInt(`0x${digits}`);
  if (mantissa === 0n) return zero(sign === "-");
  return inRange(rounded(sign === "-", mantissa, 1n, exponent));
}

/** The rounded sum; undefined for NaN (infinities of opposite signs). */
export function sumOfLongDoubles(a: LongDouble, b: LongDouble): LongDouble | undefined {
  if (a.infinite || b.infinite) {
    if (a.infinite && b.infinite && a.negative !== b.negative) return undefined;
    return a.infinite ? a : b;
  }
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = scaled(a, exponent) + scaled(b, exponent);
  // A sum of nothing is negative only if both are.
  if (sum === 0n) return zero(a.negative && b.negative);
  return rounded(sum < 0n, sum < 0n ? -sum : sum, 1n, exponent) ?? zero(sum < 0n);
}

/** "%.17Lf" without the zeros at its end; "-0" is written "0". The value is finite. */
export function formatLongDouble(value: LongDouble): ByteString {
  const { negative, mantissa, exponent } = value;
  const scale = 10n ** BigInt(FRACTION_DIGITS);
  let digits: bigint;
  if (exponent >= 0) digits = (mantissa << BigInt(exponent)) * scale;
  else digits = quotient(mantissa * scale, 1n << BigInt(-exponent));
  const text = digits.toString().padStart(FRACTION_DIGITS + 1, "0");
  const whole = text.slice(0, -FRACTION_DIGITS);
  const fraction = text.slice(-FRACTION_DIGITS).replace(/0+$/, "");
  const unsigned = fraction === "" ? whole : `${whole}.${fraction}`;
  return negative && unsigned !== "0" ? `-${unsigned}` : unsigned;
}

function zero(negative: boolean): LongDouble {
  return negative ? { ...LONG_DOUBLE_ZERO, negative } : LONG_DOUBLE_ZERO;
}

function infinity(negative: boolean): LongDouble {
  return { negative, mantissa: 0n, exponent: 0, infinite: true };
}

/** As C reports a range error: overflow gives an infinity, underflow no value; either is refused. */
function inRange(value: LongDouble | undefined): LongDouble | undefined {
  return value === undefined || value.infinite ? undefined : value;
}

function decimalValue(
  negative: boolean,
  whole: string,
  fraction: string,
  power: number,
): LongDouble | undefined {
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return zero(negative);
  const exponent = power - fraction.length;
  const magnitude = digits.length + exponent;
  if (magnitude > DECIMAL_EXPONENT_MAX) return infinity(negative);
  if (magnitude < DECIMAL_EXPONENT_MIN) return undefined;
  const mantissa = BigInt(digits);
  if (exponent >= 0) return rounded(negative, mantissa * 10n ** BigInt(exponent), 1n, 0);
  return rounded(negative, mantissa, 10n ** BigInt(-exponent), 0);
}

/** numerator / denominator × 2^exponent, rounded; undefined if that is zero. The numerator is not. */
function rounded(
  negative: boolean,
  numerator: bigint,
  denominator: bigint,
  exponent: number,
): LongDouble | undefined {
  const magnitude = bitsOf(numerator) - bitsOf(denominator) + exponent;
  if (magnitude > HIGHEST_EXPONENT + MANTISSA_BITS + 1) return infinity(negative);
  if (magnitude < LOWEST_EXPONENT - 2) return undefined;
  // So far shifted that the quotient has 64 or 65 bits; a second look settles it, and the place of the lowest bit.
  let shift = bitsOf(numerator) - bitsOf(denominator) - MANTISSA_BITS;
  if (!fits(numerator, denominator, shift)) shift++;
  const lowest = Math.max(shift + exponent, LOWEST_EXPONENT);
  shift = lowest - exponent;
  let mantissa =
    shift >= 0
      ? quotient(numerator, denominator << BigInt(shift))
      : quotient(numerator << BigInt(-shift), denominator);
  let place = lowest;
  if (mantissa === 0n) return undefined;
  if (bitsOf(mantissa) > MANTISSA_BITS) {
    mantissa >>= 1n;
    place++;
  }
  const overflows = place > HIGHEST_EXPONENT && bitsOf(mantissa) + place > MANTISSA_BITS + HIGHEST_EXPONENT;
  return overflows ? infinity(negative) : { negative, mantissa, exponent: place, infinite: false };
}

/** Whether numerator / denominator / 2^shift is below 2^64. */
function fits(numerator: bigint, denominator: bigint, shift: number): boolean {
  const places = shift + MANTISSA_BITS;
  return places >= 0 ? numerator < denominator << BigInt(places) : numerator << BigInt(-places) < denominator;
}

/** The nearest integer, the even one of two. */
function quotient(numerator: bigint, denominator: bigint): bigint {
  const whole = numerator / denominator;
  const twice = (numerator - whole * denominator) * 2n;
  if (twice > denominator || (twice === denominator && (whole & 1n) === 1n)) return whole + 1n;
  return whole;
}

function bitsOf(value: bigint): number {
  const hexadecimal = value.toString(16);
  return hexadecimal.length * 4 - (Math.clz32(parseInt(hexadecimal[0]!, 16)) - 28);
}

function scaled({ negative, mantissa, exponent }: LongDouble, to: number): bigint {
  const value = mantissa << BigInt(exponent - to);
  return negative ? -value : value;
}
