// The life of `serve`: start, say that it is ready, wait for the end, stop. The exit codes are part of the command's
// interface: 0 stopped on request, 1 could not start, 70 could not go on, 130 ended by a second signal before the stop was
// done. Every end but the first puts exactly one sentence on standard error; stacks go to the log only.
import { setTimeout as sleep } from "node:timers/promises";
import { BasaltError, errorText } from "../base/index";
import { startWarnings } from "../config/index";
import type { ServerConfig } from "../config/index";
import type { Logger } from "../observability/index";
import type { RunningServer, StartServer } from "./running-server";

export const ExitCode = { stopped: 0, cannotStart: 1, failed: 70, interrupted: 130 } as const;

/**
 * Ctrl-C under `npm start` arrives twice at once: from the terminal, which signals the whole group, and from npm, which
 * passes its own on. A second signal within this time is the first one's echo.
 */
const SIGNAL_ECHO_MS = 500;

/** The process, as far as `serve` touches it. */
export interface ProcessPort {
  on(event: "SIGTERM" | "SIGINT", handler: () => void): unknown;
  on(event: "uncaughtException", handler: (error: unknown) => void): unknown;
  /** Ends the process at once. */
  exit(code: number): void;
  /** Writes one line to standard error. */
  complain(sentence: string): void;
  monotonicMs(): number;
}

export interface ServeOptions {
  readonly config: ServerConfig;
  readonly startServer: StartServer;
  readonly logger: Logger;
  readonly version: string;
  readonly process: ProcessPort;
}

/** Runs a server to its end and returns the exit code. */
export async function serve(options: ServeOptions): Promise<number> {
  const { config, logger, process } = options;
  process.on("uncaughtException", (error) => {
    logger.fatal({ err: error }, "unexpected error");
    process.complain(`Basalt stopped on an unexpected error: ${sentenceOf(error)}`);
    process.exit(ExitCode.failed);
  });
  const signalled = firstSignal(options);
  for (const warning of startWarnings(config)) logger.warn(warning);

  let server: RunningServer;
  try {
    server = await options.startServer(config, logger);
  } catch (error) {
    if (!(error instanceof BasaltError)) logger.fatal({ err: error }, "cannot start");
    process.complain(`Basalt cannot start: ${sentenceOf(error)}`);
    return ExitCode.cannotStart;
  }
  logger.info(
    { ports: server.ports, host: config.host, node: config.nodeId, version: options.version },
    "ready",
  );

  const shutdown = server.stopRequested.then(() => "SHUTDOWN");
  const failed = server.failed.then((error) => ({ error }));
  const end = await Promise.race([signalled, shutdown, failed]);
  if (typeof end === "object") return cannotGoOn(options, end.error);
  logger.info({ asked: end }, "stopping");
  try {
    const stopping = server.stop();
    const failure = await Promise.race([stopping, failed]);
    if (failure !== undefined) {
      // The addon's threads end before the process does, or it would end by a signal.
      await Promise.race([
        stopping.catch(() => undefined),
        sleep(STOP_AFTER_FAILURE_MS, undefined, { ref: false }),
      ]);
      return cannotGoOn(options, failure.error);
    }
  } catch (error) {
    return cannotGoOn(options, error);
  }
  logger.info("stopped");
  return ExitCode.stopped;
}

/** What a stop may still take once the disk has failed. */
const STOP_AFTER_FAILURE_MS = 5000;

/** Resolves with the first signal's name; a real second one ends the process. */
function firstSignal({ process }: ServeOptions): Promise<string> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    const onSignal = (signal: string): void => {
      const nowMs = process.monotonicMs();
      if (firstAtMs === undefined) {
        firstAtMs = nowMs;
        resolve(signal);
      } else if (nowMs - firstAtMs > SIGNAL_ECHO_MS) {
        process.complain("Basalt was ended by a second signal before it had stopped.");
        process.exit(ExitCode.interrupted);
      }
    };
    process.on("SIGTERM", () => onSignal("SIGTERM"));
    process.on("SIGINT", () => onSignal("SIGINT"));
  });
}

function cannotGoOn({ logger, process }: ServeOptions, error: unknown): number {
  logger.fatal({ err: error }, "cannot go on");
  process.complain(`Basalt cannot go on: ${sentenceOf(error)}`);
  return ExitCode.failed;
}

/** An error's message as one line that ends like a sentence. */
function sentenceOf(error: unknown): string {
  const text = errorText(error)
    .replace(/\s*\n\s*/g, " ")
    .trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
