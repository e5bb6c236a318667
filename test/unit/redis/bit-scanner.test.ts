// Counting and finding bits, and integers of any width at any place, against bit-by-bit models.
import { SeededRandom } from "../../../src/base/index";
import { fitted, readField, writeField } from "../../../src/redis/bit-field";
import type { Overflow } from "../../../src/redis/bit-field";
import { BitScanner, BitSearch } from "../../../src/redis/bit-scanner";

const seed = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000);
process.stdout.write(`bits: seed ${seed} (BASALT_TEST_SEED)\n`);

function bitsOf(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
}

/** Mostly runs of one byte, so that there is a way to go. */
function someBytes(random: SeededRandom): Buffer {
  const parts = Array.from({ length: random.between(1, 4) }, () =>
    random.chance(0.3)
      ? random.bytes(random.below(10))
      : Buffer.alloc(random.below(70), random.pick([0, 0xff, 0x10])),
  );
  return Buffer.concat(parts);
}

test("counting and finding in ranges", () => {
  const random = new SeededRandom(seed);
  const scanner = new BitScanner();
  for (let round = 0; round < 2000; round++) {
    const bytes = someBytes(random);
    const bits = bitsOf(bytes);
    const text = bytes.toString("latin1");
    const from = random.below(bits.length + 1);
    const to = random.between(from, bits.length);
    const part = bits.slice(from, to);
    expect(scanner.count(text, from, to)).toBe(part.replaceAll("0", "").length);
    for (const bit of [0, 1] as const) {
      const at = part.indexOf(String(bit));
      expect(scanner.find(text, bit, from, to)).toBe(at < 0 ? -1 : from + at);
    }
  }
});

test("a search over parts with gaps between them", () => {
  const random = new SeededRandom(seed + 1);
  for (let round = 0; round < 500; round++) {
    const parts: [number, Buffer][] = [];
    let end = 0;
    for (let i = random.between(0, 3); i > 0; i--) {
      const start = end + random.pick([0, 0, 3]);
      const bytes = Buffer.alloc(random.between(1, 30), random.pick([0, 0xff, 0xff, 0xfe]));
      parts.push([start, bytes]);
      end = start + bytes.length;
    }
    const length = end + random.pick([0, 5]);
    const whole = Buffer.alloc(length);
    for (const [start, bytes] of parts) bytes.copy(whole, start);
    const from = random.below(length * 8 + 1);
    const to = random.between(from, length * 8);
    for (const bit of [0, 1] as const) {
      const search = new BitSearch(bit, from, to);
      let found = -1;
      for (const [start, bytes] of parts) {
        if (found < 0) found = search.look(start * 8, bytes.toString("latin1"));
      }
      if (found < 0) found = search.end();
      const at = bitsOf(whole).slice(from, to).indexOf(String(bit));
      expect(found).toBe(at < 0 ? -1 : from + at);
    }
  }
});

test("integers of every width are read and written exactly", () => {
  const random = new SeededRandom(seed + 2);
  for (let round = 0; round < 5000; round++) {
    const bytes = random.bytes(20);
    const before = bitsOf(bytes);
    const isSigned = random.chance(0.5);
    const bits = random.between(1, isSigned ? 64 : 63);
    const offset = random.below(160 - bits + 1);
    const access = {
      get: (at: number) => bytes[at]!,
      set: (at: number, byte: number) => void (bytes[at] = byte),
    };
    const raw = BigInt(`0b${before.slice(offset, offset + bits)}`);
    const value = isSigned ? BigInt.asIntN(bits, raw) : raw;
    expect(BigInt(readField(access, { isSigned, bits }, offset))).toBe(value);

    const next = BigInt(`0b${bitsOf(random.bytes(8)).slice(0, bits)}`);
    const written = isSigned ? BigInt.asIntN(bits, next) : next;
    const argument = bits <= 32 ? Number(written) : written;
    writeField(access, { isSigned, bits }, offset, argument);
    const after =
      before.slice(0, offset) + next.toString(2).padStart(bits, "0") + before.slice(offset + bits);
    expect(bitsOf(bytes)).toBe(after);
  }
});

test("what does not fit wraps, is held at the end it passed, or is refused", () => {
  const random = new SeededRandom(seed + 3);
  for (let round = 0; round < 5000; round++) {
    const isSigned = random.chance(0.5);
    const bits = random.between(1, isSigned ? 64 : 63);
    const [min, max] = isSigned
      ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n]
      : [0n, 2n ** BigInt(bits) - 1n];
    const any = BigInt.asIntN(64, BigInt(`0x${random.bytes(8).toString("hex")}`));
    const value = isSigned ? BigInt.asIntN(bits, any) : BigInt.asUintN(bits, any);
    const increment = random.chance(0.5) ? BigInt(random.below(1000) - 500) : BigInt.asIntN(64, any * 7n);
    const sum = value + increment;
    const asArgument = (big: bigint): number | bigint =>
      Number.isSafeInteger(Number(big)) ? Number(big) : big;
    const outcome = (overflow: Overflow): bigint | undefined => {
      const result = fitted({ isSigned, bits }, asArgument(value), asArgument(increment), overflow);
      return result === undefined ? undefined : BigInt(result);
    };
    const fits = sum >= min && sum <= max;
    expect(outcome("wrap")).toBe(isSigned ? BigInt.asIntN(bits, sum) : BigInt.asUintN(bits, sum));
    expect(outcome("saturate")).toBe(fits ? sum : sum > max ? max : min);
    expect(outcome("fail")).toBe(fits ? sum : undefined);
  }
  // A negative number that is set in an unsigned field is a large one.
  expect(fitted({ isSigned: false, bits: 8 }, -1, 0, "saturate")).toBe(255n);
  expect(fitted({ isSigned: false, bits: 8 }, -1, 0, "wrap")).toBe(255n);
});
