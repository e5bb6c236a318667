// Adopting a configuration: from a committed change (thesis §4), from a snapshot, or at the start from storage; and what
// follows from entries and snapshots having been applied, where a joint configuration is left automatically. A change
// takes effect when its entry is applied, not when it is appended; at most one is under way.
import { AssertionFailure, assert } from "../../base/index";
import { proposeEntries } from "./leader";
import { applyChange, restoreConfiguration } from "./quorum/changer";
import type { ChangeResult } from "./quorum/changer";
import type { ConfChange } from "./quorum/conf-change";
import { confStateOf, confStatesEquivalent, configurationText } from "./quorum/configuration";
import { Tracker } from "./progress/tracker";
import type { Raft } from "./raft";
import { hex } from "./raft";
import { broadcastAppend, maybeCommit, maybeSendAppend } from "./replication";
import { becomeFollower } from "./roles";
import { EntryType, NO_NODE, StateType } from "./types";
import type { ConfState, Entry, LogIndex, NodeId, Snapshot } from "./types";

/** A committed change is applied. Throws if it is not allowed here: that is decided before it enters the log. */
export function applyConfChange(raft: Raft, change: ConfChange): ConfState {
  const outcome = applyChange(raft.tracker, raft.raftLog.lastIndex(), change);
  if (typeof outcome === "string") {
    throw new AssertionFailure(`a committed configuration change is not allowed: ${outcome}`);
  }
  return switchTo(raft, outcome);
}

/** Adopts a stored configuration, with everybody's progress anew. */
export function loadConfiguration(raft: Raft, state: ConfState): void {
  raft.tracker = new Tracker(raft.settings.maxInflightMessages, raft.settings.maxInflightBytes);
  const result = restoreConfiguration(raft.tracker, raft.raftLog.lastIndex(), state);
  const adopted = switchTo(raft, result);
  assert(confStatesEquivalent(state, adopted), "a stored configuration is restored as it was");
}

function switchTo(raft: Raft, { configuration, progress }: ChangeResult): ConfState {
  raft.tracker.adopt(configuration, progress);
  raft.sink?.info(`${hex(raft.id)} switched to configuration ${configurationText(configuration)}`);
  const state = confStateOf(configuration);
  const own = progress.get(raft.id);
  raft.isLearner = own?.isLearner ?? false;
  if (raft.state !== StateType.leader) return state;
  if (own === undefined || raft.isLearner) {
    if (raft.settings.stepDownOnRemoval) becomeFollower(raft, raft.term, NO_NODE);
    return state;
  }
  if (configuration.incoming.length === 0) return state;
  if (maybeCommit(raft)) {
    // The new quorum needs less than the old one did.
    broadcastAppend(raft);
  } else {
    // Newcomers need not wait for a heartbeat or for the next proposal.
    for (const id of raft.tracker.ids) if (id !== raft.id) maybeSendAppend(raft, id, false);
  }
  if (raft.leadTransferee !== NO_NODE && !raft.tracker.voters.includes(raft.leadTransferee)) {
    raft.leadTransferee = NO_NODE;
  }
  return state;
}

const LEAVE_JOINT: readonly Entry[] = [{ term: 0, index: 0, type: EntryType.confChangeV2, data: null }];

/** Everything up to `index` is applied, the last part of it of `bytes` encoded bytes. */
export function appliedTo(raft: Raft, index: LogIndex, bytes: number): void {
  const applied = Math.max(index, raft.raftLog.applied);
  raft.raftLog.appliedTo(applied, bytes);
  const { configuration } = raft.tracker;
  if (!configuration.autoLeave || applied < raft.pendingConfIndex || raft.state !== StateType.leader) return;
  // An empty change is never refused for its size; a transfer of leadership may refuse it, and then either the next
  // leader or the next applied entry proposes it again.
  const result = proposeEntries(raft, LEAVE_JOINT);
  const text = "automatic transition out of joint configuration";
  if (result === "ok") {
    raft.sink?.info(`initiating ${text} ${configurationText(configuration)}`);
  } else {
    raft.sink?.debug(`not initiating ${text} ${configurationText(configuration)}: raft proposal dropped`);
  }
}

/** The snapshot is stored and applied. */
export function appliedSnapshot(raft: Raft, snapshot: Snapshot): void {
  raft.raftLog.unstable.stableSnapshotTo(snapshot.index);
  appliedTo(raft, snapshot.index, 0);
}

/** Replaces log and configuration by the snapshot; false if it is no news or cannot be meant for this node. */
export function restoreSnapshot(raft: Raft, snapshot: Snapshot): boolean {
  const { raftLog, sink } = raft;
  const { index, term, confState } = snapshot;
  if (index <= raftLog.committed) return false;
  if (raft.state !== StateType.follower) {
    sink?.warn(`${hex(raft.id)} attempted to restore snapshot as leader; should never happen`);
    becomeFollower(raft, raft.term + 1, NO_NODE);
    return false;
  }
  if (!isMember(confState, raft.id)) {
    sink?.warn(
      `${hex(raft.id)} attempted to restore snapshot but it is not in the ConfState ${confStateText(confState)}; should never happen`,
    );
    return false;
  }
  if (raftLog.matchTerm(index, term)) {
    sink?.info(`${positionText(raft)} fast-forwarded commit to snapshot [index: ${index}, term: ${term}]`);
    raftLog.commitTo(index);
    return false;
  }
  raftLog.restore(snapshot);
  loadConfiguration(raft, confState);
  sink?.info(`${positionText(raft)} restored snapshot [index: ${index}, term: ${term}]`);
  return true;
}

/** Whoever is in learnersNext is a voter of the outgoing half, too. */
function isMember(state: ConfState, id: NodeId): boolean {
  return state.voters.includes(id) || state.learners.includes(id) || state.votersOutgoing.includes(id);
}

function positionText(raft: Raft): string {
  const { raftLog } = raft;
  return (
    `${hex(raft.id)} [commit: ${raftLog.committed}, lastindex: ${raftLog.lastIndex()}, ` +
    `lastterm: ${raftLog.lastTerm()}]`
  );
}

/** As etcd prints a stored configuration. */
export function confStateText(state: ConfState): string {
  const list = (ids: readonly NodeId[]) => `[${ids.join(" ")}]`;
  return (
    `Voters:${list(state.voters)} VotersOutgoing:${list(state.votersOutgoing)} Learners:${list(state.learners)} ` +
    `LearnersNext:${list(state.learnersNext)} AutoLeave:${state.autoLeave}`
  );
}
