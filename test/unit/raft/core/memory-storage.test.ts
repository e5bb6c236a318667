// The storage for tests keeps to what RaftStorage promises.
import { EMPTY_CONF_STATE, MemoryRaftStorage } from "../../../../src/raft/core/index";
import type { Entry } from "../../../../src/raft/core/index";

function entries(first: number, ...terms: number[]): Entry[] {
  return terms.map((term, at) => ({ term, index: first + at, type: 0, data: null }));
}

function storageOf(first: number, ...terms: number[]): MemoryRaftStorage {
  const storage = new MemoryRaftStorage();
  if (first > 1) {
    storage.applySnapshot({ index: first - 1, term: 1, confState: EMPTY_CONF_STATE, data: null });
  }
  storage.append(entries(first, ...terms));
  return storage;
}

test("an empty log begins at 1", () => {
  const storage = new MemoryRaftStorage();
  expect([storage.firstIndex(), storage.lastIndex(), storage.term(0), storage.term(1)]).toEqual([
    1,
    0,
    0,
    "unavailable",
  ]);
});

test("reads are cut by bytes and bounded by what is there", () => {
  const storage = storageOf(4, 1, 2, 3);
  expect(storage.entries(3, 5, 100)).toBe("compacted");
  expect(storage.entries(4, 7, 100)).toEqual(entries(4, 1, 2, 3));
  expect(storage.entries(4, 7, 0)).toEqual(entries(4, 1));
  expect(storage.term(3)).toBe(1);
  expect(storage.term(2)).toBe("compacted");
  expect(storage.term(7)).toBe("unavailable");
});

test("appending overwrites from its first index on", () => {
  const storage = storageOf(4, 1, 2, 3);
  storage.append(entries(5, 5));
  expect(storage.entries(4, 6, 100)).toEqual([...entries(4, 1), ...entries(5, 5)]);
  storage.append(entries(2, 9, 9, 9));
  expect(storage.lastIndex()).toBe(4);
  expect(storage.term(4)).toBe(9);
  expect(() => storage.append(entries(9, 9))).toThrow("no gap");
});

test("compaction keeps the term of the last entry it takes", () => {
  const storage = storageOf(1, 1, 2, 3);
  expect(storage.compact(2)).toBe("ok");
  expect([storage.firstIndex(), storage.term(2), storage.term(1)]).toEqual([3, 2, "compacted"]);
  expect(storage.compact(2)).toBe("compacted");
});

test("snapshots replace the log, unless they are old", () => {
  const storage = storageOf(1, 1, 2, 3);
  const snapshot = { index: 9, term: 4, confState: EMPTY_CONF_STATE, data: null };
  expect(storage.applySnapshot(snapshot)).toBe("ok");
  expect([storage.firstIndex(), storage.lastIndex(), storage.term(9)]).toEqual([10, 9, 4]);
  expect(storage.applySnapshot(snapshot)).toBe("outOfDate");
  storage.append(entries(10, 5));
  expect(storage.createSnapshot(10, EMPTY_CONF_STATE, null).term).toBe(5);
  expect(storage.lastIndex()).toBe(10);
});
