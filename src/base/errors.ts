// Errors with stable codes. Every failure that leaves a room is a BasaltError: `code` is for programs and never
// changes, `message` is a whole sentence for people (what happened, what was not done, what to do), `retryable` says
// whether the same request may succeed later. Outcomes that are expected on a hot path (absent, not in memory, need
// more bytes) are values, never exceptions. A broken internal invariant is an AssertionFailure: it stops the process.

export interface BasaltErrorOptions {
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

export class BasaltError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: BasaltErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "BasaltError";
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** A broken invariant of ours: never caught for anything but ending the process with its message. */
export class AssertionFailure extends Error {
  constructor(message: string) {
    super(`internal invariant broken: ${message}`);
    this.name = "AssertionFailure";
  }
}

/** States an invariant; stays on in production. Keep `message` a constant on hot paths: it is evaluated always. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** Checks that a decoded 64-bit integer can be held exactly by a JavaScript number. */
export function assertSafeInteger(value: number, what: string): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new AssertionFailure(`${what} is not a safe integer: ${value}`);
  }
  return value;
}

/** The text of anything thrown, for messages. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
