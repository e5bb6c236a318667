import { OutputBlockPool, ReplyWriter } from "../../../src/resp/index";

function written(protocol: 2 | 3, write: (writer: ReplyWriter) => void): string {
  const pool = new OutputBlockPool();
  const writer = new ReplyWriter(pool);
  writer.protocol = protocol;
  write(writer);
  const block = writer.take();
  if (block === undefined) return "";
  const text = block.filled().toString("latin1");
  pool.release(block);
  expect(pool.lentBytes).toBe(0);
  return text;
}

const BYTES = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

test.each<[string, (writer: ReplyWriter) => void, resp2: string, resp3: string]>([
  ["ok", (w) => w.ok(), "+OK\r\n", "+OK\r\n"],
  ["simple", (w) => w.simple("PONG"), "+PONG\r\n", "+PONG\r\n"],
  ["error", (w) => w.error("ERR a\r\nb\nc"), "-ERR a  b c\r\n", "-ERR a  b c\r\n"],
  ["bulk", (w) => w.bulk("a\r\n\xff"), "$4\r\na\r\n\xff\r\n", "$4\r\na\r\n\xff\r\n"],
  ["empty bulk", (w) => w.bulk(""), "$0\r\n\r\n", "$0\r\n\r\n"],
  ["bulkFrom", (w) => w.bulkFrom(BYTES, 65, 68), "$3\r\nABC\r\n", "$3\r\nABC\r\n"],
  ["null", (w) => w.null(), "$-1\r\n", "_\r\n"],
  ["nullArray", (w) => w.nullArray(), "*-1\r\n", "_\r\n"],
  ["array", (w) => w.array(12), "*12\r\n", "*12\r\n"],
  ["map", (w) => w.map(3), "*6\r\n", "%3\r\n"],
  ["set", (w) => w.set(3), "*3\r\n", "~3\r\n"],
  ["push", (w) => w.push(3), "*3\r\n", ">3\r\n"],
  ["double", (w) => w.double(0.1), "$19\r\n0.10000000000000001\r\n", ",0.10000000000000001\r\n"],
  ["whole double", (w) => w.double(-3), "$2\r\n-3\r\n", ",-3\r\n"],
  ["infinity", (w) => w.double(-Infinity), "$4\r\n-inf\r\n", ",-inf\r\n"],
  ["true", (w) => w.boolean(true), ":1\r\n", "#t\r\n"],
  ["false", (w) => w.boolean(false), ":0\r\n", "#f\r\n"],
  [
    "bigNumber",
    (w) => w.bigNumber(-(10n ** 20n)),
    "$22\r\n-100000000000000000000\r\n",
    "(-100000000000000000000\r\n",
  ],
  ["verbatim", (w) => w.verbatim("txt", "hello"), "$5\r\nhello\r\n", "=9\r\ntxt:hello\r\n"],
  ["raw", (w) => w.raw(":1\r\n"), ":1\r\n", ":1\r\n"],
  ["bytesFrom", (w) => w.bytesFrom(BYTES, 48, 50), "01", "01"],
  ["nothing", () => undefined, "", ""],
])("%s", (_, write, resp2, resp3) => {
  expect(written(2, write)).toBe(resp2);
  expect(written(3, write)).toBe(resp3);
});

test("integers of every size", () => {
  const values: (number | bigint)[] = [
    0,
    -0,
    7,
    -7,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ];
  for (let power = 1; power < 16; power++) {
    for (const offset of [-1, 0, 1]) values.push(10 ** power + offset, -(10 ** power) + offset);
  }
  for (const power of [30, 31, 32, 33, 52]) {
    for (const offset of [-1, 0, 1]) values.push(2 ** power + offset, -(2 ** power) + offset);
  }
  for (const value of values) {
    expect(written(2, (w) => w.integer(value))).toBe(`:${BigInt(value)}\r\n`);
  }
});

test("an integer reply must be one", () => {
  expect(() => written(2, (w) => w.integer(2 ** 60))).toThrow(/safe integer/);
  expect(() => written(2, (w) => w.integer(NaN))).toThrow(/safe integer/);
});

test("texts and bytes of every length around the thresholds, at every place in a block", () => {
  const text = BYTES.toString("latin1");
  for (let length = 0; length <= 40; length++) {
    const part = text.slice(200, 200 + length);
    const expected = `$${part.length}\r\n${part}\r\n`;
    expect(written(2, (w) => w.bulk(part))).toBe(expected);
    expect(written(2, (w) => w.bulkFrom(BYTES, 200, 200 + part.length))).toBe(expected);
  }
  for (let before = 4000; before <= 4100; before++) {
    const filler = "x".repeat(before);
    const all = written(2, (w) => {
      w.raw(filler);
      w.integer(1_234_567_890_123);
      w.bulk("abc");
      w.ok();
      w.null();
    });
    expect(all).toBe(`${filler}:1234567890123\r\n$3\r\nabc\r\n+OK\r\n$-1\r\n`);
  }
});

test("a large reply grows from block to block and keeps its bytes", () => {
  const value = BYTES.toString("latin1").repeat(16);
  const all = written(2, (w) => {
    for (let round = 0; round < 300; round++) w.bulk(value);
  });
  expect(all).toBe(`$4096\r\n${value}\r\n`.repeat(300));
});

describe("marks", () => {
  test("rollback drops what came after a mark", () => {
    const text = written(2, (w) => {
      w.ok();
      const mark = w.length;
      w.array(2);
      w.bulk("x".repeat(10_000));
      w.rollback(mark);
      w.error("ERR no");
    });
    expect(text).toBe("+OK\r\n-ERR no\r\n");
  });

  test("room that was made is used, and what was written before stays", () => {
    const pool = new OutputBlockPool();
    const writer = new ReplyWriter(pool);
    writer.ok();
    writer.makeRoom(1_000_000);
    const lent = pool.lentBytes;
    for (let i = 0; i < 100; i++) writer.raw("x".repeat(10_000));
    expect(pool.lentBytes).toBe(lent);
    const block = writer.take()!;
    expect(block.filled().toString("latin1")).toBe("+OK\r\n" + "x".repeat(1_000_000));
    pool.release(block);
    expect(pool.lentBytes).toBe(0);
  });

  test("rollback to nothing leaves nothing to take, and no block", () => {
    const pool = new OutputBlockPool();
    const writer = new ReplyWriter(pool);
    writer.ok();
    writer.rollback(0);
    expect(writer.take()).toBeUndefined();
    expect(pool.lentBytes).toBe(0);
  });

  test("a rollback cannot go forward", () => {
    const writer = new ReplyWriter(new OutputBlockPool());
    expect(() => writer.rollback(1)).toThrow(/goes back/);
  });
});

describe("taking", () => {
  test("an empty writer holds no block", () => {
    const pool = new OutputBlockPool();
    const writer = new ReplyWriter(pool);
    expect(writer.take()).toBeUndefined();
    writer.ok();
    const block = writer.take()!;
    expect(writer.length).toBe(0);
    expect(writer.take()).toBeUndefined();
    expect(pool.lentBytes).toBe(block.bytes.length);
    pool.release(block);
    expect(pool.lentBytes).toBe(0);
  });

  test("a taken block is not written by later replies", () => {
    const pool = new OutputBlockPool();
    const writer = new ReplyWriter(pool);
    writer.simple("first");
    const first = writer.take()!;
    writer.simple("second");
    const second = writer.take()!;
    expect(first.filled().toString()).toBe("+first\r\n");
    expect(second.filled().toString()).toBe("+second\r\n");
  });

  test("the first bytes alone", () => {
    const pool = new OutputBlockPool();
    const writer = new ReplyWriter(pool);
    writer.ok();
    const mark = writer.length;
    writer.simple("later");
    const block = writer.take(mark)!;
    expect(block.filled().toString()).toBe("+OK\r\n");
    expect(writer.length).toBe(8);
    writer.ok();
    expect(writer.take(0)).toBeUndefined();
    expect(writer.take()!.filled().toString()).toBe("+later\r\n+OK\r\n");
    expect(() => writer.take(1)).toThrow(/than was written/);
  });

  test("discard gives the block back", () => {
    const pool = new OutputBlockPool();
    const writer = new ReplyWriter(pool);
    writer.ok();
    writer.discard();
    writer.discard();
    expect(pool.lentBytes).toBe(0);
    expect(writer.length).toBe(0);
  });
});
