// The four transitions between roles. Each begins a role from a clean slate (`reset`), except pre-candidacy, which
// changes nothing that others could notice: neither the term nor the vote.
import { assert } from "../../base/index";
import type { Raft } from "./raft";
import { hex } from "./raft";
import { appendOwn } from "./replication";
import { EntryType, NO_NODE, StateType } from "./types";
import type { NodeId, Term } from "./types";

function reset(raft: Raft, term: Term): void {
  if (raft.term !== term) {
    raft.term = term;
    raft.vote = NO_NODE;
  }
  raft.leader = NO_NODE;
  raft.electionElapsed = 0;
  raft.heartbeatElapsed = 0;
  raft.drawElectionTimeout();
  raft.leadTransferee = NO_NODE;
  raft.tracker.resetVotes();
  raft.tracker.resetProgress(raft.id, raft.raftLog.lastIndex());
  raft.pendingConfIndex = 0;
  raft.uncommittedBytes = 0;
  raft.readOnly.clear();
}

export function becomeFollower(raft: Raft, term: Term, leader: NodeId): void {
  reset(raft, term);
  raft.leader = leader;
  raft.state = StateType.follower;
  raft.sink?.info(`${hex(raft.id)} became follower at term ${raft.term}`);
}

export function becomeCandidate(raft: Raft): void {
  assert(raft.state !== StateType.leader, "a leader does not campaign");
  reset(raft, raft.term + 1);
  raft.vote = raft.id;
  raft.state = StateType.candidate;
  raft.sink?.info(`${hex(raft.id)} became candidate at term ${raft.term}`);
}

export function becomePreCandidate(raft: Raft): void {
  assert(raft.state !== StateType.leader, "a leader does not campaign");
  raft.tracker.resetVotes();
  raft.leader = NO_NODE;
  raft.state = StateType.preCandidate;
  raft.sink?.info(`${hex(raft.id)} became pre-candidate at term ${raft.term}`);
}

/** Appends the empty entry whose commit tells that everything before it is committed, too (§8). */
export function becomeLeader(raft: Raft): void {
  assert(raft.state !== StateType.follower, "a follower is elected only as a candidate");
  reset(raft, raft.term);
  raft.leader = raft.id;
  raft.state = StateType.leader;
  const progress = raft.tracker.progress.get(raft.id);
  assert(progress !== undefined, "a candidate is a member");
  progress.becomeReplicate();
  progress.recentActive = true;
  // Some entry of the tail may be a configuration change; to wait until all of it is applied is cheaper than to look.
  raft.pendingConfIndex = raft.raftLog.lastIndex();
  const appended = appendOwn(raft, EntryType.normal, null);
  assert(appended, "an empty entry is never refused");
  raft.sink?.info(`${hex(raft.id)} became leader at term ${raft.term}`);
}
