// Integers, varints, the checked reader and ByteStrings: round trips over random values and the edges of every width.
import fc from "fast-check";
import {
  ByteReader,
  byteString,
  bytesOf,
  getU16,
  getU32,
  getU48,
  getU64,
  prefixEnd,
  putU16,
  putU32,
  putU48,
  putU64,
  putVarint,
  varintLength,
} from "../../../src/base/index";

const MAX_SAFE = Number.MAX_SAFE_INTEGER;

function edges(maxValue: number): fc.Arbitrary<number> {
  const powers = Array.from({ length: 53 }, (_, bits) => 2 ** bits).filter((power) => power <= maxValue);
  const known = [...powers, ...powers.map((power) => power - 1), maxValue];
  return fc.oneof(fc.constantFrom(...known), fc.integer({ min: 0, max: maxValue }));
}

describe("big-endian integers", () => {
  const widths: [string, number, number, typeof putU16, typeof getU16][] = [
    ["u16", 2, 0xffff, putU16, getU16],
    ["u32", 4, 0xffff_ffff, putU32, getU32],
    ["u48", 6, 2 ** 48 - 1, putU48, getU48],
    ["u64", 8, MAX_SAFE, putU64, getU64],
  ];
  test.each(widths)("%s round trip, order and bounds", (_, width, maxValue, put, get) => {
    fc.assert(
      fc.property(edges(maxValue), edges(maxValue), (left, right) => {
        const bytes = Buffer.alloc(width + 2, 0xaa);
        put(bytes, 1, left);
        expect(get(bytes, 1)).toBe(left);
        expect(BigInt("0x" + bytes.toString("hex", 1, width + 1))).toBe(BigInt(left));
        expect([bytes[0], bytes[width + 1]]).toEqual([0xaa, 0xaa]);
        const other = Buffer.alloc(width);
        put(other, 0, right);
        expect(Math.sign(Buffer.compare(bytes.subarray(1, width + 1), other))).toBe(Math.sign(left - right));
      }),
    );
  });
});

describe("varints", () => {
  test("round trip in their shortest form", () => {
    fc.assert(
      fc.property(edges(MAX_SAFE), (value) => {
        const bytes = Buffer.alloc(10, 0xaa);
        const end = putVarint(bytes, 1, value);
        const shortest = Math.max(1, Math.ceil(value.toString(2).length / 7));
        expect(end - 1).toBe(shortest);
        expect(varintLength(value)).toBe(shortest);
        const reader = new ByteReader(bytes, 1, end);
        expect(reader.varint()).toBe(value);
        expect([reader.failed, reader.remaining]).toEqual([false, 0]);
      }),
    );
  });

  test.each([
    ["cut short", [0x80]],
    ["empty", []],
    ["longer than necessary", [0x80, 0x00]],
    ["longer than necessary, with a value", [0xff, 0x80, 0x00]],
    ["of nine bytes", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ["of 2^53", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ["of all bits", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])("one that is %s fails", (_, bytes) => {
    const reader = new ByteReader(Buffer.from(bytes));
    expect(reader.varint()).toBe(0);
    expect(reader.failed).toBe(true);
  });
});

describe("ByteReader", () => {
  test("reads every width within its bounds", () => {
    const bytes = Buffer.from("ff01020304050607080910111213141516171819202122ff", "hex");
    const reader = new ByteReader(bytes, 1, bytes.length - 1);
    expect(reader.u8()).toBe(0x01);
    expect(reader.u16()).toBe(0x0203);
    expect(reader.u32()).toBe(0x04050607);
    expect(reader.u48()).toBe(0x080910111213);
    expect(reader.skip(1)).toBe(14);
    expect(reader.remaining).toBe(8);
    reader.skip(8);
    expect(reader.failed).toBe(false);
    expect(reader.u8()).toBe(0);
    expect(reader.failed).toBe(true);
  });

  test("stays failed: every later read gives 0", () => {
    const reader = new ByteReader(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(reader.skip(10)).toBe(-1);
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u48(), reader.u64(), reader.varint()]).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
    expect(reader.at).toBe(0);
  });

  test("refuses a u64 that a number cannot hold", () => {
    expect(new ByteReader(Buffer.from("001fffffffffffff", "hex")).u64()).toBe(MAX_SAFE);
    const reader = new ByteReader(Buffer.from("0020000000000000", "hex"));
    expect(reader.u64()).toBe(0);
    expect(reader.failed).toBe(true);
  });
});

describe("ByteStrings", () => {
  const bytes = fc.uint8Array({ maxLength: 40 });

  test("hold any bytes and compare like them", () => {
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        const [leftBytes, rightBytes] = [Buffer.from(left), Buffer.from(right)];
        const leftText = byteString(leftBytes, 0, left.length);
        const rightText = byteString(rightBytes, 0, right.length);
        expect(bytesOf(leftText).equals(leftBytes)).toBe(true);
        const order = leftText < rightText ? -1 : leftText > rightText ? 1 : 0;
        expect(order).toBe(Buffer.compare(leftBytes, rightBytes));
      }),
    );
  });

  test("the end of a prefix lies above what begins with it and not above anything else", () => {
    fc.assert(
      fc.property(bytes, bytes, (prefixBytes, restBytes) => {
        const prefix = byteString(Buffer.from(prefixBytes), 0, prefixBytes.length);
        const rest = byteString(Buffer.from(restBytes), 0, restBytes.length);
        const end = prefixEnd(prefix);
        if (end === undefined) {
          expect(prefix).toMatch(/^\xff*$/);
          return;
        }
        expect(prefix + rest < end).toBe(true);
        if (rest >= prefix && !rest.startsWith(prefix)) expect(rest >= end).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect([prefixEnd(""), prefixEnd("\xff\xff"), prefixEnd("a\xff"), prefixEnd("\x00")]).toEqual([
      undefined,
      undefined,
      "b",
      "\x01",
    ]);
  });
});
