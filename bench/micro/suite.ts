// What a micro-benchmark is: a suite is a file of this folder with one `suite`, and a line in suites.ts. Nothing runs at
// import; `prepare` builds what the tasks work on, in this process.

export interface MicroTask {
  readonly name: string;
  /** What one call of `run` does: figures are of one operation. A call should take 5 to 500 µs, or the clock is in the way. */
  readonly operations: number;
  /** Whether `run` answers with a promise; each call is awaited before the next. */
  readonly asynchronous?: boolean;
  /** May answer how many milliseconds it took by its own measure, when a part of it does not count. */
  readonly run: () => MicroAnswer | Promise<MicroAnswer>;
}

export type MicroAnswer = void | number;

export interface PreparedSuite {
  readonly tasks: readonly MicroTask[];
  /** Gives up what `prepare` opened. */
  readonly release?: () => void | Promise<void>;
}

export interface MicroSuite {
  /** The word on the command line. */
  readonly name: string;
  readonly title: string;
  readonly prepare: () => PreparedSuite | Promise<PreparedSuite>;
}

/** Where tasks put what they computed, so that nothing is optimised away. */
export const sink = { sum: 0 };
