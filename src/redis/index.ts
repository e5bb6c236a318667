// The door of redis/: the adapter and its command table.
export { CommandTable } from "./command-table";
export { Command } from "./command";
export type { CommandSpec } from "./command";
export { RedisServer } from "./redis-server";
export type { RedisServerOptions, ShutdownRequest } from "./redis-server";
export type { ClientSocket, Listener, SocketHandler, SocketLayerName } from "./socket-layer";
