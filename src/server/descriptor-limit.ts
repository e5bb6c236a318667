// How many clients fit the process's limit on open files. Connections and RocksDB's tables share it, and a table that cannot
// be opened is a failed disk: clients must not take what the storage needs. Node raises the limit to its hard value at its
// start, so what stands is what there is.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Log files, the log's tables (128), the metrics port and its connections, pipes, and tables yet to come. */
const RESERVED_FILES = 512;
/** A compaction has its inputs and its outputs open at once. */
const FILES_PER_TABLE = 2;

/** The limit on open files of this process; undefined where it cannot be told. */
export function openFilesLimit(limits: () => string = readOwnLimits): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\S+)/m.exec(limits()) ?? [];
    return soft === undefined || !/^\d+$/.test(soft) ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** The tables that the data directory's data consists of now. */
export function tablesIn(dataDirectory: string): number {
  try {
    return readdirSync(join(dataDirectory, "data")).filter((name) => name.endsWith(".sst")).length;
  } catch {
    return 0;
  }
}

/** The clients that may be there: `wanted`, or what the limit leaves, of which a quarter is the least. */
export function clientsWithin(limit: number | undefined, tables: number, wanted: number): number {
  if (limit === undefined) return wanted;
  const left = limit - RESERVED_FILES - tables * FILES_PER_TABLE;
  return Math.min(wanted, Math.max(left, Math.floor(limit / 4), 1));
}

function readOwnLimits(): string {
  return readFileSync("/proc/self/limits", "latin1");
}
