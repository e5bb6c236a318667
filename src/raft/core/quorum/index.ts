// The door of the quorum arithmetic for the room itself and for its tests: majorities, configurations, and how one
// follows from another.
export {
  EVERY_INDEX,
  VOTE_RESULT_NAMES,
  VoteResult,
  jointCommitted,
  jointVote,
  majorityCommitted,
  majorityVote,
} from "./quorum";
export type { AckedIndexes } from "./quorum";
export {
  EMPTY_CONFIGURATION,
  confStateOf,
  confStatesEquivalent,
  configurationText,
  isJoint,
  voterIds,
} from "./configuration";
export type { Configuration } from "./configuration";
export { applyChange, enterJoint, leaveJoint, restoreConfiguration, simpleChange } from "./changer";
export type { ChangeOutcome, ChangeResult } from "./changer";
