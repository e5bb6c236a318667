// Bitmap commands on long strings: what they touch, how they go in slices and in steps, and that they answer the same.
import { SeededRandom } from "../../../src/base/index";
import { Space } from "../../../src/storage/index";
import { RedisNode } from "./redis-node";
import type { CommandClient } from "./redis-node";

const KIB = 1024;
const MIB = 1024 * KIB;
const ELEMENTS = String.fromCharCode(Space.element);

function operations(node: RedisNode, run: () => void): number {
  node.turn();
  const before = node.kv.evaluator.statistics.operationsTotal;
  run();
  return node.kv.evaluator.statistics.operationsTotal - before;
}

test("single bits of a string of 100 MB touch one chunk", () => {
  const node = new RedisNode();
  const client = node.connect();
  const last = 100 * MIB * 8 - 1;
  expect(client.call("SETBIT", "k", last, 1)).toBe(0);
  expect(client.call("STRLEN", "k")).toBe(100 * MIB);
  expect(node.rows(ELEMENTS)).toHaveLength(1);
  expect(operations(node, () => expect(client.call("SETBIT", "k", 50 * MIB * 8 + 3, 1)).toBe(0))).toBe(1);
  expect(operations(node, () => expect(client.call("SETBIT", "k", last, 1)).toBe(1))).toBe(0);
  expect(
    operations(node, () => client.call("BITFIELD", "k", "SET", "u8", 8_000_000, 7, "GET", "u8", last - 7)),
  ).toBe(1);
  expect(client.call("GETBIT", "k", 50 * MIB * 8 + 3)).toBe(1);
  expect(client.call("GETBIT", "k", last)).toBe(1);
  expect(client.call("GETBIT", "k", last - 1)).toBe(0);
  expect(node.rows(ELEMENTS)).toHaveLength(3);
  expect(client.call("BITCOUNT", "k")).toBe(5);
  expect(client.call("BITPOS", "k", 1)).toBe(8_000_005);
  expect(client.call("BITPOS", "k", 1, 60 * MIB)).toBe(last);
  expect(client.call("BITPOS", "k", 0, -1)).toBe(last - 7);
});

test("a string grows from inline to chunks by a bit or a field", () => {
  const client = new RedisNode().connect();
  client.call("SET", "k", "ab");
  client.call("EXPIRE", "k", 100);
  expect(client.call("SETBIT", "k", 70_000 * 8, 1)).toBe(0);
  expect(client.call("GETRANGE", "k", 0, 2)).toBe("ab\0");
  expect(client.call("TTL", "k")).toBe(100);
  client.call("SET", "f", "ab");
  expect(client.call("BITFIELD", "f", "OVERFLOW", "FAIL", "INCRBY", "u8", 80_000 * 8, 300)).toEqual([null]);
  expect(client.call("STRLEN", "f")).toBe(80_001);
  expect(client.call("GETRANGE", "f", 0, 1)).toBe("ab");
});

test.each([0, 16 * MIB])("long strings against a model, with %i bytes of hot rows", (hotRowsBytes) => {
  const random = new SeededRandom(11);
  const node = new RedisNode({ hotRowsBytes });
  node.isInMemory = () => random.chance(0.8);
  const client = node.connect();
  const models = ["a", "b", "c"].map((key, i) => {
    const bytes = Buffer.alloc(1_500_000 - i * 300_000);
    random.bytes(100_000).copy(bytes, 500_000 + i * 30_000);
    bytes.fill(0xff, 0, 200_000);
    client.call("SET", key, bytes.toString("latin1"));
    return bytes;
  });
  const [a, b, c] = models as [Buffer, Buffer, Buffer];
  const ones = (bytes: Buffer, from: number, to: number): number => {
    let count = 0;
    for (const byte of bytes.subarray(from, to)) for (let bits = byte; bits > 0; bits &= bits - 1) count++;
    return count;
  };
  expect(client.call("BITCOUNT", "a")).toBe(ones(a, 0, a.length));
  expect(client.call("BITCOUNT", "a", 10, -10)).toBe(ones(a, 10, a.length - 9));
  expect(client.call("BITCOUNT", "a", 3, 1_400_000 * 8 + 2, "BIT")).toBe(ones(a, 0, 1_400_000) - 3);
  expect(client.call("BITPOS", "a", 0)).toBe(200_000 * 8);
  expect(client.call("BITPOS", "a", 1, 700_000)).toBe(-1);
  expect(client.call("BITPOS", "a", 0, 0, 199_999)).toBe(-1);

  const combine = (combined: (x: number, y: number) => number): string =>
    Buffer.from(a.map((byte, i) => combined(combined(byte, b[i] ?? 0), c[i] ?? 0))).toString("latin1");
  for (const [operation, combined] of [
    ["AND", (x: number, y: number) => x & y],
    ["OR", (x: number, y: number) => x | y],
    ["XOR", (x: number, y: number) => x ^ y],
  ] as const) {
    expect(client.call("BITOP", operation, "out", "a", "b", "none", "c")).toBe(a.length);
    const expected = operation === "AND" ? "\0".repeat(a.length) : combine(combined);
    expect(client.call("GET", "out") === expected).toBe(true);
  }
  expect(client.call("BITOP", "NOT", "a", "a")).toBe(a.length);
  expect(client.call("GET", "a") === Buffer.from(a.map((byte) => ~byte & 0xff)).toString("latin1")).toBe(
    true,
  );
  expect(client.call("BITOP", "OR", "a", "none")).toBe(0);
  expect(client.call("EXISTS", "a")).toBe(0);
});

test("a long BITOP is one write: nobody sees a part of it, and what is all zeros takes no rows", () => {
  const node = new RedisNode();
  const [client, other] = [node.connect(), node.connect()];
  client.call("SETRANGE", "a", 8 * MIB, "a");
  client.call("SETRANGE", "b", 9 * MIB, "b");
  client.call("SET", "out", "old");
  client.send(["BITOP", "OR", "out", "a", "b"]);
  const seen = new Set<unknown>();
  let replies = client.taken();
  for (let turn = 0; replies.length === 0 && turn < 1000; turn++) {
    seen.add(readOf(other));
    node.turn();
    replies = client.taken();
  }
  expect(replies).toEqual([9 * MIB + 1]);
  seen.delete(undefined);
  for (const length of seen) expect([3, 9 * MIB + 1]).toContain(length);
  expect(client.call("STRLEN", "out")).toBe(9 * MIB + 1);
  expect(client.call("GETRANGE", "out", -1, -1)).toBe("b");
  expect(node.rows(ELEMENTS)).toHaveLength(4);

  function readOf(reader: CommandClient): unknown {
    reader.send(["STRLEN", "out"]);
    return reader.taken()[0];
  }
});

test("a BITFIELD over many chunks, in steps, sees its own changes", () => {
  const node = new RedisNode();
  const client = node.connect();
  const words: (string | number)[] = [];
  const expected: number[] = [];
  for (let i = 0; i < 40; i++) {
    const offset = (i % 25) * 70_000 * 8;
    words.push("INCRBY", "u16", offset, i);
    expected.push(i < 25 ? i : i + (i - 25));
  }
  expect(client.call("BITFIELD", "k", ...words)).toEqual(expected);
  expect(client.call("STRLEN", "k")).toBe(24 * 70_000 + 2);
  const reads = Array.from({ length: 25 }, (_, i) => ["GET", "u16", i * 70_000 * 8]).flat();
  expect(client.call("BITFIELD_RO", "k", ...reads)).toEqual(
    Array.from({ length: 25 }, (_, i) => (i < 15 ? i + i + 25 : i)),
  );
});

test("wrong types and arguments", () => {
  const client = new RedisNode().connect();
  client.call("HSET", "h", "f", "v");
  const wrongType = "WRONGTYPE Operation against a key holding the wrong kind of value";
  for (const words of [
    ["SETBIT", "h", 0, 1],
    ["GETBIT", "h", 0],
    ["BITCOUNT", "h"],
    ["BITPOS", "h", 1],
    ["BITOP", "OR", "x", "h"],
    ["BITFIELD", "h", "GET", "u8", 0],
  ] as const) {
    expect(client.call(...words)).toBe(wrongType);
  }
  expect(client.call("SETBIT", "k", 2 ** 32, 1)).toBe("ERR bit offset is not an integer or out of range");
  expect(client.call("BITFIELD_RO", "k", "SET", "u8", 0, 1)).toBe(
    "ERR BITFIELD_RO only supports the GET subcommand",
  );
  expect(client.call("BITFIELD_RO", "k", "GET", "u8", 9)).toEqual([0]);
  expect(client.call("BITFIELD", "k", "GET", "u8", 9)).toEqual([0]);
  expect(client.call("EXISTS", "k")).toBe(0);
});

test("BITFIELD with thousands of operations, and BITOP over many short and one long string", () => {
  const client = new RedisNode().connect();
  const increments = Array.from({ length: 2500 }, () => ["INCRBY", "u16", 3, 1]).flat();
  const counted = Array.from({ length: 2500 }, (_, i) => i + 1);
  expect(client.call("BITFIELD", "k", ...increments)).toEqual(counted);
  expect(client.call("BITFIELD_RO", "k", ...increments)).toMatch(/only supports the GET/);
  expect(client.call("BITFIELD", "k", ...increments, "GET", "u99", 0)).toMatch(/^ERR Invalid bitfield type/);
  expect(client.call("BITFIELD_RO", "k", "GET", "u16", 3)).toEqual([2500]);

  const keys = Array.from({ length: 200 }, (_, i) => `short:${i}`);
  for (const key of keys) client.call("SET", key, "a");
  client.call("SETRANGE", "long", 3 * MIB, "end");
  expect(client.call("BITOP", "OR", "or", ...keys, "long")).toBe(3 * MIB + 3);
  expect(client.call("GETRANGE", "or", 0, 1)).toBe("a\0");
  expect(client.call("GETRANGE", "or", -3, -1)).toBe("end");
  expect(client.call("BITOP", "AND", "and", "long", ...keys)).toBe(3 * MIB + 3);
  expect(client.call("BITCOUNT", "and")).toBe(0);
});
