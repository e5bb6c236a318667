// Values of more than 1 MiB, which are written in steps: the same answers as for short ones, whatever was there before, with
// nobody seeing a half of them, and no limit but Redis's.
import { SeededRandom } from "../../../src/base/index";
import { Space } from "../../../src/storage/index";
import { RedisNode } from "./redis-node";

const KIB = 1024;
const MIB = 1024 * KIB;
const ELEMENTS = String.fromCharCode(Space.element);

function bytes(seed: number, length: number): string {
  return new SeededRandom(seed).bytes(length).toString("latin1");
}

test.each([1, 2])("random writes of one string, round %i", (round) => {
  const seed = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000) + round;
  process.stdout.write(`large values: seed ${seed} (BASALT_TEST_SEED + round)\n`);
  const random = new SeededRandom(seed);
  const node = new RedisNode({ seed, hotRowsBytes: random.pick([0, 16 * MIB]) });
  node.isInMemory = () => random.chance(0.8);
  const client = node.connect();
  let model: string | null = null;
  const write = (offset: number, value: string): number => {
    const old = model ?? "";
    model = old.slice(0, offset).padEnd(offset, "\0") + value + old.slice(offset + value.length);
    return model.length;
  };
  for (let step = 0; step < 25; step++) {
    const value = bytes(seed * 100 + step, random.pick([0, 5, 70 * KIB, MIB, MIB + 1, 2 * MIB + 17]));
    const old: string | null = model;
    switch (random.below(9)) {
      case 0:
        expect(client.call("SET", "k", value)).toBe("OK");
        model = value;
        break;
      case 1:
        expect(client.call("SET", "k", value, "GET", "KEEPTTL") === old).toBe(true);
        model = value;
        break;
      case 2:
        expect(client.call("SETNX", "k", value)).toBe(old === null ? 1 : 0);
        model ??= value;
        break;
      case 3:
        expect(client.call("GETSET", "k", value) === old).toBe(true);
        model = value;
        break;
      case 4:
      case 5:
        if (value.length === 0) break;
        expect(client.call("APPEND", "k", value)).toBe(write(old?.length ?? 0, value));
        break;
      case 6: {
        if (value.length === 0) break;
        const offset = random.pick([0, 1, 64 * KIB, 100 * KIB, MIB + 5, 3 * MIB]);
        expect(client.call("SETRANGE", "k", offset, value)).toBe(write(offset, value));
        break;
      }
      case 7:
        expect(client.call("GETDEL", "k") === old).toBe(true);
        model = null;
        break;
      default:
        expect(client.call("GETEX", "k", "EX", 100) === old).toBe(true);
    }
    expect(client.call("STRLEN", "k")).toBe(model?.length ?? 0);
    if (random.chance(0.4)) expect(client.call("GET", "k") === model).toBe(true);
  }
  expect(client.call("GET", "k") === model).toBe(true);
});

test("MSET and MSETNX with long values among short ones", () => {
  const client = new RedisNode().connect();
  const [a, b] = [bytes(1, 3 * MIB), bytes(2, 2 * MIB)];
  expect(client.call("MSET", "a", a, "s", "short", "b", b, "a", b)).toBe("OK");
  const values = client.call("MGET", "a", "s", "b") as string[];
  expect(values[0] === b && values[1] === "short" && values[2] === b).toBe(true);
  expect(client.call("MSETNX", "new", a, "s", "other")).toBe(0);
  expect(client.call("EXISTS", "new")).toBe(0);
  expect(client.call("MSETNX", "new", a, "other", "x")).toBe(1);
  expect(client.call("GET", "new") === a).toBe(true);
});

test("conditions and errors of a long SET are told before anything is written", () => {
  const node = new RedisNode();
  const client = node.connect();
  const value = bytes(3, 2 * MIB);
  client.call("HSET", "h", "f", "v");
  client.call("SET", "s", "old", "EX", 100);
  expect(client.call("SET", "none", value, "XX")).toBeNull();
  expect(client.call("SET", "s", value, "NX", "GET")).toBe("old");
  expect(client.call("SET", "h", value, "GET")).toMatch(/^WRONGTYPE/);
  expect(client.call("SET", "s", value, "EX", 0)).toBe("ERR invalid expire time in 'set' command");
  expect(client.call("SET", "s", value, "FOO")).toBe("ERR syntax error");
  expect(client.call("APPEND", "h", value)).toMatch(/^WRONGTYPE/);
  expect(client.call("SETRANGE", "s", -1, value)).toBe("ERR offset is out of range");
  expect(client.call("SETEX", "s", 0, value)).toBe("ERR invalid expire time in 'setex' command");
  expect(client.call("GET", "s")).toBe("old");
  expect(client.call("SET", "s", value, "KEEPTTL")).toBe("OK");
  expect(client.call("TTL", "s")).toBe(100);
  expect(client.call("PSETEX", "s", 5000, value)).toBe("OK");
  expect(client.call("PTTL", "s")).toBe(5000);
  expect(client.call("GET", "s") === value).toBe(true);
});

test("a value longer than an entry is staged: its rows go ahead, and nobody sees it before its end", () => {
  const node = new RedisNode({ maxInFlightBytes: 2 * MIB });
  const [client, other] = [node.connect(), node.connect()];
  client.call("SET", "k", "old");
  const value = bytes(4, 20 * MIB);
  client.send(["SET", "k", value]);
  let replies = client.taken();
  let rowsAhead = 0;
  for (let turn = 0; replies.length === 0 && turn < 1000; turn++) {
    rowsAhead = node.rows(ELEMENTS).length;
    other.send(["GETRANGE", "k", 0, 2]);
    for (const seen of other.taken()) expect(seen).toBe("old");
    node.turn();
    replies = client.taken();
  }
  expect(replies).toEqual(["OK"]);
  expect(rowsAhead).toBeGreaterThan(50);
  expect(rowsAhead).toBeLessThanOrEqual(320);
  expect(client.call("STRLEN", "k")).toBe(20 * MIB);
  expect(
    client.call("GETRANGE", "k", 19 * MIB, 19 * MIB + 99) === value.slice(19 * MIB, 19 * MIB + 100),
  ).toBe(true);
});

test("within a MULTI", () => {
  const client = new RedisNode().connect();
  const value = bytes(5, 2 * MIB);
  client.call("MULTI");
  for (const words of [
    ["SET", "k", value],
    ["APPEND", "k", value],
    ["STRLEN", "k"],
    ["GETDEL", "k"],
  ]) {
    expect(client.call(...words)).toBe("QUEUED");
  }
  const replies = client.call("EXEC") as unknown[];
  expect(replies.slice(0, 3)).toEqual(["OK", 4 * MIB, 4 * MIB]);
  expect(replies[3] === value + value).toBe(true);
  expect(client.call("EXISTS", "k")).toBe(0);
});

test("MSET and MSETNX of thousands of pairs", () => {
  const client = new RedisNode().connect();
  const pairs = (prefix: string): string[] =>
    Array.from({ length: 5000 }, (_, i) => [`${prefix}${i}`, `value ${i}`]).flat();
  expect(client.call("MSET", ...pairs("a"))).toBe("OK");
  expect(client.call("MSETNX", ...pairs("b"), "a4999", "x")).toBe(0);
  expect(client.call("EXISTS", "b0", "b4999")).toBe(0);
  expect(client.call("MSETNX", ...pairs("b"))).toBe(1);
  expect(client.call("MGET", "a0", "a4999", "b4999")).toEqual(["value 0", "value 4999", "value 4999"]);
  expect(client.call("DBSIZE")).toBe(10_000);
});
