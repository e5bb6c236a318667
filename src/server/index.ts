// The door of server/: a node, started from its configuration.
export { startServer } from "./start-server";
export type { RunningServer } from "./start-server";
