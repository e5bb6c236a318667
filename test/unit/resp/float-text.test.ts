// Doubles as Redis reads and writes them; a real redis-server is the reference where it is installed (ZADD and ZSCORE).
import { SeededRandom } from "../../../src/base/index";
import { encodeCommand, floatOf, formatFloat, ReplyError, ReplyParser } from "../../../src/resp/index";
import { LiveRedis } from "./live-redis";

const READ: [string, number | undefined][] = [
  ["0", 0],
  ["-0", -0],
  ["1.5", 1.5],
  ["+1", 1],
  [".5", 0.5],
  ["5.", 5],
  ["-1e3", -1000],
  ["1E+2", 100],
  ["0000001", 1],
  ["4e-324", 5e-324],
  ["1e308", 1e308],
  ["inf", Infinity],
  ["+Infinity", Infinity],
  ["-iNf", -Infinity],
  ["0x10", 16],
  ["-0X.8p1", -1],
  ["0x1.8P-1", 0.75],
  ["0x1p-1074", 5e-324],
  ["0x1.fffffffffffff8p0", 2],
  ["0x1.fffffffffffff7p0", 2 - 2 ** -52],
  ["0x1.00000000000008p0", 1],
  ["0x1.00000000000018p0", 1 + 2 ** -51],
  ["0x0", 0],
  ["0e999", 0],
  ["", undefined],
  [".", undefined],
  ["+", undefined],
  ["1e", undefined],
  ["e5", undefined],
  ["0x", undefined],
  ["0x.", undefined],
  ["0x1p", undefined],
  ["1 ", undefined],
  [" 1", undefined],
  ["nan", undefined],
  ["-nan", undefined],
  ["infi", undefined],
  ["1e400", undefined],
  ["-1e400", undefined],
  ["1e-400", undefined],
  ["0x1p1024", undefined],
  ["0x1p-1080", undefined],
  ["1_0", undefined],
  ["1,5", undefined],
];

test.each(READ)("%j is read as %p", (text, value) => {
  expect(floatOf(text)).toBe(value);
});

test.each([
  [0, "0"],
  [-0, "-0"],
  [1, "1"],
  [-17, "-17"],
  [3.5, "3.5"],
  [0.1, "0.10000000000000001"],
  [100.25, "100.25"],
  [1e15, "1000000000000000"],
  [1e16, "10000000000000000"],
  [1e17, "1e+17"],
  [123456789012345680000, "1.2345678901234568e+20"],
  [1e300, "1.0000000000000001e+300"],
  [5e-324, "4.9406564584124654e-324"],
  [0.0001, "0.0001"],
  [0.00001, "1.0000000000000001e-05"],
  [-0.00012207031250000001, "-0.0001220703125"],
  [10000000000000.0625, "10000000000000.062"],
  [10000000000000.1875, "10000000000000.188"],
  [-10000000000000.0625, "-10000000000000.062"],
  [Infinity, "inf"],
  [-Infinity, "-inf"],
  [NaN, "nan"],
])("%p is written as %s", (value, text) => {
  expect(formatFloat(value)).toBe(text);
});

test("a real redis-server reads and writes the same", async () => {
  const redis = await LiveRedis.start();
  if (redis === undefined) {
    console.log("skipped: redis-server is not installed");
    return;
  }
  const seed = Number(process.env["BASALT_SEED"] ?? Date.now());
  console.log(`seed ${seed} (set BASALT_SEED to repeat)`);
  const random = new SeededRandom(seed);
  const candidates = READ.map(([text]) => text);
  for (let round = 0; round < 3000; round++) candidates.push(randomFloatText(random));
  // ZADD would take these for its options.
  const texts = candidates.filter((text) => text !== "nx" && text !== "xx");
  const commands = texts.flatMap((text) => [
    encodeCommand(["DEL", "z"]),
    encodeCommand(["ZADD", "z", text, "m"]),
    encodeCommand(["ZSCORE", "z", "m"]),
  ]);
  try {
    const parser = new ReplyParser();
    parser.push(Buffer.from(await redis.exchange(Buffer.concat(commands)), "latin1"));
    for (const text of texts) {
      parser.next();
      const added = parser.next();
      const score = parser.next();
      const value = floatOf(text);
      if (value === undefined) {
        expect([text, added]).toEqual([text, new ReplyError("ERR value is not a valid float")]);
      } else {
        // A sorted set of few members keeps a whole score as an integer, without a sign of zero.
        expect([text, score]).toEqual([text, Object.is(value, -0) ? "0" : formatFloat(value)]);
      }
    }
  } finally {
    await redis.stop();
  }
});

function randomFloatText(random: SeededRandom): string {
  switch (random.below(5)) {
    case 0:
      return random.bytes(8).readDoubleBE(0).toString().replace("NaN", "nan");
    case 1: {
      // Exact ties at the 17th digit.
      const odd = 160_000_000_000_001 + 2 * random.below(2 ** 32);
      return String(BigInt(odd) / 16n) + (odd % 16 ? `.${String((odd % 16) * 625).padStart(4, "0")}` : "");
    }
    case 2:
      return `${random.chance(0.5) ? "-" : ""}0x${random.next32().toString(16)}.${random.next32().toString(16)}p${random.between(-1100, 1000)}`;
    case 3:
      return `${random.next32()}.${random.next32()}e${random.between(-340, 310)}`;
    default:
      return Array.from({ length: random.between(1, 6) }, () => random.pick([..."0123456789.e+-xpinf"])).join(
        "",
      );
  }
}
