// The header rows in memory against a plain map of lists: rows come from batches and from storage, are taken back, age,
// are swept away and looked for by bytes and by text.
import { SeededRandom, assert } from "../../../src/base/index";
import { Batch } from "../../../src/kv/batch";
import { HeaderTable } from "../../../src/kv/header-table";
import type { HeaderRow } from "../../../src/kv/header-row";
import {
  OperationReader,
  PAYLOAD_HEADER_BYTES,
  ValueEncoding,
  ValueType,
  encodeValueHeader,
  headerKey,
} from "../../../src/storage/index";
import type { ValueHeader } from "../../../src/storage/index";

function headerOf(rest: string, expiryMs = 0): ValueHeader {
  const { length } = rest;
  return {
    type: ValueType.string,
    encoding: ValueEncoding.inline,
    expiryMs,
    versionMs: 2 ** 47 + 5,
    versionCounter: 65_535,
    length,
    rest,
  };
}

/** A table into which single operations are written as batches of their own. */
class Rows {
  readonly budget = { youngBytes: 0, youngMaxSequence: 0, oldMaxSequence: 0 };
  readonly table = new HeaderTable(this.budget);
  committed = 0;
  sequence = 0;
  private last: { batch: Batch; keyStart: number; keyEnd: number } | undefined;

  write(database: number, userKey: string, value: ValueHeader | null): void {
    const batch = new Batch(++this.sequence, 16);
    const key = headerKey(database, userKey);
    if (value === null) batch.delete(key);
    else batch.putHeader(key, value);
    const reader = new OperationReader(batch.bytes, PAYLOAD_HEADER_BYTES, batch.length, 1);
    assert(reader.next(), "there is one operation");
    const { keyStart, keyEnd, valueStart, valueEnd } = reader;
    const { sequence } = this;
    this.table.indexed(batch, keyStart, keyEnd, valueStart, valueEnd, sequence, sequence, this.committed);
    this.last = { batch, keyStart, keyEnd };
  }

  undoLast(): void {
    const { batch, keyStart, keyEnd } = this.last!;
    this.table.undo(batch.bytes, keyStart, keyEnd);
  }

  load(database: number, userKey: string, value: ValueHeader | null): HeaderRow {
    return this.table.loaded(
      database,
      userKey,
      value === null ? null : encodeValueHeader(value),
      this.committed,
    );
  }

  rests(database: number, userKey: string): (string | null)[] {
    const found: (string | null)[] = [];
    for (let row = this.table.findText(database, userKey); row !== undefined; row = this.table.older(row))
      found.push(row.type === 0 ? null : row.rest);
    return found;
  }
}

test("a row shows its fields", () => {
  const rows = new Rows();
  const longest = { ...headerOf("x".repeat(64 * 1024), 2 ** 52), length: 2 ** 52 };
  rows.write(3, "k".repeat(64 * 1024), longest);
  const row = rows.table.findText(3, "k".repeat(64 * 1024))!;
  const { type, encoding, expiryMs, versionMs, versionCounter, length, rest } = row;
  expect({ type, encoding, expiryMs, versionMs, versionCounter, length, rest }).toEqual(longest);
  expect([row.database, row.userKey.length, row.sequence, row.order]).toEqual([3, 64 * 1024, 1, 1]);
  expect(row.value).toBe(encodeValueHeader(longest));
  expect(row.bytes.toString("latin1", row.restStart, row.restEnd)).toBe(rest);
  expect(rows.load(3, "", headerOf("")).value).toBe(encodeValueHeader(headerOf("")));
  expect(rows.load(4, "none", null).type).toBe(0);
});

test("the same user key in two databases is two rows", () => {
  const rows = new Rows();
  rows.write(0, "k", headerOf("zero"));
  rows.write(0xffff_fffe, "k", headerOf("last"));
  expect(rows.rests(0, "k")).toEqual(["zero"]);
  expect(rows.rests(0xffff_fffe, "k")).toEqual(["last"]);
  expect(rows.rests(1, "k")).toEqual([]);
});

test("a row taken back leaves the one before it, also when both stand in the older generation", () => {
  const rows = new Rows();
  rows.write(0, "k", headerOf("first"));
  rows.write(0, "k", headerOf("second"));
  rows.table.rotate();
  expect(rows.rests(0, "k")).toEqual(["second", "first"]);
  rows.undoLast();
  expect(rows.rests(0, "k")).toEqual(["first"]);
  rows.write(0, "k", null);
  expect(rows.rests(0, "k")).toEqual([null, "first"]);
  rows.undoLast();
  expect(rows.rests(0, "k")).toEqual(["first"]);
  rows.table.rotate();
  rows.undoLast();
  expect(rows.rests(0, "k")).toEqual([]);
});

test("a row that was handed out stays as it is while records are not used again, whatever becomes of the table", () => {
  const rows = new Rows();
  rows.table.reuses = false;
  rows.write(0, "k", headerOf("kept"));
  const row = rows.table.findText(0, "k")!;
  rows.table.rotate();
  rows.write(0, "k", headerOf("other"));
  rows.table.rotate();
  rows.table.clear();
  expect([row.userKey, row.rest]).toEqual(["k", "kept"]);
  expect(rows.table.older(row)).toBe(undefined);
  expect(rows.table.size).toBe(0);
});

test("a generation is written into the memory of the one that went, unless somebody holds rows", () => {
  const rows = new Rows();
  const memory = new Set<Buffer>();
  const value = (round: number, n: number): string => `${round}:${n};`.repeat(2000);
  const fill = (round: number): void => {
    for (let n = 0; n < 100; n++) {
      rows.write(0, `k${n}`, headerOf(value(round, n)));
      memory.add(rows.table.findText(0, `k${n}`)!.bytes);
      rows.committed = rows.sequence;
    }
    // What is found is moved up: the odd half is not, and stays in the old generation.
    rows.table.rotate();
    for (let n = 0; n < 100; n += 2) {
      expect(rows.table.findText(0, `k${n}`)!.rest).toBe(value(round, n));
      memory.add(rows.table.findText(0, `k${n}`)!.bytes);
    }
  };
  for (let round = 0; round < 5; round++) fill(round);
  const taken = memory.size;
  for (let round = 5; round < 10; round++) fill(round);
  expect(memory.size).toBe(taken);

  rows.table.reuses = false;
  const held = Array.from({ length: 100 }, (_, n) => rows.table.findText(0, `k${n}`)!);
  rows.table.rotate();
  rows.table.rotate();
  rows.table.reuses = true;
  for (let round = 10; round < 14; round++) fill(round);
  held.forEach((row, n) => expect(row.rest).toBe(value(9, n)));
});

test("a row from storage stands below those that are not committed", () => {
  const rows = new Rows();
  rows.write(0, "k", headerOf("new"));
  rows.load(0, "k", headerOf("stored"));
  expect(rows.rests(0, "k")).toEqual(["new", "stored"]);
  rows.committed = 1;
  rows.write(0, "k", headerOf("newer"));
  // What is committed needs nothing older than itself.
  expect(rows.rests(0, "k")).toEqual(["newer", "new"]);
});

test("overwriting takes no more room than two rows of a key, and shows each view its own", () => {
  const rows = new Rows();
  rows.write(0, "k", headerOf("000000"));
  rows.write(0, "k", headerOf("000001"));
  const { youngBytes } = rows.budget;
  for (let n = 2; n < 1000; n++) {
    rows.committed = rows.sequence;
    rows.write(0, "k", headerOf(String(n).padStart(6, "0")));
    expect(rows.rests(0, "k")).toEqual([n, n - 1].map((each) => String(each).padStart(6, "0")));
    if (n % 3 === 0) {
      rows.undoLast();
      expect(rows.rests(0, "k")).toEqual([String(n - 1).padStart(6, "0")]);
      rows.write(0, "k", headerOf(String(n).padStart(6, "0")));
    }
  }
  // Taken back, a row leaves its record behind.
  expect(rows.budget.youngBytes).toBeLessThan(youngBytes + 340 * 128);
  rows.table.reuses = false;
  const held = rows.table.findText(0, "k")!;
  const { rest } = held;
  for (let n = 0; n < 3; n++) {
    rows.committed = rows.sequence;
    rows.write(0, "k", headerOf("other!"));
  }
  expect(held.rest).toBe(rest);
});

test.each([1, 2, 3])("like a map of lists, seed %i", (seed) => {
  const random = new SeededRandom(seed);
  const rows = new Rows();
  let young = new Map<string, (string | null)[]>();
  let old = new Map<string, (string | null)[]>();
  const keys = Array.from({ length: 300 }, (_, i) => `key:${i}`.padEnd(random.between(4, 40), "~"));
  const expected = (key: string): (string | null)[] => {
    const aged = young.get(key) ?? old.get(key) ?? [];
    if (!young.has(key) && old.has(key)) young.set(key, aged);
    return aged;
  };
  let lastKey: string | undefined;
  for (let step = 0; step < 20_000; step++) {
    const key = random.pick(keys);
    const kind = random.below(100);
    if (kind < 50) {
      const value = random.chance(0.2) ? null : headerOf(`${step}`.repeat(random.pick([0, 1, 1, 1, 30])));
      const before = expected(key);
      // What is taken back was not committed.
      rows.committed = Math.max(rows.committed, rows.sequence - random.below(40));
      rows.write(0, key, value);
      young.set(key, [value === null ? null : value.rest, ...before.slice(0, 3)]);
      lastKey = key;
    } else if (kind < 58 && lastKey !== undefined) {
      const [, ...before] = expected(lastKey);
      rows.undoLast();
      if (before.length > 0) young.set(lastKey, before);
      else {
        young.delete(lastKey);
        old.delete(lastKey);
      }
      lastKey = undefined;
    } else if (kind < 59) {
      rows.table.rotate();
      old = young;
      young = new Map();
      lastKey = undefined;
      // Links lead no further than into the generation before: what is compared below is the newest row alone.
    } else {
      const [newest] = expected(key);
      const row = random.chance(0.5)
        ? rows.table.findText(0, key)
        : rows.table.find(0, Buffer.from(`?${key}`, "latin1"), 1, key.length + 1);
      expect(row === undefined ? undefined : row.type === 0 ? null : row.rest).toBe(newest);
    }
  }
});
