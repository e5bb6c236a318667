// Which changes of a group's members a host proposes, beyond what the core itself refuses. Pure.
import { ConfChangeType } from "../core/index";
import type { ConfChange, ConfState, LogIndex, NodeId } from "../core/index";

/**
 * `proposed`: it is in the log, and made if it is committed. Else certainly not: `notLeading`; `notNow`: another change is
 * under way, or this one does not fit the present configuration; `removesLeader`: hand leadership over first, since a leader
 * that is gone cannot tell the others that the change is committed; `logCompacted`: a newcomer needs the log from its
 * beginning, as long as there are no snapshots.
 */
export type ConfChangeOutcome = "proposed" | "notLeading" | "notNow" | "removesLeader" | "logCompacted";

export function changeRefusal(
  { changes }: ConfChange,
  configuration: ConfState,
  leader: NodeId,
  firstIndex: LogIndex,
): "removesLeader" | "logCompacted" | undefined {
  for (const { type, nodeId } of changes) {
    const takesVote = type === ConfChangeType.removeNode || type === ConfChangeType.addLearnerNode;
    if (takesVote && nodeId === leader) return "removesLeader";
    const adds = type === ConfChangeType.addNode || type === ConfChangeType.addLearnerNode;
    if (adds && firstIndex > 1 && !isMember(configuration, nodeId)) return "logCompacted";
  }
  return undefined;
}

function isMember({ voters, votersOutgoing, learners }: ConfState, id: NodeId): boolean {
  return voters.includes(id) || votersOutgoing.includes(id) || learners.includes(id);
}

/** The node decides alone: it is the only voter. There may be learners. */
export function isAlone({ voters, votersOutgoing }: ConfState, id: NodeId): boolean {
  return voters.length === 1 && voters[0] === id && votersOutgoing.length === 0;
}
