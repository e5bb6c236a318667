// The addon's surface as TypeScript sees it, and the one place that loads it. The numbers and packed forms are private to
// the boundary between this folder and native/src/addon; native-packing.ts takes the packed ones apart.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { types } from "node:util";
import { BasaltError, errorText } from "../base/index";
import type { ByteString } from "../base/index";
import type { NativeSocketSetConstructor } from "./native-socket-set";
import type { AppliedRecord, GroupLogState } from "./types";

export interface EngineOptions {
  readonly directory: string;
  readonly nodeId: number;
  readonly sync: boolean;
  readonly cacheBytes: number;
  readonly writeBufferBytes: number;
  /** Only in the test build. */
  readonly faults?: TestFaults;
}

/** What the test build's file system does from the start; see native/README.md. */
export interface TestFaults {
  /** Seeds what a power loss leaves of unsynced bytes. */
  readonly seed?: number;
  /** The power fails just before this write, sync or directory operation (counted from 1). */
  readonly powerLossAtOperation?: number;
  /** As in RunningFaults, from the first operation on. */
  readonly fail?: RunningFaults["fail"];
  readonly pathContains?: string;
}

/** Faults that can be switched on and off while the test build runs. */
export interface RunningFaults {
  /** readError meets reads of file contents, the others what changes the disk. */
  readonly fail?: "ioError" | "noSpace" | "readOnly" | "readError" | "none";
  /** Only operations on paths that contain this. */
  readonly pathContains?: string;
  readonly syncDelayMicros?: number;
}

export const Event = { logSynced: 1, applied: 2, persisted: 3, failed: 4, loaded: 5, closed: 6 } as const;

/** What a synchronous read answers when it has to be loaded. */
export const NOT_IN_MEMORY_ANSWER = -2;

export const Tier = { memory: 0, anywhere: 1 } as const;

/** Length of what stands in the result buffer, or a Buffer of its own for what does not fit. */
export type PackedAnswer = number | Buffer;

/** group, lowerBytes, upperBytes, maxRows, maxBytes, reverse, valuePrefixBytes (−1: all), snapshot (0: none). */
export type ScanArguments = readonly [number, number, number, number, number, number, number, number];

/** A function of its own, since it is called for every read: see native/src/addon/engine-object-reads.cc. */
export type NativeGet = (group: number, key: ByteString, tier: number) => ByteString | null | number;

export interface NativeEngine {
  poll(): number;
  failure(): { readonly code: string; readonly message: string };
  submitLog(control: Uint8Array, length: number, payloads: readonly Uint8Array[]): number;
  submitLogInPlace(control: Uint8Array, length: number, payloads: readonly Uint8Array[]): boolean;
  submitApply(group: number, lastIndex: number): void;
  groups(): number[];
  readLogState(group: number): GroupLogState;
  readEntries(group: number, low: number, high: number, maxBytes: number): Buffer;
  readApplied(group: number): AppliedRecord;
  readMetadata(name: string): ByteString | undefined;
  writeMetadata(name: string, value: ByteString): void;
  incarnation(): number;
  flush(): void;
  checkpoint(load: number, name: string, kept: number): void;
  releaseMemory(load: number): void;
  statistics(): Record<string, number>;
  close(): void;
  finishClose(): void;

  getter(): NativeGet;
  multiGet(group: number, keys: Uint8Array, count: number, tier: number): PackedAnswer;
  scan(tier: number, ...request: ScanArguments): PackedAnswer;
  pinSnapshot(): number;
  releaseSnapshot(id: number): void;
  loadMany(load: number, group: number, keys: Uint8Array, count: number): void;
  loadScan(load: number, ...request: ScanArguments): void;
  countHeaders(
    load: number,
    group: number,
    lowerBytes: number,
    upperBytes: number,
    nowMs: number,
    snapshot: number,
  ): void;
  /** The count is called off: its event may still come. */
  cancelCount(load: number): void;
  sampleSlots(
    load: number,
    group: number,
    database: number,
    fromSlot: number,
    toSlot: number,
    maxRows: number,
    snapshot: number,
  ): void;
  findGarbage(
    load: number,
    group: number,
    fromBytes: number,
    maxRows: number,
    nowMs: number,
    databases: Uint32Array,
  ): void;
  takeLoad(load: number): Buffer;

  // Only in the test build.
  readonly cutPower?: () => never;
  readonly setFaults?: (faults: RunningFaults) => void;
  readonly fileOperations?: () => number;
}

export interface NativeAddon {
  readonly Engine: new (
    options: EngineOptions,
    scratch: Uint8Array,
    result: Uint8Array,
    events: Float64Array,
    wake: () => void,
  ) => NativeEngine;
  readonly Sockets: NativeSocketSetConstructor;
  /** What allocates native memory for this process, as INFO tells it: `jemalloc-5.3.0`, `libc`. */
  readonly allocator: string;
}

/** From build/src/storage up to the package root, where node-gyp puts its output. */
const DEFAULT_PATH = join(__dirname, "..", "..", "..", "native", "build", "Release", "basalt.node");

/** Throws BasaltError ADDON_MISSING. */
export function loadAddon(path: string = DEFAULT_PATH): NativeAddon {
  if (!existsSync(path)) throw missing(`there is no file ${path}`);
  try {
    return createRequire(__filename)(path) as NativeAddon;
  } catch (error) {
    throw missing(`it cannot be loaded: ${errorText(error)}`, error);
  }
}

function missing(what: string, cause?: unknown): BasaltError {
  return new BasaltError(
    "ADDON_MISSING",
    `The storage addon is not usable (${what}). Build it with \`npx node-gyp rebuild\` in native/; ` +
      "it needs a C++ compiler and the system package librocksdb-dev.",
    { cause },
  );
}

/** Errors of the addon carry a code; anything else is passed through. They may come from another realm. */
export function asBasaltError(error: unknown): unknown {
  if (!types.isNativeError(error)) return error;
  const { code } = error as Error & { readonly code?: unknown };
  return typeof code === "string" ? new BasaltError(code, error.message) : error;
}
