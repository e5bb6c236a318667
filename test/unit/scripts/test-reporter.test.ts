// The count line that CI reads, and the search for processes left behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countLine } from "../../../scripts/test-reporter/count-line-reporter";
import type { RunResults } from "../../../scripts/test-reporter/count-line-reporter";
import { endMarkedProcesses, markerName } from "../../../scripts/test-reporter/marked-processes";
import { linesFileName, reportLine } from "../../../scripts/test-reporter/report-line";

function results(changes: Partial<RunResults>): RunResults {
  return {
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
    startTime: 0,
    testResults: [],
    ...changes,
  };
}

test("the count line", () => {
  expect(countLine(results({ numPassedTests: 12 }), 0)).toBe("12 passed, 0 failed");
  expect(countLine(results({ numPassedTests: 1, numFailedTests: 2, numPendingTests: 3 }), 0)).toBe(
    "1 passed, 2 failed, 3 skipped",
  );
  expect(countLine(results({ numPassedTests: 1, numTodoTests: 1, numRuntimeErrorTestSuites: 1 }), 1)).toBe(
    "1 passed, 2 failed, 1 skipped",
  );
});

test("a process left behind is found by its mark and ended; others are left alone", async () => {
  const marker = `test-of-the-search-${process.pid}`;
  const ours = spawn("sleep", ["600"], { env: { ...process.env, [markerName]: marker } });
  const other = spawn("sleep", ["601"], { env: { ...process.env, [markerName]: `${marker}-other` } });
  const ended = once(ours, "exit");
  await Promise.all([once(ours, "spawn"), once(other, "spawn")]);
  expect(await endMarkedProcesses(marker, 0)).toEqual(["sleep 600"]);
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect(other.exitCode).toBeNull();
  other.kill();
  await once(other, "exit");
  expect(await endMarkedProcesses(marker, 0)).toEqual([]);
});

test("a process that ends by itself within the wait is no leftover", async () => {
  const marker = `test-of-the-wait-${process.pid}`;
  const child = spawn("sleep", ["0.2"], { env: { ...process.env, [markerName]: marker } });
  await once(child, "spawn");
  expect(await endMarkedProcesses(marker, 60_000)).toEqual([]);
});

test("lines reach the report only while one is written", () => {
  const before = process.env[linesFileName];
  const directory = mkdtempSync(join(tmpdir(), "basalt-report-"));
  try {
    delete process.env[linesFileName];
    reportLine("nowhere");
    process.env[linesFileName] = join(directory, "lines");
    reportLine("seed 1");
    reportLine("seed 2");
    expect(readFileSync(join(directory, "lines"), "utf8")).toBe("seed 1\nseed 2\n");
  } finally {
    if (before === undefined) delete process.env[linesFileName];
    else process.env[linesFileName] = before;
    rmSync(directory, { recursive: true });
  }
});
