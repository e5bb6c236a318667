import { GeneratorProcess } from "../../../bench/load/index";
import type { LoadSpec, WorkloadName } from "../../../bench/load/index";
import { ScriptedServer } from "./scripted-server";

function properAnswer([name, key = "", value = ""]: string[], server: ScriptedServer): string {
  if (name === "SET") {
    server.values.set(key, value);
    return "+OK\r\n";
  }
  const stored = server.values.get(key);
  return stored === undefined ? "$-1\r\n" : `$${stored.length}\r\n${stored}\r\n`;
}

function spec(port: number, workload: WorkloadName, pipeline = 1): LoadSpec {
  return {
    port,
    workload,
    pipeline,
    clients: 3,
    valueBytes: 20,
    keys: 100,
    distribution: "uniform",
    seed: 1,
  };
}

async function withGenerator<Result>(
  load: LoadSpec,
  use: (generator: GeneratorProcess) => Promise<Result>,
): Promise<Result> {
  const generator = await GeneratorProcess.start(load, process.env);
  try {
    return await use(generator);
  } finally {
    await generator.stop();
  }
}

/** Preloads if asked, loads, and gives back what the generator said was wrong. */
async function complaintOf(
  answer: (command: string[], server: ScriptedServer) => string | undefined,
  workload: WorkloadName,
  pipeline = 1,
): Promise<string> {
  const server = await ScriptedServer.start(answer);
  try {
    return await withGenerator(spec(server.port, workload, pipeline), (generator) =>
      generator.closedLoop(0.1).then(
        () => "nothing",
        (error: unknown) => String(error),
      ),
    );
  } finally {
    await server.stop();
  }
}

test("a preload writes every key; a load counts exactly what the server saw", async () => {
  const server = await ScriptedServer.start(properAnswer);
  try {
    await withGenerator(spec(server.port, "mixed", 4), async (generator) => {
      const preload = await generator.preload(100);
      expect(server.values.size).toBe(100);
      expect(preload.operations).toBe(server.commands);
      const result = await generator.closedLoop(0.2);
      expect(result.operations).toBe(server.commands - preload.operations);
      expect(result.operations).toBeGreaterThan(0);
      expect(result.latency.count).toBe(result.operations / 4);
      const { percentilesUs } = result.latency;
      expect(percentilesUs[50]).toBeLessThanOrEqual(percentilesUs[99] ?? NaN);
      expect(percentilesUs[99.99]).toBeLessThanOrEqual(result.latency.maxUs);
    });
  } finally {
    await server.stop();
  }
});

describe("a load fails", () => {
  test("at an error reply, with its text", async () => {
    const complaint = await complaintOf(() => "-ERR the disk is full\r\n", "set");
    expect(complaint).toContain("The server answered with an error: ERR the disk is full");
  });

  test("when values are missing: replies of the wrong size", async () => {
    expect(await complaintOf(() => "$-1\r\n", "get")).toContain("some are wrong");
  });

  test("when a reply comes that nobody asked for", async () => {
    expect(await complaintOf(() => "+OK\r\n+OK\r\n", "set")).toContain("nobody asked for");
  });

  test("when the server closes a connection", async () => {
    let answered = 0;
    const complaint = await complaintOf(() => (++answered > 20 ? undefined : "+OK\r\n"), "set");
    expect(complaint).toMatch(/closed a connection|connection failed/);
  });

  test("when what comes is not RESP", async () => {
    expect(await complaintOf(() => "HTTP/1.1 400 Bad Request\r\n", "set", 2)).toContain("not RESP");
  });
});

test("a generator that cannot connect says so", async () => {
  const server = await ScriptedServer.start(properAnswer);
  const { port } = server;
  await server.stop();
  await expect(GeneratorProcess.start(spec(port, "set"), process.env)).rejects.toThrow("ECONNREFUSED");
});
