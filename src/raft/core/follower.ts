// What a follower, a learner or a (pre-)candidate does with a message, and how the log takes what a leader sends. A
// message of the current term from a leader makes a candidate a follower: the election was decided.
import { MessageType, Message, messageTypeName } from "./message";
import { hup, poll } from "./election";
import { restoreSnapshot } from "./membership";
import { hex } from "./raft";
import type { StepResult, Raft } from "./raft";
import { becomeFollower } from "./roles";
import { EMPTY_SNAPSHOT, NO_NODE, STATE_NAMES, StateType } from "./types";

export function stepFollower(raft: Raft, message: Message): StepResult {
  switch (message.type) {
    case MessageType.prop:
      return forwardProposal(raft, message);
    case MessageType.app:
      hearLeader(raft, message);
      handleAppend(raft, message);
      break;
    case MessageType.heartbeat:
      hearLeader(raft, message);
      handleHeartbeat(raft, message);
      break;
    case MessageType.snap:
      hearLeader(raft, message);
      handleSnapshot(raft, message);
      break;
    case MessageType.transferLeader:
      forward(raft, message, "leader transfer msg");
      break;
    case MessageType.readIndex:
      forward(raft, message, "index reading msg");
      break;
    case MessageType.forgetLeader:
      forgetLeader(raft);
      break;
    case MessageType.timeoutNow:
      raft.sink?.info(
        `${hex(raft.id)} [term ${raft.term}] received MsgTimeoutNow from ${hex(message.from)} and starts an election to get leadership.`,
      );
      // No pre-vote: the leader itself has asked for the election.
      hup(raft, "transfer");
      break;
    case MessageType.readIndexResp:
      receiveReadAnswer(raft, message);
      break;
    default:
      // Answers to an earlier leadership or candidacy of ours.
      break;
  }
  return "ok";
}

export function stepCandidate(raft: Raft, message: Message): StepResult {
  switch (message.type) {
    case MessageType.prop:
      raft.sink?.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping proposal`);
      return "dropped";
    case MessageType.app:
      becomeFollower(raft, message.term, message.from);
      handleAppend(raft, message);
      break;
    case MessageType.heartbeat:
      becomeFollower(raft, message.term, message.from);
      handleHeartbeat(raft, message);
      break;
    case MessageType.snap:
      becomeFollower(raft, message.term, message.from);
      handleSnapshot(raft, message);
      break;
    case MessageType.voteResp:
      if (raft.state === StateType.candidate) poll(raft, message);
      break;
    case MessageType.preVoteResp:
      if (raft.state === StateType.preCandidate) poll(raft, message);
      break;
    case MessageType.timeoutNow:
      raft.sink?.debug(
        `${hex(raft.id)} [term ${raft.term} state ${STATE_NAMES[raft.state]}] ignored ${messageTypeName(message.type)} from ${hex(message.from)}`,
      );
      break;
    default:
      // Nothing for a candidate: it has no leader to ask and leads nobody.
      break;
  }
  return "ok";
}

function hearLeader(raft: Raft, message: Message): void {
  raft.electionElapsed = 0;
  raft.leader = message.from;
}

function forwardProposal(raft: Raft, message: Message): StepResult {
  if (raft.leader === NO_NODE) {
    raft.sink?.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping proposal`);
    return "dropped";
  }
  if (raft.settings.disableProposalForwarding) {
    raft.sink?.info(
      `${hex(raft.id)} not forwarding to leader ${hex(raft.leader)} at term ${raft.term}; dropping proposal`,
    );
    return "dropped";
  }
  message.to = raft.leader;
  raft.send(message);
  return "ok";
}

function forward(raft: Raft, message: Message, what: string): void {
  if (raft.leader === NO_NODE) {
    raft.sink?.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping ${what}`);
    return;
  }
  message.to = raft.leader;
  // It may have come from another follower, with a term; it travels on with ours.
  message.term = 0;
  raft.send(message);
}

/** Stops refusing votes for the leader's sake, but stays in the term. Not where leases promise that it would refuse. */
function forgetLeader(raft: Raft): void {
  if (raft.settings.readOnly === "leaseBased") {
    raft.sink?.error("ignoring MsgForgetLeader due to ReadOnlyLeaseBased");
    return;
  }
  if (raft.leader === NO_NODE) return;
  raft.sink?.info(`${hex(raft.id)} forgetting leader ${hex(raft.leader)} at term ${raft.term}`);
  raft.leader = NO_NODE;
}

function receiveReadAnswer(raft: Raft, message: Message): void {
  if (message.entries.length !== 1) {
    raft.sink?.error(
      `${hex(raft.id)} invalid format of MsgReadIndexResp from ${hex(message.from)}, entries count: ${message.entries.length}`,
    );
    return;
  }
  raft.readStates.push({ index: message.index, context: message.entries[0]!.data });
}

/** AppendEntries (Raft §5.3). */
function handleAppend(raft: Raft, message: Message): void {
  const { raftLog } = raft;
  const answer = new Message(MessageType.appResp, message.from);
  if (message.index < raftLog.committed) {
    answer.index = raftLog.committed;
    raft.send(answer);
    return;
  }
  const lastNew = raftLog.maybeAppend(message.index, message.logTerm, message.entries, message.commit);
  if (lastNew >= 0) {
    answer.index = lastNew;
    raft.send(answer);
    return;
  }
  raft.sink?.debug(
    `${hex(raft.id)} [logterm: ${raftLog.termOrZero(message.index)}, index: ${message.index}] rejected MsgApp ` +
      `[logterm: ${message.logTerm}, index: ${message.index}] from ${hex(message.from)}`,
  );
  // Our best guess at where the logs agree: the last entry up to the leader's position whose term is not above the
  // leader's there. Everything behind it is a tail of terms that the leader's log cannot hold at these positions.
  const hint = raftLog.findConflictByTerm(Math.min(message.index, raftLog.lastIndex()), message.logTerm);
  answer.index = message.index;
  answer.reject = true;
  answer.rejectHint = hint;
  answer.logTerm = raftLog.termOrZero(hint);
  raft.send(answer);
}

function handleHeartbeat(raft: Raft, message: Message): void {
  raft.raftLog.commitTo(message.commit);
  const answer = new Message(MessageType.heartbeatResp, message.from);
  answer.context = message.context;
  answer.stamp = message.stamp;
  raft.send(answer);
}

/**
 * InstallSnapshot (Raft §7). It switches the configuration at once, so it must not overtake entries that are out for
 * application: a configuration change among them would be made to the wrong configuration. It is held until they are
 * applied; that ends, because a leader that has sent a snapshot sends no more entries.
 */
function handleSnapshot(raft: Raft, message: Message): void {
  const snapshot = message.snapshot ?? EMPTY_SNAPSHOT;
  if (raft.raftLog.applying > raft.raftLog.applied) {
    raft.heldSnapshot = message;
    raft.sink?.debug(
      `${hex(raft.id)} [applied: ${raft.raftLog.applied}, applying: ${raft.raftLog.applying}] holds snapshot ` +
        `[index: ${snapshot.index}, term: ${snapshot.term}]`,
    );
    return;
  }
  const restored = restoreSnapshot(raft, snapshot);
  raft.sink?.info(
    `${hex(raft.id)} [commit: ${raft.raftLog.committed}] ${restored ? "restored" : "ignored"} snapshot ` +
      `[index: ${snapshot.index}, term: ${snapshot.term}]`,
  );
  const answer = new Message(MessageType.appResp, message.from);
  answer.index = restored ? raft.raftLog.lastIndex() : raft.raftLog.committed;
  raft.send(answer);
}
