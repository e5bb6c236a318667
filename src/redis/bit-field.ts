// Integers of 1 to 64 bits at any place of a string: reading, writing, and what becomes of a value that does not fit. Up to
// 32 bits they are numbers; wider ones are bigints, exact to the last bit.

/** Signed types have 1 to 64 bits, unsigned ones 1 to 63. */
export interface FieldType {
  readonly isSigned: boolean;
  readonly bits: number;
}

export type FieldValue = number | bigint;
export type Overflow = "wrap" | "saturate" | "fail";

/** Bytes that can be read and changed one by one. */
export interface ByteAccess {
  get(at: number): number;
  set(at: number, byte: number): void;
}

const NUMBER_BITS = 32;
const INT64_MAX = 2n ** 63n - 1n;

export function readField(bytes: ByteAccess, { isSigned, bits }: FieldType, offset: number): FieldValue {
  if (bits <= NUMBER_BITS) {
    const value = readBits(bytes, offset, bits);
    return isSigned && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
  }
  const high = readBits(bytes, offset, bits - NUMBER_BITS);
  const low = readBits(bytes, offset + bits - NUMBER_BITS, NUMBER_BITS);
  const value = (BigInt(high) << BigInt(NUMBER_BITS)) | BigInt(low);
  return isSigned ? BigInt.asIntN(bits, value) : value;
}

/** `value` fits the type. */
export function writeField(bytes: ByteAccess, { bits }: FieldType, offset: number, value: FieldValue): void {
  if (bits <= NUMBER_BITS) {
    const number = Number(value);
    return writeBits(bytes, offset, bits, number < 0 ? number + 2 ** bits : number);
  }
  const unsigned = BigInt.asUintN(bits, BigInt(value));
  writeBits(bytes, offset, bits - NUMBER_BITS, Number(unsigned >> BigInt(NUMBER_BITS)));
  writeBits(bytes, offset + bits - NUMBER_BITS, NUMBER_BITS, Number(BigInt.asUintN(NUMBER_BITS, unsigned)));
}

/**
 * What value + increment becomes in a field: the sum where it fits, else what `overflow` makes of it; undefined: nothing is
 * to be written. A value that is set is the sum of it and 0.
 */
export function fitted(
  type: FieldType,
  value: FieldValue,
  increment: FieldValue,
  overflow: Overflow,
): FieldValue | undefined {
  const { isSigned, bits } = type;
  if (bits <= NUMBER_BITS && typeof value === "number" && typeof increment === "number") {
    const sum = value + increment;
    const limit = 2 ** (isSigned ? bits - 1 : bits);
    if (sum < limit && sum >= (isSigned ? -limit : 0)) return sum;
  }
  return isSigned
    ? fittedSigned(bits, BigInt(value), BigInt(increment), overflow)
    : // A negative value that is set is taken as an unsigned one of 64 bits.
      fittedUnsigned(bits, BigInt.asUintN(64, BigInt(value)), BigInt(increment), overflow);
}

function fittedSigned(
  bits: number,
  value: bigint,
  increment: bigint,
  overflow: Overflow,
): FieldValue | undefined {
  const max = 2n ** BigInt(bits - 1) - 1n;
  const min = -max - 1n;
  const sum = value + increment;
  // Redis computes the room above a value in 64 bits. Where that is not enough, a value far below counts as far above.
  const isAbove = sum > max || (bits < 64 && max - value > INT64_MAX);
  if (!isAbove && sum >= min) return sum;
  if (overflow === "wrap") return BigInt.asIntN(bits, sum);
  if (overflow === "saturate") return isAbove ? max : min;
  return undefined;
}

function fittedUnsigned(
  bits: number,
  value: bigint,
  increment: bigint,
  overflow: Overflow,
): FieldValue | undefined {
  const max = 2n ** BigInt(bits) - 1n;
  const sum = value + increment;
  if (sum >= 0n && sum <= max) return sum;
  if (overflow === "wrap") return BigInt.asUintN(bits, sum);
  if (overflow === "saturate") return sum > max ? max : 0n;
  return undefined;
}

/** Up to 32 bits from bit `offset` on, highest first. */
function readBits(bytes: ByteAccess, offset: number, bits: number): number {
  let value = 0;
  for (let at = offset, left = bits; left > 0;) {
    const inByte = at % 8;
    const taken = Math.min(8 - inByte, left);
    const part = (bytes.get(Math.floor(at / 8)) >> (8 - inByte - taken)) & (0xff >> (8 - taken));
    value = value * 2 ** taken + part;
    at += taken;
    left -= taken;
  }
  return value;
}

function writeBits(bytes: ByteAccess, offset: number, bits: number, value: number): void {
  let rest = value;
  for (let end = offset + bits, left = bits; left > 0;) {
    const toEnd = end % 8 || 8;
    const taken = Math.min(toEnd, left);
    const shift = 8 - toEnd;
    const mask = (0xff >> (8 - taken)) << shift;
    const at = Math.floor((end - 1) / 8);
    const part = rest % 2 ** taken;
    bytes.set(at, (bytes.get(at) & ~mask) | (part << shift));
    rest = (rest - part) / 2 ** taken;
    end -= taken;
    left -= taken;
  }
}
