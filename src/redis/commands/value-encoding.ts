// How Redis would keep a value, judged by what the value is now: Basalt keeps all values of a type alike and no history of any,
// so what Redis makes of history (a string that APPEND has touched is raw, a hash that was large stays a hash table) is not
// seen. Clients see the form in OBJECT ENCODING and DEBUG OBJECT, and in HSCAN, which gives a listpack whole. Pure.
import { bytesOf, prefixEnd } from "../../base/index";
import type { ByteString } from "../../base/index";
import type { ScanLimits } from "../../kv/index";
import { bigIntegerOf } from "../../resp/index";
import { ValueEncoding, ValueType } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import type { LiveSettings } from "../parameters/live-settings";
import { elementsOf } from "./string-values";

/** Live: hash-max-listpack-entries and hash-max-listpack-value. */
export type ListpackLimits = Pick<LiveSettings, "hashMaxListpackEntries" | "hashMaxListpackValue">;

/** The longest integer of 64 bits. */
const INTEGER_MAX_BYTES = 20;
const EMBEDDED_MAX_BYTES = 44;
const FIELD_HASH_BYTES = 4;

/** The integer as which a string would be kept. */
export function integerOf({ type, length, rest }: ValueHeader): bigint | undefined {
  if (type !== ValueType.string || length > INTEGER_MAX_BYTES) return undefined;
  return bigIntegerOf(bytesOf(rest), 0, rest.length);
}

/** The rows by which a hash's form is judged, one more than may be; none where the header alone tells. */
export interface RowsToJudge {
  readonly lower: ByteString;
  readonly upper: ByteString;
  readonly limits: ScanLimits;
  /** The name of the encoding, by the rows that were read and whether they are all. */
  readonly encodingOf: (rows: Rows, areAll: boolean) => string;
}

interface Rows {
  readonly keys: readonly ByteString[];
  readonly values: readonly ByteString[];
}

/** The name of a value's encoding, or what has to be read to tell. */
export function encodingOf(
  database: number,
  key: ByteString,
  header: ValueHeader,
  limits: ListpackLimits,
): string | RowsToJudge {
  if (header.encoding !== ValueEncoding.elements) {
    if (integerOf(header) !== undefined) return "int";
    return header.length <= EMBEDDED_MAX_BYTES ? "embstr" : "raw";
  }
  const { hashMaxListpackEntries, hashMaxListpackValue } = limits;
  if (header.length > hashMaxListpackEntries) return "hashtable";
  const lower = elementsOf(database, key, header);
  const valuePrefixBytes = hashMaxListpackValue + 1;
  return {
    lower,
    upper: prefixEnd(lower)!,
    limits: {
      maxRows: hashMaxListpackEntries + 1,
      maxBytes: (hashMaxListpackEntries + 1) * (lower.length + 2 * valuePrefixBytes + 4),
      valuePrefixBytes,
    },
    encodingOf: (rows, areAll) =>
      areAll && isListpack(rows, lower.length, limits) ? "listpack" : "hashtable",
  };
}

/** Whether all rows of a hash, whose keys begin with a prefix of `prefixBytes`, would be a listpack. */
export function isListpack(
  rows: Rows,
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
