// Strings around and beyond 64 KiB, against a plain Buffer: random SET, APPEND, SETRANGE, GETRANGE, with rows in memory or
// not; and how many rows a change of a long string touches.
import { SeededRandom } from "../../../src/base/index";
import { Space } from "../../../src/storage/index";
import { RedisNode } from "./redis-node";

const KIB = 1024;
const ELEMENTS = String.fromCharCode(Space.element);

class Model {
  bytes: Buffer = Buffer.alloc(0);

  write(offset: number, value: Buffer): number {
    if (value.length > 0) {
      const grown = Buffer.alloc(Math.max(this.bytes.length, offset + value.length));
      this.bytes.copy(grown);
      value.copy(grown, offset);
      this.bytes = grown;
    }
    return this.bytes.length;
  }

  range(start: number, end: number): string {
    const { length } = this.bytes;
    const at = (bound: number): number => Math.max(0, bound < 0 ? length + bound : bound);
    if (start < 0 && end < 0 && start > end) return "";
    return this.bytes.subarray(at(start), Math.min(length, at(end) + 1)).toString("latin1");
  }
}

test.each([1, 2, 3])("random changes of one string, round %i", (round) => {
  const seed = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000) + round;
  process.stdout.write(`long strings: seed ${seed} (BASALT_TEST_SEED + round)\n`);
  const random = new SeededRandom(seed);
  const node = new RedisNode({ seed, hotRowsBytes: random.pick([0, 100 * KIB, 16 * KIB * KIB]) });
  node.isInMemory = () => random.chance(0.7);
  const client = node.connect();
  const model = new Model();
  const place = (): number =>
    random.chance(0.5) ? random.below(300 * KIB) : random.between(0, 4) * 64 * KIB + random.between(-2, 2);
  const value = (): Buffer => random.bytes(random.pick([0, 1, 5, 100, 64 * KIB, 70 * KIB, 130 * KIB]));
  for (let step = 0; step < 150; step++) {
    const bytes = value();
    const text = bytes.toString("latin1");
    switch (random.below(8)) {
      case 0:
        expect(client.call("SET", "k", text)).toBe("OK");
        model.bytes = bytes;
        break;
      case 1: {
        const old = step === 0 ? null : model.bytes.toString("latin1");
        const had = client.call("EXISTS", "k") === 1;
        expect(client.call("SET", "k", text, "GET") === (had ? old : null)).toBe(true);
        model.bytes = bytes;
        break;
      }
      case 2:
        expect(client.call("APPEND", "k", text)).toBe(model.write(model.bytes.length, bytes));
        break;
      case 3:
      case 4: {
        const offset = Math.max(0, place());
        expect(client.call("SETRANGE", "k", offset, text)).toBe(model.write(offset, bytes));
        break;
      }
      case 5: {
        const [start, end] = [place() - 100 * KIB, place() - 50 * KIB];
        expect(client.call("GETRANGE", "k", start, end) === model.range(start, end)).toBe(true);
        break;
      }
      case 6:
        expect(client.call("STRLEN", "k")).toBe(model.bytes.length);
        break;
      default: {
        const [all, none] = client.call("MGET", "k", "absent") as (string | null)[];
        expect((all ?? "") === model.bytes.toString("latin1")).toBe(true);
        expect(none).toBeNull();
      }
    }
  }
  expect((client.call("GET", "k") ?? "") === model.bytes.toString("latin1")).toBe(true);
});

test("a change touches only the chunks it writes to", () => {
  const node = new RedisNode();
  const client = node.connect();
  expect(client.call("SETRANGE", "k", 100 * KIB * KIB - 1, "x")).toBe(100 * KIB * KIB);
  expect(node.rows(ELEMENTS)).toHaveLength(1);
  node.turn();
  const before = node.kv.evaluator.statistics.operationsTotal;
  client.call("SETRANGE", "k", 5 * 64 * KIB + 10, "middle");
  expect(node.kv.evaluator.statistics.operationsTotal - before).toBe(1);
  client.call("APPEND", "k", "tail");
  expect(node.kv.evaluator.statistics.operationsTotal - before).toBe(3);
  expect(node.rows(ELEMENTS)).toHaveLength(3);
  expect(client.call("GETRANGE", "k", 5 * 64 * KIB + 9, 5 * 64 * KIB + 16)).toBe("\0middle\0");
  expect(client.call("GETRANGE", "k", -6, -1)).toBe("\0xtail");
});

test("long strings are read in slices and whole", () => {
  const node = new RedisNode();
  const client = node.connect();
  const size = 3 * KIB * KIB + 17;
  const text = new SeededRandom(5).bytes(size).toString("latin1");
  expect(client.call("SET", "k", text)).toBe("OK");
  client.call("SETRANGE", "sparse", size, "end");
  const [whole, parts, many] = client.pipeline(
    ["GET", "k"],
    ["GETRANGE", "k", 100, -100],
    ["MGET", "k", "none", "sparse", "k"],
  );
  expect(whole === text).toBe(true);
  expect(parts === text.slice(100, -99)).toBe(true);
  const [first, none, sparse, last] = many as (string | null)[];
  expect(first === text && last === text).toBe(true);
  expect(none).toBeNull();
  expect(sparse === "\0".repeat(size) + "end").toBe(true);
  expect(client.call("SET", "k", "short", "GET") === text).toBe(true);
  expect(client.call("GET", "k")).toBe("short");
});

test("limits are told, and nothing is changed", () => {
  const client = new RedisNode().connect();
  const tooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
  expect(client.call("SETRANGE", "k", 512 * KIB * KIB, "x")).toBe(tooLong);
  expect(client.call("SETRANGE", "k", 512 * KIB * KIB - 1, "x")).toBe(512 * KIB * KIB);
  expect(client.call("APPEND", "k", "x")).toBe(tooLong);
  expect(client.call("STRLEN", "k")).toBe(512 * KIB * KIB);
  const large = "x".repeat(2 * KIB * KIB);
  expect(client.call("SETRANGE", "k", 511 * KIB * KIB, large)).toBe(tooLong);
  expect(client.call("APPEND", "k", large)).toBe(tooLong);
  expect(client.call("STRLEN", "k")).toBe(512 * KIB * KIB);
});
