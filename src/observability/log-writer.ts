// Writes log lines to a file descriptor on Node's threads, so that whoever reads the log slowly never blocks the event
// loop. One write is under way at a time and takes all that waits. At most MAX_PENDING_BYTES wait; further lines are
// counted and dropped. Lines that cannot be written (closed pipe, full disk) are given up: a log must not stop, and at
// the end must not hold up, a database.
import { write, writeSync } from "node:fs";

const MAX_PENDING_BYTES = 4 * 1024 * 1024;
/** How long to wait when the reader of a non-blocking pipe is behind. */
const RETRY_MS = 20;

export class LogWriter {
  private pending: string[] = [];
  private pendingBytes = 0;
  private dropped = 0;
  private writing = false;
  private readonly idleCallbacks: (() => void)[] = [];

  constructor(
    private readonly descriptor: number,
    private readonly maxPendingBytes = MAX_PENDING_BYTES,
  ) {}

  write(line: string): void {
    if (this.pendingBytes + line.length > this.maxPendingBytes) {
      this.dropped++;
      return;
    }
    this.pending.push(line);
    this.pendingBytes += line.length;
    if (!this.writing) this.writeNext();
  }

  /** Calls back when nothing waits any more. */
  flush(callback?: () => void): void {
    if (callback === undefined) return;
    if (this.writing) this.idleCallbacks.push(callback);
    else callback();
  }

  /** For the exit of the process: one attempt at what no write has begun with. */
  writeRest(): void {
    try {
      const rest = this.take();
      if (rest !== "") writeSync(this.descriptor, rest);
    } catch {
      // Nobody can be told.
    }
  }

  private take(): string {
    const text = this.pending.join("");
    const { dropped } = this;
    this.pending = [];
    this.pendingBytes = 0;
    this.dropped = 0;
    return dropped === 0
      ? text
      : `${text}{"level":"warn","dropped":${dropped},"msg":"log lines were dropped"}\n`;
  }

  private writeNext(): void {
    const text = this.take();
    this.writing = text !== "";
    if (this.writing) this.writeFrom(Buffer.from(text), 0);
    else for (const callback of this.idleCallbacks.splice(0)) callback();
  }

  private writeFrom(bytes: Buffer, start: number): void {
    write(this.descriptor, bytes, start, bytes.length - start, null, (error, written) => {
      if (error?.code === "EAGAIN") setTimeout(() => this.writeFrom(bytes, start), RETRY_MS);
      else if (error === null && start + written < bytes.length) this.writeFrom(bytes, start + written);
      else this.writeNext();
    });
  }
}
