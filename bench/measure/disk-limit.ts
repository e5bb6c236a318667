// The disk's own limit: random reads of whole blocks, so many under way at a time, from a file on the file system that the
// servers' data lie on, past the page cache. What a server that reads from disk is measured against. The reads are made by
// a process of its own (disk-limit-main.ts), since its thread pool has a thread for each read under way.
import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { BasaltError, SeededRandom } from "../../src/base/index";
import type { DiskAnswer, DiskFigures, DiskLoad } from "./disk-messages";

/** More threads than this are the machine's limit rather than the disk's. */
export const DEEPEST = 128;
const CHUNK_BYTES = 2 ** 20;
const LIMIT_MS = 60_000;

/** A file of random bytes to be read from; removed by `remove`. */
export class DiskFile {
  private constructor(readonly path: string) {}

  static create(directory: string, bytes: number): DiskFile {
    const path = join(directory, `basalt-bench-disk-${process.pid}.dat`);
    try {
      writeChunks(path, bytes);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
    return new DiskFile(path);
  }

  /** Reads for a time; the process that does is stopped when it takes far too long. */
  async measure(load: Omit<DiskLoad, "file">, environment: NodeJS.ProcessEnv): Promise<DiskFigures> {
    const depth = Math.min(DEEPEST, load.depth);
    const child = fork(join(__dirname, "disk-limit-main.js"), [], {
      env: { ...environment, UV_THREADPOOL_SIZE: String(depth) },
      execArgv: [],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      timeout: load.seconds * 1000 + LIMIT_MS,
    });
    const exited = once(child, "exit");
    const answer = new Promise<DiskAnswer>((resolve) => {
      child.once("message", (message: DiskAnswer) => resolve(message));
      child.once("error", (error) => resolve({ type: "failed", message: error.message }));
      child.once("exit", () => resolve({ type: "failed", message: "the process ended early" }));
    });
    child.send({ ...load, depth, file: this.path } satisfies DiskLoad);
    const said = await answer;
    if (child.connected) child.disconnect();
    await exited;
    if (said.type === "done") return said.figures;
    throw new BasaltError("DISK_FAILED", `The disk's limit was not measured: ${said.message}.`);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

function writeChunks(path: string, bytes: number): void {
  const chunk = new SeededRandom(1).bytes(CHUNK_BYTES);
  const file = openSync(path, "w");
  try {
    for (let written = 0; written < bytes; written += CHUNK_BYTES) writeSync(file, chunk);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
