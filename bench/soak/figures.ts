// What is looked at over time: every figure's name, where it comes from, and how much of a rise counts as none. Tolerances
// are of the judged part of the run.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LoadSample } from "./load-messages";

const MIB = 2 ** 20;

export interface SoakSample {
  readonly seconds: number;
  readonly residentBytes: number;
  readonly descriptors: number;
  readonly directoryBytes: number;
  /** INFO memory, storage and clients. */
  readonly info: ReadonlyMap<string, string>;
  readonly keys: number;
  readonly load: LoadSample;
  /** How long the load ran for this sample. */
  readonly loadSeconds: number;
}

export type ChartName = "memory" | "rocksdb" | "descriptors" | "latency" | "load";

export interface SoakFigure {
  readonly name: string;
  readonly chart: ChartName;
  readonly value: (sample: SoakSample) => number;
  /** A rise that counts as none, at a level; absent for figures that are shown and not judged. */
  readonly tolerance?: (level: number) => number;
}

const info =
  (...names: readonly string[]) =>
  ({ info: lines }: SoakSample): number =>
    names.reduce((sum, name) => sum + Number(lines.get(name) ?? NaN), 0);

const rocksDbBytes = info("used_memory_block_cache", "used_memory_memtables", "used_memory_table_readers");
const heapBytes = info("used_memory_heap_committed", "used_memory_external");
const accountedBytes = (sample: SoakSample): number => rocksDbBytes(sample) + heapBytes(sample);

const mebibytes =
  (value: (sample: SoakSample) => number) =>
  (sample: SoakSample): number =>
    value(sample) / MIB;

const orAtLeast = (share: number, least: number) => (level: number) => Math.max(level * share, least);

export const soakFigures: readonly SoakFigure[] = [
  {
    name: "resident",
    chart: "memory",
    value: mebibytes(({ residentBytes }) => residentBytes),
    tolerance: orAtLeast(0.08, 16),
  },
  {
    name: "JavaScript heap",
    chart: "memory",
    value: mebibytes(info("used_memory_heap")),
    tolerance: orAtLeast(0.15, 12),
  },
  {
    name: "external",
    chart: "memory",
    value: mebibytes(info("used_memory_external")),
    tolerance: orAtLeast(0.15, 8),
  },
  {
    name: "RocksDB memory",
    chart: "memory",
    value: mebibytes(rocksDbBytes),
    // Bounded by its settings: memtables and block cache fill until then.
    tolerance: orAtLeast(0.3, 32),
  },
  {
    // Code, stacks, the allocator's own: what leaks outside of everything that is counted shows here.
    name: "resident, not accounted for",
    chart: "memory",
    value: mebibytes((sample) => sample.residentBytes - accountedBytes(sample)),
    tolerance: orAtLeast(0.15, 16),
  },
  {
    name: "directory",
    chart: "rocksdb",
    value: mebibytes(({ directoryBytes }) => directoryBytes),
    tolerance: orAtLeast(0.3, 64),
  },
  {
    name: "data files",
    chart: "rocksdb",
    value: mebibytes(info("data_sst_bytes")),
    tolerance: orAtLeast(0.3, 32),
  },
  { name: "write-ahead log", chart: "rocksdb", value: mebibytes(info("wal_bytes")) },
  {
    name: "descriptors",
    chart: "descriptors",
    value: ({ descriptors }) => descriptors,
    tolerance: orAtLeast(0.1, 8),
  },
  { name: "clients", chart: "descriptors", value: info("connected_clients") },
  { name: "p50", chart: "latency", value: ({ load }) => load.p50Ms, tolerance: orAtLeast(0.25, 0.5) },
  { name: "p99", chart: "latency", value: ({ load }) => load.p99Ms, tolerance: orAtLeast(0.5, 5) },
  { name: "p99.9", chart: "latency", value: ({ load }) => load.p999Ms },
  {
    name: "commands a second",
    chart: "load",
    value: ({ load, loadSeconds }) => load.commands / loadSeconds,
  },
  {
    name: "keys",
    chart: "load",
    value: ({ keys }) => keys,
    tolerance: orAtLeast(0.05, 100),
  },
];

/** Bytes of all files below a directory; files that go away meanwhile count nothing. */
export function directoryBytes(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.blocks ?? 0;
  }
  return bytes * 512;
}

export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
