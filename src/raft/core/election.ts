// Elections (Raft §5.2, §5.4.1; pre-vote: thesis §9.6): starting one, asking for votes, giving votes, counting them. A
// pre-vote asks whether a vote would be given at the next term and binds nobody. A vote is sent only after it is durable,
// the candidate's own vote for itself included: it comes back as a message like all others.
import { Message, MessageType, messageTypeName } from "./message";
import type { Raft } from "./raft";
import { hex } from "./raft";
import { broadcastAppend } from "./replication";
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from "./roles";
import { NO_NODE, StateType } from "./types";
import { VoteResult } from "./quorum/quorum";

/** Why a node campaigns. A transfer goes ahead although voters still hear the leader. */
export type Campaign = "preElection" | "election" | "transfer";

/** The context of a vote request by which voters know a transfer of leadership. ASCII of etcd's "CampaignTransfer". */
const TRANSFER_CONTEXT = Uint8Array.from("CampaignTransfer", (letter) => letter.charCodeAt(0));

/** A request for a vote by whom the leader itself has asked to campaign. */
export function isTransferCampaign({ context }: Message): boolean {
  if (context === null || context.length !== TRANSFER_CONTEXT.length) return false;
  return context.every((byte, at) => byte === TRANSFER_CONTEXT[at]);
}

/** Starts an election, unless this node cannot win one or must not yet. */
export function hup(raft: Raft, campaign: Campaign): void {
  const { sink } = raft;
  if (raft.state === StateType.leader) {
    sink?.debug(`${hex(raft.id)} ignoring MsgHup because already leader`);
    return;
  }
  if (!raft.promotable) {
    sink?.warn(`${hex(raft.id)} is unpromotable and can not campaign`);
    return;
  }
  // Whoever campaigns does it in a configuration it knows to be in force.
  if (raft.raftLog.mayHaveUnappliedConfChange()) {
    sink?.warn(
      `${hex(raft.id)} cannot campaign at term ${raft.term} since there are still pending configuration changes to apply`,
    );
    return;
  }
  sink?.info(`${hex(raft.id)} is starting a new election at term ${raft.term}`);
  startCampaign(raft, campaign);
}

function startCampaign(raft: Raft, campaign: Campaign): void {
  const preVote = campaign === "preElection";
  if (preVote) becomePreCandidate(raft);
  else becomeCandidate(raft);
  // A pre-vote is for the term that the election would have.
  const term = preVote ? raft.term + 1 : raft.term;
  const type = preVote ? MessageType.preVote : MessageType.vote;
  const lastIndex = raft.raftLog.lastIndex();
  const lastTerm = raft.raftLog.lastTerm();
  for (const id of raft.tracker.voters) {
    if (id === raft.id) {
      const own = new Message(preVote ? MessageType.preVoteResp : MessageType.voteResp, id);
      own.term = term;
      raft.send(own);
      continue;
    }
    raft.sink?.info(
      `${hex(raft.id)} [logterm: ${lastTerm}, index: ${lastIndex}] sent ${messageTypeName(type)} request to ${hex(id)} at term ${raft.term}`,
    );
    const request = new Message(type, id);
    request.term = term;
    request.index = lastIndex;
    request.logTerm = lastTerm;
    if (campaign === "transfer") request.context = TRANSFER_CONTEXT;
    raft.send(request);
  }
}

/** A (pre-)candidate counts an answer. */
export function poll(raft: Raft, message: Message): void {
  const type = messageTypeName(message.type);
  raft.sink?.info(
    `${hex(raft.id)} received ${type}${message.reject ? " rejection" : ""} from ${hex(message.from)} at term ${raft.term}`,
  );
  raft.tracker.recordVote(message.from, !message.reject);
  const { granted, rejected, result } = raft.tracker.tallyVotes();
  raft.sink?.info(`${hex(raft.id)} has received ${granted} ${type} votes and ${rejected} vote rejections`);
  if (result === VoteResult.won) {
    if (raft.state === StateType.preCandidate) {
      startCampaign(raft, "election");
    } else {
      becomeLeader(raft);
      broadcastAppend(raft);
    }
  } else if (result === VoteResult.lost) {
    becomeFollower(raft, raft.term, NO_NODE);
  }
}

/** While a leader is heard, votes are refused under checkQuorum, so that a returning node does not depose it (§6). */
export function refusedForLease(raft: Raft, message: Message): boolean {
  const { checkQuorum, electionTicks } = raft.settings;
  const inLease = checkQuorum && raft.leader !== NO_NODE && raft.electionElapsed < electionTicks;
  if (!inLease || isTransferCampaign(message)) return false;
  raft.sink?.info(
    `${positionText(raft)} ignored ${requestText(message)} at term ${raft.term}: lease is not expired ` +
      `(remaining ticks: ${electionTicks - raft.electionElapsed})`,
  );
  return true;
}

/** RequestVote and its pre-vote form, at this node's term or, for pre-votes, above it. */
export function handleVoteRequest(raft: Raft, message: Message): void {
  const isPreVote = message.type === MessageType.preVote;
  const mayVote =
    raft.vote === message.from ||
    (raft.vote === NO_NODE && raft.leader === NO_NODE) ||
    (isPreVote && message.term > raft.term);
  // Learners vote, too: a candidate that asks knows of a configuration in which this node is a voter.
  if (!mayVote || !raft.raftLog.isUpToDate(message.index, message.logTerm)) {
    rejectVote(raft, message);
    return;
  }
  raft.sink?.info(
    `${positionText(raft)} cast ${messageTypeName(message.type)} for ${hex(message.from)} ` +
      `[logterm: ${message.logTerm}, index: ${message.index}] at term ${raft.term}`,
  );
  // The request's term: for a pre-vote it is above ours, and the candidate would drop an answer from below.
  const answer = new Message(isPreVote ? MessageType.preVoteResp : MessageType.voteResp, message.from);
  answer.term = message.term;
  raft.send(answer);
  if (isPreVote) return;
  raft.electionElapsed = 0;
  raft.vote = message.from;
}

export function rejectVote(raft: Raft, message: Message): void {
  raft.sink?.info(`${positionText(raft)} rejected ${requestText(message)} at term ${raft.term}`);
  const type = message.type === MessageType.preVote ? MessageType.preVoteResp : MessageType.voteResp;
  const answer = new Message(type, message.from);
  answer.term = raft.term;
  answer.reject = true;
  raft.send(answer);
}

function positionText(raft: Raft): string {
  const { raftLog } = raft;
  return `${hex(raft.id)} [logterm: ${raftLog.lastTerm()}, index: ${raftLog.lastIndex()}, vote: ${hex(raft.vote)}]`;
}

function requestText(message: Message): string {
  return (
    `${messageTypeName(message.type)} from ${hex(message.from)} ` +
    `[logterm: ${message.logTerm}, index: ${message.index}]`
  );
}
