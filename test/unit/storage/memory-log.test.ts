// The log of the in-memory twin: what is reported and when, what a crash keeps, batches in place, what is refused.
import { SeededRandom } from "../../../src/base/index";
import { LogBatch } from "../../../src/storage/log-batch";
import { MemoryDisk } from "../../../src/storage/memory/index";
import { put } from "./log-builder";
import { GROUP, MemoryNode, TERM } from "./memory-node";

const power = new SeededRandom(99);

describe("log", () => {
  test("nothing happens or is reported before its step", () => {
    const node = new MemoryNode(new MemoryDisk());
    node.append();
    expect(node.storage.readLogState(GROUP).lastIndex).toBe(0);
    expect(node.storage.pendingLog).toBe(true);
    node.storage.stepLog();
    expect(node.storage.readLogState(GROUP).lastIndex).toBe(1);
    expect(node.storage.pendingSync).toBe(true);
    expect(node.storage.pendingDelivery).toBe(false);
    node.storage.syncLog();
    expect(node.takeEvents()).toEqual([]);
    node.storage.deliver();
    expect(node.takeEvents()).toEqual(["synced 1"]);
  });

  test("one sync reports all batches up to its ticket", () => {
    const node = new MemoryNode(new MemoryDisk());
    for (let count = 0; count < 3; count++) node.append();
    node.storage.runAll();
    expect(node.takeEvents()).toEqual(["synced 3"]);
  });

  test("a power loss keeps the synced part and a prefix of the rest, a kill keeps all that is written", () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 64; seed++) {
      const disk = new MemoryDisk();
      const node = new MemoryNode(disk);
      node.append();
      node.storage.runAll();
      for (let count = 0; count < 3; count++) node.append();
      node.storage.stepLog();
      node.append();
      node.storage.crash(new SeededRandom(seed));
      lengths.add(new MemoryNode(disk).storage.readLogState(GROUP).lastIndex);
    }
    expect([...lengths].sort()).toEqual([1, 2, 3, 4]);

    const disk = new MemoryDisk();
    const node = new MemoryNode(disk);
    node.append();
    node.storage.stepLog();
    node.append();
    node.storage.crash(power, { kind: "kill" });
    expect(new MemoryNode(disk).storage.readLogState(GROUP).lastIndex).toBe(1);
  });

  test("a batch is lost as a whole", () => {
    const disk = new MemoryDisk();
    const { storage, batch } = new MemoryNode(disk);
    batch.append(GROUP, 1, 1, 0, Buffer.from("a"));
    batch.append(2, 1, 1, 0, Buffer.from("b"));
    batch.hardState(GROUP, 1, 7, 0);
    batch.configuration(GROUP, Buffer.from("c"));
    storage.submitLog(batch);
    storage.stepLog();
    expect(storage.groups()).toEqual([1, 2]);
    storage.crash(power, { unsynced: "lost" });
    expect(new MemoryNode(disk).storage.groups()).toEqual([]);
  });

  test("a batch that is submitted in place is durable at once, and is not reported", () => {
    const disk = new MemoryDisk();
    const node = new MemoryNode(disk);
    const inPlace = (index: number): boolean => {
      node.batch.clear();
      node.batch.append(GROUP, index, TERM, 0, Buffer.from("in place"));
      return node.storage.submitLogInPlace(node.batch);
    };
    expect(inPlace(1)).toBe(true);
    node.storage.submitApply(GROUP, 1);
    expect(inPlace(2)).toBe(true);
    node.storage.crash(power, { unsynced: "lost" });
    expect(new MemoryNode(disk).storage.readLogState(GROUP).lastIndex).toBe(2);
  });

  test("a batch is not written in place while one before it is not reported as synced", () => {
    const node = new MemoryNode(new MemoryDisk());
    const inPlace = (): boolean => {
      node.batch.clear();
      node.batch.hardState(GROUP, 1, 1, 0);
      return node.storage.submitLogInPlace(node.batch);
    };
    node.append();
    expect(inPlace()).toBe(false);
    node.storage.stepLog();
    node.storage.syncLog();
    expect(inPlace()).toBe(false);
    node.storage.runAll();
    expect(node.takeEvents()).toEqual(["synced 2", "synced 3"]);
    expect(inPlace()).toBe(true);
    expect(node.takeEvents()).toEqual([]);
  });

  test("a compaction is the log thread's", () => {
    const node = new MemoryNode(new MemoryDisk());
    for (let count = 0; count < 3; count++) node.write(put("\x10k", `${count}`));
    node.apply();
    node.storage.flush();
    node.storage.runAll();
    node.batch.clear();
    node.batch.compact(GROUP, 2, TERM);
    expect(node.storage.submitLogInPlace(node.batch)).toBe(false);
  });

  test("fsync never reports what a power loss takes away", () => {
    const disk = new MemoryDisk();
    const node = new MemoryNode(disk, {}, "never");
    node.append();
    node.storage.runAll();
    expect(node.takeEvents()).toEqual(["synced 1"]);
    node.storage.crash(power, { unsynced: "lost" });
    expect(new MemoryNode(disk).storage.readLogState(GROUP).lastIndex).toBe(0);
  });

  test("state, entries, cut and compaction survive a reopening", async () => {
    const disk = new MemoryDisk();
    const node = new MemoryNode(disk);
    for (let count = 0; count < 6; count++) node.write(put("\x10k", `${count}`));
    node.apply(4);
    node.storage.flush();
    node.storage.runAll();
    node.batch.clear();
    node.batch.cutSuffix(GROUP, 6);
    node.batch.compact(GROUP, 3, TERM);
    node.batch.hardState(GROUP, 2, 7, 4);
    node.batch.configuration(GROUP, Buffer.from("voters"));
    node.storage.submitLog(node.batch);
    node.storage.runAll();
    await node.storage.close();
    const { storage } = new MemoryNode(disk);
    expect(storage.readLogState(GROUP)).toEqual({
      hardState: { term: 2, vote: 7, commit: 4 },
      configuration: Buffer.from("voters"),
      truncatedIndex: 3,
      truncatedTerm: TERM,
      lastIndex: 5,
    });
    const entries = storage.readEntries(GROUP, 4, 6, 1);
    expect(entries.map((entry) => entry.index)).toEqual([4]);
    expect(storage.readEntries(GROUP, 4, 6, 1 << 20)).toHaveLength(2);
    expect(() => storage.readEntries(GROUP, 3, 5, 1)).toThrow("holds the entries");
  });

  test("what breaks the log's order is refused", () => {
    const node = new MemoryNode(new MemoryDisk());
    node.append(Buffer.alloc(0), 3);
    const submit = (fill: (batch: LogBatch) => void): (() => void) => {
      const batch = new LogBatch();
      fill(batch);
      return () => void node.storage.submitLog(batch);
    };
    expect(submit((batch) => batch.append(GROUP, 3, 3, 0, Buffer.alloc(0)))).toThrow(
      "follows the one before",
    );
    expect(submit((batch) => batch.append(GROUP, 2, 2, 0, Buffer.alloc(0)))).toThrow("terms never fall");
    expect(submit((batch) => batch.compact(GROUP, 1, 3))).toThrow("persisted applied index");
    expect(() => node.storage.submitApply(GROUP, 1)).toThrow("synced");
    node.storage.runAll();
    node.storage.submitApply(GROUP, 1);
    expect(submit((batch) => batch.cutSuffix(GROUP, 1))).toThrow("never cut");
  });

  test("an entry that was cut before its sync was reported does not count as synced", () => {
    const node = new MemoryNode(new MemoryDisk());
    node.append();
    node.append();
    node.storage.stepLog();
    node.storage.syncLog();
    node.batch.clear();
    node.batch.cutSuffix(GROUP, 2);
    node.batch.append(GROUP, 2, 2, 0, Buffer.alloc(0));
    node.storage.submitLog(node.batch);
    node.storage.deliver();
    expect(() => node.storage.submitApply(GROUP, 2)).toThrow("synced");
    node.storage.submitApply(GROUP, 1);
    node.storage.runAll();
    node.storage.submitApply(GROUP, 2);
  });

  test("a damaged entry is found when it is read", async () => {
    const disk = new MemoryDisk();
    const node = new MemoryNode(disk);
    node.write(put("\x10k", "v"));
    node.write(put("\x10k", "w"));
    await node.storage.close();
    disk.damageLogEntry(GROUP, 1, 40);
    const damaged = new MemoryNode(disk);
    expect(() => damaged.storage.readEntries(GROUP, 1, 3, 1000)).toThrow("Entry 1 of group 1");
    damaged.apply(2);
    expect(damaged.takeEvents().join()).toContain("Entry 1 of group 1");
    await damaged.storage.close();
    disk.damageLogEntry(GROUP, 2, 40);
    expect(() => new MemoryNode(disk)).toThrow(expect.objectContaining({ code: "CORRUPT_LOG" }));
  });
});
