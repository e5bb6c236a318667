// How members of groups on different nodes reach one another: batches of (group, message) between two nodes. Whatever
// carries them may lose, delay, repeat and reorder batches; nothing here may be answered from inside `send`. A message
// that is given away is not looked at any more and becomes the receiver's, so two receivers need two copies of it; entries,
// payloads and contexts are never changed and may be shared.
import { MessageType } from "../core/index";
import type { Message, NodeId } from "../core/index";

/**
 * `urgent`: what keeps leaders in office and elections going, small and rare. It must not wait behind `bulk` ones, so each
 * lane has a stream of its own.
 */
export type Lane = "urgent" | "bulk";

export interface GroupMessage {
  readonly group: number;
  readonly message: Message;
}

/** What one node has for another at the end of a turn, in one lane. Times are those of the sender's clocks, in ms. */
export interface PeerBatch {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly lane: Lane;
  /** When it was sent, on the monotonic clock; it means nothing to anybody but the sender. */
  readonly sentMs: number;
  /** The latest `sentMs` that came from the receiver of this batch; 0 if none has, or to ask for an echo without messages. */
  readonly echoMs: number;
  /** When it was sent, on the wall clock. */
  readonly wallMs: number;
  readonly messages: readonly GroupMessage[];
}

export interface PeerTransport {
  /** Takes the batch over. Tell `NodeHost.reportUnreachable` if it is known not to have arrived. */
  send(batch: PeerBatch): void;
}

/**
 * What members of a group send one another in this version. Not snapshots, which nobody sends yet; and nothing that asks a
 * node on another's behalf (proposals, reads, transfers): a transfer above all is begun by the leader's own host, which gives
 * its lease up first.
 */
export function isExpected({ type }: Message): boolean {
  switch (type) {
    case MessageType.app:
    case MessageType.appResp:
    case MessageType.vote:
    case MessageType.voteResp:
    case MessageType.preVote:
    case MessageType.preVoteResp:
    case MessageType.heartbeat:
    case MessageType.heartbeatResp:
    case MessageType.timeoutNow:
      return true;
    default:
      return false;
  }
}

export function laneOf(message: Message): Lane {
  switch (message.type) {
    case MessageType.app:
    case MessageType.appResp:
      return "bulk";
    default:
      return "urgent";
  }
}
