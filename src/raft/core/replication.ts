// The leader's sending side: its own appends, append messages and snapshots to followers, heartbeats, and the commit
// index. What may be sent to whom and how much is the follower's Progress to say. A message's entries are a fresh array.
import { assert } from "../../base/index";
import { payloadSizeOf } from "./log/entry-size";
import { Message, MessageType } from "./message";
import { ProgressState } from "./progress/progress";
import type { Progress } from "./progress/progress";
import type { Raft } from "./raft";
import { hex } from "./raft";
import { NO_ENTRIES, isEmptySnapshot } from "./types";
import type { EntryType, NodeId } from "./types";

/**
 * Appends an entry to the leader's own log; false if the bytes that wait to be applied would exceed the limit. The
 * leader acknowledges it to itself like a follower, by a message that is delivered once the entry is durable.
 */
export function appendOwn(raft: Raft, type: EntryType, data: Uint8Array | null): boolean {
  const bytes = data === null ? 0 : data.length;
  if (bytes > 0 && !reserveUncommitted(raft, bytes)) return false;
  const index = raft.raftLog.lastIndex() + 1;
  raft.raftLog.append({ term: raft.term, index, type, data });
  acknowledgeOwn(raft, index);
  return true;
}

/** The leader's acknowledgement of its own log up to `index`. */
export function acknowledgeOwn(raft: Raft, index: number): void {
  const acknowledgement = new Message(MessageType.appResp, raft.id);
  acknowledgement.index = index;
  raft.send(acknowledgement);
}

/** Counts `bytes` against the limit; with nothing waiting a proposal of any size is allowed. */
export function reserveUncommitted(raft: Raft, bytes: number): boolean {
  if (bytes > 0 && raft.uncommittedBytes > 0) {
    if (raft.uncommittedBytes + bytes > raft.settings.maxUncommittedBytes) {
      raft.sink?.warn(
        `${hex(raft.id)} appending new entries to log would exceed uncommitted entry size limit; dropping proposal`,
      );
      return false;
    }
  }
  raft.uncommittedBytes += bytes;
  return true;
}

export function releaseUncommitted(raft: Raft, bytes: number): void {
  // A new leader starts at 0 although its tail may not be empty, hence the floor.
  raft.uncommittedBytes = Math.max(raft.uncommittedBytes - bytes, 0);
}

/** Advances the commit index to what a quorum has, if that entry is of this term. */
export function maybeCommit(raft: Raft): boolean {
  return raft.raftLog.maybeCommit(raft.tracker.committed(), raft.term);
}

export function broadcastAppend(raft: Raft): void {
  const { ids } = raft.tracker;
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at]!;
    if (id !== raft.id) maybeSendAppend(raft, id, true);
  }
}

/** Sends the next entries, or a snapshot where they are gone; false if nothing was sent. */
export function maybeSendAppend(raft: Raft, to: NodeId, sendIfEmpty: boolean): boolean {
  const progress = raft.tracker.progress.get(to);
  assert(progress !== undefined, "entries are sent to members only");
  if (progress.paused) return false;
  const previousIndex = progress.next - 1;
  const previousTerm = raft.raftLog.term(previousIndex);
  if (previousTerm < 0) return maybeSendSnapshot(raft, to, progress);

  let entries: Message["entries"] | null = NO_ENTRIES;
  // While the window is full only empty messages go out, so that the follower can say what it has: if all messages in
  // flight were lost, nothing else would ever free the window.
  if (progress.state !== ProgressState.replicate || !progress.inflights.full) {
    entries = raft.raftLog.entriesFrom(progress.next, raft.settings.maxMessageBytes);
  }
  if (entries === null) return sendIfEmpty ? maybeSendSnapshot(raft, to, progress) : false;
  if (entries.length === 0 && !sendIfEmpty) return false;

  const committed = raft.raftLog.committed;
  const append = new Message(MessageType.app, to);
  append.index = previousIndex;
  append.logTerm = previousTerm;
  append.entries = entries;
  append.commit = committed;
  raft.send(append);
  progress.sentEntries(entries.length, payloadSizeOf(entries));
  progress.noteSentCommit(committed);
  return true;
}

function maybeSendSnapshot(raft: Raft, to: NodeId, progress: Progress): boolean {
  const { sink } = raft;
  if (!progress.recentActive) {
    sink?.debug(`ignore sending snapshot to ${hex(to)} since it is not recently active`);
    return false;
  }
  const snapshot = raft.raftLog.snapshot();
  if (snapshot === "temporarilyUnavailable") {
    sink?.debug(
      `${hex(raft.id)} failed to send snapshot to ${hex(to)} because snapshot is temporarily unavailable`,
    );
    return false;
  }
  assert(!isEmptySnapshot(snapshot), "a compacted log has a snapshot");
  sink?.debug(
    `${hex(raft.id)} [firstindex: ${raft.raftLog.firstIndex()}, commit: ${raft.raftLog.committed}] sent ` +
      `snapshot[index: ${snapshot.index}, term: ${snapshot.term}] to ${hex(to)} [${progress.toString()}]`,
  );
  progress.becomeSnapshot(snapshot.index);
  sink?.debug(`${hex(raft.id)} paused sending replication messages to ${hex(to)} [${progress.toString()}]`);
  const message = new Message(MessageType.snap, to);
  message.snapshot = snapshot;
  raft.send(message);
  return true;
}

/** A heartbeat to everyone, with the context of the newest read that waits for a round. */
export function broadcastHeartbeat(raft: Raft, context: Uint8Array | null): void {
  const { ids, progresses } = raft.tracker;
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at]!;
    if (id !== raft.id) sendHeartbeat(raft, id, progresses[at]!, context);
  }
}

function sendHeartbeat(raft: Raft, to: NodeId, progress: Progress, context: Uint8Array | null): void {
  // The follower may lack entries that are committed; it must not be told to commit beyond what it surely has.
  const commit = Math.min(progress.match, raft.raftLog.committed);
  const heartbeat = new Message(MessageType.heartbeat, to);
  heartbeat.commit = commit;
  heartbeat.context = context !== null && context.length > 0 ? context : null;
  raft.send(heartbeat);
  progress.noteSentCommit(commit);
}
