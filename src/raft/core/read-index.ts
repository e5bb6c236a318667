// Linearizable reads without a log entry (thesis §6.4): the leader answers with its commit index once it is sure that it
// still leads. Safe reads ask a quorum by a heartbeat round; lease-based ones trust that a quorum has not elected anyone
// within the election timeout. A request that comes before the leader has committed an entry of its term waits for that.
import { Message, MessageType } from "./message";
import type { Raft } from "./raft";
import { broadcastHeartbeat } from "./replication";
import { readContext } from "./read-only";
import { NO_NODE } from "./types";
import type { LogIndex } from "./types";

export function receiveRead(raft: Raft, request: Message): void {
  // Not even a single voter knows its commit index before: the one on disk may lag behind what it has acknowledged.
  if (raft.committedInTerm) startRead(raft, request);
  else raft.waitingReads.push(request);
}

function startRead(raft: Raft, request: Message): void {
  if (raft.tracker.isSoleVoter(raft.id) || raft.settings.readOnly === "leaseBased") {
    answerRead(raft, request, raft.raftLog.committed);
    return;
  }
  const context = readContext(request);
  raft.readOnly.add(raft.raftLog.committed, request);
  raft.readOnly.acknowledge(raft.id, context);
  broadcastHeartbeat(raft, context);
}

/** An entry of this term was committed: requests that waited for that may begin. */
export function releaseWaitingReads(raft: Raft): void {
  if (raft.waitingReads.length === 0) return;
  if (!raft.committedInTerm) {
    raft.sink?.error("pending MsgReadIndex should be released only after first commit in current term");
    return;
  }
  const waiting = raft.waitingReads;
  raft.waitingReads = [];
  for (const request of waiting) startRead(raft, request);
}

/** The answer goes into the next Ready, or back to the member that forwarded the request. */
export function answerRead(raft: Raft, request: Message, index: LogIndex): void {
  if (request.from === NO_NODE || request.from === raft.id) {
    raft.readStates.push({ index, context: readContext(request) });
    return;
  }
  const answer = new Message(MessageType.readIndexResp, request.from);
  answer.index = index;
  answer.entries = request.entries;
  raft.send(answer);
}
