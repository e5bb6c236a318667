// The door of raft/host/: the groups of a node and what drives them.
export { NodeHost } from "./node-host";
export type { NodeHostOptions } from "./node-host";
export { RaftGroup } from "./group";
export type { GroupHandle, GroupListener, GroupTiming } from "./group";
export type { ConfChangeOutcome } from "./configuration-change";
export type { GroupMessage, Lane, PeerBatch, PeerTransport } from "./transport";
