// Who votes and who learns. A configuration is a value: it is never changed, a change makes a new one (changer.ts). It is
// joint while `outgoing` is not empty; then every decision needs a majority of both halves (Raft §6). All id lists are
// sorted and without repetition; learners and voters (of both halves) are disjoint.
import type { ConfState, NodeId } from "../types";

export interface Configuration {
  readonly incoming: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** Voters of `outgoing` that become learners when the joint configuration is left: until then they must vote. */
  readonly learnersNext: readonly NodeId[];
  /** Leave the joint configuration as soon as it is applied. */
  readonly autoLeave: boolean;
}

export const EMPTY_CONFIGURATION: Configuration = Object.freeze({
  incoming: Object.freeze<NodeId[]>([]),
  outgoing: Object.freeze<NodeId[]>([]),
  learners: Object.freeze<NodeId[]>([]),
  learnersNext: Object.freeze<NodeId[]>([]),
  autoLeave: false,
});

export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}

/** All who vote, in either half, sorted. */
export function voterIds(configuration: Configuration): readonly NodeId[] {
  if (!isJoint(configuration)) return configuration.incoming;
  let ids = configuration.incoming;
  for (const id of configuration.outgoing) ids = withId(ids, id);
  return ids;
}

export function confStateOf(configuration: Configuration): ConfState {
  return {
    voters: configuration.incoming,
    learners: configuration.learners,
    votersOutgoing: configuration.outgoing,
    learnersNext: configuration.learnersNext,
    autoLeave: configuration.autoLeave,
  };
}

/** Equal as configurations: the order of ids does not matter. */
export function confStatesEquivalent(one: ConfState, other: ConfState): boolean {
  return (
    sameIds(one.voters, other.voters) &&
    sameIds(one.learners, other.learners) &&
    sameIds(one.votersOutgoing, other.votersOutgoing) &&
    sameIds(one.learnersNext, other.learnersNext) &&
    one.autoLeave === other.autoLeave
  );
}

function sameIds(one: readonly NodeId[], other: readonly NodeId[]): boolean {
  const sorted = [...other].sort(ascending);
  return one.length === sorted.length && [...one].sort(ascending).every((id, at) => id === sorted[at]);
}

function ascending(one: number, other: number): number {
  return one - other;
}

/** The sorted list with `id` in it. */
export function withId(ids: readonly NodeId[], id: NodeId): readonly NodeId[] {
  return ids.includes(id) ? ids : [...ids, id].sort(ascending);
}

export function withoutId(ids: readonly NodeId[], id: NodeId): readonly NodeId[] {
  return ids.includes(id) ? ids.filter((held) => held !== id) : ids;
}

/** As etcd prints it, e.g. `voters=(2 3)&&(1) learners=(4) autoleave`. */
export function configurationText(configuration: Configuration): string {
  let text = `voters=${idsText(configuration.incoming)}`;
  if (isJoint(configuration)) text += `&&${idsText(configuration.outgoing)}`;
  if (configuration.learners.length > 0) text += ` learners=${idsText(configuration.learners)}`;
  if (configuration.learnersNext.length > 0) text += ` learners_next=${idsText(configuration.learnersNext)}`;
  if (configuration.autoLeave) text += " autoleave";
  return text;
}

function idsText(ids: readonly NodeId[]): string {
  return `(${ids.join(" ")})`;
}
