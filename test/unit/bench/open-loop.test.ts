import { GeneratorProcess, OpenLoopSchedule } from "../../../bench/load/index";
import type { LoadResult, LoadSpec } from "../../../bench/load/index";
import { ScriptedServer } from "./scripted-server";

describe("the schedule, by a clock of the test's", () => {
  test("hands batches out evenly, none before it is due", () => {
    const schedule = new OpenLoopSchedule(1_000_000, 1000, 0.005);
    expect(schedule.total).toBe(5);
    expect(schedule.take(999_999)).toBeUndefined();
    expect(schedule.take(1_000_000)).toBe(1_000_000);
    expect(schedule.nextDueUs).toBe(1_001_000);
    expect(schedule.take(1_000_999)).toBeUndefined();
    expect(schedule.take(1_001_000)).toBe(1_001_000);
    expect(schedule.exhausted).toBe(false);
  });

  test("after a pause hands out all that got due in it, with the moments at which it was", () => {
    const schedule = new OpenLoopSchedule(0, 1000, 0.006);
    expect(schedule.take(0)).toBe(0);
    const taken: number[] = [];
    for (let due = schedule.take(4500); due !== undefined; due = schedule.take(4500)) taken.push(due);
    expect(taken).toEqual([1000, 2000, 3000, 4000]);
    expect(schedule.take(5000)).toBe(5000);
    expect(schedule.exhausted).toBe(true);
    expect(schedule.nextDueUs).toBe(Infinity);
    expect(schedule.take(1e9)).toBeUndefined();
  });

  test("given up, tells when what is left was due", () => {
    const schedule = new OpenLoopSchedule(0, 1000, 0.004);
    schedule.take(0);
    expect([...schedule.abandon()]).toEqual([1000, 2000, 3000]);
    expect(schedule.exhausted).toBe(true);
  });

  test("does not drift: the millionth batch is due after a million intervals", () => {
    const schedule = new OpenLoopSchedule(0, 30_000, 100);
    let last = 0;
    for (let due = schedule.take(Infinity); due !== undefined; due = schedule.take(Infinity)) last = due;
    expect(schedule.taken).toBe(3_000_000);
    expect(last).toBeCloseTo(100e6 - 1e6 / 30_000, 3);
  });

  test("has one batch at least", () => {
    expect(new OpenLoopSchedule(0, 1, 0.05).total).toBe(1);
  });
});

const RATE = 1000;
const SECONDS = 1;
const PAUSE_MS = 250;

function spec(port: number, pipeline = 1): LoadSpec {
  const sizes = { clients: 4, pipeline, valueBytes: 20, keys: 100 };
  return { port, workload: "set", ...sizes, distribution: "uniform", seed: 1 };
}

async function withServer<Result>(
  server: ScriptedServer,
  load: LoadSpec,
  use: (generator: GeneratorProcess) => Promise<Result>,
): Promise<Result> {
  try {
    const generator = await GeneratorProcess.start(load, process.env);
    try {
      return await use(generator);
    } finally {
      await generator.stop();
    }
  } finally {
    await server.stop();
  }
}

/** A load on a server that stops answering once, for a quarter of a second, after it has answered 300 commands. */
async function loadWithPause(
  load: (generator: GeneratorProcess) => Promise<LoadResult>,
): Promise<LoadResult> {
  const server = await ScriptedServer.start((_, { commands }) => {
    if (commands === 300) {
      const end = performance.now() + PAUSE_MS;
      while (performance.now() < end);
    }
    return "+OK\r\n";
  });
  return withServer(server, spec(server.port), load);
}

test("an open loop charges a pause with all that became due in it", async () => {
  const result = await loadWithPause((generator) => generator.openLoop(SECONDS, RATE));
  expect(result.operations).toBe(RATE * SECONDS);
  expect(result.openLoop).toMatchObject({ rate: RATE, unsent: 0 });
  expect(result.latency.count).toBe(RATE * SECONDS);
  const { percentilesUs, maxUs } = result.latency;
  // A quarter of all requests became due in the pause; they waited for 0 to 250 ms, evenly: the worst tenth for 150 and more.
  expect(maxUs).toBeGreaterThanOrEqual((PAUSE_MS - 20) * 1000);
  expect(percentilesUs[90]).toBeGreaterThan(100_000);
  expect(percentilesUs[99]).toBeGreaterThan(200_000);
  // Lateness is the generator's own: the pause is none of it.
  expect(result.openLoop?.lateness.percentilesUs[50]).toBeLessThan(20_000);
});

test("a closed loop on the same server hardly shows it: that is what the open loop is for", async () => {
  const result = await loadWithPause((generator) => generator.closedLoop(SECONDS));
  expect(result.latency.maxUs).toBeGreaterThanOrEqual((PAUSE_MS - 20) * 1000);
  // Each connection waited once, out of thousands of requests.
  expect(result.latency.percentilesUs[90]).toBeLessThan(100_000);
  expect(result.openLoop).toBeUndefined();
});

test("the rate is kept, pipelines are due as one, and the server sees what is counted", async () => {
  const server = await ScriptedServer.start(() => "+OK\r\n");
  const result = await withServer(server, spec(server.port, 10), (generator) =>
    generator.openLoop(0.5, 4000),
  );
  expect(result.operations).toBe(2000);
  expect(server.commands).toBe(2000);
  expect(result.latency.count).toBe(200);
  expect(result.elapsedUs).toBeGreaterThan(490_000);
});

test("what a server far too slow leaves is given up, and still counted with what it has waited", async () => {
  // Ten milliseconds for each command: 100 a second where 2000 are due.
  const server = await ScriptedServer.start(() => {
    const end = performance.now() + 10;
    while (performance.now() < end);
    return "+OK\r\n";
  });
  const result = await withServer(server, spec(server.port), (generator) => generator.openLoop(0.4, 2000));
  expect(result.openLoop?.unsent).toBeGreaterThan(600);
  expect(result.operations + (result.openLoop?.unsent ?? 0)).toBe(800);
  expect(result.latency.count).toBe(800);
  expect(result.latency.percentilesUs[50]).toBeGreaterThan(200_000);
  expect(result.elapsedUs).toBeLessThan(5_000_000);
});

test("a wrong reply fails an open loop as well", async () => {
  const server = await ScriptedServer.start(() => "-ERR no\r\n");
  const complaint = withServer(server, spec(server.port), (generator) => generator.openLoop(0.2, 100));
  await expect(complaint).rejects.toThrow("The server answered with an error: ERR no");
});
