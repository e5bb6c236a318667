// A copy of a member's state for people, metrics and tests. Taking it allocates: not for hot paths.
import type { ProgressState } from "./progress/progress";
import type { Raft } from "./raft";
import { confStateOf } from "./quorum/configuration";
import { StateType } from "./types";
import type { ConfState, LogIndex, NodeId, Term } from "./types";

export interface ProgressStatus {
  readonly match: LogIndex;
  readonly next: LogIndex;
  readonly state: "probe" | "replicate" | "snapshot";
  readonly isLearner: boolean;
  readonly paused: boolean;
  readonly recentActive: boolean;
  readonly inflightMessages: number;
  /** As etcd prints it. */
  readonly text: string;
}

export interface RaftStatus {
  readonly id: NodeId;
  readonly term: Term;
  readonly vote: NodeId;
  readonly leader: NodeId;
  readonly state: StateType;
  readonly leadTransferee: NodeId;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly committed: LogIndex;
  readonly applied: LogIndex;
  readonly configuration: ConfState;
  readonly isVoter: boolean;
  /** Of every member, in the order of ids; empty unless this node leads. */
  readonly progress: ReadonlyMap<NodeId, ProgressStatus>;
}

export function statusOf(raft: Raft): RaftStatus {
  const { raftLog, tracker } = raft;
  return {
    id: raft.id,
    term: raft.term,
    vote: raft.vote,
    leader: raft.leader,
    state: raft.state,
    leadTransferee: raft.leadTransferee,
    firstIndex: raftLog.firstIndex(),
    lastIndex: raftLog.lastIndex(),
    committed: raftLog.committed,
    applied: raftLog.applied,
    configuration: confStateOf(tracker.configuration),
    isVoter: tracker.voters.includes(raft.id),
    progress: raft.state === StateType.leader ? progressOf(raft) : new Map(),
  };
}

const STATES = ["probe", "replicate", "snapshot"] as const satisfies readonly (keyof typeof ProgressState)[];

function progressOf(raft: Raft): ReadonlyMap<NodeId, ProgressStatus> {
  const copy = new Map<NodeId, ProgressStatus>();
  for (const id of raft.tracker.ids) {
    const progress = raft.tracker.progress.get(id)!;
    copy.set(id, {
      match: progress.match,
      next: progress.next,
      state: STATES[progress.state],
      isLearner: progress.isLearner,
      paused: progress.paused,
      recentActive: progress.recentActive,
      inflightMessages: progress.inflights.count,
      text: progress.toString(),
    });
  }
  return copy;
}
