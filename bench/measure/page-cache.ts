// Keeps the system's page cache from answering a server's reads of its tables: while it runs, what the cache holds of the
// table files that the server has open is dropped again and again. `dd` of coreutils does it (posix_fadvise, which Node has
// not). Between two sweeps a page can be read twice, so some reads are still answered from memory: the bytes that the
// server read from the disk (/proc/PID/io) tell how many were not.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const SWEEP_EVERY_MS = 250;
const TABLE_FILE = /\.sst$/;
/** Drops what is cached of each file; one that was deleted meanwhile is passed over. */
const DROP = 'for file; do dd if="$file" iflag=nocache count=0 status=none 2>/dev/null; done; true';

export class PageCacheDropper {
  private stopped = false;
  private readonly sweeping: Promise<void>;

  private constructor(private readonly pid: number) {
    this.sweeping = this.sweep();
  }

  /** Drops once, then goes on until `stop`. */
  static async start(pid: number): Promise<PageCacheDropper> {
    await dropPages(tableFiles(pid));
    return new PageCacheDropper(pid);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.sweeping;
  }

  private async sweep(): Promise<void> {
    while (!this.stopped) {
      await sleep(SWEEP_EVERY_MS);
      await dropPages(tableFiles(this.pid));
    }
  }
}

/** Drops what the page cache holds of the files, but for what is not written to disk yet. */
export async function dropPages(files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  const child = spawn("sh", ["-c", DROP, "sh", ...files], { stdio: "ignore" });
  await once(child, "exit");
}

/** The table files that a process has open; none when it is gone. */
export function tableFiles(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  const files = new Set<string>();
  for (const name of namesIn(directory)) {
    try {
      const target = readlinkSync(`${directory}/${name}`);
      if (TABLE_FILE.test(target)) files.add(target);
    } catch {
      // Closed since it was listed.
    }
  }
  return [...files];
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
