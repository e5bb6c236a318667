import type { ByteString } from "../../../src/base/index";
import {
  Space,
  ValueEncoding,
  ValueType,
  collectionTombstoneKey,
  databaseTombstoneKey,
  elementPrefix,
  encodeValueHeader,
  getU32String,
  hashedSubKey,
  headerKey,
  keyTombstoneKey,
  tombstoneValue,
  versionBytes,
} from "../../../src/storage/index";
import type { Garbage, SlotSample } from "../../../src/storage/index";
import { put } from "./log-builder";
import type { TestOperation } from "./log-builder";
import { GROUP, NativeNode, TemporaryDirectory } from "./native-node";

let directory: TemporaryDirectory;
let node: NativeNode;

beforeEach(() => {
  directory = new TemporaryDirectory();
  node = new NativeNode({ directory: directory.path, nodeId: 1 });
});

afterEach(async () => {
  await node.storage.close();
  directory.remove();
});

const NOW = 1_000_000;

function header(db: number, key: string, versionMs: number, expiryMs = 0): TestOperation {
  return put(
    headerKey(db, key),
    encodeValueHeader({
      type: ValueType.hash,
      encoding: ValueEncoding.elements,
      expiryMs,
      versionMs,
      versionCounter: 0,
      length: 1,
      rest: "",
    }),
  );
}

const prefixOf = (db: number, key: string, versionMs: number): ByteString =>
  elementPrefix(db, key, versionBytes(versionMs, 0));

const element = (db: number, key: string, versionMs: number, field: string): TestOperation =>
  put(prefixOf(db, key, versionMs) + hashedSubKey(field), "value");

function find(from: ByteString | undefined, maxRows: number, databases: readonly number[]): Promise<Garbage> {
  return new Promise((resolve) =>
    node.storage.findGarbage(GROUP, { from, maxRows, nowMs: NOW, databases }, resolve),
  );
}

/** A whole pass in answers of `maxRows`. */
async function pass(maxRows: number, databases: readonly number[]): Promise<Garbage> {
  const all = { expired: [] as ByteString[], orphans: [] as ByteString[], databases: [] as number[] };
  const expiries: number[] = [];
  let rowsExamined = 0;
  let next: ByteString | undefined;
  do {
    const part = await find(next, maxRows, databases);
    expect(part.rowsExamined).toBeLessThanOrEqual(maxRows);
    all.expired.push(...part.expired);
    all.orphans.push(...part.orphans);
    all.databases.push(...part.databases.filter((id) => !all.databases.includes(id)));
    rowsExamined += part.rowsExamined;
    if (part.nextExpiryMs !== 0) expiries.push(part.nextExpiryMs);
    next = part.next;
  } while (next !== undefined);
  return { ...all, nextExpiryMs: expiries.sort((a, b) => a - b)[0] ?? 0, next, rowsExamined };
}

test("a database without rows has no garbage", async () => {
  expect(await find(undefined, 10, [0])).toEqual({
    expired: [],
    orphans: [],
    databases: [],
    nextExpiryMs: 0,
    next: undefined,
    rowsExamined: 0,
  });
});

test("expired headers, orphaned elements and databases that are gone are found, whatever the page", async () => {
  const rows: TestOperation[] = [
    header(0, "live", 5),
    header(0, "late", 6, NOW + 1),
    header(0, "expired", 7, NOW),
  ];
  for (let field = 0; field < 50; field++) {
    rows.push(element(0, "live", 5, `f${field}`), element(0, "live", 4, `f${field}`));
    rows.push(element(0, "gone", 3, `f${field}`), element(9, "elsewhere", 8, `f${field}`));
  }
  rows.push(header(9, "elsewhere", 8), header(9, "more", 9));
  await node.write(...rows);
  for (const maxRows of [1, 2, 3, 100]) {
    const found = await pass(maxRows, [0, 1]);
    expect(found.expired).toEqual([headerKey(0, "expired")]);
    expect([...found.orphans].sort()).toEqual([prefixOf(0, "gone", 3), prefixOf(0, "live", 4)].sort());
    expect(found.databases).toEqual([9]);
    expect(found.nextExpiryMs).toBe(NOW + 1);
    // Three headers and one of database 9; three element prefixes and one row of database 9.
    expect(found.rowsExamined).toBe(8);
  }
});

test("orphans are found among many headers, near and far, and where elements do not stand in the order of their headers", async () => {
  const rows: TestOperation[] = [];
  const orphans: ByteString[] = [];
  const add = (key: string, headerVersion: number, elementVersion: number, fields: number): void => {
    if (headerVersion !== 0) rows.push(header(0, key, headerVersion));
    for (let field = 0; field < fields; field++) rows.push(element(0, key, elementVersion, `f${field}`));
    if (headerVersion !== elementVersion) orphans.push(prefixOf(0, key, elementVersion));
  };
  // One hash tag and one hash: elements stand by the length of their keys, headers by the keys themselves.
  const [short, long] = ["{x}zxm", "{x}3amv"] as const;
  expect(headerKey(0, short).slice(0, 11)).toBe(headerKey(0, long).slice(0, 11));
  expect([headerKey(0, short) > headerKey(0, long), prefixOf(0, short, 1) < prefixOf(0, long, 1)]).toEqual([
    true,
    true,
  ]);
  add(short, 1, 1, 1);
  add(long, 1, 1, 1);
  for (let i = 0; i < 300; i++) {
    add(`collection:${i}`, i % 7 === 0 ? 0 : i % 5 === 0 ? 9 : 8, 8, i % 11 === 0 ? 40 : 1);
    // Between some collections many headers that have no elements, between others none.
    for (let other = 0; other < (i < 100 ? 0 : 30); other++) rows.push(header(0, `other:${i}:${other}`, 1));
  }
  await node.write(...rows);
  expect(orphans.length).toBeGreaterThan(80);
  for (const maxRows of [50, 1_000_000])
    expect([...(await pass(maxRows, [0])).orphans].sort()).toEqual([...orphans].sort());
});

test("the earliest expiry to come is told, of headers that are looked at in databases that exist", async () => {
  await node.write(header(0, "past", 1, NOW), header(0, "never", 2), header(7, "gone", 3, NOW + 1));
  expect((await find(undefined, 100, [0])).nextExpiryMs).toBe(0);
  const far = header(0, "far", 4, 2 ** 53 - 1);
  await node.write(far, put(keyTombstoneKey(headerKey(0, "far")), tombstoneValue(1, 0)));
  expect((await find(undefined, 100, [0])).nextExpiryMs).toBe(2 ** 53 - 1);
  await node.write(header(0, "near", 5, NOW + 2 ** 32 + 1));
  expect((await find(undefined, 100, [0])).nextExpiryMs).toBe(NOW + 2 ** 32 + 1);
  await node.write(header(0, "next", 6, NOW + 2), header(0, "behind", 7, NOW + 3));
  expect((await find(undefined, 100, [0])).nextExpiryMs).toBe(NOW + 2);
  expect((await find(undefined, 1, [0])).nextExpiryMs).toBe(0);
});

test("tombstones come first and name their candidates", async () => {
  await node.write(
    header(0, "expired", 7, NOW),
    header(0, "live", 5),
    element(0, "live", 5, "f"),
    put(collectionTombstoneKey(prefixOf(0, "live", 4)), tombstoneValue(1, 0)),
    put(collectionTombstoneKey(prefixOf(0, "live", 5)), tombstoneValue(1, 0)),
    put(databaseTombstoneKey(33), tombstoneValue(1, 0)),
    put(keyTombstoneKey(headerKey(0, "expired")), tombstoneValue(1, 0)),
    put(keyTombstoneKey(headerKey(0, "live")), tombstoneValue(1, 0)),
  );
  const first = await find(undefined, 5, [0]);
  expect(first.orphans).toEqual([prefixOf(0, "live", 4)]);
  expect(first.databases).toEqual([33]);
  expect(first.expired).toEqual([headerKey(0, "expired")]);
  expect(first.next?.charCodeAt(0)).toBe(Space.header);
});

test("headers are counted unless they have expired", async () => {
  const rows = Array.from({ length: 300 }, (_, at) => header(0, `k${at}`, at + 1, at % 3 === 0 ? NOW : 0));
  await node.write(...rows, header(1, "other", 1));
  const count = (lower: ByteString, upper: ByteString, nowMs: number): Promise<number> =>
    new Promise((resolve) => node.storage.countHeaders(GROUP, { lower, upper, nowMs }, resolve));
  const first = headerKey(0, "").slice(0, 5);
  const second = headerKey(1, "").slice(0, 5);
  expect(await count(first, second, NOW)).toBe(200);
  expect(await count(first, second, NOW - 1)).toBe(300);
  expect(await count(first, "\u0011", NOW)).toBe(201);
});

test("of each slot the first headers are sampled, whatever lies behind them, also over more slots than one part has", async () => {
  const keys = Array.from({ length: 6000 }, (_, at) => (at % 3 === 0 ? `{t}${at}` : `k${at}`));
  const rows = keys.map((key, at) => header(0, key, at + 1));
  await node.write(...rows.slice(0, 3000));
  await node.write(...rows.slice(3000), header(1, "other", 1));
  const hashesOf = new Map<number, number[]>();
  for (const key of keys.map((userKey) => headerKey(0, userKey))) {
    const slot = (key.charCodeAt(5) << 8) | key.charCodeAt(6);
    hashesOf.set(slot, [...(hashesOf.get(slot) ?? []), getU32String(key, 7)]);
  }
  const expected = (fromSlot: number, toSlot: number, maxRows: number): SlotSample[] =>
    [...hashesOf]
      .filter(([slot]) => slot >= fromSlot && slot < toSlot)
      .sort(([a], [b]) => a - b)
      .map(([slot, hashes]) => {
        const sampled = hashes.sort((a, b) => a - b).slice(0, maxRows);
        return { slot, rows: sampled.length, lastHash: sampled.at(-1)! };
      });
  for (const [fromSlot, toSlot, maxRows] of [
    [0, 16_384, 16],
    [0, 16_384, 1],
    [5000, 5001, 3],
    [100, 9000, 5000],
  ] as const) {
    const samples = await new Promise<SlotSample[]>((resolve) =>
      node.storage.sampleSlots(GROUP, { database: 0, fromSlot, toSlot, maxRows }, resolve),
    );
    expect(samples).toEqual(expected(fromSlot, toSlot, maxRows));
  }
  expect(hashesOf.size).toBeGreaterThan(2 * 1500);
});
