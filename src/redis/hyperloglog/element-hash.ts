// Which register an element raises, and to what: MurmurHash64A (Austin Appleby, public domain) of its bytes under the seed
// that Redis uses, so that both agree on every register. The 64-bit arithmetic is done on pairs of 32-bit halves, without
// allocation. Pure.

export const REGISTER_BITS = 14;
export const REGISTERS = 1 << REGISTER_BITS;
/** Bits of the hash in which zeros are counted. */
export const RANK_BITS = 64 - REGISTER_BITS;

const SEED = 0xadc83b19;
const MULTIPLIER_LOW = 0x5bd1e995;
const MULTIPLIER_HIGH = 0xc6a4a793;

/** The upper 32 bits of a 64-bit product of two unsigned halves. */
function highProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (other >>> 16)) | 0;
}

/** The upper half of (low, high) × multiplier; the lower one is imul(low, MULTIPLIER_LOW). */
function highTimes(low: number, high: number): number {
  return (
    (highProduct(low, MULTIPLIER_LOW) + Math.imul(low, MULTIPLIER_HIGH) + Math.imul(high, MULTIPLIER_LOW)) | 0
  );
}

function trailingZeros(value: number): number {
  return 31 - Math.clz32(value & -value);
}

/** rank << REGISTER_BITS | register, for the bytes [start, end); a rank is 1 to RANK_BITS + 1. */
export function placeOf(source: Uint8Array, start: number, end: number): number {
  const length = end - start;
  let low = SEED ^ Math.imul(length, MULTIPLIER_LOW);
  let high = highTimes(length, 0);
  let at = start;
  for (; at + 8 <= end; at += 8) {
    let blockLow = source[at]! | (source[at + 1]! << 8) | (source[at + 2]! << 16) | (source[at + 3]! << 24);
    let blockHigh =
      source[at + 4]! | (source[at + 5]! << 8) | (source[at + 6]! << 16) | (source[at + 7]! << 24);
    blockHigh = highTimes(blockLow, blockHigh);
    blockLow = Math.imul(blockLow, MULTIPLIER_LOW);
    blockLow ^= blockHigh >>> 15;
    blockHigh = highTimes(blockLow, blockHigh);
    blockLow = Math.imul(blockLow, MULTIPLIER_LOW);
    low ^= blockLow;
    high ^= blockHigh;
    high = highTimes(low, high);
    low = Math.imul(low, MULTIPLIER_LOW);
  }
  if (at < end) {
    for (let i = end - at - 1; i >= 0; i--) {
      if (i >= 4) high ^= source[at + i]! << ((i - 4) * 8);
      else low ^= source[at + i]! << (i * 8);
    }
    high = highTimes(low, high);
    low = Math.imul(low, MULTIPLIER_LOW);
  }
  low ^= high >>> 15;
  high = highTimes(low, high);
  low = Math.imul(low, MULTIPLIER_LOW);
  low ^= high >>> 15;

  const register = low & (REGISTERS - 1);
  const rest = (low >>> REGISTER_BITS) | (high << (32 - REGISTER_BITS));
  // A bit above all others ends the count.
  const restHigh = (high >>> REGISTER_BITS) | (1 << (RANK_BITS - 32));
  const zeros = rest !== 0 ? trailingZeros(rest) : 32 + trailingZeros(restHigh);
  return ((zeros + 1) << REGISTER_BITS) | register;
}
