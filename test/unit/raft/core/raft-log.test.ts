// The log over storage and unstable tail: matching, conflicts, limits of what is being applied.
import { COMPACTED, RaftLog, UNAVAILABLE } from "../../../../src/raft/core/log/raft-log";
import { EMPTY_CONF_STATE, MemoryRaftStorage } from "../../../../src/raft/core/index";
import type { Entry } from "../../../../src/raft/core/index";

const NO_LIMIT = Number.POSITIVE_INFINITY;

function entries(first: number, ...terms: number[]): Entry[] {
  return terms.map((term, at) => ({ term, index: first + at, type: 0, data: new Uint8Array(3) }));
}

/** Entries 1 to 5, of which 1 and 2 were compacted away, the last `unstable` ones are not stored yet. */
function logOf(unstable: number, maxApplyingBytes = NO_LIMIT): RaftLog {
  const all = entries(1, 1, 1, 2, 2, 4);
  const storage = new MemoryRaftStorage();
  storage.append(all.slice(0, 5 - unstable));
  storage.compact(2);
  const log = new RaftLog(storage, maxApplyingBytes, null);
  if (unstable > 0) log.maybeAppend(5 - unstable, all[4 - unstable]!.term, all.slice(5 - unstable), 0);
  return log;
}

describe.each([0, 1, 2, 3])("with %i unstable entries", (unstable) => {
  test("terms are known from the entry before the first one to the last one", () => {
    const log = logOf(unstable);
    const terms = [0, 1, 2, 3, 4, 5, 6].map((index) => log.term(index));
    expect(terms).toEqual([COMPACTED, COMPACTED, 1, 2, 2, 4, UNAVAILABLE]);
    expect([log.firstIndex(), log.lastIndex(), log.lastTerm()]).toEqual([3, 5, 4]);
  });

  test("an append that does not match is refused and changes nothing", () => {
    const log = logOf(unstable);
    expect(log.maybeAppend(5, 3, entries(6, 4), 5)).toBe(-1);
    expect(log.maybeAppend(6, 4, entries(7, 4), 5)).toBe(-1);
    expect([log.lastIndex(), log.committed]).toEqual([5, 2]);
  });

  test("an append that matches adds what is new and commits no further than it reaches", () => {
    const log = logOf(unstable);
    expect(log.maybeAppend(3, 2, entries(4, 2, 4), 9)).toBe(5);
    expect([log.lastIndex(), log.committed]).toEqual([5, 5]);
    expect(log.maybeAppend(5, 4, entries(6, 4), 5)).toBe(6);
    expect([log.lastIndex(), log.committed]).toEqual([6, 5]);
  });

  test("a conflict cuts the tail off", () => {
    const log = logOf(unstable);
    expect(log.maybeAppend(3, 2, entries(4, 5), 0)).toBe(4);
    expect([log.lastIndex(), log.term(4)]).toEqual([4, 5]);
  });

  test("a conflict with a committed entry stops the process", () => {
    const log = logOf(unstable);
    log.commitTo(4);
    expect(() => log.maybeAppend(3, 2, entries(4, 5), 0)).toThrow("conflict with committed entry");
  });

  test("who is up to date", () => {
    const log = logOf(unstable);
    expect(log.isUpToDate(5, 4)).toBe(true);
    expect(log.isUpToDate(4, 4)).toBe(false);
    expect(log.isUpToDate(1, 5)).toBe(true);
    expect(log.isUpToDate(9, 3)).toBe(false);
  });

  test("where logs may still agree", () => {
    const log = logOf(unstable);
    expect(log.findConflictByTerm(5, 4)).toBe(5);
    expect(log.findConflictByTerm(5, 3)).toBe(4);
    expect(log.findConflictByTerm(5, 1)).toBe(2);
    // Below the first entry nothing is known: the guess stops there.
    expect(log.findConflictByTerm(5, 0)).toBe(1);
  });

  test("only the leader's own term is committed by counting", () => {
    const log = logOf(unstable);
    expect(log.maybeCommit(4, 4)).toBe(false);
    expect(log.maybeCommit(5, 4)).toBe(true);
    expect(log.maybeCommit(5, 4)).toBe(false);
    expect(log.committed).toBe(5);
  });

  test("entries from an index, within bytes", () => {
    const log = logOf(unstable);
    const from = (index: number, bytes: number) => log.entriesFrom(index, bytes)?.map((entry) => entry.index);
    expect(from(2, NO_LIMIT)).toBeUndefined();
    expect(from(3, NO_LIMIT)).toEqual([3, 4, 5]);
    expect(from(3, 22)).toEqual([3, 4]);
    expect(from(3, 32)).toEqual([3, 4]);
    expect(from(3, 0)).toEqual([3]);
    expect(from(6, NO_LIMIT)).toEqual([]);
  });
});

test("unstable entries are applied only where that is allowed", () => {
  const log = logOf(2);
  log.commitTo(5);
  expect(log.nextCommittedEntries(true).map(({ index }) => index)).toEqual([3, 4, 5]);
  expect(log.nextCommittedEntries(false).map(({ index }) => index)).toEqual([3]);
});

test("bytes that are being applied are bounded until they are applied", () => {
  const log = logOf(0, 22);
  log.commitTo(5);
  const next = () => log.nextCommittedEntries(true).map(({ index }) => index);
  expect(next()).toEqual([3, 4]);
  log.acceptApplying(4, 22, true);
  expect(next()).toEqual([]);
  expect(log.hasNextCommittedEntries(true)).toBe(false);
  log.appliedTo(3, 11);
  expect(next()).toEqual([5]);
});

test("a cut by bytes pauses even if some are left over", () => {
  const log = logOf(0, 30);
  log.commitTo(5);
  expect(log.nextCommittedEntries(true)).toHaveLength(2);
  log.acceptApplying(4, 22, true);
  expect(log.hasNextCommittedEntries(true)).toBe(false);
  log.appliedTo(4, 22);
  expect(log.nextCommittedEntries(true)).toHaveLength(1);
});

test("a waiting snapshot holds back committed entries", () => {
  const log = logOf(0);
  log.commitTo(4);
  log.restore({ index: 9, term: 5, confState: EMPTY_CONF_STATE, data: null });
  expect([log.firstIndex(), log.lastIndex(), log.committed, log.term(9)]).toEqual([10, 9, 9, 5]);
  expect(log.hasNextCommittedEntries(true)).toBe(false);
});

test("applied never goes back nor beyond what is committed", () => {
  const log = logOf(0);
  log.commitTo(4);
  expect(() => log.appliedTo(5, 0)).toThrow("out of range");
  log.appliedTo(4, 0);
  expect(() => log.appliedTo(3, 0)).toThrow("out of range");
  expect(() => log.commitTo(6)).toThrow("out of range");
});

test("a configuration change among the unapplied entries is found, page by page", () => {
  const storage = new MemoryRaftStorage();
  storage.append(entries(1, 1, 1, 1, 1));
  storage.append([{ term: 1, index: 5, type: 2, data: null }]);
  const log = new RaftLog(storage, 1, null);
  log.commitTo(4);
  expect(log.mayHaveUnappliedConfChange()).toBe(false);
  log.commitTo(5);
  expect(log.mayHaveUnappliedConfChange()).toBe(true);
  log.appliedTo(5, 0);
  expect(log.mayHaveUnappliedConfChange()).toBe(false);
});
