// The unstable log: what is handed out, what counts as stable, and what an overwriting leader leaves of it.
import { UNKNOWN_TERM, UnstableLog } from "../../../../src/raft/core/log/unstable-log";
import { EMPTY_CONF_STATE } from "../../../../src/raft/core/index";
import type { Entry, Snapshot } from "../../../../src/raft/core/index";

function entries(...terms: number[]): Entry[] {
  return terms.map((term, at) => ({ term, index: 5 + at, type: 0, data: null }));
}

function logWith(...terms: number[]): UnstableLog {
  const log = new UnstableLog(5, null);
  if (terms.length > 0) log.truncateAndAppend(entries(...terms), 0);
  return log;
}

const snapshot: Snapshot = { index: 9, term: 3, confState: EMPTY_CONF_STATE, data: null };
const NO_LIMIT = Number.POSITIVE_INFINITY;

test("entries are handed out once", () => {
  const log = logWith(1, 1);
  expect(log.nextEntries().map(({ index }) => index)).toEqual([5, 6]);
  log.acceptInProgress();
  expect(log.hasNextEntries()).toBe(false);
  log.append({ term: 2, index: 7, type: 0, data: null });
  expect(log.nextEntries().map(({ index }) => index)).toEqual([7]);
});

test("stable entries leave, with all before them", () => {
  const log = logWith(1, 1, 2);
  log.acceptInProgress();
  log.stableTo(6, 1);
  expect([log.offset, log.length, log.lastIndex()]).toEqual([7, 1, 7]);
  expect(log.termAt(6)).toBe(UNKNOWN_TERM);
  expect(log.termAt(7)).toBe(2);
});

test.each([
  ["another term at that index", 6, 2],
  ["an index beyond the end", 8, 1],
  ["an index before the beginning", 4, 1],
])("stale news are ignored: %s", (_what, index, term) => {
  const log = logWith(1, 1, 1);
  log.stableTo(index, term);
  expect([log.offset, log.length]).toEqual([5, 3]);
});

test("an overwritten tail is handed out again from where it was overwritten", () => {
  const log = logWith(1, 1, 1);
  log.acceptInProgress();
  log.truncateAndAppend([{ term: 2, index: 6, type: 0, data: null }], 0);
  expect(log.slice(5, 7, NO_LIMIT).map(({ term }) => term)).toEqual([1, 2]);
  expect(log.nextEntries().map(({ index, term }) => [index, term])).toEqual([[6, 2]]);
});

test("entries from before the offset replace everything", () => {
  const log = logWith(1, 1);
  log.acceptInProgress();
  log.truncateAndAppend([{ term: 2, index: 3, type: 0, data: null }], 0);
  expect([log.offset, log.offsetInProgress, log.length]).toEqual([3, 3, 1]);
});

test("a gap is a broken invariant", () => {
  const log = logWith(1);
  expect(() => log.truncateAndAppend([{ term: 2, index: 7, type: 0, data: null }], 0)).toThrow("no gap");
});

test("a snapshot replaces the entries until it is stable", () => {
  const log = logWith(1, 1);
  log.restore(snapshot);
  expect([log.firstIndex(), log.lastIndex(), log.termAt(9), log.length]).toEqual([10, 9, 3, 0]);
  expect(log.nextSnapshot()).toBe(snapshot);
  log.acceptInProgress();
  expect(log.nextSnapshot()).toBeNull();
  log.stableSnapshotTo(8);
  expect(log.snapshot).toBe(snapshot);
  log.stableSnapshotTo(9);
  expect([log.snapshot, log.firstIndex(), log.lastIndex()]).toEqual([null, 0, 0]);
});

test("a slice is cut by bytes but holds one entry at least", () => {
  const log = new UnstableLog(1, null);
  for (let index = 1; index <= 4; index++) {
    log.append({ term: 1, index, type: 0, data: new Uint8Array(3) });
  }
  // 11 bytes encoded each.
  expect(log.slice(1, 5, 0)).toHaveLength(1);
  expect(log.slice(1, 5, 22)).toHaveLength(2);
  expect(log.slice(2, 5, 32)).toHaveLength(2);
  expect(log.slice(2, 5, 33)).toHaveLength(3);
});
