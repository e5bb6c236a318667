// The door of redis/: the adapter and its command table.
export { CommandTable } from "./command-table";
export { Command } from "./command";
export type { CommandSpec } from "./command";
export { RedisServer } from "./redis-server";
export type { RedisServerOptions, ShutdownRequest } from "./redis-server";
export type { ClientSocket, Listener, SocketHandler, SocketLayerName } from "./socket-layer";
export { Forwarder, InProcessForwarding, StandIns } from "./forwarding/index";
export type {
  ClientName,
  ForwardOutcome,
  ForwardedRequest,
  ForwarderOptions,
  ForwardingTransport,
  WatchedState,
} from "./forwarding/index";
export { LiveSettings, settingsWith } from "./parameters/live-settings";
export type { ClientClass, OutputBufferLimit } from "./parameters/live-settings";
export { KeyspaceEvent } from "./parameters/keyspace-events";
export { immutableParameter, wordParameter } from "./parameters/parameter";
export type { Parameter } from "./parameters/parameter";
export type { ChangedParameter, ConfigRewriter } from "./parameters/parameter-registry";
export { shownText, textOfBytes } from "./parameters/redis-parameters";
export { memoryFigures } from "./accounting/memory-figures";
