// How Redis would keep a hash: as a listpack while it is small, else as a hash table. Basalt keeps every hash alike; clients see
// the difference in OBJECT ENCODING, and in HSCAN, which gives a listpack whole. Judged by what the hash holds now, where
// Redis never goes back to a listpack.
import type { ByteString } from "../../base/index";
import type { LiveSettings } from "../parameters/live-settings";

/** Live: hash-max-listpack-entries and hash-max-listpack-value. */
export type ListpackLimits = Pick<LiveSettings, "hashMaxListpackEntries" | "hashMaxListpackValue">;

const FIELD_HASH_BYTES = 4;

/** Whether all rows of a hash, whose keys begin with a prefix of `prefixBytes`, would be a listpack. */
export function isListpack(
  rows: { readonly keys: readonly ByteString[]; readonly values: readonly ByteString[] },
  prefixBytes: number,
  { hashMaxListpackEntries, hashMaxListpackValue }: ListpackLimits,
): boolean {
  const fieldBytes = prefixBytes + FIELD_HASH_BYTES;
  return (
    rows.keys.length <= hashMaxListpackEntries &&
    rows.keys.every((key) => key.length - fieldBytes <= hashMaxListpackValue) &&
    rows.values.every((value) => value.length <= hashMaxListpackValue)
  );
}
