// The hashes of the formats against published vectors and against vectors computed apart (test/vectors/formats.json);
// the variants over bytes and over ByteStrings are held equal.
import fc from "fast-check";
import {
  KEY_HASH_SEED,
  SLOT_COUNT,
  bytesOf,
  crc32c,
  keyHash,
  keyHashOfString,
  murmur3,
  slotOf,
  slotOfString,
} from "../../../src/base/index";
import { readVectors } from "../vectors";

const vectors = readVectors();

function ofBytes<T>(hash: (source: Buffer, start: number, end: number) => T, text: string): T {
  const padded = Buffer.concat([Buffer.from("{"), bytesOf(text), Buffer.from("}")]);
  return hash(padded, 1, padded.length - 1);
}

test("published vectors", () => {
  expect(ofBytes(slotOf, "123456789")).toBe(0x31c3 % SLOT_COUNT);
  expect(slotOfString("123456789")).toBe(0x31c3 % SLOT_COUNT);
  expect(["foo", "bar", "hello"].map(slotOfString)).toEqual([12182, 5061, 866]);
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(murmur3(Buffer.alloc(0), 0, 0, 1)).toBe(0x514e28b7);
  expect(murmur3(Buffer.alloc(0), 0, 0, 0xffff_ffff)).toBe(0x81f16f39);
  expect(murmur3(Buffer.from("test"), 0, 4, 0x9747b28c)).toBe(0x704b81dc);
  expect(murmur3(Buffer.from("Hello, world!"), 0, 13, 0x9747b28c)).toBe(0x24884cba);
  expect(Buffer.from("bslt").readUInt32BE()).toBe(KEY_HASH_SEED);
});

test("hash tags", () => {
  expect(slotOfString("{user1000}.following")).toBe(slotOfString("user1000"));
  expect(slotOfString("{user1000}.followers")).toBe(slotOfString("user1000"));
  expect(slotOfString("foo{{bar}}zap")).toBe(slotOfString("{bar"));
  expect(slotOfString("foo{bar}{zap}")).toBe(slotOfString("bar"));
  expect(slotOfString("foo{}{bar}")).not.toBe(slotOfString("bar"));
});

test("golden vectors", () => {
  for (const { data, crc } of vectors.crc32c) expect(crc32c(Buffer.from(data, "hex"))).toBe(crc);
  for (const { data, seed, hash } of vectors.murmur3) {
    const bytes = Buffer.from(data, "hex");
    expect(murmur3(bytes, 0, bytes.length, seed)).toBe(hash);
  }
  for (const { userKey, slot, hash } of vectors.userKeys) {
    const text = Buffer.from(userKey, "hex").toString("latin1");
    expect([slotOfString(text), keyHashOfString(text)]).toEqual([slot, hash]);
    expect([ofBytes(slotOf, text), ofBytes(keyHash, text)]).toEqual([slot, hash]);
  }
});

test("over bytes as over ByteStrings", () => {
  const alphabet = fc.constantFrom("{", "}", "a", "b", "\0", "\x7f", "\x80", "\xff");
  fc.assert(
    fc.property(fc.string({ unit: alphabet, maxLength: 24 }), (text) => {
      expect(ofBytes(slotOf, text)).toBe(slotOfString(text));
      expect(ofBytes(keyHash, text)).toBe(keyHashOfString(text));
    }),
    { numRuns: 2000 },
  );
});

test("a checksum continues where it stopped", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), (bytes, cut) => {
      const middle = Math.min(cut, bytes.length);
      expect(crc32c(bytes, middle, bytes.length, crc32c(bytes, 0, middle))).toBe(crc32c(bytes));
    }),
  );
});
