// The door of raft/core: the pure Raft state machine. Start at RawNode; README.md has the contract with the host.
export { RawNode } from "./raw-node";
export type { ProposeResult } from "./raw-node";
export type { Ready } from "./ready";
export type { StepResult } from "./raft";
export type { LogSink, RaftConfig, RandomSource, ReadOnlyOption } from "./config";
export type { ProgressStatus, RaftStatus } from "./status";
export {
  MESSAGE_TYPE_NAMES,
  Message,
  MessageType,
  isLocalMessageType,
  isResponseMessageType,
  isStorageThread,
  messageTypeName,
} from "./message";
export {
  APPEND_THREAD,
  APPLY_THREAD,
  EMPTY_CONF_STATE,
  EMPTY_HARD_STATE,
  EMPTY_SNAPSHOT,
  EntryType,
  NO_ENTRIES,
  NO_NODE,
  STATE_NAMES,
  StateType,
  hardStatesEqual,
  isEmptyHardState,
  isEmptySnapshot,
} from "./types";
export type {
  ConfState,
  Entry,
  HardState,
  LogIndex,
  NodeId,
  ReadState,
  Snapshot,
  SoftState,
  Term,
} from "./types";
export type { LogGap, RaftStorage } from "./log/storage";
export { MemoryRaftStorage } from "./log/memory-storage";
export { countWithin, encodedSize, encodedSizeOf, payloadSizeOf } from "./log/entry-size";
export {
  ConfChangeTransition,
  ConfChangeType,
  confChangeText,
  decodeConfChange,
  encodeConfChange,
  isLeaveJoint,
  usesJoint,
} from "./quorum/conf-change";
export type { ConfChange, ConfChangeSingle } from "./quorum/conf-change";
export { isTransferCampaign } from "./election";
export { EVERY_INDEX, VoteResult, jointCommitted, jointVote } from "./quorum/quorum";
export type { AckedIndexes } from "./quorum/quorum";
export { confStateText } from "./membership";
