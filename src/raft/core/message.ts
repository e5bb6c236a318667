// Messages between members, and between a node and its own storage threads. One class with every field, so that all
// messages share one hidden class on the hot path; fields that a type does not use keep their zero. A message belongs to
// whoever receives it: the core forgets those it has handed out in a Ready, and takes over those it is asked to step.
import { APPEND_THREAD, APPLY_THREAD, NO_ENTRIES, NO_NODE } from "./types";
import type { Entry, LogIndex, NodeId, Snapshot, Term } from "./types";

/** Numbered as in etcd's raftpb. */
export const MessageType = {
  hup: 0,
  beat: 1,
  prop: 2,
  app: 3,
  appResp: 4,
  vote: 5,
  voteResp: 6,
  snap: 7,
  heartbeat: 8,
  heartbeatResp: 9,
  unreachable: 10,
  snapStatus: 11,
  checkQuorum: 12,
  transferLeader: 13,
  timeoutNow: 14,
  readIndex: 15,
  readIndexResp: 16,
  preVote: 17,
  preVoteResp: 18,
  storageAppend: 19,
  storageAppendResp: 20,
  storageApply: 21,
  storageApplyResp: 22,
  forgetLeader: 23,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** Names as etcd prints them, indexed by MessageType. */
export const MESSAGE_TYPE_NAMES: readonly string[] = [
  "MsgHup",
  "MsgBeat",
  "MsgProp",
  "MsgApp",
  "MsgAppResp",
  "MsgVote",
  "MsgVoteResp",
  "MsgSnap",
  "MsgHeartbeat",
  "MsgHeartbeatResp",
  "MsgUnreachable",
  "MsgSnapStatus",
  "MsgCheckQuorum",
  "MsgTransferLeader",
  "MsgTimeoutNow",
  "MsgReadIndex",
  "MsgReadIndexResp",
  "MsgPreVote",
  "MsgPreVoteResp",
  "MsgStorageAppend",
  "MsgStorageAppendResp",
  "MsgStorageApply",
  "MsgStorageApplyResp",
  "MsgForgetLeader",
];

export function messageTypeName(type: MessageType): string {
  return MESSAGE_TYPE_NAMES[type] ?? `unknown message type ${type}`;
}

export class Message {
  type: MessageType;
  to: NodeId;
  from: NodeId = NO_NODE;
  /** The sender's term; 0 in local messages and in proposals and read requests, which have no term. */
  term: Term = 0;
  /** Term of the entry at `index`: of the entry before `entries` (app), of the hint (appResp), of the last one (vote). */
  logTerm: Term = 0;
  index: LogIndex = 0;
  commit: LogIndex = 0;
  vote: NodeId = NO_NODE;
  reject = false;
  rejectHint: LogIndex = 0;
  entries: readonly Entry[] = NO_ENTRIES;
  snapshot: Snapshot | null = null;
  context: Uint8Array | null = null;
  /** The host's own: what it puts on a heartbeat comes back with the answer to that heartbeat. 0: nothing. */
  stamp = 0;
  /** For the storage threads only: what to deliver once the work of this message is done. */
  responses: readonly Message[] = NO_MESSAGES;

  constructor(type: MessageType, to: NodeId) {
    this.type = type;
    this.to = to;
  }
}

export const NO_MESSAGES: readonly Message[] = Object.freeze<Message[]>([]);

/** A message with which the core starts a step of its own; it has a sender and no term. */
export function localMessage(type: MessageType, from: NodeId): Message {
  const message = new Message(type, NO_NODE);
  message.from = from;
  return message;
}

export function isStorageThread(id: NodeId): boolean {
  return id === APPEND_THREAD || id === APPLY_THREAD;
}

/** Messages that never travel between members. */
export function isLocalMessageType(type: MessageType): boolean {
  switch (type) {
    case MessageType.hup:
    case MessageType.beat:
    case MessageType.unreachable:
    case MessageType.snapStatus:
    case MessageType.checkQuorum:
    case MessageType.storageAppend:
    case MessageType.storageAppendResp:
    case MessageType.storageApply:
    case MessageType.storageApplyResp:
      return true;
    default:
      return false;
  }
}

/** Messages that are only accepted from a member of the configuration (or from a storage thread). */
export function isResponseMessageType(type: MessageType): boolean {
  switch (type) {
    case MessageType.appResp:
    case MessageType.voteResp:
    case MessageType.heartbeatResp:
    case MessageType.unreachable:
    case MessageType.readIndexResp:
    case MessageType.preVoteResp:
    case MessageType.storageAppendResp:
    case MessageType.storageApplyResp:
      return true;
    default:
      return false;
  }
}
