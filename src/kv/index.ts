// The door of kv/: the evaluator of a group, its sessions, pinned views and the sweeper.
export { Evaluator, effectsNotProposed, effectsTooLarge } from "./evaluator";
export type { EvaluatorOptions } from "./evaluator";
export { Session, notReady } from "./session";
export type { NotReady } from "./session";
export { PinnedView } from "./pinned-view";
export { Sweeper } from "./sweeper";
export type { SweeperOptions } from "./sweeper";
export { LOGICAL_DATABASES } from "./databases";
export type { ReleaseWaiter } from "./batch";
export type { ScanLimits, ScanResult } from "./scan";
