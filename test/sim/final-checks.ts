// What must hold when everything has come to rest: the applied rows are the model's state and nothing else (no element
// without its header, no expired header, no row of a flushed database, no tombstone), and applying the whole log to an
// empty disk gives the same rows byte for byte.
import { assert } from "../../src/base/index";
import type { ByteString } from "../../src/base/index";
import {
  MetaField,
  Space,
  ValueEncoding,
  ValueType,
  databaseOfKey,
  decodeValueHeader,
  elementPrefix,
  getU32String,
  hashedSubKey,
  metaKey,
  notInMemory,
  userKeyOfHeader,
  versionBytes,
} from "../../src/storage/index";
import type { MemoryStorage } from "../../src/storage/memory/index";
import { stateText } from "./reference-state";
import type { State, Value } from "./reference-state";

/** Two column families are scanned apart: below and from 0x40. */
const FAMILIES: readonly (readonly [ByteString, ByteString])[] = [
  ["\0", String.fromCharCode(Space.tombstone)],
  [String.fromCharCode(Space.tombstone), String.fromCharCode(Space.tombstone + 1)],
];

/** All rows of the group, by logical key. */
export function allRows(storage: MemoryStorage, group: number): Map<ByteString, ByteString> {
  const rows = new Map<ByteString, ByteString>();
  for (const [lower, upper] of FAMILIES) {
    const request = { lower, upper, maxRows: 1_000_000, maxBytes: 1 << 30 };
    const page = storage.scan(group, request, "anywhere");
    assert(page !== notInMemory && page.done, "a read that may block is answered");
    page.keys.forEach((key, i) => rows.set(key, page.values[i]!));
  }
  return rows;
}

/** undefined if the two are equal; else the first difference. */
export function rowsDifference(
  one: ReadonlyMap<ByteString, ByteString>,
  other: ReadonlyMap<ByteString, ByteString>,
): string | undefined {
  for (const key of new Set([...one.keys(), ...other.keys()])) {
    if (one.get(key) !== other.get(key)) {
      return `row ${hex(key)}: ${hexOrNone(one.get(key))} against ${hexOrNone(other.get(key))}`;
    }
  }
  return undefined;
}

function hex(text: ByteString): string {
  return Buffer.from(text, "latin1").toString("hex");
}

function hexOrNone(text: ByteString | undefined): string {
  return text === undefined ? "none" : hex(text);
}

/** Logical numbers by physical id, from the stored map. */
function logicalDatabases(row: ByteString | undefined): Map<number, number> {
  if (row === undefined) return new Map(Array.from({ length: 16 }, (_, logical) => [logical, logical]));
  const count = row.charCodeAt(5);
  return new Map(
    Array.from({ length: count }, (_, logical) => [getU32String(row, 6 + 4 * logical), logical]),
  );
}

/**
 * Reads the rows as what they mean. Throws what is wrong with them: rows that belong to nothing, headers that have
 * expired at `nowMs`, lengths that do not agree.
 */
export function stateOfRows(rows: ReadonlyMap<ByteString, ByteString>, nowMs: number): State {
  const logical = logicalDatabases(rows.get(metaKey(MetaField.databases)));
  const values = new Map<string, Value>();
  const left = new Set(rows.keys());
  left.delete(metaKey(MetaField.applied));
  left.delete(metaKey(MetaField.databases));
  for (const [key, row] of rows) {
    if (key.charCodeAt(0) !== Space.header) continue;
    left.delete(key);
    const database = databaseOfKey(key);
    const userKey = userKeyOfHeader(key);
    const number = logical.get(database);
    if (number === undefined)
      throw new Error(`the header of ${userKey} stands in database ${database}, which was flushed`);
    const header = decodeValueHeader(row);
    const { expiryMs } = header;
    if (expiryMs !== 0 && expiryMs <= nowMs)
      throw new Error(`the header of ${userKey} has expired and is still there`);
    const name = `${number}/${userKey}`;
    if (header.type === ValueType.string) {
      if (header.encoding !== ValueEncoding.inline || header.rest.length !== header.length) {
        throw new Error(`the string ${userKey} is not the ${header.length} bytes it says`);
      }
      values.set(name, { type: "string", value: header.rest, expiryMs });
      continue;
    }
    const prefix = elementPrefix(database, userKey, versionBytes(header.versionMs, header.versionCounter));
    const fields = new Map<string, string>();
    for (const [element, value] of rows) {
      if (!element.startsWith(prefix)) continue;
      left.delete(element);
      const field = element.slice(prefix.length + 4);
      if (element !== prefix + hashedSubKey(field))
        throw new Error(`an element of ${userKey} has a wrong key`);
      fields.set(field, value);
    }
    if (fields.size !== header.length)
      throw new Error(`${userKey} has ${fields.size} fields and says ${header.length}`);
    values.set(name, { type: "hash", fields, expiryMs });
  }
  for (const key of left) throw new Error(`row ${hex(key)} belongs to nothing and was not reclaimed`);
  return { values, watches: new Map() };
}

/** undefined if the rows are the model's state as of `nowMs`. */
export function stateDifference(rows: State, model: State, nowMs: number): string | undefined {
  const values = new Map([...model.values].filter(([, { expiryMs }]) => expiryMs === 0 || expiryMs > nowMs));
  const [found, expected] = [stateText(rows), stateText({ values, watches: new Map() })];
  return found === expected ? undefined : `rows hold\n${found}\nand the model says\n${expected}`;
}
