// The door of the followers' book-keeping for the room itself and for its tests.
export { Inflights } from "./inflights";
export { Progress, ProgressState } from "./progress";
export { Tracker } from "./tracker";
export type { VoteTally } from "./tracker";
