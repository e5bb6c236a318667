// The twin's ordered rows against a sorted array, images included, and the pure reads over them: counting headers and the
// search for garbage.
import { SeededRandom } from "../../../src/base/index";
import {
  Space,
  collectionTombstoneKey,
  databaseTombstoneKey,
  elementPrefix,
  headerKey,
  keyTombstoneKey,
} from "../../../src/storage/keys";
import { OrderedMap } from "../../../src/storage/memory/ordered-map";
import type { RowImage } from "../../../src/storage/memory/ordered-map";
import { countLiveHeaders, searchGarbage } from "../../../src/storage/memory/row-reads";
import type { Garbage, GarbageRequest } from "../../../src/storage/types";
import { encodeValueHeader, versionBytes } from "../../../src/storage/value-header";

function rowsOf(image: RowImage, lower = "", upper = "\uffff", reverse = false): [string, string][] {
  const rows: [string, string][] = [];
  image.walk(lower, upper, reverse, (key, value) => {
    rows.push([key, value]);
    return true;
  });
  return rows;
}

describe("ordered rows", () => {
  test.each([1, 2, 3, 4, 5, 6])("are a sorted map, seed %i", (seed) => {
    const random = new SeededRandom(seed);
    const map = new OrderedMap();
    let model = new Map<string, string>();
    const images: { image: RowImage; model: Map<string, string> }[] = [];
    const space = 10 ** random.between(1, 4);
    const key = (): string => String(random.below(space)).padStart(5, "0");
    for (let step = 0; step < 6000; step++) {
      const draw = random.fraction();
      if (draw < (step % 2000 < 1200 ? 0.75 : 0.3)) {
        const at = key();
        map.put(at, `${step}`);
        model.set(at, `${step}`);
      } else if (draw < 0.99) {
        const at = key();
        map.delete(at);
        model.delete(at);
      } else {
        const [lower, upper] = [key(), key()];
        map.deleteRange(lower, upper);
        for (const held of model.keys()) if (held >= lower && held < upper) model.delete(held);
      }
      if (step % 300 === 0) {
        images.push({ image: map.image(), model });
        model = new Map(model);
      }
    }
    images.push({ image: map.image(), model });
    for (const { image, model: expected } of images) {
      const sorted = [...expected].sort(([left], [right]) => (left < right ? -1 : 1));
      expect(rowsOf(image)).toEqual(sorted);
      for (let count = 0; count < 20; count++) {
        const [lower, upper] = [key(), key()];
        const within = sorted.filter(([held]) => held >= lower && held < upper);
        expect(rowsOf(image, lower, upper)).toEqual(within);
        expect(rowsOf(image, lower, upper, true)).toEqual(within.slice().reverse());
        expect(image.first(lower, upper)?.key).toBe(within[0]?.[0]);
        expect(image.get(lower)).toBe(expected.get(lower));
      }
    }
  });

  test("emptied and filled again", () => {
    const map = new OrderedMap();
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 3000; at++) map.put(String(at).padStart(5, "0"), "v");
      const full = map.image();
      if (round === 1) for (let at = 0; at < 3000; at++) map.delete(String(at).padStart(5, "0"));
      else map.deleteRange("", "\uffff");
      expect(rowsOf(map.image())).toEqual([]);
      expect(rowsOf(full)).toHaveLength(3000);
    }
  });
});

const PREFIX = "\0\0\0\x01";
const NOW = 5000;

class Rows {
  readonly map = new OrderedMap();

  put(key: string, value = ""): this {
    this.map.put(PREFIX + key, value);
    return this;
  }

  header(db: number, userKey: string, version: number, expiryMs = 0): this {
    const fields = {
      type: 2,
      encoding: 2,
      expiryMs,
      versionMs: version,
      versionCounter: 0,
      length: 1,
      rest: "",
    };
    return this.put(headerKey(db, userKey), encodeValueHeader(fields));
  }

  elements(db: number, userKey: string, version: number, count = 1): this {
    for (let at = 0; at < count; at++) this.put(elements(db, userKey, version) + `field${at}`, "v");
    return this;
  }

  search(request: Partial<GarbageRequest> = {}): Garbage {
    const whole = { from: undefined, maxRows: 1000, nowMs: NOW, databases: [0], ...request };
    return searchGarbage(this.map.image(), PREFIX, whole);
  }

  /** A whole pass in pages of `maxRows`. */
  pass(maxRows: number): Omit<Garbage, "next"> {
    const expiries: number[] = [];
    const all = {
      expired: [] as string[],
      orphans: [] as string[],
      databases: [] as number[],
      rowsExamined: 0,
    };
    for (let from: string | undefined; ;) {
      const page = this.search({ from, maxRows });
      all.expired.push(...page.expired);
      all.orphans.push(...page.orphans);
      for (const db of page.databases) if (!all.databases.includes(db)) all.databases.push(db);
      expect(page.rowsExamined).toBeLessThanOrEqual(maxRows);
      all.rowsExamined += page.rowsExamined;
      if (page.nextExpiryMs !== 0) expiries.push(page.nextExpiryMs);
      if (page.next === undefined) return { ...all, nextExpiryMs: expiries.sort((a, b) => a - b)[0] ?? 0 };
      from = page.next;
    }
  }
}

function elements(db: number, userKey: string, version: number): string {
  return elementPrefix(db, userKey, versionBytes(version, 0));
}

describe("garbage", () => {
  test("nothing in an empty group, nothing of other groups", () => {
    const rows = new Rows();
    rows.map.put("\0\0\0\x02" + elements(0, "other", 1), "v");
    expect(rows.search()).toEqual({
      expired: [],
      orphans: [],
      databases: [],
      nextExpiryMs: 0,
      next: undefined,
      rowsExamined: 0,
    });
  });

  test("headers expire at their time, not before", () => {
    const rows = new Rows()
      .header(0, "never", 1)
      .header(0, "past", 1, NOW - 1)
      .header(0, "now", 1, NOW);
    rows.header(0, "later", 1, NOW + 1).header(0, "much later", 1, 2 ** 53 - 1);
    const expected = [headerKey(0, "past"), headerKey(0, "now")].sort();
    expect(rows.search()).toMatchObject({ expired: expected, orphans: [], rowsExamined: 5 });
  });

  test("the earliest expiry to come is told, of headers that are looked at in databases that exist", () => {
    const rows = new Rows().header(0, "past", 1, NOW).header(0, "never", 1);
    expect(rows.search().nextExpiryMs).toBe(0);
    rows.header(0, "far", 1, 2 ** 53 - 1).header(7, "gone", 1, NOW + 1);
    rows.put(keyTombstoneKey(headerKey(0, "far")));
    expect(rows.search().nextExpiryMs).toBe(2 ** 53 - 1);
    rows
      .header(0, "near", 1, NOW + 2 ** 32)
      .header(0, "nearer", 1, NOW + 2)
      .header(0, "next", 1, NOW + 3);
    expect(rows.search().nextExpiryMs).toBe(NOW + 2);
    expect(rows.search({ maxRows: 1 }).nextExpiryMs).toBe(0);
    expect(rows.search({ nowMs: NOW + 2 }).nextExpiryMs).toBe(NOW + 3);
  });

  test("elements without their header, or under another incarnation, are orphans; each prefix is looked at once", () => {
    const rows = new Rows().header(0, "live", 7).elements(0, "live", 7, 50).elements(0, "live", 6, 50);
    rows.elements(0, "gone", 3, 50);
    const expected = [elements(0, "live", 6), elements(0, "gone", 3)].sort();
    expect(rows.search()).toMatchObject({ orphans: expected, expired: [], rowsExamined: 4 });
  });

  test("databases that do not exist are named once, whatever they hold", () => {
    const rows = new Rows().header(3, "a", 1).header(3, "b", 1, 1).elements(3, "c", 1, 9).header(0, "d", 1);
    rows
      .header(0xffff_ffff, "e", 1)
      .put(databaseTombstoneKey(9), "\x01")
      .put(databaseTombstoneKey(0), "\x01");
    expect(rows.search()).toEqual({
      expired: [],
      orphans: [],
      databases: [9, 3, 0xffff_ffff],
      nextExpiryMs: 0,
      next: undefined,
      rowsExamined: 6,
    });
  });

  test("tombstones come first and name what is not live", () => {
    const rows = new Rows().header(0, "live", 7).elements(0, "live", 6).header(0, "old", 1, 1);
    rows
      .put(collectionTombstoneKey(elements(0, "live", 6)))
      .put(collectionTombstoneKey(elements(0, "live", 7)));
    rows.put(collectionTombstoneKey(elements(0, "empty", 1)));
    rows.put(keyTombstoneKey(headerKey(0, "old"))).put(keyTombstoneKey(headerKey(0, "live")));
    const { orphans, expired } = rows.search({ maxRows: 5 });
    expect(orphans.toSorted()).toEqual([elements(0, "live", 6), elements(0, "empty", 1)].sort());
    expect(expired).toEqual([headerKey(0, "old")]);
    expect(rows.search({ maxRows: 5 }).next!.charCodeAt(0)).toBe(Space.header);
  });

  test("pages add up to the whole pass", () => {
    const random = new SeededRandom(8);
    const rows = new Rows();
    for (let count = 0; count < 300; count++) {
      const db = random.pick([0, 0, 0, 1, 2]);
      const userKey = `k${random.below(60)}`;
      const version = random.between(1, 3);
      const draw = random.below(4);
      if (draw === 0) rows.header(db, userKey, version, random.pick([0, NOW, NOW + 1]));
      else if (draw === 1) rows.put(collectionTombstoneKey(elements(db, userKey, version)));
      else rows.elements(db, userKey, version, random.between(1, 3));
    }
    const whole = rows.pass(100_000);
    expect(whole.orphans.length).toBeGreaterThan(10);
    expect(whole.expired.length).toBeGreaterThan(3);
    expect(whole.databases.toSorted()).toEqual([1, 2]);
    expect(whole.nextExpiryMs).toBe(NOW + 1);
    for (const maxRows of [1, 2, 7, 50]) expect(rows.pass(maxRows)).toEqual(whole);
  });
});

test("live headers are counted", () => {
  const rows = new Rows()
    .header(0, "a", 1)
    .header(0, "b", 1, NOW)
    .header(0, "c", 1, NOW + 1)
    .header(1, "d", 1);
  const count = (lower: string, upper: string): number => {
    return countLiveHeaders(rows.map.image(), PREFIX, { lower, upper, nowMs: NOW });
  };
  expect(count("\x10", "\x11")).toBe(3);
  expect(count("\x10\0\0\0\x01", "\x10\0\0\0\x02")).toBe(1);
});
