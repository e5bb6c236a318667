// The work list that a Ready is, and the messages that carry storage work to the host's threads. How it must be done
// stands at the fields; README.md has the whole contract. Everything in a Ready belongs to the host from then on, except
// that entries, snapshots and the storage messages' responses are given back or stepped unchanged.
import { Message, MessageType, NO_MESSAGES } from "./message";
import type { Raft } from "./raft";
import { APPEND_THREAD, APPLY_THREAD } from "./types";
import type { Entry, HardState, ReadState, Snapshot, SoftState } from "./types";

export interface Ready {
  /** Leader or role, where they have changed. */
  readonly softState: SoftState | null;
  /** To be stored before `messages` are sent (synchronous mode), where it has changed. */
  readonly hardState: HardState | null;
  /** Reads that may be served once `applied` has reached their index. */
  readonly readStates: readonly ReadState[];
  /** To be stored before `messages` are sent (synchronous mode), over whatever is at and after the first index. */
  readonly entries: readonly Entry[];
  /** To be stored, replacing the log, and applied, before `committedEntries`. */
  readonly snapshot: Snapshot | null;
  /** To be applied. In synchronous mode they may include some of `entries`: those are stored first. */
  readonly committedEntries: readonly Entry[];
  /** To be sent; in asynchronous mode also storage work, addressed to APPEND_THREAD and APPLY_THREAD. */
  readonly messages: readonly Message[];
  /** Entries or a vote: what is stored must be synced. Otherwise only the commit index has moved. */
  readonly mustSync: boolean;
}

/** A Ready before its storage messages are added. */
export interface ReadyParts extends Ready {
  readonly messages: Message[];
}

/**
 * Work for the log: store hard state, entries and snapshot; when they are synced, deliver the responses. These come in
 * the order in which they must be handled; the last one tells this node itself what is stable. Takes `afterAppend` over.
 */
export function storageAppend(raft: Raft, ready: ReadyParts, afterAppend: Message[] | null): Message | null {
  const { hardState, entries, snapshot } = ready;
  if (entries.length === 0 && hardState === null && snapshot === null && afterAppend === null) return null;
  const message = new Message(MessageType.storageAppend, APPEND_THREAD);
  message.from = raft.id;
  message.entries = entries;
  message.snapshot = snapshot;
  if (hardState !== null) {
    message.term = hardState.term;
    message.vote = hardState.vote;
    message.commit = hardState.commit;
  }
  const stable = storageAppendResp(raft, snapshot);
  if (stable === null) {
    message.responses = afterAppend ?? NO_MESSAGES;
  } else if (afterAppend === null) {
    message.responses = [stable];
  } else {
    afterAppend.push(stable);
    message.responses = afterAppend;
  }
  return message;
}

/**
 * What to tell this node when all it has of log and snapshot now is stable; null if there is nothing to hear of.
 *
 * It names the last entry and the term in which it was the last. The same (index, term) of an entry can be appended,
 * overwritten by another leader's entries and appended again: A at term 1, B at term 2, A at term 3. When the first write
 * of A is answered while the third is still queued, A must not be taken for stable, since B's write is still to come and
 * will overwrite it on disk. So an answer counts only in the term in which it was asked for, and each new answer speaks
 * for everything that was queued before it.
 */
export function storageAppendResp(raft: Raft, snapshot: Snapshot | null): Message | null {
  const hasUnstable = raft.raftLog.unstable.length > 0;
  if (!hasUnstable && snapshot === null) return null;
  const message = new Message(MessageType.storageAppendResp, raft.id);
  message.from = APPEND_THREAD;
  message.term = raft.term;
  message.snapshot = snapshot;
  if (hasUnstable) {
    message.index = raft.raftLog.lastIndex();
    message.logTerm = raft.raftLog.lastTerm();
  }
  return message;
}

/** Work for the state machine: apply the committed entries; when that is done, deliver the response. */
export function storageApply(raft: Raft, entries: readonly Entry[]): Message {
  const message = new Message(MessageType.storageApply, APPLY_THREAD);
  message.from = raft.id;
  message.entries = entries;
  message.responses = [storageApplyResp(raft, entries)];
  return message;
}

/** Without a term: committed entries stay committed. */
export function storageApplyResp(raft: Raft, entries: readonly Entry[]): Message {
  const message = new Message(MessageType.storageApplyResp, raft.id);
  message.from = APPLY_THREAD;
  message.entries = entries;
  return message;
}
