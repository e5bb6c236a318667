// The in-memory twin by itself: steps and reports, what a crash keeps, fragments, what it refuses, loads and snapshots.
// That it answers like RocksDB is the differential test's matter.
import { SeededRandom } from "../../../src/base/index";
import { metaKey } from "../../../src/storage/keys";
import { MemoryDisk, MemoryStorage } from "../../../src/storage/memory/index";
import type { MemoryDriver } from "../../../src/storage/memory/index";
import { MAX_ROW_KEY_BYTES, rowBound } from "../../../src/storage/row-limits";
import { notInMemory } from "../../../src/storage/types";
import { payloadOf, put, remove, removeRange } from "./log-builder";
import { GROUP, MemoryNode, TERM } from "./memory-node";

const power = new SeededRandom(99);

describe("apply", () => {
  test("operations take effect in order, deletions of ranges between them", () => {
    const node = new MemoryNode(new MemoryDisk());
    node.write(put("\x10a", "1"), put("\x10b", "1"), put("\x10c", "1"), put("\x10d", "1"));
    node.write(removeRange("\x10b", "\x10d"), put("\x10c", "2"), remove("\x10a"), put("\x40t", "x"));
    node.apply();
    const { storage } = node;
    expect(storage.multiGet(GROUP, ["\x10a", "\x10b", "\x10c", "\x10d", "\x40t"], "anywhere")).toEqual([
      null,
      null,
      "2",
      "1",
      "x",
    ]);
    expect(storage.get(2, "\x10c", "anywhere")).toBe(null);
    expect(storage.readApplied(GROUP)).toEqual({ index: 2, term: TERM, hlcMs: 1001, hlcCounter: 0 });
    expect(node.takeEvents().at(-1)).toBe("applied 1 2");
  });

  test("what is applied and not flushed vanishes in a crash, together with the applied index", () => {
    const disk = new MemoryDisk();
    const node = new MemoryNode(disk);
    node.write(put("\x10a", "1"));
    node.apply();
    node.storage.flush();
    node.storage.runAll();
    expect(node.takeEvents().at(-1)).toBe("persisted 1 1");
    node.write(put("\x10a", "2"));
    node.apply();
    expect(node.storage.get(GROUP, "\x10a", "memory")).toBe("2");
    node.storage.crash(power, { kind: "kill" });
    const again = new MemoryNode(disk);
    expect(again.storage.readApplied(GROUP).index).toBe(1);
    expect(again.storage.get(GROUP, "\x10a", "memory")).toBe("1");
    expect(again.storage.readLogState(GROUP).lastIndex).toBe(2);
    again.apply(2);
    expect(again.storage.get(GROUP, "\x10a", "memory")).toBe("2");
  });

  test("fragments take effect together at the last one", () => {
    const node = new MemoryNode(new MemoryDisk());
    const fragment = (number: number, flags: number, hlcMs: number): void => {
      const operations = [put(`\x10${number}`, "f")];
      node.append(payloadOf(operations, { term: TERM, hlcMs, flags, fragment: number }));
    };
    fragment(0, 1, 10);
    fragment(1, 1, 11);
    node.apply();
    expect(node.storage.readApplied(GROUP).index).toBe(0);
    expect(node.storage.get(GROUP, "\x100", "anywhere")).toBe(null);
    expect(node.storage.pending).toBe(false);
    fragment(2, 3, 12);
    node.apply();
    expect(node.storage.readApplied(GROUP)).toEqual({ index: 3, term: TERM, hlcMs: 12, hlcCounter: 0 });
    expect(node.storage.multiGet(GROUP, ["\x100", "\x101", "\x102"], "anywhere")).toEqual(["f", "f", "f"]);
  });

  test("fragments are dropped when an entry of another term comes first", () => {
    const node = new MemoryNode(new MemoryDisk());
    node.append(payloadOf([put("\x100", "f")], { term: TERM, hlcMs: 10, flags: 1 }));
    node.append(Buffer.alloc(0), 2);
    node.append(payloadOf([put("\x101", "g")], { term: 2, hlcMs: 10 }), 2);
    node.apply();
    expect(node.storage.readApplied(GROUP)).toEqual({ index: 3, term: 2, hlcMs: 10, hlcCounter: 0 });
    expect(node.storage.multiGet(GROUP, ["\x100", "\x101"], "anywhere")).toEqual([null, "g"]);
  });

  test("entries without operations stand between fragments, and fragments of a newer term drop those of an older", () => {
    const node = new MemoryNode(new MemoryDisk());
    const fragment = (term: number, number: number, flags: number): number =>
      node.append(
        payloadOf([put(`\x10${term}${number}`, "f")], { term, hlcMs: 10 + number, flags, fragment: number }),
        term,
      );
    fragment(1, 0, 1);
    fragment(2, 0, 1);
    node.append(Buffer.alloc(0), 2);
    node.append(Buffer.from("change"), 2, 2);
    fragment(2, 1, 1);
    node.apply();
    expect(node.storage.readApplied(GROUP).index).toBe(0);
    expect(node.storage.pending).toBe(false);
    fragment(2, 2, 3);
    node.apply();
    expect(node.storage.readApplied(GROUP)).toEqual({ index: 6, term: 2, hlcMs: 12, hlcCounter: 0 });
    expect(node.storage.multiGet(GROUP, ["\x1010", "\x1020", "\x1022"], "anywhere")).toEqual([
      null,
      "f",
      "f",
    ]);
  });

  test("what a flush has brought to disk may be told before it is told as applied", () => {
    const node = new MemoryNode(new MemoryDisk());
    node.write(put("\x10a", "1"));
    node.storage.runAll();
    node.takeEvents();
    node.storage.submitApply(GROUP, 1);
    node.storage.stepApply();
    node.storage.stepFlush();
    node.storage.deliver();
    expect(node.takeEvents()).toEqual(["persisted 1 1", "applied 1 1"]);
  });

  const wrong: [string, (node: MemoryNode) => void, string][] = [
    ["the applied record", (node) => node.write(put(metaKey(1), "x")), "names the applied record"],
    ["a deletion of it", (node) => node.write(remove(metaKey(1))), "names the applied record"],
    ["a range over it", (node) => node.write(removeRange("\0", "\x01")), "covers the applied record"],
    ["an unknown space", (node) => node.write(put("\x41k", "x")), "unknown key space"],
    ["a range over two spaces", (node) => node.write(removeRange("\x10", "\x12")), "leaves its key space"],
    ["a range backwards", (node) => node.write(removeRange("\x10b", "\x10a")), "ends before it starts"],
    ["another term", (node) => node.append(payloadOf([], { term: 2, hlcMs: 5000 })), "another term"],
    [
      "a clock that stands",
      (node) => node.append(payloadOf([], { term: TERM, hlcMs: 1000 })),
      "does not rise",
    ],
    [
      "a missing fragment",
      (node) => node.append(payloadOf([], { term: TERM, hlcMs: 5000, flags: 3, fragment: 1 })),
      "is missing",
    ],
    ["a short payload", (node) => node.append(Buffer.from([1, 0])), "cut short"],
  ];
  test.each(wrong)("%s ends the node and changes nothing", (_, write, message) => {
    const node = new MemoryNode(new MemoryDisk());
    node.write(put("\x10a", "1"));
    write(node);
    node.storage.runAll();
    node.takeEvents();
    node.storage.submitApply(GROUP, 2);
    node.storage.stepApply(2);
    node.storage.deliver();
    expect(node.takeEvents().join()).toContain(message);
    expect(() => node.storage.get(GROUP, "\x10a", "memory")).toThrow("has failed");
  });

  test("a payload that its owner changes too early is noticed", () => {
    const node = new MemoryNode(new MemoryDisk());
    const payload = payloadOf([put("\x10a", "1")], { term: TERM, hlcMs: 1 });
    node.append(payload);
    node.storage.runAll();
    payload[payload.length - 1] = 0;
    node.apply();
    expect(node.takeEvents().join()).toContain("untouched");
  });
});

describe("a failing disk", () => {
  test.each(["logWrite", "logSync", "dataWrite", "dataFlush"] as const)(
    "%s: told once, then refused",
    (operation) => {
      const node = new MemoryNode(new MemoryDisk());
      node.write(put("\x10a", "1"));
      node.storage.runAll();
      node.takeEvents();
      node.disk.failing.add(operation);
      node.storage.submitApply(GROUP, 1);
      node.write(put("\x10a", "2"));
      node.storage.flush();
      node.storage.runAll();
      const events = node.takeEvents();
      expect(events.filter((event) => event.startsWith("failed"))).toHaveLength(1);
      expect(events.at(-1)).toContain(`The disk failed (${operation})`);
      if (operation.startsWith("log")) expect(events.join()).not.toContain("synced");
      expect(() => node.storage.flush()).toThrow(expect.objectContaining({ code: "STORAGE_FAILED" }));
      expect(node.storage.pending).toBe(false);
    },
  );

  test("a second process and another node are refused", async () => {
    const disk = new MemoryDisk();
    const node = new MemoryNode(disk);
    expect(() => new MemoryNode(disk)).toThrow(expect.objectContaining({ code: "DIR_IN_USE" }));
    await node.storage.close();
    const driver = { random: power };
    expect(() => new MemoryStorage(disk, { nodeId: 8, driver })).toThrow(
      expect.objectContaining({ code: "DIR_NODE_ID" }),
    );
    expect(new MemoryNode(disk).storage.incarnation).toBe(node.storage.incarnation);
  });
});

describe("reads", () => {
  function filled(driver: Partial<MemoryDriver> = {}): MemoryNode {
    const node = new MemoryNode(new MemoryDisk(), driver);
    node.write(...["a", "b", "c", "d"].map((key) => put(`\x10${key}`, key.repeat(3))));
    node.apply();
    return node;
  }

  test("pages end behind the row that reaches a limit and say whether more follows", () => {
    const { storage } = filled();
    const range = { lower: "\x10", upper: "\x11", maxBytes: 1000 };
    const page = (keys: string, done: boolean): object => ({
      keys: [...keys].map((key) => `\x10${key}`),
      values: [...keys].map((key) => key.repeat(3)),
      done,
    });
    expect(storage.scan(GROUP, { ...range, maxRows: 4 }, "memory")).toEqual(page("abcd", true));
    expect(storage.scan(GROUP, { ...range, maxRows: 3 }, "memory")).toEqual(page("abc", false));
    expect(storage.scan(GROUP, { ...range, maxRows: 9, maxBytes: 6 }, "memory")).toEqual(page("ab", false));
    expect(storage.scan(GROUP, { ...range, maxRows: 2, reverse: true }, "memory")).toEqual(page("dc", false));
    expect(storage.scan(GROUP, { ...range, maxRows: 9, lower: "\x10b", upper: "\x10d" }, "memory")).toEqual(
      page("bc", true),
    );
    expect(
      storage.scan(GROUP, { ...range, maxRows: 9, valuePrefixBytes: 1, upper: "\x10b" }, "memory"),
    ).toEqual({
      keys: ["\x10a"],
      values: ["a"],
      done: true,
    });
    expect(storage.scan(GROUP, { ...range, maxRows: 9, lower: "\x11", upper: "\x10" }, "memory")).toEqual(
      page("", true),
    );
  });

  test("what the driver keeps out of memory is loaded", () => {
    const { storage } = filled({ isInMemory: (_, key) => key !== "\x10b" });
    expect(storage.multiGet(GROUP, ["\x10a", "\x10b"], "memory")).toEqual(["aaa", notInMemory]);
    expect(storage.get(GROUP, "\x10b", "anywhere")).toBe("bbb");
    const request = { lower: "\x10b", upper: "\x11", maxRows: 1, maxBytes: 100 };
    expect(storage.scan(GROUP, request, "memory")).toBe(notInMemory);
    const answers: unknown[] = [];
    storage.loadMany(GROUP, ["\x10b", "\x10x"], (values) => answers.push(values));
    storage.runAll();
    storage.loadScan(GROUP, request, (page) => answers.push(page.values));
    storage.runAll();
    expect(answers).toEqual([["bbb", null], ["bbb"]]);
  });

  test("a snapshot stays as it was and is released once", () => {
    const node = filled();
    const snapshot = node.storage.pinSnapshot();
    node.write(removeRange("\x10", "\x11"), put("\x10z", "z"));
    node.apply();
    const request = { lower: "\x10", upper: "\x11", maxRows: 10, maxBytes: 100 };
    expect(node.storage.scan(GROUP, request, "memory")).toMatchObject({ keys: ["\x10z"] });
    expect(node.storage.scan(GROUP, { ...request, snapshot }, "memory")).toMatchObject({
      values: ["aaa", "bbb", "ccc", "ddd"],
    });
    expect(node.storage.statistics()["pinnedSnapshots"]).toBe(1);
    snapshot.release();
    expect(node.storage.statistics()["pinnedSnapshots"]).toBe(0);
    expect(() => snapshot.release()).toThrow("released once");
    const late = node.storage.pinSnapshot();
    const rows: string[][] = [];
    node.storage.loadScan(GROUP, { ...request, snapshot: late }, (page) => rows.push(page.keys));
    late.release();
    node.write(remove("\x10z"));
    node.apply();
    expect(rows).toEqual([["\x10z"]]);
    expect(() => node.storage.scan(GROUP, { ...request, snapshot }, "memory")).toThrow("after its release");
  });

  test("counts and garbage come from loads; a header that cannot be decoded ends the node", () => {
    const node = filled();
    const answers: unknown[] = [];
    const range = { lower: "\x11", upper: "\x12", nowMs: 1 };
    node.storage.countHeaders(GROUP, range, (count) => answers.push(count));
    const request = { from: undefined, maxRows: 10, nowMs: 1, databases: [0] };
    node.storage.runAll();
    expect(answers).toEqual([0]);
    node.storage.countHeaders(GROUP, { ...range, lower: "\x10" }, (count) => answers.push(count));
    node.storage.findGarbage(GROUP, request, (garbage) => answers.push(garbage));
    node.storage.runAll();
    expect(node.takeEvents().join()).toContain("failed A stored row cannot be decoded");
    expect(answers).toHaveLength(1);
  });

  test("no load reports after a crash or a close", async () => {
    for (const end of ["crash", "close"] as const) {
      const node = filled();
      let reported = false;
      node.storage.loadMany(GROUP, ["\x10a"], () => (reported = true));
      if (end === "crash") node.storage.crash(power);
      else await node.storage.close();
      node.storage.runAll();
      expect(reported).toBe(false);
      expect(() => node.storage.get(GROUP, "\x10a", "memory")).toThrow();
    }
  });
});

describe("the end", () => {
  test.each(["logWrite", "logSync", "dataFlush"] as const)(
    "a disk that fails at the close (%s) rejects",
    async (operation) => {
      const disk = new MemoryDisk();
      const node = new MemoryNode(disk);
      node.write(put("\x10a", "1"));
      disk.failing.add(operation);
      await expect(node.storage.close()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
      await expect(node.storage.close()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
      expect(node.takeEvents()).toEqual([]);
    },
  );

  test("after a failure that was told, loads go unanswered, figures stay, and the close is clean", async () => {
    const disk = new MemoryDisk();
    const node = new MemoryNode(disk);
    disk.failing.add("logWrite");
    node.write(put("\x10a", "1"));
    node.storage.runAll();
    const answered = jest.fn();
    node.storage.loadMany(GROUP, ["\x10a"], answered);
    node.storage.countHeaders(GROUP, { lower: "\x10", upper: "\x11", nowMs: 0 }, answered)();
    node.storage.runAll();
    expect(node.storage.statistics()["logQueueBatches"]).toBe(0);
    await node.storage.close();
    expect(answered).not.toHaveBeenCalled();
    expect(() => node.storage.statistics()).toThrow("closed");
  });
});

test("a count that is called off is not answered", () => {
  const node = new MemoryNode(new MemoryDisk());
  const answered = jest.fn();
  node.storage.countHeaders(GROUP, { lower: "\x10", upper: "\x11", nowMs: 0 }, answered)();
  node.storage.runAll();
  expect(answered).not.toHaveBeenCalled();
});

test("keys and bounds are no longer than a row's can be", () => {
  const { storage } = new MemoryNode(new MemoryDisk());
  const longest = "\x10".padEnd(MAX_ROW_KEY_BYTES, "k");
  expect(storage.get(GROUP, longest, "anywhere")).toBeNull();
  expect(() => storage.get(GROUP, `${longest}k`, "anywhere")).toThrow("no longer");
  expect(() => storage.multiGet(GROUP, [`${longest}k`], "anywhere")).toThrow("no longer");
  expect(() => storage.loadMany(GROUP, [`${longest}k`], () => undefined)).toThrow("no longer");
  const request = { upper: "\x11", maxRows: 1, maxBytes: 1 };
  expect(storage.scan(GROUP, { ...request, lower: rowBound(`${longest}kk`) }, "anywhere")).toMatchObject({
    keys: [],
  });
  expect(() => storage.scan(GROUP, { ...request, lower: `${longest}kk` }, "anywhere")).toThrow("bounds");
});

test("a group whose log is lost is still known by its data", () => {
  const disk = new MemoryDisk();
  const node = new MemoryNode(disk);
  node.write(put("\x10a", "1"));
  node.apply();
  node.storage.stepFlush();
  node.storage.crash(power, { unsynced: "kept" });
  disk.syncedLogs.clear();
  const again = new MemoryNode(disk);
  expect(again.storage.groups()).toEqual([GROUP]);
  expect(again.storage.readApplied(GROUP).index).toBe(1);
  expect(again.storage.readLogState(GROUP).lastIndex).toBe(0);
});

test("metadata is durable when the call returns", () => {
  const disk = new MemoryDisk();
  const node = new MemoryNode(disk);
  expect(node.storage.readMetadata("cluster-id")).toBe(undefined);
  node.storage.writeMetadata("cluster-id", "12345678");
  node.storage.crash(power, { unsynced: "lost" });
  expect(new MemoryNode(disk).storage.readMetadata("cluster-id")).toBe("12345678");
});
