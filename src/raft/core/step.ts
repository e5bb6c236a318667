// The door of every message: first its term against ours (a higher one makes a follower of us, a lower one is answered
// or dropped), then what any role does alike, then the role. And the clock: a tick is the host's only notion of time.
import { hup, handleVoteRequest, refusedForLease, rejectVote } from "./election";
import { stepCandidate, stepFollower } from "./follower";
import { stepLeader } from "./leader";
import { encodedSizeOf, payloadSizeOf } from "./log/entry-size";
import { appliedSnapshot, appliedTo } from "./membership";
import { Message, MessageType, localMessage, messageTypeName } from "./message";
import { hex } from "./raft";
import type { StepResult, Raft } from "./raft";
import { releaseUncommitted } from "./replication";
import { becomeFollower } from "./roles";
import { NO_NODE, StateType } from "./types";

export function step(raft: Raft, message: Message): StepResult {
  if (message.term > raft.term) {
    if (!acceptHigherTerm(raft, message)) return "ok";
  } else if (message.term !== 0 && message.term < raft.term) {
    answerLowerTerm(raft, message);
    return "ok";
  }
  switch (message.type) {
    case MessageType.hup:
      hup(raft, raft.settings.preVote ? "preElection" : "election");
      return "ok";
    case MessageType.storageAppendResp:
      if (message.index !== 0) raft.raftLog.unstable.stableTo(message.index, message.logTerm);
      if (message.snapshot !== null) appliedSnapshot(raft, message.snapshot);
      return "ok";
    case MessageType.storageApplyResp:
      receiveApplied(raft, message);
      return "ok";
    case MessageType.vote:
    case MessageType.preVote:
      handleVoteRequest(raft, message);
      return "ok";
    default:
      return stepRole(raft, message);
  }
}

function stepRole(raft: Raft, message: Message): StepResult {
  switch (raft.state) {
    case StateType.leader:
      return stepLeader(raft, message);
    case StateType.follower:
      return stepFollower(raft, message);
    default:
      return stepCandidate(raft, message);
  }
}

/** False if the message is refused altogether. */
function acceptHigherTerm(raft: Raft, message: Message): boolean {
  const { type } = message;
  if (type === MessageType.vote || type === MessageType.preVote) {
    if (refusedForLease(raft, message)) return false;
  }
  // A pre-vote is for a term that nobody is in yet, and so is its granting; a refusal names the refuser's real term.
  if (type === MessageType.preVote) return true;
  if (type === MessageType.preVoteResp && !message.reject) return true;
  raft.sink?.info(
    `${hex(raft.id)} [term: ${raft.term}] received a ${messageTypeName(type)} message with higher term from ` +
      `${hex(message.from)} [term: ${message.term}]`,
  );
  const fromLeader = type === MessageType.app || type === MessageType.heartbeat || type === MessageType.snap;
  becomeFollower(raft, message.term, fromLeader ? message.from : NO_NODE);
  return true;
}

function answerLowerTerm(raft: Raft, message: Message): void {
  const { type } = message;
  const { checkQuorum, preVote } = raft.settings;
  if ((checkQuorum || preVote) && (type === MessageType.heartbeat || type === MessageType.app)) {
    // Our term ran ahead while we were cut off, and our vote requests are refused or never sent. Only an answer with
    // our term brings the leader's term up, so that we can follow again.
    raft.send(new Message(MessageType.appResp, message.from));
  } else if (type === MessageType.preVote) {
    // A refusal, not silence: nodes of a cluster that turns pre-vote on may be at different terms.
    rejectVote(raft, message);
  } else if (type === MessageType.storageAppendResp) {
    receiveStaleAppend(raft, message);
  } else {
    raft.sink?.info(
      `${hex(raft.id)} [term: ${raft.term}] ignored a ${messageTypeName(type)} message with lower term from ` +
        `${hex(message.from)} [term: ${message.term}]`,
    );
  }
}

/**
 * Entries written in an earlier term may have been overwritten since, in the unstable log and in writes that are still
 * queued: they are not taken for stable. A snapshot is committed state, whatever the term.
 */
function receiveStaleAppend(raft: Raft, message: Message): void {
  if (message.index !== 0) {
    raft.sink?.info(
      `${hex(raft.id)} [term: ${raft.term}] ignored entry appends from a ${messageTypeName(message.type)} message ` +
        `with lower term [term: ${message.term}]`,
    );
  }
  if (message.snapshot !== null) appliedSnapshot(raft, message.snapshot);
}

function receiveApplied(raft: Raft, message: Message): void {
  const { entries } = message;
  if (entries.length === 0) return;
  appliedTo(raft, entries[entries.length - 1]!.index, encodedSizeOf(entries));
  releaseUncommitted(raft, payloadSizeOf(entries));
  const held = raft.heldSnapshot;
  if (held === null || raft.raftLog.applying > raft.raftLog.applied) return;
  raft.heldSnapshot = null;
  step(raft, held);
}

/** One tick of the host's clock. */
export function tick(raft: Raft): void {
  if (raft.state === StateType.leader) tickLeader(raft);
  else tickOthers(raft);
}

function tickOthers(raft: Raft): void {
  raft.electionElapsed++;
  if (raft.electionElapsed < raft.randomizedElectionTicks || !raft.promotable) return;
  raft.electionElapsed = 0;
  step(raft, localMessage(MessageType.hup, raft.id));
}

function tickLeader(raft: Raft): void {
  const { electionTicks, heartbeatTicks, checkQuorum } = raft.settings;
  raft.heartbeatElapsed++;
  raft.electionElapsed++;
  if (raft.electionElapsed >= electionTicks) {
    raft.electionElapsed = 0;
    if (checkQuorum) step(raft, localMessage(MessageType.checkQuorum, raft.id));
    // A transfer that did not succeed within an election timeout is given up.
    if (raft.state === StateType.leader) raft.leadTransferee = NO_NODE;
  }
  if (raft.state !== StateType.leader || raft.heartbeatElapsed < heartbeatTicks) return;
  raft.heartbeatElapsed = 0;
  step(raft, localMessage(MessageType.beat, raft.id));
}
