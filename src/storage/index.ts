// The door of storage/: the interface, the formats, and its two implementations. Each name by itself: `export *` compiles to
// getters that share their code, and costs the hot path several per cent.
export { BatchEnds } from "./batch-ends";
export {
  ELEMENT_KEY_PREFIX_BYTES,
  HEADER_KEY_PREFIX_BYTES,
  MAX_KEY_BYTES,
  MetaField,
  Space,
  TombstoneKind,
  VERSION_BYTES,
  collectionTombstoneKey,
  databaseOfKey,
  databaseRange,
  databaseTombstoneKey,
  elementPrefix,
  elementPrefixLength,
  getU32String,
  hashedSubKey,
  headerKey,
  headerKeyOfElement,
  keyTombstoneKey,
  metaKey,
  parseElementKey,
  slotPrefix,
  putHeaderKey,
  u16String,
  u32String,
  userKeyOfHeader,
} from "./keys";
export type { ElementKeyParts } from "./keys";
export { LogBatch, LogRecord } from "./log-batch";
export { LOG_ENTRY_FORMAT, decodeLogEntry, encodeLogEntry, logEntryKey } from "./log-entry";
export {
  MAX_PAYLOAD_BYTES,
  OperationReader,
  OperationTag,
  PAYLOAD_FORMAT,
  PAYLOAD_HEADER_BYTES,
  PayloadFlag,
  endsBatch,
  putPayloadHeader,
  readPayloadHeader,
} from "./payload";
export type { PayloadHeader } from "./payload";
export { MAX_ROW_KEY_BYTES, mayBeRowKey, rowBound } from "./row-limits";
export { EntryKind, notInMemory } from "./types";
export type {
  AppliedRecord,
  CountRequest,
  Garbage,
  GarbageRequest,
  GroupLogState,
  HardStateRecord,
  NotInMemory,
  ReadTier,
  ScanPage,
  ScanRequest,
  SlotSample,
  SlotSampleRequest,
  Snapshot,
  Storage,
  StorageListener,
  StorageMemory,
  StorageStatistics,
  StoredEntry,
} from "./types";
export {
  INLINE_STRING_MAX_BYTES,
  VALUE_HEADER_FORMAT,
  VALUE_HEADER_MAX_BYTES,
  ValueEncoding,
  ValueType,
  changedHeader,
  decodeValueHeader,
  encodeValueHeader,
  expiryOfValue,
  lengthOfValue,
  putValueHeader,
  restOfValue,
  tombstoneValue,
  valueHeaderLength,
  versionBytes,
  versionCounterOfValue,
  versionMsOfValue,
} from "./value-header";
export type { ValueHeader } from "./value-header";
export { NativeStorage, openNativeStorage } from "./native-storage";
export type { NativeStorageOptions } from "./native-storage";
export { loadAddon } from "./native-addon";
export type { RunningFaults, TestFaults } from "./native-addon";
export { SocketEventKind, SocketSetLimit } from "./native-socket-set";
export type { NativeSocketSet } from "./native-socket-set";
export { MemoryDisk, MemoryStorage } from "./memory/index";
