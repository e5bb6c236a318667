// The door of kv/: the evaluator of a group, its sessions, pinned views and the sweeper.
export { Evaluator } from "./evaluator";
export type { EvaluatorOptions } from "./evaluator";
export type { HeaderRow } from "./header-row";
export { ELEMENT_MAX_BYTES, Session, notReady } from "./session";
export type { Announcement, KeyEvents, NotReady, Savepoint } from "./session";
export { PinnedView } from "./pinned-view";
export type { ReadView } from "./pinned-view";
export { Sweeper } from "./sweeper";
export type { SweeperOptions } from "./sweeper";
export { LOGICAL_DATABASES } from "./databases";
export { effectsNotProposed, effectsTooLarge } from "./batch";
export type { ReleaseWaiter } from "./batch";
export type { ScanLimits, ScanResult } from "./scan";
export { loaded } from "./stepped";
export type { StepRequest, Steps } from "./stepped";
export { Watcher } from "./watches";
export type { WatchedKey } from "./watches";
