// Works out the configuration that follows from a change (Raft §6, thesis §4): simple changes move at most one voter,
// anything else goes through a joint configuration. Nothing given is modified; the outcome is a new configuration with its
// progress map, or the reason why the change is not allowed. Members that stay keep their progress, newcomers begin at
// the log's end and count as recently active, so that a quorum check does not depose the leader before they could answer.
import { AssertionFailure, assert } from "../../../base/index";
import type { Progress } from "../progress/progress";
import type { Tracker } from "../progress/tracker";
import type { ConfState, LogIndex, NodeId } from "../types";
import { ConfChangeTransition, ConfChangeType, isLeaveJoint, usesJoint } from "./conf-change";
import type { ConfChange, ConfChangeSingle } from "./conf-change";
import { isJoint, voterIds, withId, withoutId } from "./configuration";
import type { Configuration } from "./configuration";

export interface ChangeResult {
  readonly configuration: Configuration;
  readonly progress: ReadonlyMap<NodeId, Progress>;
}

/** The result, or the reason for a refusal. */
export type ChangeOutcome = ChangeResult | string;

/** The kind of change that `change` asks for. */
export function applyChange(tracker: Tracker, lastIndex: LogIndex, change: ConfChange): ChangeOutcome {
  if (isLeaveJoint(change)) return leaveJoint(tracker);
  if (!usesJoint(change)) return simpleChange(tracker, lastIndex, change.changes);
  const autoLeave = change.transition !== ConfChangeTransition.jointExplicit;
  return enterJoint(tracker, lastIndex, autoLeave, change.changes);
}

/** Changes that move at most one voter, without a joint configuration. */
export function simpleChange(
  tracker: Tracker,
  lastIndex: LogIndex,
  changes: readonly ConfChangeSingle[],
): ChangeOutcome {
  const draft = new Draft(tracker, lastIndex);
  if (isJoint(tracker.configuration)) return "can't apply simple config change in joint config";
  const refused = draft.apply(changes);
  if (refused !== null) return refused;
  if (changedVoters(tracker.configuration.incoming, draft.incoming) > 1) {
    return "more than one voter changed without entering joint config";
  }
  return draft.finish();
}

/** The configuration so far becomes the outgoing half, the changes make the incoming one. */
export function enterJoint(
  tracker: Tracker,
  lastIndex: LogIndex,
  autoLeave: boolean,
  changes: readonly ConfChangeSingle[],
): ChangeOutcome {
  const draft = new Draft(tracker, lastIndex);
  if (isJoint(tracker.configuration)) return "config is already joint";
  if (draft.incoming.length === 0) return "can't make a zero-voter config joint";
  draft.outgoing = draft.incoming;
  const refused = draft.apply(changes);
  if (refused !== null) return refused;
  draft.autoLeave = autoLeave;
  return draft.finish();
}

/** Drops the outgoing half, and makes learners of those who were waiting for that. */
export function leaveJoint(tracker: Tracker): ChangeOutcome {
  const draft = new Draft(tracker, 0);
  if (!isJoint(tracker.configuration)) return "can't leave a non-joint config";
  const left = draft.outgoing;
  for (const id of draft.learnersNext) {
    draft.learners = withId(draft.learners, id);
    draft.progress.get(id)!.isLearner = true;
  }
  draft.learnersNext = [];
  draft.outgoing = [];
  draft.autoLeave = false;
  for (const id of left) {
    if (!draft.incoming.includes(id) && !draft.learners.includes(id)) draft.progress.delete(id);
  }
  return draft.finish();
}

/** Brings a tracker without members to the stored configuration. */
export function restoreConfiguration(tracker: Tracker, lastIndex: LogIndex, state: ConfState): ChangeResult {
  const { outgoing, incoming } = changesTo(state);
  if (outgoing.length === 0) {
    adoptOneByOne(tracker, lastIndex, incoming);
  } else {
    adoptOneByOne(tracker, lastIndex, outgoing);
    adopt(tracker, enterJoint(tracker, lastIndex, state.autoLeave, incoming));
  }
  return { configuration: tracker.configuration, progress: tracker.progress };
}

/** The changes that make the outgoing half from nothing, and then the incoming half from that. */
function changesTo(state: ConfState): { outgoing: ConfChangeSingle[]; incoming: ConfChangeSingle[] } {
  const change = (type: ConfChangeType) => (nodeId: NodeId) => ({ type, nodeId });
  return {
    outgoing: state.votersOutgoing.map(change(ConfChangeType.addNode)),
    incoming: [
      ...state.votersOutgoing.map(change(ConfChangeType.removeNode)),
      ...state.voters.map(change(ConfChangeType.addNode)),
      ...state.learners.map(change(ConfChangeType.addLearnerNode)),
      ...state.learnersNext.map(change(ConfChangeType.addLearnerNode)),
    ],
  };
}

function adoptOneByOne(tracker: Tracker, lastIndex: LogIndex, changes: readonly ConfChangeSingle[]): void {
  for (const change of changes) adopt(tracker, simpleChange(tracker, lastIndex, [change]));
}

function adopt(tracker: Tracker, outcome: ChangeOutcome): void {
  if (typeof outcome === "string")
    throw new AssertionFailure(`a stored configuration is not valid: ${outcome}`);
  tracker.adopt(outcome.configuration, outcome.progress);
}

function changedVoters(before: readonly NodeId[], after: readonly NodeId[]): number {
  const removed = before.filter((id) => !after.includes(id));
  const added = after.filter((id) => !before.includes(id));
  return removed.length + added.length;
}

/** A configuration in the making. */
class Draft {
  incoming: readonly NodeId[];
  outgoing: readonly NodeId[];
  learners: readonly NodeId[];
  learnersNext: readonly NodeId[];
  autoLeave: boolean;
  readonly progress = new Map<NodeId, Progress>();
  private readonly tracker: Tracker;
  private readonly lastIndex: LogIndex;

  constructor(tracker: Tracker, lastIndex: LogIndex) {
    const from = tracker.configuration;
    this.tracker = tracker;
    this.lastIndex = lastIndex;
    this.incoming = from.incoming;
    this.outgoing = from.outgoing;
    this.learners = from.learners;
    this.learnersNext = from.learnersNext;
    this.autoLeave = from.autoLeave;
    for (const id of tracker.ids) this.progress.set(id, tracker.progress.get(id)!.copyForChange());
  }

  /** Null if all went well. Node id 0 is skipped: a change that was refused after it was committed. */
  apply(changes: readonly ConfChangeSingle[]): string | null {
    for (const { type, nodeId } of changes) {
      if (nodeId === 0) continue;
      if (type === ConfChangeType.addNode) this.makeVoter(nodeId);
      else if (type === ConfChangeType.addLearnerNode) this.makeLearner(nodeId);
      else if (type === ConfChangeType.removeNode) this.remove(nodeId);
    }
    return this.incoming.length === 0 ? "removed all voters" : null;
  }

  private makeVoter(id: NodeId): void {
    const progress = this.progress.get(id);
    if (progress === undefined) {
      this.add(id, false);
      return;
    }
    progress.isLearner = false;
    this.learners = withoutId(this.learners, id);
    this.learnersNext = withoutId(this.learnersNext, id);
    this.incoming = withId(this.incoming, id);
  }

  private makeLearner(id: NodeId): void {
    const progress = this.progress.get(id);
    if (progress === undefined) {
      this.add(id, true);
      return;
    }
    if (progress.isLearner) return;
    this.remove(id);
    this.progress.set(id, progress);
    // A voter of the outgoing half goes on voting there; it becomes a learner when that half is left.
    if (this.outgoing.includes(id)) {
      this.learnersNext = withId(this.learnersNext, id);
    } else {
      progress.isLearner = true;
      this.learners = withId(this.learners, id);
    }
  }

  private remove(id: NodeId): void {
    if (!this.progress.has(id)) return;
    this.incoming = withoutId(this.incoming, id);
    this.learners = withoutId(this.learners, id);
    this.learnersNext = withoutId(this.learnersNext, id);
    if (!this.outgoing.includes(id)) this.progress.delete(id);
  }

  private add(id: NodeId, isLearner: boolean): void {
    if (isLearner) this.learners = withId(this.learners, id);
    else this.incoming = withId(this.incoming, id);
    const progress = this.tracker.newProgress(Math.max(this.lastIndex, 1), isLearner);
    progress.recentActive = true;
    this.progress.set(id, progress);
  }

  finish(): ChangeResult {
    const { incoming, outgoing, learners, learnersNext, autoLeave } = this;
    const configuration: Configuration = { incoming, outgoing, learners, learnersNext, autoLeave };
    this.check(configuration);
    return { configuration, progress: this.progress };
  }

  private check(configuration: Configuration): void {
    const progressOf = (id: NodeId) => this.progress.get(id);
    assert(
      voterIds(configuration).every((id) => progressOf(id) !== undefined),
      "every voter has a progress",
    );
    for (const id of this.learnersNext) {
      assert(this.outgoing.includes(id), "who is to become a learner votes in the outgoing half");
      assert(progressOf(id)?.isLearner === false, "who is to become a learner is none yet");
    }
    for (const id of this.learners) {
      assert(!this.outgoing.includes(id) && !this.incoming.includes(id), "a learner does not vote");
      assert(progressOf(id)?.isLearner === true, "a learner is marked as one");
    }
    if (!isJoint(configuration)) {
      assert(this.learnersNext.length === 0, "nobody waits to be a learner outside a joint configuration");
      assert(!this.autoLeave, "only a joint configuration is left");
    }
  }
}
