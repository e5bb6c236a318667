import { put } from "./log-builder";
import { GROUP, NativeNode, TEST_ADDON, TemporaryDirectory } from "./native-node";

let directory: TemporaryDirectory;
let node: NativeNode;

const KEY = "\u0010k";

beforeEach(() => {
  directory = new TemporaryDirectory();
  node = new NativeNode({
    directory: directory.path,
    nodeId: 1,
    addonPath: TEST_ADDON,
    testFaults: { seed: 1 },
  });
});

afterEach(async () => {
  await node.storage.close();
  directory.remove();
});

describe.each(["ioError", "noSpace", "readOnly"] as const)("a disk that fails with %s", (fail) => {
  test("the log: nothing is reported as synced, also when the disk comes back", async () => {
    await node.write(put(KEY, "before"));
    node.storage.setFaults({ fail, pathContains: "/log/" });
    const { syncedTicket } = node;
    await expect(node.append(node.payload(put(KEY, "lost")))).rejects.toMatchObject({
      code: "STORAGE_FAILED",
    });
    node.storage.setFaults({ fail: "none" });
    expect(node.syncedTicket).toBe(syncedTicket);
    expect(() => node.storage.submitLog(node.batch)).toThrow(
      expect.objectContaining({ code: "STORAGE_FAILED" }),
    );
    expect(() => node.storage.get(GROUP, KEY, "memory")).toThrow(/has failed/);
  });

  test("the log, written in place: it is not synced, and the storage has failed", async () => {
    await node.write(put(KEY, "before"));
    node.storage.setFaults({ fail, pathContains: "/log/" });
    node.batch.clear();
    node.batch.append(GROUP, node.nextIndex++, node.term, 0, node.payload(put(KEY, "lost")));
    expect(node.storage.submitLogInPlace(node.batch)).toBe(false);
    await expect(node.until(() => false)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  });

  test("the data: a flush ends the storage", async () => {
    await node.write(put(KEY, "before"));
    node.storage.setFaults({ fail, pathContains: "/data/" });
    await expect(node.flush()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    expect(node.persistedIndex).toBe(0);
  });

  test("metadata: the call throws and the storage has failed", async () => {
    node.storage.setFaults({ fail });
    expect(() => node.storage.writeMetadata("name", "value")).toThrow(
      expect.objectContaining({ code: "STORAGE_FAILED" }),
    );
    await expect(node.until(() => false)).rejects.toThrow();
  });
});

test("a slow sync delays the report and changes nothing else", async () => {
  node.storage.setFaults({ syncDelayMicros: 20_000 });
  await node.write(put(KEY, "slow"));
  expect(node.get(KEY)).toBe("slow");
  expect(node.storage.statistics()["lastLogSyncMicros"]).toBeGreaterThanOrEqual(20_000);
});

test("behind a batch that is being synced one in place is queued", async () => {
  node.storage.setFaults({ syncDelayMicros: 20_000 });
  const inPlace = (): boolean => {
    node.batch.clear();
    node.batch.append(GROUP, node.nextIndex++, node.term, 0, node.payload(put(KEY, "in place")));
    return node.storage.submitLogInPlace(node.batch);
  };
  node.batch.append(GROUP, node.nextIndex++, node.term, 0, node.payload(put(KEY, "queued")));
  expect(node.storage.submitLog(node.batch)).toBe(1);
  expect(inPlace()).toBe(false);
  await node.until(() => node.syncedTicket === 2);
  expect(inPlace()).toBe(true);
  await node.apply(3);
  expect(node.syncedTicket).toBe(2);
  expect(node.get(KEY)).toBe("in place");
});

test("file operations are counted", async () => {
  const before = node.storage.fileOperations();
  await node.write(put(KEY, "v"));
  expect(node.storage.fileOperations()).toBeGreaterThan(before);
});
