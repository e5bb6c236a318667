// Key layout: golden vectors, round trips, and that the byte and string variants agree.
import fc from "fast-check";
import { bytesOf, prefixEnd } from "../../../src/base/index";
import {
  MAX_KEY_BYTES,
  MetaField,
  Space,
  TombstoneKind,
  collectionTombstoneKey,
  databaseOfKey,
  databaseRange,
  databaseTombstoneKey,
  elementPrefix,
  elementPrefixLength,
  getU32String,
  hashedSubKey,
  headerKey,
  headerKeyOfElement,
  keyTombstoneKey,
  metaKey,
  parseElementKey,
  putHeaderKey,
  u16String,
  u32String,
  userKeyOfHeader,
} from "../../../src/storage/keys";
import { versionBytes } from "../../../src/storage/value-header";
import { readVectors, textOf } from "../vectors";

const vectors = readVectors();
const byteString = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const database = fc.oneof(
  fc.constantFrom(0, 1, 15, 16, 0xffff_fffe, 0xffff_ffff),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

describe("golden vectors", () => {
  test("header keys", () => {
    for (const { db, userKey, key } of vectors.headerKeys)
      expect(headerKey(db, textOf(userKey))).toBe(textOf(key));
  });

  test("element prefixes and sub-keys", () => {
    for (const { db, userKey, versionMs, versionCounter, key } of vectors.elementPrefixes) {
      expect(elementPrefix(db, textOf(userKey), versionBytes(versionMs, versionCounter))).toBe(textOf(key));
    }
    for (const { member, subKey } of vectors.subKeys)
      expect(hashedSubKey(textOf(member))).toBe(textOf(subKey));
  });

  test("meta keys", () => {
    expect(vectors.metaKeys.map(({ field }) => field)).toEqual(Object.values(MetaField));
    for (const { field, key } of vectors.metaKeys) expect(metaKey(field)).toBe(textOf(key));
  });

  test("tombstone keys", () => {
    for (const { kind, db, userKey, versionMs, versionCounter, key } of vectors.tombstones) {
      const made =
        kind === TombstoneKind.collection
          ? collectionTombstoneKey(
              elementPrefix(db, textOf(userKey), versionBytes(versionMs, versionCounter)),
            )
          : kind === TombstoneKind.database
            ? databaseTombstoneKey(db)
            : keyTombstoneKey(headerKey(db, textOf(userKey)));
      expect(made).toBe(textOf(key));
    }
  });
});

test("a header key over bytes as over strings, and taken apart", () => {
  fc.assert(
    fc.property(database, byteString, (db, userKey) => {
      const key = headerKey(db, userKey);
      const source = bytesOf(`?${userKey}?`);
      const target = Buffer.alloc(key.length + 4);
      const end = putHeaderKey(target, 2, db, source, 1, source.length - 1);
      expect(target.toString("latin1", 2, end)).toBe(key);
      expect([databaseOfKey(key), userKeyOfHeader(key)]).toEqual([db, userKey]);
    }),
  );
});

test("an element key is taken apart and leads to its header", () => {
  fc.assert(
    fc.property(
      database,
      byteString,
      fc.nat(2 ** 31 - 1),
      fc.nat(0xffff),
      byteString,
      (db, userKey, ms, counter, subKey) => {
        const version = versionBytes(ms, counter);
        const prefix = elementPrefix(db, userKey, version);
        expect(parseElementKey(prefix + subKey)).toEqual({ db, userKey, version, subKey });
        expect(elementPrefixLength(prefix + subKey)).toBe(prefix.length);
        expect(headerKeyOfElement(prefix + subKey)).toBe(headerKey(db, userKey));
        // Nothing shorter than the prefix is an element key, and no other space's key is.
        expect(parseElementKey(prefix.slice(0, -1))).toBe(undefined);
        expect(elementPrefixLength(prefix.slice(0, -1))).toBe(0);
        expect(parseElementKey(headerKey(db, userKey))).toBe(undefined);
        expect(elementPrefixLength(headerKey(db, userKey))).toBe(0);
      },
    ),
  );
});

test("one key's elements are no other key's, whatever the keys", () => {
  fc.assert(
    fc.property(byteString, byteString, byteString, (left, right, subKey) => {
      fc.pre(left !== right);
      const version = versionBytes(1, 1);
      const prefix = elementPrefix(0, left, version);
      const other = elementPrefix(0, right, version) + subKey;
      expect(other >= prefix && other < prefixEnd(prefix)!).toBe(false);
    }),
  );
});

test("a database's range holds its rows and no other's", () => {
  fc.assert(
    fc.property(database, database, byteString, (db, other, userKey) => {
      for (const space of [Space.header, Space.element]) {
        const { lower, upper } = databaseRange(space, db);
        const key =
          space === Space.header
            ? headerKey(other, userKey)
            : elementPrefix(other, userKey, versionBytes(1, 2));
        expect(key >= lower && key < upper).toBe(db === other);
      }
    }),
  );
});

test("small integers as strings", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => {
      expect(getU32String("?" + u32String(value), 1)).toBe(value);
      expect(u16String(value & 0xffff)).toBe(u32String(value & 0xffff).slice(2));
    }),
  );
  expect(MAX_KEY_BYTES).toBe(65536);
});
