// The Jest reporter of `npm test`: closes the output with the line that CI reads, `N passed, N failed` (`, N skipped`),
// and makes three things failures that Jest would let pass: no test ran, a test left a process behind, and something
// keeps Jest itself from ending. Runs in Jest's main process; the line is written when that process exits, so nothing
// can come after it.
import { writeSync } from "node:fs";
import { LongReport } from "./long-report";
import { endMarkedProcesses, markerName } from "./marked-processes";

/** What this reporter reads of Jest's results. */
export interface RunResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Files that could not be run at all. */
  readonly numRuntimeErrorTestSuites: number;
  readonly startTime: number;
  readonly testResults: readonly FileResult[];
}

export interface FileResult {
  readonly testFilePath: string;
  readonly testExecError?: unknown;
  readonly testResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly duration?: number | null | undefined;
  }[];
}

const STANDARD_OUTPUT = 1;
/** A process that a test has just ended may need a moment to be gone. */
const LEFTOVER_WAIT_MS = 5_000;
const END_LIMIT_MS = 20_000;

export default class CountLineReporter {
  private readonly longReport = process.env["BASALT_TEST_LONG"] === "1" ? new LongReport() : undefined;
  private readonly problems: string[] = [];
  private results: RunResults | undefined;

  onRunStart(): void {
    // Inherited by the workers and by every process that a test starts.
    process.env[markerName] = `${process.pid}-${Date.now()}`;
    this.longReport?.begin();
    process.once("exit", (code) => this.close(code));
  }

  async onRunComplete(_contexts: unknown, results: RunResults): Promise<void> {
    this.results = results;
    const left = await endMarkedProcesses(process.env[markerName] ?? "", LEFTOVER_WAIT_MS);
    this.problems.push(...left.map((command) => `A test left a process behind (ended now): ${command}`));
    if (results.numPassedTests + results.numFailedTests === 0) this.problems.push("No test ran.");
    for (const problem of this.problems) process.stderr.write(`${problem}\n`);
    this.longReport?.write(results, this.problems);
    setTimeout(() => this.endByForce(), END_LIMIT_MS).unref();
  }

  /** Jest fails the run if this returns something. */
  getLastError(): Error | undefined {
    return this.problems[0] === undefined ? undefined : new Error(this.problems[0]);
  }

  private endByForce(): void {
    const kinds = [...new Set(process.getActiveResourcesInfo())].join(", ");
    const problem = `The tests are over and something keeps Jest from ending: ${kinds}.`;
    this.problems.push(problem);
    process.stderr.write(`${problem}\n`);
    process.exit(1);
  }

  private close(exitCode: number): void {
    if (this.results === undefined) return;
    const line = countLine(this.results, this.problems.length);
    if (exitCode === 0 && line.includes(" 0 failed") === false) process.exitCode = 1;
    writeSync(STANDARD_OUTPUT, `${line}\n`);
  }
}

/** `12 passed, 0 failed, 3 skipped`; a file that could not be run and a problem of the run count as failed tests. */
export function countLine(results: RunResults, problems: number): string {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + problems;
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
