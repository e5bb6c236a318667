// The door of the log for the room itself and for its tests.
export { COMPACTED, RaftLog, UNAVAILABLE } from "./raft-log";
export { UNKNOWN_TERM, UnstableLog } from "./unstable-log";
export { EntryRing } from "./entry-ring";
export { MemoryRaftStorage } from "./memory-storage";
export type { LogGap, RaftStorage } from "./storage";
export { countWithin, encodedSize, encodedSizeOf, payloadSizeOf } from "./entry-size";
