// The arithmetic of majorities and of joint majorities: which index is committed, who won a vote. Pure functions over
// sorted id lists. An empty majority agrees with everything, so that a joint quorum with one empty half is the other half.
import type { LogIndex, NodeId } from "../types";

/** What every member of an empty quorum has acknowledged. */
export const EVERY_INDEX: LogIndex = Number.POSITIVE_INFINITY;

export interface AckedIndexes {
  /** The highest index the voter has acknowledged; -1 if nothing is known of it. */
  ackedIndex(id: NodeId): LogIndex;
}

export const VoteResult = { pending: 1, lost: 2, won: 3 } as const;
export type VoteResult = (typeof VoteResult)[keyof typeof VoteResult];

/** Names as etcd prints them, indexed by VoteResult. */
export const VOTE_RESULT_NAMES: readonly string[] = ["", "VotePending", "VoteLost", "VoteWon"];

/** The largest index that a majority of the voters has acknowledged. */
export function majorityCommitted(voters: readonly NodeId[], acked: AckedIndexes): LogIndex {
  const count = voters.length;
  if (count === 0) return EVERY_INDEX;
  if (count === 1) return Math.max(acked.ackedIndex(voters[0]!), 0);
  if (count === 3) return middleOfThree(voters, acked);
  const indexes: number[] = [];
  for (let at = 0; at < count; at++) indexes.push(Math.max(acked.ackedIndex(voters[at]!), 0));
  indexes.sort(ascending);
  return indexes[count - (count >> 1) - 1]!;
}

/** The usual size of a group, without an array and a sort. */
function middleOfThree(voters: readonly NodeId[], acked: AckedIndexes): LogIndex {
  const one = acked.ackedIndex(voters[0]!);
  const two = acked.ackedIndex(voters[1]!);
  const three = acked.ackedIndex(voters[2]!);
  return Math.max(Math.min(one, two), Math.min(Math.max(one, two), three), 0);
}

function ascending(one: number, other: number): number {
  return one - other;
}

export function majorityVote(voters: readonly NodeId[], votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  if (voters.length === 0) return VoteResult.won;
  let granted = 0;
  let missing = 0;
  for (const id of voters) {
    const vote = votes.get(id);
    if (vote === undefined) missing++;
    else if (vote) granted++;
  }
  const needed = (voters.length >> 1) + 1;
  if (granted >= needed) return VoteResult.won;
  return granted + missing >= needed ? VoteResult.pending : VoteResult.lost;
}

/** In a joint configuration both halves must agree: the lower of the two indexes. */
export function jointCommitted(
  incoming: readonly NodeId[],
  outgoing: readonly NodeId[],
  acked: AckedIndexes,
): LogIndex {
  const one = majorityCommitted(incoming, acked);
  return outgoing.length === 0 ? one : Math.min(one, majorityCommitted(outgoing, acked));
}

/** Won only if both halves are won, lost as soon as one is lost. */
export function jointVote(
  incoming: readonly NodeId[],
  outgoing: readonly NodeId[],
  votes: ReadonlyMap<NodeId, boolean>,
): VoteResult {
  const one = majorityVote(incoming, votes);
  const other = majorityVote(outgoing, votes);
  if (one === other) return one;
  return one === VoteResult.lost || other === VoteResult.lost ? VoteResult.lost : VoteResult.pending;
}
