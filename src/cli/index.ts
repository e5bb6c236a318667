// The door of cli/: the subcommands and the life of `serve`. The entry point itself is main.ts.
export { runCommandLine } from "./command-line";
export type { CommandLine } from "./command-line";
export { ExitCode, serve } from "./serve";
export type { ProcessPort, ServeOptions } from "./serve";
export type { RunningServer, StartServer } from "./running-server";
