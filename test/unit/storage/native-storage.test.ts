import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { ByteString } from "../../../src/base/index";
import { MAX_ROW_KEY_BYTES, Space, notInMemory, rowBound } from "../../../src/storage/index";
import type { ScanPage, ScanRequest } from "../../../src/storage/index";
import { payloadOf, put, remove, removeRange } from "./log-builder";
import { GROUP, NativeNode, TemporaryDirectory } from "./native-node";

let directory: TemporaryDirectory;
let node: NativeNode;

function open(fsync: "always" | "never" = "always"): NativeNode {
  return new NativeNode({ directory: directory.path, nodeId: 1, fsync });
}

beforeEach(() => {
  directory = new TemporaryDirectory();
  node = open();
});

afterEach(async () => {
  await node.storage.close();
  directory.remove();
});

const row = (name: string): ByteString => String.fromCharCode(Space.header) + name;
const everything = {
  lower: row(""),
  upper: String.fromCharCode(Space.header + 1),
  maxRows: 1000,
  maxBytes: 1e6,
};

function scan(request: Partial<ScanRequest>): ScanPage {
  const page = node.storage.scan(GROUP, { ...everything, ...request }, "anywhere");
  if (page === notInMemory) throw new Error("a scan of everything answers");
  return page;
}

describe("log and apply", () => {
  test("an entry is synced, applied and read", async () => {
    await node.write(put(row("a"), "1"), put(row("b"), "2"));
    expect(node.get(row("a"))).toBe("1");
    expect(node.storage.get(GROUP, row("b"), "memory")).toBe("2");
    expect(node.storage.get(GROUP, row("c"), "memory")).toBeNull();
    expect(node.storage.get(GROUP + 1, row("a"), "memory")).toBeNull();
    expect(node.storage.readApplied(GROUP)).toEqual({ index: 1, term: 1, hlcMs: node.hlcMs, hlcCounter: 0 });
  });

  test("tickets count up and are reported in order", async () => {
    const tickets: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      node.batch.clear();
      node.batch.append(GROUP, node.nextIndex++, 1, 0, node.payload(put(row("k"), String(turn))));
      node.batch.hardState(GROUP, 1, 1, turn);
      tickets.push(node.storage.submitLog(node.batch));
    }
    expect(tickets).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    await node.until(() => node.syncedTicket === 20);
    await node.apply(20);
    expect(node.get(row("k"))).toBe("19");
    expect(node.storage.readLogState(GROUP).hardState).toEqual({ term: 1, vote: 1, commit: 19 });
  });

  test("a batch that is submitted in place is synced at once, in the order of tickets", async () => {
    const inPlace = (): boolean => {
      node.batch.clear();
      node.batch.append(GROUP, node.nextIndex++, 1, 0, node.payload(put(row("k"), "in place")));
      return node.storage.submitLogInPlace(node.batch);
    };
    const before = node.storage.statistics();
    expect(inPlace()).toBe(true);
    const after = node.storage.statistics();
    expect(after["logSyncsTotal"]).toBe(before["logSyncsTotal"]! + 1);
    expect(after["logSyncsInPlaceTotal"]).toBe(1);
    expect(after["logQueueBatches"]).toBe(0);
    await node.apply(1);
    expect(node.get(row("k"))).toBe("in place");
  });

  test("a batch can be reused once it was submitted, and its payloads are copied", async () => {
    const payload = node.payload(put(row("k"), "right"));
    node.batch.append(GROUP, node.nextIndex++, 1, 0, payload);
    const ticket = node.storage.submitLog(node.batch);
    node.batch.clear();
    payload.fill(0);
    await node.until(() => node.syncedTicket >= ticket);
    await node.apply(1);
    expect(node.get(row("k"))).toBe("right");
  });

  test("operations of one entry are carried out in order", async () => {
    await node.write(
      put(row("a"), "1"),
      removeRange(row("a"), row("c")),
      put(row("b"), "2"),
      put(row("x"), "3"),
    );
    await node.write(remove(row("x")), put(row("y"), "4"), put(row("y"), "5"));
    expect(scan({}).keys).toEqual([row("b"), row("y")]);
    expect(scan({}).values).toEqual(["2", "5"]);
  });

  test("entries are read back with their terms and types", async () => {
    node.batch.append(GROUP, 1, 3, 0, Buffer.alloc(0));
    node.batch.append(GROUP, 2, 3, 1, Buffer.from("configuration"));
    node.batch.append(GROUP, 3, 4, 0, Buffer.alloc(1000, 7));
    node.batch.configuration(GROUP, Buffer.from("voters"));
    const ticket = node.storage.submitLog(node.batch);
    await node.until(() => node.syncedTicket >= ticket);
    const entries = node.storage.readEntries(GROUP, 1, 4, 1e6);
    expect(entries.map(({ index, term, type }) => [index, term, type])).toEqual([
      [1, 3, 0],
      [2, 3, 1],
      [3, 4, 0],
    ]);
    expect(Buffer.from(entries[1]!.payload).toString()).toBe("configuration");
    expect(entries[2]!.payload.length).toBe(1000);
    expect(node.storage.readEntries(GROUP, 1, 4, 20).length).toBe(2);
    expect(node.storage.readEntries(GROUP, 3, 4, 0).length).toBe(1);
    expect(node.storage.readEntries(GROUP, 2, 2, 100)).toEqual([]);
    expect(Buffer.from(node.storage.readLogState(GROUP).configuration!).toString()).toBe("voters");
    expect(node.storage.groups()).toEqual([GROUP]);
  });

  test("fragments are applied with their last one, and dropped by another term", async () => {
    const fragment = (number: number, flags: number): Buffer =>
      payloadOf([put(row(`f${node.term}-${number}`), "v")], {
        term: node.term,
        hlcMs: ++node.hlcMs,
        flags,
        fragment: number,
      });
    await node.append(fragment(0, 1));
    await node.append(fragment(1, 1));
    node.storage.submitApply(GROUP, 2);
    node.term = 2;
    await node.apply(await node.append(Buffer.alloc(0)));
    expect(scan({}).keys).toEqual([]);
    await node.append(fragment(0, 1));
    await node.apply(await node.append(fragment(1, 3)));
    expect(scan({}).keys).toEqual([row("f2-0"), row("f2-1")]);
    expect(node.appliedIndex).toBe(5);
  });

  test("entries without operations stand between fragments, and fragments of a newer term drop those of an older", async () => {
    const fragment = (number: number, flags: number): Buffer => {
      const { term } = node;
      return payloadOf([put(row(`${term}-${number}`), "v")], {
        term,
        hlcMs: ++node.hlcMs,
        flags,
        fragment: number,
      });
    };
    const append = (payload: Buffer, type = 0): void =>
      node.batch.append(GROUP, node.nextIndex++, node.term, type, payload);
    append(fragment(0, 1));
    node.term = 2;
    append(fragment(0, 1));
    append(Buffer.alloc(0));
    append(Buffer.from("change"), 2);
    append(fragment(1, 1));
    const ticket = node.storage.submitLog(node.batch);
    await node.until(() => node.syncedTicket >= ticket);
    node.storage.submitApply(GROUP, 5);
    expect(await node.append(fragment(2, 3))).toBe(6);
    expect(node.appliedIndex).toBe(0);
    await node.apply(6);
    expect(scan({}).keys).toEqual([row("2-0"), row("2-1"), row("2-2")]);
    await node.storage.close();
    node = open();
    expect(node.appliedIndex).toBe(6);
  });

  test("what cannot be applied fails the storage and nothing of it is seen", async () => {
    await node.write(put(row("a"), "1"));
    const bad = payloadOf([put(row("b"), "2"), put("\u0000\u0001", "x")], { term: 1, hlcMs: ++node.hlcMs });
    const index = await node.append(bad);
    await expect(node.apply(index)).rejects.toMatchObject({ code: "CORRUPT_PAYLOAD" });
    expect(() => node.storage.get(GROUP, row("b"), "memory")).toThrow(/has failed/);
    expect(() => node.storage.submitApply(GROUP, index)).toThrow(
      expect.objectContaining({ code: "STORAGE_FAILED" }),
    );
    await node.storage.close();
    node = open();
    expect(node.get(row("b"))).toBeNull();
    expect(node.appliedIndex).toBeLessThan(index);
  });
});

describe("reopening", () => {
  test("everything applied and all metadata is there again", async () => {
    const { incarnation } = node.storage;
    expect(Number.isSafeInteger(incarnation) && incarnation > 0).toBe(true);
    for (let at = 0; at < 50; at++) await node.write(put(row(String(at)), `v${at}`));
    node.storage.writeMetadata("cluster-id", "\u0000\u00ff");
    await node.storage.close();
    node = open();
    expect(node.storage.incarnation).toBe(incarnation);
    expect(node.storage.readMetadata("cluster-id")).toBe("\u0000\u00ff");
    expect(node.storage.readMetadata("nothing")).toBeUndefined();
    expect(node.appliedIndex).toBe(50);
    expect(scan({}).keys.length).toBe(50);
  });

  test("what was synced and not applied is replayed from the log", async () => {
    for (let at = 0; at < 30; at++) await node.append(node.payload(put(row(String(at)), `v${at}`)));
    await node.storage.close();
    node = open();
    expect(node.appliedIndex).toBe(0);
    expect(node.nextIndex).toBe(31);
    await node.apply(30);
    expect(scan({}).keys.length).toBe(30);
    expect(node.storage.statistics()["replayedEntriesTotal"]).toBe(30);
  });

  test("without syncs a clean end loses nothing", async () => {
    await node.storage.close();
    node = open("never");
    for (let at = 0; at < 30; at++) await node.write(put(row(String(at)), `v${at}`));
    expect(node.storage.statistics()["logSyncsTotal"]).toBe(0);
    await node.storage.close();
    node = open();
    expect(scan({}).keys.length).toBe(30);
  });

  test("a compacted log begins behind what is persisted", async () => {
    for (let at = 0; at < 40; at++) await node.write(put(row("k"), String(at)));
    await node.flush();
    node.batch.clear();
    node.batch.compact(GROUP, 35, 1);
    const ticket = node.storage.submitLog(node.batch);
    await node.until(() => node.syncedTicket >= ticket);
    await node.storage.close();
    node = open();
    expect(node.storage.readLogState(GROUP)).toMatchObject({
      truncatedIndex: 35,
      truncatedTerm: 1,
      lastIndex: 40,
    });
    expect(node.storage.readEntries(GROUP, 36, 41, 1e6).length).toBe(5);
    await node.write(put(row("k"), "behind"));
    expect(node.get(row("k"))).toBe("behind");
  });

  test("a cut suffix is gone", async () => {
    for (let at = 0; at < 10; at++) await node.append(node.payload(put(row("k"), String(at))));
    node.batch.clear();
    node.batch.cutSuffix(GROUP, 6);
    node.batch.append(GROUP, 6, 2, 0, Buffer.alloc(0));
    const ticket = node.storage.submitLog(node.batch);
    await node.until(() => node.syncedTicket >= ticket);
    expect(node.storage.readLogState(GROUP).lastIndex).toBe(6);
    await node.storage.close();
    node = open();
    expect(node.nextIndex).toBe(7);
    expect(node.storage.readEntries(GROUP, 6, 7, 1)[0]!.term).toBe(2);
  });
});

describe("reads", () => {
  const long = "long".repeat(200_000);

  beforeEach(async () => {
    const rows = Array.from({ length: 20 }, (_, at) => put(row(String(at).padStart(2, "0")), `value ${at}`));
    await node.write(
      ...rows,
      put(row("long"), long),
      put(row("empty"), ""),
      put(row("bytes\u0000\u00ff"), "\u00ff\u0000"),
    );
  });

  test("values of any length and bytes", () => {
    expect(node.get(row("long"))).toBe(long);
    expect(node.get(row("empty"))).toBe("");
    expect(node.get(row("bytes\u0000\u00ff"))).toBe("\u00ff\u0000");
    expect(node.storage.multiGet(GROUP, [row("long"), row("00"), row("no"), row("empty")], "memory")).toEqual(
      [long, "value 0", null, ""],
    );
    expect(node.storage.multiGet(GROUP, [], "memory")).toEqual([]);
  });

  test("pages end at rows and at bytes, and say whether more is behind", () => {
    const first = scan({ upper: row("20"), maxRows: 7 });
    expect([first.keys.length, first.keys[0], first.done]).toEqual([7, row("00"), false]);
    expect(scan({ upper: row("20"), maxRows: 20 }).done).toBe(true);
    const bytes = scan({ upper: row("20"), maxBytes: 25 });
    expect([bytes.keys.length, bytes.done]).toEqual([3, false]);
    expect(scan({ lower: row("19"), maxBytes: 1 }).values).toEqual(["value 19"]);
    expect(scan({ lower: row("zz") })).toEqual({ keys: [], values: [], done: true });
    expect(scan({ lower: row("05"), upper: row("05") })).toEqual({ keys: [], values: [], done: true });
  });

  test("a reverse page goes down from its end", () => {
    const page = scan({ lower: row("03"), upper: row("10"), maxRows: 4, reverse: true });
    expect(page.keys).toEqual([row("09"), row("08"), row("07"), row("06")]);
    expect(page.done).toBe(false);
    expect(scan({ lower: row("03"), upper: row("05"), reverse: true })).toEqual({
      keys: [row("04"), row("03")],
      values: ["value 4", "value 3"],
      done: true,
    });
  });

  test("values can be cut to a prefix", () => {
    const page = scan({ lower: row("long"), valuePrefixBytes: 6 });
    expect(page.values).toEqual(["longlo"]);
    expect(scan({ lower: row("00"), upper: row("02"), valuePrefixBytes: 0 }).values).toEqual(["", ""]);
  });

  test("a pinned snapshot stays as it was", async () => {
    const snapshot = node.storage.pinSnapshot();
    await node.write(put(row("00"), "changed"), removeRange(row("01"), row("99")));
    expect(scan({ upper: row("20"), snapshot }).keys.length).toBe(20);
    expect(scan({ upper: row("20") }).values).toEqual(["changed"]);
    const loaded = await new Promise<ScanPage>((resolve) => {
      node.storage.loadScan(GROUP, { ...everything, upper: row("20"), snapshot }, resolve);
      snapshot.release();
    });
    expect(loaded.values[0]).toBe("value 0");
    expect(loaded.keys.length).toBe(20);
    expect(node.storage.statistics()["pinnedSnapshots"]).toBe(0);
  });

  test("what is on disk only is not in memory until it was loaded", async () => {
    // The applied record is read at open, and its block with it: the rows shall lie in others.
    await node.write(put("\u0000\u0005", "filler".repeat(2000)));
    await node.storage.close();
    node = open();
    const key = row("07");
    expect(node.storage.get(GROUP, key, "memory")).toBe(notInMemory);
    expect(node.storage.multiGet(GROUP, [key], "memory")).toEqual([notInMemory]);
    expect(node.storage.scan(GROUP, { ...everything, upper: row("20") }, "memory")).toBe(notInMemory);
    const values = await new Promise((resolve) =>
      node.storage.loadMany(GROUP, [key, row("no"), row("empty")], resolve),
    );
    expect(values).toEqual(["value 7", null, ""]);
    expect(node.storage.get(GROUP, key, "memory")).toBe("value 7");
    const page = await new Promise<ScanPage>((resolve) => node.storage.loadScan(GROUP, everything, resolve));
    expect(page.keys.length).toBe(23);
    expect(page.values).toContain(long);
    expect(node.storage.scan(GROUP, { ...everything, upper: row("20") }, "memory")).not.toBe(notInMemory);
  });

  test("keys and bounds are no longer than a row's can be", () => {
    const { storage } = node;
    const longest = row("").padEnd(MAX_ROW_KEY_BYTES, "k");
    const bound = rowBound(`${longest}kk`);
    expect(storage.get(GROUP, longest, "anywhere")).toBeNull();
    expect(() => storage.get(GROUP, `${longest}k`, "anywhere")).toThrow("no longer");
    expect(() => storage.multiGet(GROUP, [`${longest}k`], "anywhere")).toThrow("no longer");
    expect(() => storage.loadMany(GROUP, [`${longest}k`], () => undefined)).toThrow("no longer");
    expect(scan({ lower: bound }).keys[0]).toBe(row("long"));
    expect(scan({ lower: bound, upper: bound })).toEqual({ keys: [], values: [], done: true });
    expect(() => scan({ lower: `${longest}kk` })).toThrow("bounds");
    expect(() => scan({ upper: "\u0041" })).toThrow("column family");
  });

  test("many loads answer each its own caller", async () => {
    const answers = await Promise.all(
      Array.from(
        { length: 200 },
        (_, at) =>
          new Promise<(ByteString | null)[]>((resolve) => {
            const key = row(String(at % 25).padStart(2, "0"));
            node.storage.loadMany(GROUP, [key], resolve);
          }),
      ),
    );
    answers.forEach((values, at) => expect(values).toEqual([at % 25 < 20 ? `value ${at % 25}` : null]));
  });
});

describe("the end", () => {
  test("calls after close are refused, and a second close is the same end", async () => {
    const load = jest.fn();
    node.storage.loadMany(GROUP, [row("a")], load);
    const snapshot = node.storage.pinSnapshot();
    const closing = node.storage.close();
    expect(node.storage.close()).toBe(closing);
    await closing;
    expect(load).not.toHaveBeenCalled();
    snapshot.release();
    expect(() => node.storage.get(GROUP, row("a"), "memory")).toThrow(
      expect.objectContaining({ code: "STORAGE_CLOSED" }),
    );
  });

  test("what was submitted before close is synced and applied", async () => {
    const index = await node.append(node.payload(put(row("a"), "1")));
    node.storage.submitApply(GROUP, index);
    node.batch.clear();
    node.batch.append(GROUP, node.nextIndex, 1, 0, node.payload(put(row("b"), "2")));
    node.storage.submitLog(node.batch);
    await node.storage.close();
    node = open();
    expect(node.appliedIndex).toBe(1);
    expect(node.nextIndex).toBe(3);
    expect(node.get(row("a"))).toBe("1");
  });

  test("what a listener throws ends the process", () => {
    const program = `
      const { LogBatch, openNativeStorage } = require(${JSON.stringify(join(__dirname, "../../../src/storage/index.js"))});
      const storage = openNativeStorage({ directory: ${JSON.stringify(join(directory.path, "other"))}, nodeId: 1 });
      const logSynced = () => { throw new Error("an invariant is broken"); };
      storage.listen({ logSynced, applied() {}, persisted() {}, failed() {} });
      const batch = new LogBatch();
      batch.append(1, 1, 1, 0, Buffer.alloc(0));
      storage.submitLog(batch);`;
    const { status, stderr } = spawnSync(process.execPath, ["-e", program], {
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(stderr).toContain("an invariant is broken");
    expect(status).toBe(1);
  });

  test("figures have names, and their values are numbers", async () => {
    await node.write(put(row("a"), "1"));
    const statistics = node.storage.statistics();
    expect(statistics["logSyncsTotal"]).toBe(1);
    expect(statistics["applyOperationsTotal"]).toBe(1);
    expect(statistics["walBytes"]).toBeGreaterThan(0);
    for (const [name, value] of Object.entries(statistics)) {
      expect(name).toMatch(/^[a-z][A-Za-z0-9]+$/);
      expect(Number.isFinite(value)).toBe(true);
    }
  });
});
