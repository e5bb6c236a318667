// The stable log as the core reads it: in memory until applied, from storage before that and after a restart; what replaces
// a suffix; compaction; a log that ends below the applied data.
import { SeededRandom } from "../../../../src/base/index";
import { LogStore } from "../../../../src/raft/host/log-store";
import type { Entry } from "../../../../src/raft/core/index";
import { LogBatch } from "../../../../src/storage/index";
import { MemoryDisk, MemoryStorage } from "../../../../src/storage/memory/index";
import { HostNode } from "./host-node";

const GROUP = 1;
const CONFIGURATION = {
  state: { voters: [1], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false },
  index: 0,
};
const NO_LIMIT = Number.POSITIVE_INFINITY;

class StoreNode {
  readonly storage: MemoryStorage;
  readonly store: LogStore;
  private readonly batch = new LogBatch();

  constructor(readonly disk: MemoryDisk = new MemoryDisk()) {
    this.storage = new MemoryStorage(disk, { nodeId: 1, driver: { random: new SeededRandom(1) } });
    this.storage.listen({
      logSynced: () => undefined,
      applied: () => undefined,
      persisted: () => undefined,
      failed: () => undefined,
    });
    this.store = new LogStore(this.storage, GROUP, CONFIGURATION);
  }

  append(first: number, terms: readonly number[]): Entry[] {
    const entries = terms.map((term, i) => ({
      term,
      index: first + i,
      type: 0 as const,
      data: Buffer.from([i]),
    }));
    this.batch.clear();
    if (first <= this.store.lastIndex()) this.batch.cutSuffix(GROUP, first);
    for (const { index, term, type, data } of entries) this.batch.append(GROUP, index, term, type, data);
    this.storage.submitLog(this.batch);
    this.store.append(entries);
    return entries;
  }

  restart(): StoreNode {
    this.storage.runAll();
    this.storage.crash(new SeededRandom(1));
    return new StoreNode(this.disk);
  }

  /** Terms of the whole log, by `term`; the same is asserted of `entries`. */
  terms(): (number | string)[] {
    const { store } = this;
    const terms: (number | string)[] = [];
    for (let index = store.firstIndex(); index <= store.lastIndex(); index++) terms.push(store.term(index));
    const entries: Entry[] = [];
    for (let at = store.firstIndex(); at <= store.lastIndex();) {
      const page = store.entries(at, store.lastIndex() + 1, NO_LIMIT);
      if (typeof page === "string") throw new Error(page);
      entries.push(...page);
      at += page.length;
    }
    expect(entries.map((entry) => entry.term)).toEqual(terms);
    expect(entries.map((entry) => entry.index)).toEqual(terms.map((_, i) => store.firstIndex() + i));
    return terms;
  }
}

test("an empty log begins at 1 and knows the term before it", () => {
  const { store } = new StoreNode();
  expect([store.firstIndex(), store.lastIndex(), store.term(0), store.term(1)]).toEqual([
    1,
    0,
    0,
    "unavailable",
  ]);
  expect(store.initialState()).toEqual({
    hardState: { term: 0, vote: 0, commit: 0 },
    confState: CONFIGURATION.state,
  });
  expect(store.entries(1, 2, NO_LIMIT)).toBe("unavailable");
});

test("entries come from memory until they are released, from storage after that, and cross the border in pages", () => {
  const node = new StoreNode();
  const entries = node.append(1, [1, 1, 2, 2, 3]);
  // Not written yet: only memory has them.
  expect(node.store.entries(1, 6, NO_LIMIT)).toEqual(entries);
  node.storage.runAll();
  node.store.releaseMemory(3);
  expect(node.terms()).toEqual([1, 1, 2, 2, 3]);
  expect(node.store.entries(2, 6, NO_LIMIT)).toHaveLength(2);
  expect(node.store.entries(4, 6, NO_LIMIT)).toEqual(entries.slice(3));
  expect(node.store.entries(1, 6, 0)).toHaveLength(1);
  expect(node.store.entries(4, 6, 0)).toHaveLength(1);
  node.store.releaseMemory(99);
  expect(node.terms()).toEqual([1, 1, 2, 2, 3]);
});

test("a suffix is replaced, in memory or below it", () => {
  const node = new StoreNode();
  node.append(1, [1, 1, 1, 1]);
  node.append(3, [2]);
  expect(node.terms()).toEqual([1, 1, 2]);
  node.storage.runAll();
  node.store.releaseMemory(3);
  node.append(2, [3, 3, 3]);
  node.storage.runAll();
  expect(node.terms()).toEqual([1, 3, 3, 3]);
  expect(node.restart().terms()).toEqual([1, 3, 3, 3]);
});

test("what is spent of the memory is given back, however long the log grows", () => {
  const node = new StoreNode();
  for (let index = 1; index <= 5000; index++) {
    node.append(index, [1]);
    if (index % 7 === 0) node.store.releaseMemory(index - 3);
    if (index % 1000 === 0) node.storage.runAll();
  }
  node.storage.runAll();
  expect(node.terms()).toHaveLength(5000);
});

test("a compacted log keeps the term before its first entry, also over a restart", () => {
  const node = new HostNode(new MemoryDisk(), { keepEntries: 5 }).start();
  for (let i = 0; i < 1500; i++) node.propose();
  node.settle();
  node.storage.flush();
  node.settle();
  const { log } = node.group;
  const first = log.firstIndex();
  expect(first).toBe(node.group.status.persistedIndex - 5 + 1);
  expect([log.term(first - 1), log.term(first - 2), log.entries(first - 1, first, NO_LIMIT)]).toEqual([
    1,
    "compacted",
    "compacted",
  ]);
  node.storage.crash(new SeededRandom(1));
  const { store } = new StoreNode(node.disk);
  expect([store.firstIndex(), store.term(first - 1)]).toEqual([first, 1]);
});

test("a log that ends below the applied data is an error that says what to do", () => {
  const node = new HostNode(new MemoryDisk(), { fsync: "never" });
  node.host.start();
  while (node.group.status.appliedIndex === 0) {
    node.scheduler.endTurn();
    node.storage.stepLog();
    node.storage.deliver();
    node.storage.stepApply();
  }
  node.storage.stepFlush();
  node.storage.crash(new SeededRandom(1), { unsynced: "lost" });
  expect(() => new StoreNode(node.disk)).toThrow(/ends at 0 but the data were applied up to 1/);
});
