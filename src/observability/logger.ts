// Logs: one pino logger a process, JSON lines on standard output, or readable lines when that is a terminal. Nothing logs
// on a hot path. (pino's own asynchronous destination is not used: it retries for ever, at exit too, when the log's disk
// is full.)
import pino from "pino";
import { LogWriter } from "./log-writer";
import { readableLine } from "./readable-line";

export type Logger = pino.Logger;
export type LogLevel = pino.LevelWithSilent;

const STANDARD_OUTPUT = 1;
const FLUSH_LIMIT_MS = 1000;

/** Anything that takes whole lines. */
export interface LogDestination {
  write(line: string): unknown;
}

/** A logger for the process. With a destination given (tests), its lines are JSON. */
export function createLogger(level: LogLevel, destination?: LogDestination): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? (process.stdout.isTTY ? terminal() : standardOutput()),
  );
}

/**
 * Resolves when what still waited in memory is written, or after FLUSH_LIMIT_MS if nobody reads it. Await it before the
 * process is ended in good order; when it ends at once, the rest is written at exit.
 */
export function flushLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, FLUSH_LIMIT_MS);
    logger.flush(() => {
      clearTimeout(limit);
      resolve();
    });
  });
}

function standardOutput(): LogDestination {
  const writer = new LogWriter(STANDARD_OUTPUT);
  process.on("exit", () => writer.writeRest());
  return writer;
}

function terminal(): LogDestination {
  return { write: (line) => process.stdout.write(readableLine(line)) };
}
