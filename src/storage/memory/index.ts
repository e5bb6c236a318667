// The inner door of the in-memory twin, re-exported by storage/.
export { MemoryDisk } from "./memory-disk";
export type { CrashOptions, DiskOperation } from "./memory-disk";
export { MemoryStorage } from "./memory-storage";
export type { MemoryDriver, MemoryStorageOptions } from "./memory-storage";
