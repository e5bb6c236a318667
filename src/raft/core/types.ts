// The values that cross the core's door: entries, hard and soft state, configuration and snapshot records, roles.
// Terms, indexes and node ids are plain safe integers (whoever decodes them from bytes checks that); 0 means "none" for
// each of them. Objects of these types are never changed once they have been handed over, in either direction.

export type Term = number;
export type LogIndex = number;
/** A member's id, above 0. */
export type NodeId = number;

/** No node: an unknown leader, a vote not cast. */
export const NO_NODE: NodeId = 0;
/** The address of the host's log writer in asynchronous storage mode. Negative, so that it is never a member's id. */
export const APPEND_THREAD: NodeId = -1;
/** The address of the host's applier in asynchronous storage mode. */
export const APPLY_THREAD: NodeId = -2;

export const EntryType = { normal: 0, confChange: 1, confChangeV2: 2 } as const;
export type EntryType = (typeof EntryType)[keyof typeof EntryType];

/** One log entry. Build it with the fields in this order, so that all entries share one hidden class. */
export interface Entry {
  readonly term: Term;
  readonly index: LogIndex;
  readonly type: EntryType;
  readonly data: Uint8Array | null;
}

export const NO_ENTRIES: readonly Entry[] = Object.freeze<Entry[]>([]);

/** What must be durable before a node may answer for it. All zero: nothing was ever stored. */
export interface HardState {
  readonly term: Term;
  readonly vote: NodeId;
  readonly commit: LogIndex;
}

export const EMPTY_HARD_STATE: HardState = Object.freeze({ term: 0, vote: NO_NODE, commit: 0 });

export function isEmptyHardState(state: HardState): boolean {
  return state.term === 0 && state.vote === NO_NODE && state.commit === 0;
}

export function hardStatesEqual(one: HardState, other: HardState): boolean {
  return one.term === other.term && one.vote === other.vote && one.commit === other.commit;
}

export const StateType = { follower: 0, candidate: 1, leader: 2, preCandidate: 3 } as const;
export type StateType = (typeof StateType)[keyof typeof StateType];

/** Names as etcd prints them, indexed by StateType. */
export const STATE_NAMES: readonly string[] = [
  "StateFollower",
  "StateCandidate",
  "StateLeader",
  "StatePreCandidate",
];

/** State that need not be stored: useful for routing and for logs. */
export interface SoftState {
  readonly leader: NodeId;
  readonly state: StateType;
}

/** A configuration as it is stored. `votersOutgoing` is not empty only in a joint configuration. */
export interface ConfState {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  readonly votersOutgoing: readonly NodeId[];
  /** Voters of the outgoing half that become learners when the joint configuration is left. */
  readonly learnersNext: readonly NodeId[];
  readonly autoLeave: boolean;
}

export const EMPTY_CONF_STATE: ConfState = Object.freeze({
  voters: Object.freeze<NodeId[]>([]),
  learners: Object.freeze<NodeId[]>([]),
  votersOutgoing: Object.freeze<NodeId[]>([]),
  learnersNext: Object.freeze<NodeId[]>([]),
  autoLeave: false,
});

/** The applied state up to and including `index`. `data` is the host's own (bytes or a reference to files). */
export interface Snapshot {
  readonly index: LogIndex;
  readonly term: Term;
  readonly confState: ConfState;
  readonly data: Uint8Array | null;
}

export const EMPTY_SNAPSHOT: Snapshot = Object.freeze({
  index: 0,
  term: 0,
  confState: EMPTY_CONF_STATE,
  data: null,
});

export function isEmptySnapshot(snapshot: Snapshot): boolean {
  return snapshot.index === 0;
}

/** The answer to a read request: state applied up to `index` is fresh enough for the request that `context` names. */
export interface ReadState {
  readonly index: LogIndex;
  readonly context: Uint8Array | null;
}
