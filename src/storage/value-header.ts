// The value of a header row (space 0x10; README.md, "Value header") and of a tombstone. Decoded from ByteStrings, since
// that is how rows are held; written into batches and into ByteStrings. Frozen at format 1, golden vectors in
// test/unit/storage/value-header.test.ts and native/test.
//
//   format u8 ‖ type u8 ‖ encoding u8 ‖ flags u8 ‖ version u64 ‖ [expiry u64] ‖ length varint ‖ rest
import {
  BasaltError,
  getU16,
  getU48,
  getU64,
  putU16,
  putU48,
  putU64,
  putVarint,
  varintLength,
} from "../base/index";
import type { ByteString } from "../base/index";

export const VALUE_HEADER_FORMAT = 1;
export const ValueType = { string: 1, hash: 2, list: 3, set: 4, sortedSet: 5, stream: 6 } as const;
/** Encoding of a string: its bytes behind the header, or in chunks of 64 KiB under its version. Collections: elements. */
export const ValueEncoding = { inline: 0, chunked: 1, elements: 2 } as const;
export const INLINE_STRING_MAX_BYTES = 64 * 1024;
const EXPIRY_FLAG = 1;
/** Before expiry and length. */
const FIXED_BYTES = 12;
const EXPIRY_BYTES = 8;
/** The longest a header can be before `rest`. */
export const VALUE_HEADER_MAX_BYTES = 4 + 8 + 8 + 8;

/** Its fields may be accessors: `changedHeader` makes another of it, a spread does not. */
export interface ValueHeader {
  readonly type: number;
  readonly encoding: number;
  /** Milliseconds since the epoch; 0 means it never expires. */
  readonly expiryMs: number;
  /** The incarnation: an HLC. */
  readonly versionMs: number;
  readonly versionCounter: number;
  /** Bytes of a string, elements of a collection. */
  readonly length: number;
  /** An inline string's bytes, or what the type adds. */
  readonly rest: ByteString;
}

/** The same header but for the fields given. */
export function changedHeader(header: ValueHeader, changes: Partial<ValueHeader>): ValueHeader {
  const { type, encoding, expiryMs, versionMs, versionCounter, length, rest } = header;
  return { type, encoding, expiryMs, versionMs, versionCounter, length, rest, ...changes };
}

function u48At(text: ByteString, at: number): number {
  return (
    ((text.charCodeAt(at) << 8) | text.charCodeAt(at + 1)) * 0x1_0000_0000 +
    ((text.charCodeAt(at + 2) << 24) |
      (text.charCodeAt(at + 3) << 16) |
      (text.charCodeAt(at + 4) << 8) |
      text.charCodeAt(at + 5)) +
    (text.charCodeAt(at + 2) >= 0x80 ? 0x1_0000_0000 : 0)
  );
}

function corrupt(what: string): BasaltError {
  return new BasaltError(
    "CORRUPT_ROW",
    `A stored row cannot be decoded (${what}). Restore this node from another copy.`,
  );
}

function checkNumbers(flags: number, expiryMs: number, length: number): void {
  if (flags > EXPIRY_FLAG) throw corrupt("value header has unknown flags");
  if (!Number.isSafeInteger(expiryMs) || !Number.isSafeInteger(length))
    throw corrupt("value header is out of range");
}

/**
 * Looks through a header that was encoded here, in the bytes [start, end), and returns where `rest` begins. Throws
 * BasaltError CORRUPT_ROW.
 */
export function restOfValue(source: Uint8Array, start: number, end: number): number {
  if (end - start < FIXED_BYTES + 1 || source[start] !== VALUE_HEADER_FORMAT) throw corrupt("value header");
  const flags = source[start + 3]!;
  let at = start + FIXED_BYTES;
  if (flags & EXPIRY_FLAG) at += EXPIRY_BYTES;
  const lengthAt = at;
  do if (at >= end) throw corrupt("value header is cut short");
  while (source[at++]! >= 0x80);
  if (source[at - 1] === 0 && at - 1 > lengthAt) throw corrupt("a length is not in its shortest form");
  if (flags !== 0 || at - lengthAt > 4) {
    checkNumbers(flags, expiryOfValue(source, start), lengthOfValue(source, start));
  }
  return at;
}

/** The expiry in a header that begins at `start` and was looked through. */
export function expiryOfValue(source: Uint8Array, start: number): number {
  return source[start + 3]! & EXPIRY_FLAG ? getU64(source, start + FIXED_BYTES) : 0;
}

/** The length in it. */
export function lengthOfValue(source: Uint8Array, start: number): number {
  let at = start + FIXED_BYTES + (source[start + 3]! & EXPIRY_FLAG ? EXPIRY_BYTES : 0);
  let length = source[at]! & 0x7f;
  for (let scale = 0x80; source[at]! >= 0x80; scale *= 0x80) length += (source[++at]! & 0x7f) * scale;
  return length;
}

/** The version in it: an HLC. */
export function versionMsOfValue(source: Uint8Array, start: number): number {
  return getU48(source, start + 4);
}

export function versionCounterOfValue(source: Uint8Array, start: number): number {
  return getU16(source, start + 10);
}

/** Throws BasaltError CORRUPT_ROW. */
export function decodeValueHeader(row: ByteString): ValueHeader {
  if (row.length < 13 || row.charCodeAt(0) !== VALUE_HEADER_FORMAT) throw corrupt("value header");
  const flags = row.charCodeAt(3);
  let at = 12;
  let expiryMs = 0;
  if (flags & EXPIRY_FLAG) {
    expiryMs = ((row.charCodeAt(12) << 8) | row.charCodeAt(13)) * 0x1_0000_0000_0000 + u48At(row, 14);
    at = 20;
  }
  let length = 0;
  let scale = 1;
  for (;;) {
    const byte = row.charCodeAt(at++);
    if (Number.isNaN(byte)) throw corrupt("value header is cut short");
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (byte === 0 && scale > 1) throw corrupt("a length is not in its shortest form");
      break;
    }
    scale *= 0x80;
  }
  checkNumbers(flags, expiryMs, length);
  return {
    type: row.charCodeAt(1),
    encoding: row.charCodeAt(2),
    expiryMs,
    versionMs: u48At(row, 4),
    versionCounter: (row.charCodeAt(10) << 8) | row.charCodeAt(11),
    length,
    rest: row.slice(at),
  };
}

/** Bytes that `putValueHeader` writes. */
export function valueHeaderLength(expiryMs: number, length: number): number {
  return (expiryMs === 0 ? 12 : 20) + varintLength(length);
}

/** Writes everything before `rest` and returns the offset behind it. */
export function putValueHeader(
  target: Buffer,
  at: number,
  type: number,
  encoding: number,
  expiryMs: number,
  versionMs: number,
  versionCounter: number,
  length: number,
): number {
  target[at] = VALUE_HEADER_FORMAT;
  target[at + 1] = type;
  target[at + 2] = encoding;
  target[at + 3] = expiryMs === 0 ? 0 : EXPIRY_FLAG;
  putU48(target, at + 4, versionMs);
  putU16(target, at + 10, versionCounter);
  at += 12;
  if (expiryMs !== 0) {
    putU64(target, at, expiryMs);
    at += 8;
  }
  return putVarint(target, at, length);
}

/** The whole row of a header. */
export function encodeValueHeader(header: ValueHeader): ByteString {
  const head = Buffer.allocUnsafe(VALUE_HEADER_MAX_BYTES);
  const { type, encoding, expiryMs, versionMs, versionCounter, length } = header;
  const end = putValueHeader(head, 0, type, encoding, expiryMs, versionMs, versionCounter, length);
  return head.toString("latin1", 0, end) + header.rest;
}

/** The 8 bytes of a version, as element keys hold it. */
export function versionBytes(versionMs: number, versionCounter: number): ByteString {
  const bytes = Buffer.allocUnsafe(8);
  putU48(bytes, 0, versionMs);
  putU16(bytes, 6, versionCounter);
  return bytes.toString("latin1");
}

/** A tombstone's value: format u8 ‖ HLC of the deletion. */
export function tombstoneValue(hlcMs: number, hlcCounter: number): ByteString {
  return String.fromCharCode(1) + versionBytes(hlcMs, hlcCounter);
}
