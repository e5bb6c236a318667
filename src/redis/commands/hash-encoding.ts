// How Redis would keep a hash: as a listpack while it is small, else as a hash table. Basalt keeps every hash alike; clients see
// the difference in OBJECT ENCODING, and in HSCAN, which gives a listpack whole. Judged by what the hash holds now, where
// Redis never goes back to a listpack. The limits are those of hash-max-listpack-entries and hash-max-listpack-value.
import type { ByteString } from "../../base/index";

export const LISTPACK_MAX_ENTRIES = 128;
export const LISTPACK_MAX_VALUE_BYTES = 64;
const FIELD_HASH_BYTES = 4;

/** Whether all rows of a hash, whose keys begin with a prefix of `prefixBytes`, would be a listpack. */
export function isListpack(
  rows: { readonly keys: readonly ByteString[]; readonly values: readonly ByteString[] },
  prefixBytes: number,
): boolean {
  const fieldBytes = prefixBytes + FIELD_HASH_BYTES;
  return (
    rows.keys.length <= LISTPACK_MAX_ENTRIES &&
    rows.keys.every((key) => key.length - fieldBytes <= LISTPACK_MAX_VALUE_BYTES) &&
    rows.values.every((value) => value.length <= LISTPACK_MAX_VALUE_BYTES)
  );
}
