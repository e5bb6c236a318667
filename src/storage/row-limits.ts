// The limits that both implementations of the storage hold their callers to: how long a row's key can be, and what a range
// is. Whoever handles keys that clients choose asks before (`mayBeRowKey`, `rowBound`); a key beyond the limit that comes
// here all the same is a broken invariant.
import { assert } from "../base/index";
import type { ByteString } from "../base/index";
import { Space } from "./keys";

/**
 * No row has a longer logical key: a user key and a member of 64 KiB each, with all that stands before, between and behind
 * them, and room for encodings that lengthen.
 */
export const MAX_ROW_KEY_BYTES = 192 * 1024;

/** False for a key so long that there is no row of it. */
export function mayBeRowKey(key: ByteString): boolean {
  return key.length <= MAX_ROW_KEY_BYTES;
}

/** A bound of a range as it may be handed to the storage: one that no row tells apart from `key`, and not too long. */
export function rowBound(key: ByteString): ByteString {
  return mayBeRowKey(key) ? key : key.slice(0, MAX_ROW_KEY_BYTES) + "\0";
}

export function checkRowKey(key: ByteString): void {
  assert(key.length > 0, "a key begins at the space byte");
  assert(mayBeRowKey(key), "a key is no longer than a row's can be");
}

/** Asserts what every range must be: within one column family. */
export function checkRange(lower: ByteString, upper: ByteString): void {
  assert(lower.length > 0 && upper.length > 0, "a range's bounds begin at the space byte");
  assert(
    lower.length <= MAX_ROW_KEY_BYTES + 1 && upper.length <= MAX_ROW_KEY_BYTES + 1,
    "a range's bounds are keys",
  );
  const endsWithData =
    upper.charCodeAt(0) < Space.tombstone || upper === String.fromCharCode(Space.tombstone);
  assert(lower.charCodeAt(0) >= Space.tombstone || endsWithData, "a range stays within one column family");
}
