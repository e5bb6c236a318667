// What a leader does with a message. Proposals go into its log and out to everyone; answers of followers move their
// Progress, and with it the commit index, pending reads and a transfer of leadership.
import { assert } from "../../base/index";
import { payloadSizeOf } from "./log/entry-size";
import { Message, MessageType } from "./message";
import { ProgressState } from "./progress/progress";
import type { Progress } from "./progress/progress";
import { applyChange } from "./quorum/changer";
import { confChangeText, decodeConfChange } from "./quorum/conf-change";
import type { ConfChange } from "./quorum/conf-change";
import { configurationText, isJoint } from "./quorum/configuration";
import { VoteResult } from "./quorum/quorum";
import { hex } from "./raft";
import type { StepResult, Raft } from "./raft";
import { answerRead, receiveRead, releaseWaitingReads } from "./read-index";
import {
  acknowledgeOwn,
  appendOwn,
  broadcastAppend,
  broadcastHeartbeat,
  maybeCommit,
  maybeSendAppend,
  reserveUncommitted,
} from "./replication";
import { becomeFollower } from "./roles";
import { EntryType, NO_NODE } from "./types";
import type { Entry, LogIndex, NodeId } from "./types";

export function stepLeader(raft: Raft, message: Message): StepResult {
  switch (message.type) {
    case MessageType.beat:
      broadcastHeartbeat(raft, raft.readOnly.lastContext());
      return "ok";
    case MessageType.checkQuorum:
      checkQuorum(raft);
      return "ok";
    case MessageType.prop:
      return proposeEntries(raft, message.entries);
    case MessageType.readIndex:
      receiveRead(raft, message);
      return "ok";
    case MessageType.forgetLeader:
      return "ok";
    default:
      return stepFollowersMessage(raft, message);
  }
}

/** Messages about one member, whose progress they move. */
function stepFollowersMessage(raft: Raft, message: Message): StepResult {
  const progress = raft.tracker.progress.get(message.from);
  if (progress === undefined) {
    raft.sink?.debug(`${hex(raft.id)} no progress available for ${hex(message.from)}`);
    return "ok";
  }
  switch (message.type) {
    case MessageType.appResp:
      receiveAppendResponse(raft, message, progress);
      break;
    case MessageType.heartbeatResp:
      receiveHeartbeatResponse(raft, message, progress);
      break;
    case MessageType.snapStatus:
      receiveSnapshotStatus(raft, message, progress);
      break;
    case MessageType.unreachable:
      // Of several append messages in flight some were probably lost.
      if (progress.state === ProgressState.replicate) progress.becomeProbe();
      raft.sink?.debug(
        `${hex(raft.id)} failed to send message to ${hex(message.from)} because it is unreachable [${progress.toString()}]`,
      );
      break;
    case MessageType.transferLeader:
      startTransfer(raft, message.from, progress);
      break;
    default:
      // Late votes, and messages for followers.
      break;
  }
  return "ok";
}

/** Steps down if no quorum was heard from since the last check, and begins the next period. */
function checkQuorum(raft: Raft): void {
  if (!raft.tracker.quorumActive()) {
    raft.sink?.warn(`${hex(raft.id)} stepped down to follower since quorum is not active`);
    becomeFollower(raft, raft.term, NO_NODE);
  }
  const { ids, progresses } = raft.tracker;
  for (let at = 0; at < ids.length; at++) {
    if (ids[at] !== raft.id) progresses[at]!.recentActive = false;
  }
}

/** Whether this leader takes proposals at all: it is still a member and does not hand its leadership over. */
function takesProposals(raft: Raft): boolean {
  if (!raft.tracker.progress.has(raft.id)) return false;
  if (raft.leadTransferee === NO_NODE) return true;
  raft.sink?.debug(
    `${hex(raft.id)} [term ${raft.term}] transfer leadership to ${hex(raft.leadTransferee)} is in progress; dropping proposal`,
  );
  return false;
}

/** The short way of one normal entry, without a message. */
export function proposeData(raft: Raft, data: Uint8Array): "ok" | "dropped" {
  if (!takesProposals(raft) || !appendOwn(raft, EntryType.normal, data)) return "dropped";
  broadcastAppend(raft);
  return "ok";
}

/** Appends proposed entries (their term and index are not looked at), all or none. */
export function proposeEntries(raft: Raft, proposed: readonly Entry[]): "ok" | "dropped" {
  assert(proposed.length > 0, "a proposal has an entry");
  if (!takesProposals(raft)) return "dropped";
  const before = raft.raftLog.lastIndex();
  const entries = proposed.map((entry, at) => admit(raft, entry, before + 1 + at));
  if (!reserveUncommitted(raft, payloadSizeOf(entries))) return "dropped";
  for (const entry of entries) raft.raftLog.append(entry);
  acknowledgeOwn(raft, before + entries.length);
  broadcastAppend(raft);
  return "ok";
}

/** The entry as it is appended at `index`; a configuration change that must not be made now becomes an empty entry. */
function admit(raft: Raft, entry: Entry, index: LogIndex): Entry {
  const { type, data } = entry;
  if (type !== EntryType.normal) {
    const change = decodeConfChange(entry);
    const refused = refusal(raft, change, index);
    if (refused !== null && !raft.settings.disableConfChangeValidation) {
      raft.sink?.info(
        `${hex(raft.id)} ignoring conf change ${confChangeText(change, type)} at config ` +
          `${configurationText(raft.tracker.configuration)}: ${refused}`,
      );
      return { term: raft.term, index, type: EntryType.normal, data: null };
    }
    raft.pendingConfIndex = index;
  }
  return { term: raft.term, index, type, data };
}

/**
 * Why the change must not enter the log now. Since at most one is under way, the configuration of today is the one that
 * it will be applied to: what could not be applied is refused here, where it harms nobody.
 */
function refusal(raft: Raft, change: ConfChange, index: LogIndex): string | null {
  const joint = isJoint(raft.tracker.configuration);
  const wantsLeaveJoint = change.changes.length === 0;
  const { applied } = raft.raftLog;
  if (raft.pendingConfIndex > applied) {
    return `possible unapplied conf change at index ${raft.pendingConfIndex} (applied to ${applied})`;
  }
  if (joint && !wantsLeaveJoint) return "must transition out of joint config first";
  if (!joint && wantsLeaveJoint) return "not in joint state; refusing empty conf change";
  const outcome = applyChange(raft.tracker, index, change);
  return typeof outcome === "string" ? outcome : null;
}

function receiveAppendResponse(raft: Raft, message: Message, progress: Progress): void {
  progress.recentActive = true;
  if (message.reject) {
    receiveRejection(raft, message, progress);
    return;
  }
  const { from, index } = message;
  // An answer without news still ends a probe (the follower may have been reported unreachable while up to date).
  const endsProbe = progress.match === index && progress.state === ProgressState.probe;
  if (!progress.maybeUpdate(index) && !endsProbe) return;
  if (progress.state === ProgressState.probe) {
    progress.becomeReplicate();
  } else if (progress.state === ProgressState.replicate) {
    progress.inflights.freeUpTo(index);
  } else if (progress.match + 1 >= raft.raftLog.firstIndex()) {
    // Whatever snapshot the follower got, and from whom: it can be caught up from the log now.
    raft.sink?.debug(
      `${hex(raft.id)} recovered from needing snapshot, resumed sending replication messages to ${hex(from)} [${progress.toString()}]`,
    );
    progress.becomeProbe();
    progress.becomeReplicate();
  }
  if (maybeCommit(raft)) {
    releaseWaitingReads(raft);
    broadcastAppend(raft);
  } else if (from !== raft.id && progress.canBumpCommit(raft.raftLog.committed)) {
    maybeSendAppend(raft, from, true);
  }
  if (from !== raft.id) {
    // The answer made room for more messages: send all that fit now.
    while (maybeSendAppend(raft, from, false));
  }
  if (from === raft.leadTransferee && progress.match === raft.raftLog.lastIndex()) {
    raft.sink?.info(`${hex(raft.id)} sent MsgTimeoutNow to ${hex(from)} after received MsgAppResp`);
    sendTimeoutNow(raft, from);
  }
}

/**
 * The follower lacks the entry before ours. It says up to where its log may agree (the hint) and its term there; with the
 * term, entries of ours with a higher one are skipped at once, so that each term of either log costs one probe at most.
 */
function receiveRejection(raft: Raft, message: Message, progress: Progress): void {
  const { from, index, rejectHint, logTerm } = message;
  raft.sink?.debug(
    `${hex(raft.id)} received MsgAppResp(rejected, hint: (index ${rejectHint}, term ${logTerm})) from ${hex(from)} for index ${index}`,
  );
  const nextProbe = logTerm > 0 ? raft.raftLog.findConflictByTerm(rejectHint, logTerm) : rejectHint;
  if (!progress.maybeDecrease(index, nextProbe)) return;
  raft.sink?.debug(`${hex(raft.id)} decreased progress of ${hex(from)} to [${progress.toString()}]`);
  if (progress.state === ProgressState.replicate) progress.becomeProbe();
  maybeSendAppend(raft, from, true);
}

function receiveHeartbeatResponse(raft: Raft, message: Message, progress: Progress): void {
  progress.recentActive = true;
  progress.flowPaused = false;
  // An empty append, too, is worth sending: the answer frees a window whose messages were lost, or ends a probe.
  if (progress.match < raft.raftLog.lastIndex() || progress.state === ProgressState.probe) {
    maybeSendAppend(raft, message.from, true);
  }
  const { context } = message;
  if (raft.settings.readOnly !== "safe" || context === null || context.length === 0) return;
  const acknowledged = raft.readOnly.acknowledge(message.from, context);
  if (acknowledged === null || raft.tracker.voteResult(acknowledged) !== VoteResult.won) return;
  for (const read of raft.readOnly.confirm(context)) answerRead(raft, read.request, read.index);
}

function receiveSnapshotStatus(raft: Raft, message: Message, progress: Progress): void {
  if (progress.state !== ProgressState.snapshot) return;
  if (message.reject) {
    // The probe must not begin behind a snapshot that never arrived.
    progress.pendingSnapshot = 0;
    progress.becomeProbe();
  } else {
    progress.becomeProbe();
  }
  raft.sink?.debug(
    `${hex(raft.id)} snapshot ${message.reject ? "failed" : "succeeded"}, resumed sending replication messages to ` +
      `${hex(message.from)} [${progress.toString()}]`,
  );
  // After success the follower's own answer comes next, after failure a heartbeat interval passes.
  progress.flowPaused = true;
}

/** Hands leadership to a voter: at once if its log is complete, else when it is (thesis §3.10). */
function startTransfer(raft: Raft, transferee: NodeId, progress: Progress): void {
  const { sink, id, term } = raft;
  if (progress.isLearner) {
    sink?.debug(`${hex(id)} is learner. Ignored transferring leadership`);
    return;
  }
  const previous = raft.leadTransferee;
  if (previous !== NO_NODE) {
    if (previous === transferee) {
      sink?.info(
        `${hex(id)} [term ${term}] transfer leadership to ${hex(transferee)} is in progress, ignores request to same node ${hex(transferee)}`,
      );
      return;
    }
    raft.leadTransferee = NO_NODE;
    sink?.info(`${hex(id)} [term ${term}] abort previous transferring leadership to ${hex(previous)}`);
  }
  if (transferee === id) {
    sink?.debug(`${hex(id)} is already leader. Ignored transferring leadership to self`);
    return;
  }
  sink?.info(`${hex(id)} [term ${term}] starts to transfer leadership to ${hex(transferee)}`);
  // The transfer has one election timeout to succeed, from now.
  raft.electionElapsed = 0;
  raft.leadTransferee = transferee;
  if (progress.match === raft.raftLog.lastIndex()) {
    sendTimeoutNow(raft, transferee);
    sink?.info(
      `${hex(id)} sends MsgTimeoutNow to ${hex(transferee)} immediately as ${hex(transferee)} already has up-to-date log`,
    );
  } else {
    maybeSendAppend(raft, transferee, true);
  }
}

function sendTimeoutNow(raft: Raft, to: NodeId): void {
  raft.send(new Message(MessageType.timeoutNow, to));
}
