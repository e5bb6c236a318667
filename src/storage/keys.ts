// Key layout of the applied data (README.md, "Key spaces"): builders and parsers of logical keys, which begin at the
// space byte. Frozen: golden vectors in test/unit/storage/keys.test.ts and native/test. Pure functions.
import { copyBytes, keyHash, keyHashOfString, putU16, putU32, slotOf, slotOfString } from "../base/index";
import type { ByteString } from "../base/index";

export const Space = { meta: 0x00, header: 0x10, element: 0x11, ordered: 0x20, tombstone: 0x40 } as const;

/** Fields of space 0x00. */
export const MetaField = { applied: 1, databases: 2, ownership: 3, hlcCeiling: 4 } as const;

export const MAX_KEY_BYTES = 64 * 1024;

/** space ‖ db ‖ slot ‖ hash: what stands before the user key in spaces 0x10 and 0x11. */
export const HEADER_KEY_PREFIX_BYTES = 11;
/** space ‖ db ‖ slot ‖ hash ‖ key length: what stands before the user key in space 0x11. */
export const ELEMENT_KEY_PREFIX_BYTES = 15;
export const VERSION_BYTES = 8;

export function u16String(value: number): ByteString {
  return String.fromCharCode((value >>> 8) & 0xff, value & 0xff);
}

export function u32String(value: number): ByteString {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

export function getU32String(text: ByteString, at: number): number {
  return (
    ((text.charCodeAt(at) << 24) |
      (text.charCodeAt(at + 1) << 16) |
      (text.charCodeAt(at + 2) << 8) |
      text.charCodeAt(at + 3)) >>>
    0
  );
}

export function metaKey(field: number): ByteString {
  return String.fromCharCode(Space.meta, field);
}

function placedPrefix(space: number, db: number, userKey: ByteString): ByteString {
  return (
    String.fromCharCode(space) +
    u32String(db) +
    u16String(slotOfString(userKey)) +
    u32String(keyHashOfString(userKey))
  );
}

/** Space 0x10: the header of a user key in physical database `db`. */
export function headerKey(db: number, userKey: ByteString): ByteString {
  return placedPrefix(Space.header, db, userKey) + userKey;
}

/** Writes `headerKey` of the bytes [start, end) at `at` and returns the offset behind it. */
export function putHeaderKey(
  target: Buffer,
  at: number,
  db: number,
  source: Buffer,
  start: number,
  end: number,
): number {
  target[at] = Space.header;
  putU32(target, at + 1, db);
  putU16(target, at + 5, slotOf(source, start, end));
  putU32(target, at + 7, keyHash(source, start, end));
  copyBytes(source, start, end - start, target, at + HEADER_KEY_PREFIX_BYTES);
  return at + HEADER_KEY_PREFIX_BYTES + end - start;
}

/** Space 0x11: what all elements of one incarnation of a user key begin with. `version` is 8 bytes. */
export function elementPrefix(db: number, userKey: ByteString, version: ByteString): ByteString {
  return placedPrefix(Space.element, db, userKey) + u32String(userKey.length) + userKey + version;
}

/** The sub-key of a hash field or set member: hash u32 ‖ bytes. */
export function hashedSubKey(member: ByteString): ByteString {
  return u32String(keyHashOfString(member)) + member;
}

/** All rows of a physical database in one space: [lower, upper). */
export function databaseRange(space: number, db: number): { lower: ByteString; upper: ByteString } {
  const lower = String.fromCharCode(space) + u32String(db);
  const upper =
    db === 0xffff_ffff ? String.fromCharCode(space + 1) : String.fromCharCode(space) + u32String(db + 1);
  return { lower, upper };
}

/** What the keys of all headers of a slot begin with; the hash follows, and the user key. */
export function slotPrefix(db: number, slot: number): ByteString {
  return String.fromCharCode(Space.header) + u32String(db) + String.fromCharCode(slot >> 8, slot & 0xff);
}

export function databaseOfKey(key: ByteString): number {
  return getU32String(key, 1);
}

/** The user key within a header key. */
export function userKeyOfHeader(key: ByteString): ByteString {
  return key.slice(HEADER_KEY_PREFIX_BYTES);
}

export interface ElementKeyParts {
  readonly db: number;
  readonly userKey: ByteString;
  readonly version: ByteString;
  readonly subKey: ByteString;
}

/** Length of the element prefix (up to and with the version) that an element key begins with; 0 if it is none. */
export function elementPrefixLength(key: ByteString): number {
  if (key.charCodeAt(0) !== Space.element || key.length < ELEMENT_KEY_PREFIX_BYTES) return 0;
  const length = ELEMENT_KEY_PREFIX_BYTES + getU32String(key, HEADER_KEY_PREFIX_BYTES) + VERSION_BYTES;
  return length <= key.length ? length : 0;
}

/** Takes an element key, or an element prefix (empty sub-key), apart; undefined if it is none. */
export function parseElementKey(key: ByteString): ElementKeyParts | undefined {
  if (key.charCodeAt(0) !== Space.element || key.length < ELEMENT_KEY_PREFIX_BYTES) return undefined;
  const userKeyEnd = ELEMENT_KEY_PREFIX_BYTES + getU32String(key, HEADER_KEY_PREFIX_BYTES);
  if (userKeyEnd + VERSION_BYTES > key.length) return undefined;
  return {
    db: databaseOfKey(key),
    userKey: key.slice(ELEMENT_KEY_PREFIX_BYTES, userKeyEnd),
    version: key.slice(userKeyEnd, userKeyEnd + VERSION_BYTES),
    subKey: key.slice(userKeyEnd + VERSION_BYTES),
  };
}

/** The header key that names (or does not name) the incarnation of an element prefix or element key. */
export function headerKeyOfElement(key: ByteString): ByteString {
  const userKeyEnd = ELEMENT_KEY_PREFIX_BYTES + getU32String(key, HEADER_KEY_PREFIX_BYTES);
  return (
    String.fromCharCode(Space.header) +
    key.slice(1, HEADER_KEY_PREFIX_BYTES) +
    key.slice(ELEMENT_KEY_PREFIX_BYTES, userKeyEnd)
  );
}

/** Tombstone kinds: a collection at a version, a flushed database, a key. */
export const TombstoneKind = { collection: 1, database: 2, key: 3 } as const;

/** Space 0x40: names an element prefix whose incarnation is gone. */
export function collectionTombstoneKey(prefix: ByteString): ByteString {
  return String.fromCharCode(Space.tombstone, TombstoneKind.collection) + prefix.slice(1);
}

/** Space 0x40: names a flushed physical database. */
export function databaseTombstoneKey(db: number): ByteString {
  return String.fromCharCode(Space.tombstone, TombstoneKind.database) + u32String(db) + "\0\0";
}

/** Space 0x40: names a header that has expired. */
export function keyTombstoneKey(header: ByteString): ByteString {
  return String.fromCharCode(Space.tombstone, TombstoneKind.key) + header.slice(1);
}
