// Doubles as Redis reads and writes them: reading accepts what C's strtod accepts (decimal, hexadecimal, infinities)
// with nothing before or after it, writing is C's "%.17g". Pure functions; not for a hot path that has integers.
import type { ByteString } from "../base/index";

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x(?:([0-9a-f]+)\.?([0-9a-f]*)|\.([0-9a-f]+))(?:p([+-]?\d+))?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const HAS_NONZERO_DIGIT = /^[+-]?[0.]*[1-9]/;

/** undefined: not a float in Redis's sense. That includes NaN and values out of the range of a double. */
export function floatOf(text: ByteString): number | undefined {
  if (DECIMAL.test(text)) return inRange(Number(text), HAS_NONZERO_DIGIT.test(text));
  const infinite = INFINITE.exec(text);
  if (infinite) return infinite[1] === "-" ? -Infinity : Infinity;
  const hexadecimal = HEXADECIMAL.exec(text);
  if (!hexadecimal) return undefined;
  const [, sign, whole = "", fraction = "", bareFraction = "", exponent = "0"] = hexadecimal;
  return hexadecimalFloat(sign === "-", whole, fraction || bareFraction, Number(exponent));
}

function inRange(value: number, nonzero: boolean): number | undefined {
  if (!Number.isFinite(value) || (value === 0 && nonzero)) return undefined;
  return value;
}

/** Rounds to nearest, ties to even, as the reading of a decimal does. */
function hexadecimalFloat(
  negative: boolean,
  whole: string,
  fraction: string,
  power: number,
): number | undefined {
  let mantissa = BigInt(`0x${whole}${fraction}`);
  let exponent = power - 4 * fraction.length;
  if (mantissa === 0n) return negative ? -0 : 0;
  // Reduce to 53 bits (fewer where the result is subnormal) plus a sticky rest, so that one rounding decides.
  const bits = mantissa.toString(2).length;
  const topExponent = bits + exponent;
  if (topExponent > 1024) return undefined;
  if (topExponent < -1074) return undefined;
  const kept = Math.min(53, topExponent + 1074);
  const dropped = bits - kept;
  if (dropped > 0) {
    const shift = BigInt(dropped);
    const rest = mantissa & ((1n << shift) - 1n);
    const half = 1n << (shift - 1n);
    mantissa >>= shift;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n;
    exponent += dropped;
  }
  // Two steps, because 2 ** -1074 alone is representable but 2 ** (-1074 - 53) is not; both products are exact.
  const scaled = Number(mantissa) * 2 ** Math.max(exponent, -1022) * 2 ** Math.min(0, exponent + 1022);
  return inRange(negative ? -scaled : scaled, true);
}

/** C's "%.17g"; infinities are "inf" and "-inf", as Redis writes them. */
export function formatFloat(value: number): ByteString {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return Object.is(value, -0) ? "-0" : String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const [mantissa = "", exponentText = "0"] = exponentialOf(value).split("e");
  const exponent = Number(exponentText);
  const negative = mantissa.startsWith("-");
  const digits = mantissa.replace(/[-.]/g, "");
  return (negative ? "-" : "") + layOut(digits, exponent);
}

/** 17 significant digits, ties to even as in C. (JavaScript rounds an exact tie up.) */
function exponentialOf(value: number): string {
  const rounded = value.toExponential(16);
  // Only a value of exactly 18 digits that end in 5 is a tie.
  const longer = value.toExponential(17);
  const digitsEnd = longer.indexOf("e");
  if (longer[digitsEnd - 1] !== "5") return rounded;
  const exact = value.toExponential(60);
  if (!/^0*e/.test(exact.slice(digitsEnd))) return rounded;
  const even = (longer.charCodeAt(digitsEnd - 2) & 1) === 0;
  return even ? longer.slice(0, digitsEnd - 1) + longer.slice(digitsEnd) : rounded;
}

/** The %g layout of 17 digits d.ddd × 10^exponent: trailing zeros go, an exponent below -4 or above 16 is written. */
function layOut(digits: string, exponent: number): string {
  if (exponent < -4 || exponent >= 17) {
    const fraction = digits.slice(1).replace(/0+$/, "");
    const magnitude = String(Math.abs(exponent)).padStart(2, "0");
    return `${digits[0]}${fraction && "."}${fraction}e${exponent < 0 ? "-" : "+"}${magnitude}`;
  }
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`.replace(/0+$/, "");
  const fraction = digits.slice(exponent + 1).replace(/0+$/, "");
  return digits.slice(0, exponent + 1) + (fraction && `.${fraction}`);
}
