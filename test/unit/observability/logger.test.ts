// The form of log lines, for programs and for people.
import { createLogger, flushLogger, readableLine } from "../../../src/observability/index";
import { BasaltError } from "../../../src/base/index";

function collected(): { lines: string[]; write(line: string): void } {
  const lines: string[] = [];
  return { lines, write: (line) => lines.push(line) };
}

test("lines are JSON with a level's name and a time", async () => {
  const destination = collected();
  const logger = createLogger("info", destination);
  logger.debug("not written");
  logger.info({ ports: { redis: 6379 } }, "ready");
  logger.child({ group: 1 }).warn("slow");
  expect(destination.lines).toHaveLength(2);
  expect(JSON.parse(destination.lines[0] ?? "")).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
    ports: { redis: 6379 },
    msg: "ready",
  });
  expect(JSON.parse(destination.lines[1] ?? "")).toMatchObject({ level: "warn", group: 1, msg: "slow" });
  await flushLogger(logger);
});

test("an error is written with its code and its stack", () => {
  const destination = collected();
  const error = new BasaltError("DISK", "The disk failed.", { cause: new Error("EIO") });
  createLogger("info", destination).fatal({ err: error }, "cannot go on");
  const line = JSON.parse(destination.lines[0] ?? "") as { err: { code: string; stack: string } };
  expect(line.err.code).toBe("DISK");
  expect(line.err.stack).toContain("logger.test");
  expect(readableLine(destination.lines[0] ?? "")).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} fatal cannot go on\n {4}.*DISK|The disk/,
  );
});

test("a person reads one line", () => {
  const time = "2026-01-02T03:04:05.678Z";
  expect(
    readableLine(
      JSON.stringify({ level: "info", time, ports: { redis: 1 }, why: "a b", node: 2, msg: "ready" }),
    ),
  ).toBe('03:04:05.678 info  ready ports={"redis":1} why="a b" node=2\n');
  expect(readableLine("not json\n")).toBe("not json\n");
  expect(readableLine("5\n")).toBe("5\n");
});
