import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DiskFile,
  cpuTimeOf,
  dropPages,
  fileSystemOf,
  isQuiet,
  machineCpuOf,
  processUsage,
  tableFiles,
  untilQuiet,
} from "../../../bench/measure/index";

test("CPU time is read behind a name that holds spaces and parentheses", () => {
  const line = "77 (a) b (c) S 1 77 77 0 -1 4194304 100 0 0 0 123 45 6 7 20 0 11 0 12345 1000 200";
  expect(cpuTimeOf(line)).toEqual({ userUs: 1_230_000, systemUs: 450_000 });
});

test("the machine's CPU time is without idle time and interrupts", () => {
  const text = "cpu  100 20 30 9999 888 7 6 5 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n";
  expect(machineCpuOf(text)).toBe((100 + 20 + 30 + 5) * 10_000);
});

test("the file system of a path is that of the longest mount point above it, the later of two", () => {
  const mountinfo = [
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw",
    "30 22 0:25 / /tmp rw,nosuid - tmpfs tmpfs rw",
    "31 30 0:26 / /tmp/with\\040space rw - xfs /dev/sdb rw",
    "32 22 0:27 / /data rw - ext4 /dev/sdc rw",
    "33 22 0:28 / /data rw - btrfs /dev/sdd rw",
    "",
  ].join("\n");
  expect(fileSystemOf("/var/lib", mountinfo)).toBe("ext4");
  expect(fileSystemOf("/tmp", mountinfo)).toBe("tmpfs");
  expect(fileSystemOf("/tmp/basalt", mountinfo)).toBe("tmpfs");
  expect(fileSystemOf("/tmpdir", mountinfo)).toBe("ext4");
  expect(fileSystemOf("/tmp/with space/deep", mountinfo)).toBe("xfs");
  expect(fileSystemOf("/data/x", mountinfo)).toBe("btrfs");
});

describe("quiet", () => {
  const idle = { userUs: 0, systemUs: 0, writtenBytes: 0, readBytes: 0 };

  test("is a window with hardly any CPU and hardly anything written", () => {
    expect(isQuiet(idle, idle, 400)).toBe(true);
    expect(isQuiet(idle, { ...idle, userUs: 10_000, systemUs: 10_000 }, 400)).toBe(true);
    expect(isQuiet(idle, { ...idle, userUs: 30_000 }, 400)).toBe(false);
    expect(isQuiet(idle, { ...idle, userUs: 30_000 }, 1000)).toBe(true);
    expect(isQuiet(idle, { ...idle, writtenBytes: 1_000_000 }, 400)).toBe(false);
  });

  test("a sleeping process is quiet, a busy one is not, and one that is gone is named", async () => {
    const sleeper = spawn("sleep", ["30"]);
    const busy = spawn(process.execPath, ["-e", "for (;;);"]);
    try {
      const pids = [sleeper.pid ?? 0, busy.pid ?? 0] as const;
      expect(await untilQuiet(pids[0], 100, 20_000)).toBe(true);
      expect(await untilQuiet(pids[1], 400, 600)).toBe(false);
      expect(processUsage(pids[1]).userUs).toBeGreaterThan(0);
    } finally {
      const ends = [once(sleeper, "exit"), once(busy, "exit")];
      sleeper.kill("SIGKILL");
      busy.kill("SIGKILL");
      await Promise.all(ends);
    }
    expect(() => processUsage(busy.pid ?? 0)).toThrow("may have ended");
  });
});

describe("reading from the disk", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "basalt-bench-disk-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test("the disk's limit: whole blocks, so many at a time, from a file that goes away", async () => {
    const file = DiskFile.create(directory, 4 * 2 ** 20);
    expect(statSync(file.path).size).toBe(4 * 2 ** 20);
    const load = { blockBytes: 16_384, depth: 4, seconds: 0.2, seed: 1 };
    const figures = await file.measure(load, process.env);
    expect(figures.readsPerSecond).toBeGreaterThan(0);
    expect(figures.p50Us).toBeLessThanOrEqual(figures.p99Us);
    file.remove();
    expect(existsSync(file.path)).toBe(false);
    await expect(file.measure(load, process.env)).rejects.toThrow(
      /The disk's limit was not measured: .*ENOENT/,
    );
  });

  test("table files that a process has open are found; what is dropped comes from the disk again", async () => {
    const path = join(directory, "000001.sst");
    const file = openSync(path, "w");
    for (let chunk = 0; chunk < 64; chunk++) writeSync(file, Buffer.alloc(16_384, chunk));
    fsyncSync(file);
    expect(tableFiles(process.pid)).toEqual([path]);

    const before = processUsage(process.pid).readBytes;
    readFileSync(path);
    expect(processUsage(process.pid).readBytes).toBe(before);
    await dropPages([path, join(directory, "gone.sst")]);
    readFileSync(path);
    expect(processUsage(process.pid).readBytes - before).toBeGreaterThanOrEqual(2 ** 20);

    closeSync(file);
    expect(tableFiles(process.pid)).toEqual([]);
    await dropPages([]);
  });
});
