// HyperLogLog: the bytes of sketches as redis-server 7.0.15 writes them, promotion, the cached cardinality, and that raising
// registers in ascending order, which skips part of the way, gives what raising from the beginning gives.
import { SeededRandom } from "../../../src/base/index";
import { REGISTERS, REGISTER_BITS, placeOf } from "../../../src/redis/hyperloglog/element-hash";
import { selfTest } from "../../../src/redis/hyperloglog/self-test";
import { DENSE_BYTES, Sketch } from "../../../src/redis/hyperloglog/sketch";
import { RedisNode } from "./redis-node";

const SPARSE_MAX_BYTES = 3000;
const RUNS = "Fm\x80V\x0c\x80D<\x848\x80P\xb1\x84I\x8c\x80Bm\x80BZ";
const NOT_SKETCH = "WRONGTYPE Key is not a valid HyperLogLog string value.";
const CORRUPT = "INVALIDOBJ Corrupted HLL object detected";

/** A sparse sketch whose cardinality is stale. */
const sketch = (...runs: number[]): string => `HYLL\x01${"\0".repeat(10)}\x80${String.fromCharCode(...runs)}`;

test("elements, their count, and its place in the bytes", () => {
  const client = new RedisNode().connect();
  expect(client.call("PFADD", "k", "a", "b", "c", "d", "e", "f", "g")).toBe(1);
  expect(client.call("PFADD", "k", "a", "g")).toBe(0);
  expect(client.call("GET", "k")).toBe(`HYLL\x01${"\0".repeat(10)}\x80${RUNS}`);
  expect(client.call("PFCOUNT", "k")).toBe(7);
  expect(client.call("GET", "k")).toBe(`HYLL\x01\0\0\0\x07${"\0".repeat(7)}${RUNS}`);
  expect(client.call("PFDEBUG", "DECODE", "k")).toBe(
    "Z:1646 v:1,1 Z:5645 v:1,1 Z:1085 v:2,1 z:57 v:1,1 Z:4274 v:2,1 Z:2445 v:1,1 Z:622 v:1,1 Z:603",
  );
  expect(client.call("PFADD", "empty")).toBe(1);
  expect(client.call("GET", "empty")).toBe(`${sketch()}\x7f\xff`);
  expect(client.call("PFADD", "empty")).toBe(0);
  expect(client.call("PFCOUNT", "empty")).toBe(0);
});

test("PFCOUNT keeps its answer, with the time to live, and writes nothing when it knows it", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.call("PFADD", "k", "x");
  client.call("EXPIRE", "k", 100);
  node.turn();
  const before = node.kv.evaluator.statistics.operationsTotal;
  expect(client.call("PFCOUNT", "k")).toBe(1);
  expect(node.kv.evaluator.statistics.operationsTotal - before).toBe(1);
  expect(client.call("PFCOUNT", "k")).toBe(1);
  expect(node.kv.evaluator.statistics.operationsTotal - before).toBe(1);
  expect(client.call("TTL", "k")).toBe(100);
});

test("many elements make it dense; unions count each element once", () => {
  const client = new RedisNode().connect();
  const words = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, i) => `element ${from + i}`);
  client.call("PFADD", "a", ...words(0, 5000));
  client.call("PFADD", "b", ...words(4000, 4100));
  expect(client.call("PFDEBUG", "ENCODING", "a")).toBe("dense");
  expect(client.call("PFDEBUG", "ENCODING", "b")).toBe("sparse");
  expect(client.call("STRLEN", "a")).toBe(DENSE_BYTES);
  const count = client.call("PFCOUNT", "a") as number;
  expect(Math.abs(count - 5000)).toBeLessThan(250);
  expect(client.call("PFCOUNT", "a", "b", "none")).toBe(count);
  expect(client.call("PFMERGE", "b", "a")).toBe("OK");
  expect(client.call("PFCOUNT", "b")).toBe(count);
  expect(client.call("PFDEBUG", "ENCODING", "b")).toBe("dense");
  expect(client.call("PFDEBUG", "DECODE", "b")).toBe("ERR HLL encoding is not sparse");
  expect(client.call("PFDEBUG", "TODENSE", "b")).toBe(0);
  expect(client.call("PFDEBUG", "GETREG", "b")).toHaveLength(REGISTERS);
  const keys = Array.from({ length: 70 }, (_, i) => `many:${i}`);
  keys.forEach((key, i) => client.call("PFADD", key, `element ${i}`));
  expect(client.call("PFCOUNT", ...keys)).toBe(70);
  expect(client.call("PFMERGE", "all", ...keys)).toBe("OK");
  expect(client.call("PFCOUNT", "all")).toBe(70);
});

test("strings that are no sketches, and sketches that are corrupt", () => {
  const client = new RedisNode().connect();
  client.call("HSET", "h", "f", "v");
  expect(client.call("PFADD", "h", "x")).toMatch(/^WRONGTYPE Operation/);
  for (const text of ["", "HYLL", "x".repeat(20), "HYLL\x02".padEnd(20, "\0"), "HYLL\0".padEnd(100, "\0")]) {
    client.call("SET", "s", text);
    expect(client.call("PFADD", "s", "x")).toBe(NOT_SKETCH);
    expect(client.call("PFCOUNT", "s")).toBe(NOT_SKETCH);
  }
  for (const text of [
    sketch(),
    sketch(0x3f),
    sketch(0x7f, 0xff, 0x80),
    sketch(0x7f),
    sketch().padEnd(70_000, "\0"),
  ]) {
    client.call("SET", "s", text);
    expect(client.call("PFCOUNT", "s")).toBe(CORRUPT);
    expect(client.call("PFCOUNT", "s", "none")).toBe(CORRUPT);
    expect(client.call("PFMERGE", "out", "s")).toBe(CORRUPT);
    expect(client.call("PFDEBUG", "TODENSE", "s")).toBe(CORRUPT);
    expect(client.call("GET", "s") === text).toBe(true);
  }
  expect(client.call("EXISTS", "out")).toBe(0);
  // 64 registers and no more: an element that falls among them, and one that does not. Nothing stays of the first.
  const short = sketch(0x3f);
  let within = 0;
  do client.call("SET", "s", short);
  while (client.call("PFADD", "s", `element ${++within}`) !== 1);
  client.call("SET", "s", short);
  expect(client.call("PFADD", "s", `element ${within}`, "another")).toBe(CORRUPT);
  expect(client.call("GET", "s") === short).toBe(true);
  client.call("SET", "s", "x".repeat(70_000));
  expect(client.call("PFCOUNT", "s")).toBe(NOT_SKETCH);
});

test.each([1, 2, 3])("raising in ascending order, round %i", (round) => {
  const seed = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000) + round;
  process.stdout.write(`sketches: seed ${seed} (BASALT_TEST_SEED + round)\n`);
  const random = new SeededRandom(seed);
  for (let pass = 0; pass < 5; pass++) {
    // Registers close together and few values, so that runs are split and joined all the time.
    const highest = random.pick([1, 2, 3, 40]);
    const share = random.pick([0.02, 0.3, 0.9]);
    const count = random.pick([50, 300, REGISTERS]);
    const start = Sketch.empty();
    for (let i = 0; i < 100; i++) start.raise(random.below(count), random.between(1, 2), SPARSE_MAX_BYTES);
    const resumed = Sketch.of(start.text());
    let fresh = start.text();
    for (let register = 0; register < count; register++) {
      if (!random.chance(share)) continue;
      const value = random.between(1, highest);
      const other = Sketch.of(fresh);
      const raised = other.raise(register, value, SPARSE_MAX_BYTES);
      fresh = other.text();
      if (resumed.raise(register, value, SPARSE_MAX_BYTES) !== raised || resumed.text() !== fresh) {
        throw new Error(`register ${register} raised to ${value}: the bytes differ`);
      }
      if (resumed.isDense) break;
    }
  }
});

test("hash and self-test", () => {
  const place = (text: string): number => placeOf(Buffer.from(text, "latin1"), 0, text.length);
  const registers = [..."abcdefg"].map((letter) => place(letter) & (REGISTERS - 1)).sort((a, b) => a - b);
  expect(registers).toEqual([1646, 7292, 8378, 8436, 12711, 15157, 15780]);
  expect(place("a".repeat(100)) >> REGISTER_BITS).toBeGreaterThan(0);
  const test = selfTest();
  let step = test.next();
  while (step.done !== true) step = test.next();
  expect(step.value).toBeUndefined();
  expect(new RedisNode().connect().call("PFSELFTEST")).toBe("OK");
});
