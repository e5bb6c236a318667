// The door of bench/servers/: the servers that can be measured, and one that runs.
export { SERVER_NAMES, serverKinds, withSmallCaches } from "./server-kinds";
export type { ServerKind, ServerName } from "./server-kinds";
export { ServerProcess } from "./server-process";
