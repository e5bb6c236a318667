// The door of storage/: the interface, the formats, and its two implementations.
export * from "./keys";
export * from "./log-batch";
export * from "./log-entry";
export * from "./payload";
export * from "./types";
export * from "./value-header";
export { NativeStorage, openNativeStorage } from "./native-storage";
export type { NativeStorageOptions } from "./native-storage";
export type { RunningFaults, TestFaults } from "./native-addon";
export { MemoryDisk, MemoryStorage } from "./memory/index";
