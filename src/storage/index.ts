// The door of storage/: the interface, the formats, and its two implementations.
export { BatchEnds } from "./batch-ends";
export * from "./keys";
export * from "./log-batch";
export * from "./log-entry";
export * from "./payload";
export { MAX_ROW_KEY_BYTES, mayBeRowKey, rowBound } from "./row-limits";
export * from "./types";
export * from "./value-header";
export { NativeStorage, openNativeStorage } from "./native-storage";
export type { NativeStorageOptions } from "./native-storage";
export { loadAddon } from "./native-addon";
export type { RunningFaults, TestFaults } from "./native-addon";
export { SocketEventKind, SocketSetLimit } from "./native-socket-set";
export type { NativeSocketSet } from "./native-socket-set";
export { MemoryDisk, MemoryStorage } from "./memory/index";
