// What the command line needs of the server room: one function that starts it. Handed in by main.ts, so that everything
// else here can be run by a test without a server.
import type { ServerConfig } from "../config/index";
import type { Logger } from "../observability/index";

export interface RunningServer {
  /** The ports it listens on, by name; what was given as 0 has its real number here. */
  readonly ports: Readonly<Record<string, number>>;
  /** Resolves once, when the running server cannot go on; it has ended its work already. */
  readonly failed: Promise<Error>;
  /** Resolves when a client asked for the end (SHUTDOWN). */
  readonly stopRequested: Promise<void>;
  /** Answers what was accepted, closes everything, releases the data directory. */
  stop(): Promise<void>;
}

/** Rejects with a BasaltError, whose message is a sentence for people, when it cannot start. */
export type StartServer = (config: ServerConfig, logger: Logger) => Promise<RunningServer>;
