// The leader's book of everybody: the configuration, the progress of each member in it, and the votes of an election.
// Members are visited in the order of their ids, over arrays that are rebuilt only when the configuration changes.
import { jointCommitted, jointVote, VoteResult } from "../quorum/quorum";
import type { AckedIndexes } from "../quorum/quorum";
import { EMPTY_CONFIGURATION, isJoint, voterIds } from "../quorum/configuration";
import type { Configuration } from "../quorum/configuration";
import type { LogIndex, NodeId } from "../types";
import { Inflights } from "./inflights";
import { Progress } from "./progress";

export interface VoteTally {
  readonly granted: number;
  readonly rejected: number;
  readonly result: VoteResult;
}

export class Tracker implements AckedIndexes {
  configuration: Configuration = EMPTY_CONFIGURATION;
  /** All members, sorted; `progresses` stands beside it. */
  ids: readonly NodeId[] = [];
  progresses: readonly Progress[] = [];
  progress: ReadonlyMap<NodeId, Progress> = new Map();
  /** Voters of both halves, sorted. */
  voters: readonly NodeId[] = [];
  private readonly votes = new Map<NodeId, boolean>();
  private readonly maxInflightMessages: number;
  private readonly maxInflightBytes: number;

  constructor(maxInflightMessages: number, maxInflightBytes: number) {
    this.maxInflightMessages = maxInflightMessages;
    this.maxInflightBytes = maxInflightBytes;
  }

  newProgress(next: LogIndex, isLearner: boolean): Progress {
    return new Progress(next, isLearner, new Inflights(this.maxInflightMessages, this.maxInflightBytes));
  }

  adopt(configuration: Configuration, progress: ReadonlyMap<NodeId, Progress>): void {
    this.configuration = configuration;
    this.progress = progress;
    this.voters = voterIds(configuration);
    this.ids = [...progress.keys()].sort((one, other) => one - other);
    this.progresses = this.ids.map((id) => progress.get(id)!);
  }

  /** Everybody's progress begins anew: at the start of each term. */
  resetProgress(self: NodeId, lastIndex: LogIndex): void {
    const fresh = new Map<NodeId, Progress>();
    for (const id of this.ids) {
      const progress = this.newProgress(lastIndex + 1, this.progress.get(id)!.isLearner);
      if (id === self) progress.match = lastIndex;
      fresh.set(id, progress);
    }
    this.adopt(this.configuration, fresh);
  }

  /** This voter alone decides everything. (A leader may have been removed, and then another is the only voter.) */
  isSoleVoter(id: NodeId): boolean {
    const { incoming } = this.configuration;
    return incoming.length === 1 && incoming[0] === id && !isJoint(this.configuration);
  }

  ackedIndex(id: NodeId): LogIndex {
    const progress = this.progress.get(id);
    return progress === undefined ? -1 : progress.match;
  }

  /** The largest index that the quorum is known to have. */
  committed(): LogIndex {
    return jointCommitted(this.configuration.incoming, this.configuration.outgoing, this);
  }

  /** Whether a quorum was heard from since the last check. */
  quorumActive(): boolean {
    const active = new Map<NodeId, boolean>();
    for (let at = 0; at < this.ids.length; at++) {
      const progress = this.progresses[at]!;
      if (!progress.isLearner) active.set(this.ids[at]!, progress.recentActive);
    }
    return this.voteResult(active) === VoteResult.won;
  }

  voteResult(votes: ReadonlyMap<NodeId, boolean>): VoteResult {
    return jointVote(this.configuration.incoming, this.configuration.outgoing, votes);
  }

  resetVotes(): void {
    this.votes.clear();
  }

  /** The first vote of a member counts; later ones are ignored. */
  recordVote(id: NodeId, granted: boolean): void {
    if (!this.votes.has(id)) this.votes.set(id, granted);
  }

  tallyVotes(): VoteTally {
    let granted = 0;
    let rejected = 0;
    for (let at = 0; at < this.ids.length; at++) {
      if (this.progresses[at]!.isLearner) continue;
      const vote = this.votes.get(this.ids[at]!);
      if (vote === true) granted++;
      else if (vote === false) rejected++;
    }
    return { granted, rejected, result: this.voteResult(this.votes) };
  }
}
