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
/** The longest a header can be before `rest`. */
export const VALUE_HEADER_MAX_BYTES = 4 + 8 + 8 + 8;

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

/** The same header as `decodeValueHeader`, from bytes that were encoded here: `into` is called with its fields. */
export function readValueHeader<T>(
  source: Buffer,
  start: number,
  end: number,
  into: new (
    type: number,
    encoding: number,
    expiryMs: number,
    versionMs: number,
    versionCounter: number,
    length: number,
    rest: ByteString,
  ) => T,
): T {
  if (end - start < 13 || source[start] !== VALUE_HEADER_FORMAT) throw corrupt("value header");
  let at = start + 12;
  let expiryMs = 0;
  if (source[start + 3]! & EXPIRY_FLAG) {
    expiryMs = getU64(source, at);
    at += 8;
  }
  let length = 0;
  let scale = 1;
  for (;;) {
    if (at >= end) throw corrupt("value header is cut short");
    const byte = source[at++]!;
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (byte === 0 && scale > 1) throw corrupt("a length is not in its shortest form");
      break;
    }
    scale *= 0x80;
  }
  checkNumbers(source[start + 3]!, expiryMs, length);
  return new into(
    source[start + 1]!,
    source[start + 2]!,
    expiryMs,
    getU48(source, start + 4),
    getU16(source, start + 10),
    length,
    source.toString("latin1", at, end),
  );
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
