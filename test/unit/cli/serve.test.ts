// The life of `serve` with a server that does as the test says: codes, sentences, signals.
import { EventEmitter } from "node:events";
import { AssertionFailure, BasaltError } from "../../../src/base/index";
import { serve } from "../../../src/cli/index";
import type { RunningServer } from "../../../src/cli/index";
import { serverConfigWith } from "../../../src/config/index";
import { createLogger } from "../../../src/observability/index";

const never = new Promise<never>(() => undefined);

/** A process that nobody is in: signals are emitted by the test, exits are recorded. */
class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  readonly complaints: string[] = [];
  nowMs = 0;
  exit(code: number): void {
    this.exits.push(code);
  }
  complain(sentence: string): void {
    this.complaints.push(sentence);
  }
  monotonicMs(): number {
    return this.nowMs;
  }
}

interface Scene {
  readonly process: FakeProcess;
  readonly log: { level: string; msg: string; [field: string]: unknown }[];
  readonly code: Promise<number>;
}

function scene(startServer: () => Promise<RunningServer>, config = serverConfigWith()): Scene {
  const process = new FakeProcess();
  const log: Scene["log"] = [];
  const logger = createLogger("info", {
    write: (line) => log.push(JSON.parse(line) as Scene["log"][number]),
  });
  return { process, log, code: serve({ config, startServer, logger, version: "1.2.3", process }) };
}

function server(changes: Partial<RunningServer> = {}): () => Promise<RunningServer> {
  const ports = { redis: 6379 };
  return () =>
    Promise.resolve({
      ports,
      failed: never,
      stopRequested: never,
      stop: () => Promise.resolve(),
      ...changes,
    });
}

async function untilReady(log: Scene["log"]): Promise<void> {
  while (!log.some((line) => line.msg === "ready")) await new Promise((resolve) => setImmediate(resolve));
}

test.each(["SIGTERM", "SIGINT"])("%s stops the server and ends with 0", async (signal) => {
  const { process, log, code } = scene(server());
  await untilReady(log);
  expect(log).toEqual([
    expect.objectContaining({ level: "info", msg: "ready", ports: { redis: 6379 }, version: "1.2.3" }),
  ]);
  process.emit(signal);
  expect(await code).toBe(0);
  expect(log.map((line) => line.msg)).toEqual(["ready", "stopping", "stopped"]);
  expect(process).toMatchObject({ exits: [], complaints: [] });
});

test("a client's SHUTDOWN stops the server and ends with 0", async () => {
  const { log, code } = scene(server({ stopRequested: Promise.resolve() }));
  expect(await code).toBe(0);
  expect(log.map((line) => line.msg)).toEqual(["ready", "stopping", "stopped"]);
});

test("a signal while it starts stops it once it has started", async () => {
  let started: (running: RunningServer) => void = () => undefined;
  const { process, log, code } = scene(() => new Promise((resolve) => (started = resolve)));
  process.emit("SIGTERM");
  started(await server()());
  expect(await code).toBe(0);
  expect(log.map((line) => line.msg)).toEqual(["ready", "stopping", "stopped"]);
});

test("a second signal ends the process at once, its echo does not", async () => {
  const { process, log } = scene(server({ stop: () => never }));
  await untilReady(log);
  process.emit("SIGINT");
  process.nowMs = 20;
  process.emit("SIGINT");
  expect(process.exits).toEqual([]);
  process.nowMs = 2000;
  process.emit("SIGINT");
  expect(process.exits).toEqual([130]);
  expect(process.complaints).toEqual(["Basalt was ended by a second signal before it had stopped."]);
});

test("what cannot start ends with 1 and one sentence, without a stack", async () => {
  const { process, log, code } = scene(() =>
    Promise.reject(new BasaltError("IN_USE", "The directory\n is in use.")),
  );
  expect(await code).toBe(1);
  expect(process.complaints).toEqual(["Basalt cannot start: The directory is in use."]);
  expect(log).toEqual([]);
});

test("an error nobody foresaw at start has its stack in the log only", async () => {
  const { process, log, code } = scene(() => Promise.reject(new TypeError("x is undefined")));
  expect(await code).toBe(1);
  expect(process.complaints).toEqual(["Basalt cannot start: x is undefined."]);
  expect(log).toEqual([expect.objectContaining({ level: "fatal", msg: "cannot start" })]);
});

test("a failure while running ends with 70 and one sentence", async () => {
  const failed = Promise.resolve(new BasaltError("DISK", "Writing the log failed: no space left on device"));
  const { process, code } = scene(server({ failed }));
  expect(await code).toBe(70);
  expect(process.complaints).toEqual([
    "Basalt cannot go on: Writing the log failed: no space left on device.",
  ]);
});

test("a failure while stopping is not a clean stop", async () => {
  const one = scene(server({ stop: () => Promise.reject(new Error("flush failed")) }));
  await untilReady(one.log);
  one.process.emit("SIGTERM");
  expect(await one.code).toBe(70);
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (fail = resolve));
  const other = scene(server({ failed, stop: () => (fail(new Error("sync failed")), never) }));
  await untilReady(other.log);
  other.process.emit("SIGTERM");
  expect(await other.code).toBe(70);
  expect(other.process.complaints).toEqual(["Basalt cannot go on: sync failed."]);
});

test("a broken invariant ends the process with 70", async () => {
  const { process, log } = scene(server());
  await untilReady(log);
  process.emit("uncaughtException", new AssertionFailure("two leaders in one term"));
  expect(process.exits).toEqual([70]);
  expect(process.complaints).toEqual([
    "Basalt stopped on an unexpected error: internal invariant broken: two leaders in one term.",
  ]);
});

test("--fsync never is said before anything else", async () => {
  const { process, log, code } = scene(server(), serverConfigWith({ fsync: "never" }));
  await untilReady(log);
  expect(log[0]).toMatchObject({ level: "warn", msg: expect.stringContaining("--fsync never") as unknown });
  process.emit("SIGTERM");
  await code;
});
