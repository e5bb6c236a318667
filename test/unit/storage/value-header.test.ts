// Value headers, versions and tombstone values: golden vectors, round trips over all shapes, the variants over bytes and
// strings held equal, and what is refused.
import fc from "fast-check";
import { bytesOf } from "../../../src/base/index";
import {
  VALUE_HEADER_MAX_BYTES,
  decodeValueHeader,
  encodeValueHeader,
  expiryOfValue,
  lengthOfValue,
  putValueHeader,
  restOfValue,
  tombstoneValue,
  valueHeaderLength,
  versionBytes,
  versionCounterOfValue,
  versionMsOfValue,
} from "../../../src/storage/value-header";
import type { ValueHeader } from "../../../src/storage/value-header";
import { readVectors, textOf } from "../vectors";

const vectors = readVectors();

function readFromBytes(row: string): ValueHeader {
  const bytes = bytesOf(`?${row}?`);
  const end = bytes.length - 1;
  const restAt = restOfValue(bytes, 1, end);
  return {
    type: bytes[2]!,
    encoding: bytes[3]!,
    expiryMs: expiryOfValue(bytes, 1),
    versionMs: versionMsOfValue(bytes, 1),
    versionCounter: versionCounterOfValue(bytes, 1),
    length: lengthOfValue(bytes, 1),
    rest: bytes.toString("latin1", restAt, end),
  };
}

function outcome(read: () => ValueHeader): unknown {
  try {
    return { ...read() };
  } catch (error) {
    return error;
  }
}

test("golden vectors", () => {
  for (const { value, rest, ...fields } of vectors.valueHeaders) {
    const header = { ...fields, rest: textOf(rest) };
    expect(decodeValueHeader(textOf(value))).toEqual(header);
    expect({ ...readFromBytes(textOf(value)) }).toEqual(header);
    expect(encodeValueHeader(header)).toBe(textOf(value));
  }
  for (const { value, valueMs, valueCounter } of vectors.tombstones) {
    expect(tombstoneValue(valueMs, valueCounter)).toBe(textOf(value));
  }
});

const headers = fc.record({
  type: fc.integer({ min: 1, max: 6 }),
  encoding: fc.integer({ min: 0, max: 2 }),
  expiryMs: fc.oneof(fc.constant(0), fc.maxSafeNat()),
  versionMs: fc.maxSafeNat().map((value) => value % 2 ** 48),
  versionCounter: fc.nat(0xffff),
  length: fc.oneof(fc.nat(300), fc.maxSafeNat()),
  rest: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
});

test("what is written is read", () => {
  fc.assert(
    fc.property(headers, (header) => {
      const { type, encoding, expiryMs, versionMs, versionCounter, length, rest } = header;
      const target = Buffer.alloc(VALUE_HEADER_MAX_BYTES + 1);
      const end = putValueHeader(target, 1, type, encoding, expiryMs, versionMs, versionCounter, length);
      expect(end - 1).toBe(valueHeaderLength(expiryMs, length));
      const row = target.toString("latin1", 1, end) + rest;
      expect(encodeValueHeader(header)).toBe(row);
      expect(decodeValueHeader(row)).toEqual(header);
      expect({ ...readFromBytes(row) }).toEqual(header);
      expect(row.slice(4, 12)).toBe(versionBytes(versionMs, versionCounter));
      // Every cut before `rest` is refused, by both.
      for (let cut = 0; cut < row.length - rest.length; cut++) {
        expect(() => decodeValueHeader(row.slice(0, cut))).toThrow(
          expect.objectContaining({ code: "CORRUPT_ROW" }),
        );
        expect(() => readFromBytes(row.slice(0, cut))).toThrow(
          expect.objectContaining({ code: "CORRUPT_ROW" }),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test("both decoders agree on any bytes", () => {
  const row = fc.tuple(fc.constantFrom(0, 1, 2), fc.uint8Array({ maxLength: 40 })).map(([format, bytes]) => {
    return String.fromCharCode(format, ...bytes);
  });
  fc.assert(
    fc.property(row, (bytes) => {
      const fromText = outcome(() => decodeValueHeader(bytes));
      const fromBytes = outcome(() => readFromBytes(bytes));
      if (fromText instanceof Error) {
        expect(fromText).toMatchObject({ code: "CORRUPT_ROW" });
        expect(fromBytes).toMatchObject({ code: "CORRUPT_ROW" });
      } else expect(fromBytes).toEqual(fromText);
    }),
    { numRuns: 5000 },
  );
});

test("versions order like time", () => {
  fc.assert(
    fc.property(fc.tuple(headers, headers), ([left, right]) => {
      const order = left.versionMs - right.versionMs || left.versionCounter - right.versionCounter;
      const [leftBytes, rightBytes] = [left, right].map(({ versionMs, versionCounter }) =>
        versionBytes(versionMs, versionCounter),
      );
      expect(leftBytes! < rightBytes! ? -1 : leftBytes! > rightBytes! ? 1 : 0).toBe(Math.sign(order));
    }),
  );
});

test("what no header has is refused", () => {
  const good = { type: 1, encoding: 0, expiryMs: 0, versionMs: 1, versionCounter: 0, length: 3, rest: "abc" };
  const row = encodeValueHeader(good);
  const refused = expect.objectContaining({ code: "CORRUPT_ROW" });
  const wrong: string[] = [
    "",
    "\x02" + row.slice(1),
    // A length in nine bytes, one of 2^53, one in a longer form than necessary.
    row.slice(0, 12) + "\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    row.slice(0, 12) + "\x80\x80\x80\x80\x80\x80\x80\x10",
    row.slice(0, 12) + "\x83\x00",
    // A flag of a later version.
    row.slice(0, 3) + "\x02" + row.slice(4),
    // An expiry above 2^53.
    "\x01\x01\x00\x01" + row.slice(4, 12) + "\x00\x20\x00\x00\x00\x00\x00\x00" + row.slice(12),
  ];
  for (const bytes of wrong) {
    expect(() => decodeValueHeader(bytes)).toThrow(refused);
    expect(() => readFromBytes(bytes)).toThrow(refused);
  }
});
