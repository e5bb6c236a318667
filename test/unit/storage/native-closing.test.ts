// The end of a native storage, clean or not: what is told while it closes, what happens to snapshots, counts and loads, and
// disks that fail at the beginning or at the end.
import { payloadOf, put } from "./log-builder";
import { GROUP, NativeNode, TEST_ADDON, TemporaryDirectory } from "./native-node";
import type { TestFaults } from "../../../src/storage/index";

let directory: TemporaryDirectory;
let node: NativeNode;

const KEY = "\u0010k";
const RANGE = { lower: "\u0010", upper: "\u0011", nowMs: 1 };

function open(testFaults?: TestFaults): NativeNode {
  const options = { directory: directory.path, nodeId: 1, addonPath: TEST_ADDON };
  return new NativeNode(testFaults === undefined ? options : { ...options, testFaults });
}

/** `count` entries of 10 KiB, synced. */
async function appendMany(count: number): Promise<number> {
  const all = Array.from({ length: count }, (_, at) =>
    node.append(node.payload(put(`${KEY}${at}`, "v".repeat(10_000)))),
  );
  await Promise.all(all);
  return node.nextIndex - 1;
}

/** Value headers (format 1, a string, inline, version 1, empty). */
async function writeHeaders(count: number): Promise<void> {
  const header = "\u0001\u0001\0\0\0\0\0\0\0\0\0\u0001\0";
  const operations = Array.from({ length: count }, (_, at) =>
    put(`\u0010${String(at).padStart(20, "0")}`, header),
  );
  const { term } = node;
  await node.apply(await node.append(payloadOf(operations, { term, hlcMs: ++node.hlcMs })));
}

beforeEach(() => {
  directory = new TemporaryDirectory();
});

afterEach(() => directory.remove());

test("a snapshot that is released while the storage closes is given back once", async () => {
  node = open();
  await node.apply(await appendMany(200));
  const snapshot = node.storage.pinSnapshot();
  const closing = node.storage.close();
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    snapshot.release();
  }
  await closing;
});

test("what is finished while closing is not told", async () => {
  node = open();
  const last = await appendMany(500);
  node.storage.submitApply(GROUP, last);
  const { syncedTicket, appliedIndex } = node;
  node.batch.clear();
  node.batch.append(GROUP, node.nextIndex, 1, 0, Buffer.alloc(0));
  node.storage.submitLog(node.batch);
  await node.storage.close();
  expect([node.syncedTicket, node.appliedIndex, node.persistedIndex]).toEqual([
    syncedTicket,
    appliedIndex,
    0,
  ]);
  node = open();
  expect([node.appliedIndex, node.nextIndex]).toEqual([last, last + 2]);
  await node.storage.close();
});

test.each(["/data/", "/log/"])(
  "a disk that fails at the end (%s) rejects, and is not told twice",
  async (where) => {
    node = open({ seed: 1 });
    await node.write(put(KEY, "v"));
    node.storage.setFaults({ fail: "ioError", pathContains: where });
    node.batch.clear();
    node.batch.append(GROUP, node.nextIndex, 1, 0, Buffer.alloc(0));
    node.storage.submitLog(node.batch);
    const closing = node.storage.close();
    await expect(closing).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    await expect(node.storage.close()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    expect(node.failure).toBeUndefined();
    node = open();
    expect(node.nextIndex).toBeGreaterThanOrEqual(2);
    await node.storage.close();
  },
);

test("a failure that was told is no failure of the close", async () => {
  node = open({ seed: 1 });
  node.storage.setFaults({ fail: "ioError" });
  await expect(node.append(node.payload(put(KEY, "v")))).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  await node.storage.close();
});

test.each(["ioError", "readError"] as const)(
  "a disk that fails from the start (%s) is refused",
  async (fail) => {
    node = open();
    await node.apply(await appendMany(10));
    await node.storage.close();
    expect(() => open({ fail })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^STORAGE_(OPEN_)?FAILED$/) as string }),
    );
  },
);

test("a read that fails ends the storage: told once, loads go unanswered, figures stay", async () => {
  node = open();
  await node.apply(await appendMany(50));
  await node.storage.close();
  node = open({ seed: 1 });
  node.storage.setFaults({ fail: "readError", pathContains: "/data/" });
  const answered = jest.fn();
  node.storage.loadMany(GROUP, [`${KEY}7`], answered);
  await expect(node.until(() => false)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  node.storage.loadMany(GROUP, [`${KEY}8`], answered);
  node.storage.loadScan(GROUP, { ...RANGE, maxRows: 1, maxBytes: 1 }, answered);
  node.storage.countHeaders(GROUP, RANGE, answered)();
  node.storage.findGarbage(GROUP, { from: undefined, maxRows: 1, nowMs: 1, databases: [0] }, answered);
  expect(node.storage.statistics()["logSyncsTotal"]).toBe(0);
  expect(() => node.storage.get(GROUP, KEY, "memory")).toThrow(/has failed/);
  await node.storage.close();
  expect(answered).not.toHaveBeenCalled();
  expect(() => node.storage.statistics()).toThrow(expect.objectContaining({ code: "STORAGE_CLOSED" }));
});

test("counts go in parts over one moment, can be called off, and leave loads a thread", async () => {
  node = open();
  for (let part = 0; part < 5; part++) await writeHeaders(30_000 * (part + 1));
  const snapshot = node.storage.pinSnapshot();
  const answers: string[] = [];
  const counting = Array.from(
    { length: 4 },
    (_, at) =>
      new Promise<number>((resolve) => {
        const callOff = node.storage.countHeaders(GROUP, { ...RANGE, snapshot }, (count) => {
          answers.push(`count ${at}`);
          resolve(count);
        });
        if (at === 1) {
          callOff();
          callOff();
          resolve(-1);
        }
      }),
  );
  await new Promise<void>((resolve) => {
    node.storage.loadMany(GROUP, [KEY], () => {
      answers.push("load");
      resolve();
    });
  });
  expect(await Promise.all(counting)).toEqual([150_000, -1, 150_000, 150_000]);
  expect(answers[0]).toBe("load");
  snapshot.release();
  const callOff = node.storage.countHeaders(GROUP, RANGE, () => answers.push("called off"));
  await node.storage.close();
  callOff();
  expect(answers).not.toContain("called off");
});

test("the age of the oldest snapshot is a figure", async () => {
  node = open();
  expect(node.storage.statistics()["oldestPinnedSnapshotSeconds"]).toBe(0);
  const snapshot = node.storage.pinSnapshot();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(node.storage.statistics()["oldestPinnedSnapshotSeconds"]).toBeGreaterThanOrEqual(1);
  snapshot.release();
  expect(node.storage.statistics()["oldestPinnedSnapshotSeconds"]).toBe(0);
  await node.storage.close();
});
