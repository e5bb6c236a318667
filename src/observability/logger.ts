// Logs: one pino logger a process, JSON lines on standard output, or readable lines when that is a terminal. Lines are
// handed to the operating system by Node's threads, so a slow reader of the log never blocks the event loop; at most
// MAX_PENDING_BYTES wait in memory, beyond which new lines are dropped. Nothing logs on a hot path. A log that cannot be
// written (closed pipe, full disk) is given up silently: it must not stop the database.
import pino from "pino";
import { readableLine } from "./readable-line";

export type Logger = pino.Logger;
export type LogLevel = pino.LevelWithSilent;

const STANDARD_OUTPUT = 1;
const MAX_PENDING_BYTES = 4 * 1024 * 1024;

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

/** Writes what still waits in memory; call it before the process is ended by hand. */
export function flushLogger(logger: Logger): void {
  const stream: unknown = Reflect.get(logger, pino.symbols.streamSym);
  if (!(typeof stream === "object" && stream !== null && "flushSync" in stream)) return;
  if (typeof stream.flushSync !== "function") return;
  try {
    stream.flushSync();
  } catch {
    // The reader is gone, or the file was never opened: there is nobody to tell.
  }
}

function standardOutput(): LogDestination {
  const stream = pino.destination({ dest: STANDARD_OUTPUT, sync: false, maxLength: MAX_PENDING_BYTES });
  stream.on("error", () => undefined);
  return stream;
}

function terminal(): LogDestination {
  return { write: (line) => process.stdout.write(readableLine(line)) };
}
