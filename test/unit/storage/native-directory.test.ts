import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openNativeStorage } from "../../../src/storage/index";
import type { NativeStorage } from "../../../src/storage/index";
import { put } from "./log-builder";
import { NativeNode, TemporaryDirectory } from "./native-node";

let directory: TemporaryDirectory;
let path: string;
let storage: NativeStorage | undefined;

beforeEach(() => {
  directory = new TemporaryDirectory();
  path = join(directory.path, "not", "there yet");
});

afterEach(async () => {
  await storage?.close();
  storage = undefined;
  directory.remove();
});

function open(nodeId = 1): void {
  storage = openNativeStorage({ directory: path, nodeId });
}

/** Checks the code and that the message is at least one whole sentence. */
function expectRefusal(code: string, call: () => unknown): string {
  let message = "";
  try {
    call();
  } catch (error) {
    message = (error as Error).message;
    expect(error).toMatchObject({ code, name: "BasaltError" });
  }
  expect(message).toMatch(/^[A-Z].*\.$/);
  return message;
}

test("a directory is held by one storage, and given back at the end", async () => {
  open();
  const message = expectRefusal("DIR_IN_USE", () => openNativeStorage({ directory: path, nodeId: 1 }));
  expect(message).toContain(`process ${process.pid}`);
  await storage!.close();
  open();
});

test("a directory is given back when its process dies", () => {
  const program = `require(${JSON.stringify(join(__dirname, "../../../src/storage/index.js"))})
    .openNativeStorage({ directory: ${JSON.stringify(path)}, nodeId: 1 }); process.kill(process.pid, "SIGKILL");`;
  expect(() => execFileSync(process.execPath, ["-e", program], { stdio: "ignore" })).toThrow();
  open();
});

test("a process and a worker that exit with an open storage do so quietly", () => {
  const index = JSON.stringify(join(__dirname, "../../../src/storage/index.js"));
  const program = `
    const { Worker, isMainThread, workerData } = require("node:worker_threads");
    const openIn = (name) => require(${index}).openNativeStorage({ directory: name, nodeId: 1 });
    const storage = openIn(${JSON.stringify(path)});
    storage.pinSnapshot();
    storage.loadMany(1, ["\\x10a"], () => {});
    const worker = new Worker(\`require(${index}).openNativeStorage({ directory: \${JSON.stringify(
      ${JSON.stringify(path)} + "-worker",
    )}, nodeId: 2 }); process.exit(0);\`, { eval: true });
    worker.on("exit", () => { storage.flush(); process.exit(3); });`;
  let status: unknown;
  try {
    execFileSync(process.execPath, ["-e", program], { stdio: "pipe", timeout: 60_000 });
  } catch (error) {
    ({ status } = error as { status: unknown });
    expect(String((error as { stderr: Buffer }).stderr)).toBe("");
  }
  expect(status).toBe(3);
  open();
});

test("a process ends without destroying what the threads of an open storage use", () => {
  const index = JSON.stringify(join(__dirname, "../../../src/storage/index.js"));
  const linkerLog = (end: string): string => {
    const log = join(directory.path, "linker");
    const program = `
      const storage = require(${index}).openNativeStorage({ directory: ${JSON.stringify(path)}, nodeId: 1 });
      ${end}`;
    const run = spawnSync(process.execPath, ["-e", program], {
      env: { ...process.env, LD_DEBUG: "libs", LD_DEBUG_OUTPUT: log },
      encoding: "utf8",
    });
    expect(run).toMatchObject({ status: 3, stderr: "" });
    const written = readFileSync(`${log}.${run.pid}`, "utf8");
    rmSync(`${log}.${run.pid}`);
    expect(written).toMatch(/calling init: .*librocksdb/);
    return written;
  };
  expect(linkerLog("process.exit(3);")).not.toMatch(/calling fini/);
  expect(linkerLog("storage.close().then(() => process.exit(3));")).toMatch(/calling fini: .*librocksdb/);
});

test("a directory belongs to its node", async () => {
  open(1);
  await storage!.close();
  const message = expectRefusal("DIR_NODE_ID", () => open(2));
  expect(message).toMatch(/belongs to node 1, not to node 2/);
  open(1);
});

test("a directory of another format is refused and left alone", async () => {
  open();
  storage!.writeMetadata("format-version", "\u0000\u0000\u0000\u0007");
  await storage!.close();
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(expectRefusal("DIR_FORMAT", () => open())).toMatch(/format version 7.*reads version 1/);
  }
});

test("a place that cannot be a directory is refused", () => {
  writeFileSync(join(directory.path, "file"), "");
  path = join(directory.path, "file");
  expectRefusal("DIR_NOT_WRITABLE", () => open());
  path = "/proc/basalt";
  expectRefusal("DIR_NOT_WRITABLE", () => open());
  if (process.getuid?.() === 0) return; // Root may write anywhere.
  path = join(directory.path, "read-only");
  mkdirSync(path);
  chmodSync(path, 0o500);
  expectRefusal("DIR_NOT_WRITABLE", () => open());
});

test("a log whose data is gone is refused", async () => {
  const node = new NativeNode({ directory: path, nodeId: 1 });
  for (let at = 0; at < 5; at++) await node.write(put("\u0010k", String(at)));
  await node.flush();
  node.batch.clear();
  node.batch.compact(5, 4, 1);
  const ticket = node.storage.submitLog(node.batch);
  await node.until(() => node.syncedTicket >= ticket);
  await node.storage.close();
  rmSync(join(path, "data"), { recursive: true });
  expectRefusal("STORAGE_CORRUPT", () => open());
});

test("data whose log is gone are refused, as often as it is tried", async () => {
  const node = new NativeNode({ directory: path, nodeId: 1 });
  for (let at = 0; at < 5; at++) await node.write(put("\u0010k", String(at)));
  await node.storage.close();
  rmSync(join(path, "log"), { recursive: true });
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(expectRefusal("STORAGE_CORRUPT", () => open())).toMatch(/log\/ is empty and data\/ is not/);
  }
});

test("an addon that is not there is named with what to do", () => {
  const message = expectRefusal("ADDON_MISSING", () =>
    openNativeStorage({ directory: path, nodeId: 1, addonPath: join(directory.path, "no.node") }),
  );
  expect(message).toMatch(/librocksdb-dev/);
  writeFileSync(join(directory.path, "bad.node"), "nothing to load");
  expectRefusal("ADDON_MISSING", () =>
    openNativeStorage({ directory: path, nodeId: 1, addonPath: join(directory.path, "bad.node") }),
  );
});
