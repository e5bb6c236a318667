// Big-endian integers and LEB128 varints in byte arrays, without bounds checks beyond the array's own: callers reserve
// the space first, decoders of foreign bytes use ByteReader, which checks. All integers in keys are big-endian, so that
// byte order is logical order. 64-bit integers are JavaScript numbers below 2^53 here; an HLC, which needs all 64 bits,
// has its own pair of numbers (kv/hlc).

/** A string of bytes: one char is one byte (latin1). Compact on the V8 heap, immutable, cheap to compare and to key by. */
export type ByteString = string;

export function putU16(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 8;
  target[at + 1] = value;
}

export function putU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

/** `value` is a safe integer; 8 bytes are written. */
export function putU64(target: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  putU32(target, at, high);
  putU32(target, at + 4, value - high * 0x1_0000_0000);
}

/** `value` is below 2^48; 6 bytes are written. */
export function putU48(target: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  putU16(target, at, high);
  putU32(target, at + 2, value - high * 0x1_0000_0000);
}

export function getU16(source: Uint8Array, at: number): number {
  return (source[at]! << 8) | source[at + 1]!;
}

export function getU32(source: Uint8Array, at: number): number {
  return ((source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!) >>> 0;
}

/** Exact only below 2^53: decoders check the result with `assertSafeInteger`. */
export function getU64(source: Uint8Array, at: number): number {
  return getU32(source, at) * 0x1_0000_0000 + getU32(source, at + 4);
}

export function getU48(source: Uint8Array, at: number): number {
  return getU16(source, at) * 0x1_0000_0000 + getU32(source, at + 2);
}

/** Bytes that `putVarint` writes for a safe integer. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  let length = 4;
  for (let rest = value / 0x1000_0000; rest >= 1; rest /= 0x80) length++;
  return length;
}

/** Writes an unsigned LEB128 varint of a safe integer and returns the offset behind it. */
export function putVarint(target: Uint8Array, at: number, value: number): number {
  while (value >= 0x80) {
    if (value < 0x8000_0000) {
      target[at++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    } else {
      const low = value % 0x80;
      target[at++] = low | 0x80;
      value = (value - low) / 0x80;
    }
  }
  target[at++] = value;
  return at;
}

/** Reads bounds-checked values off foreign bytes. After a failed read `failed` is true and every value is 0 or empty. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  failed = false;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  private take(length: number): number {
    const at = this.at;
    if (this.failed || length > this.end - at) {
      this.failed = true;
      return -1;
    }
    this.at = at + length;
    return at;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.bytes[at]!;
  }

  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : getU16(this.bytes, at);
  }

  u32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : getU32(this.bytes, at);
  }

  u48(): number {
    const at = this.take(6);
    return at < 0 ? 0 : getU48(this.bytes, at);
  }

  /** Fails on a value that a JavaScript number cannot hold exactly. */
  u64(): number {
    const at = this.take(8);
    if (at < 0) return 0;
    const value = getU64(this.bytes, at);
    if (!Number.isSafeInteger(value)) {
      this.failed = true;
      return 0;
    }
    return value;
  }

  /** Fails on more than 8 bytes, on a value of 2^53 or more, and on an encoding longer than necessary. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 8; length++) {
      const at = this.take(1);
      if (at < 0) return 0;
      const byte = this.bytes[at]!;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value) || (byte === 0 && length > 0)) break;
        return value;
      }
    }
    this.failed = true;
    return 0;
  }

  /** Skips `length` bytes and returns where they begin; -1 on failure. */
  skip(length: number): number {
    return this.take(length);
  }
}

/** The bytes [start, end) as a ByteString. */
export function byteString(source: Buffer, start: number, end: number): ByteString {
  return source.toString("latin1", start, end);
}

/** A fresh Buffer with the bytes of a ByteString. */
export function bytesOf(text: ByteString): Buffer {
  return Buffer.from(text, "latin1");
}

/**
 * The smallest ByteString above every string that begins with `prefix`: what a prefix scan is bounded by.
 * undefined if there is none (the prefix is empty or all 0xff).
 */
export function prefixEnd(prefix: ByteString): ByteString | undefined {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const byte = prefix.charCodeAt(last);
    if (byte !== 0xff) return prefix.slice(0, last) + String.fromCharCode(byte + 1);
  }
  return undefined;
}
