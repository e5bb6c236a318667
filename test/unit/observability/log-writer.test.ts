// The writer behind the log, over real descriptors: a file, a full device, a closed one.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogWriter } from "../../../src/observability/index";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "basalt-log-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function flushed(writer: LogWriter): Promise<void> {
  return new Promise((resolve) => writer.flush(resolve));
}

test("lines arrive whole and in order", async () => {
  const path = join(directory, "log");
  const descriptor = openSync(path, "w");
  const writer = new LogWriter(descriptor);
  const lines = Array.from({ length: 5000 }, (_, number) => `{"number":${number},"text":"é"}\n`);
  for (const [number, line] of lines.entries()) {
    writer.write(line);
    if (number % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await flushed(writer);
  await flushed(writer);
  closeSync(descriptor);
  expect(readFileSync(path, "utf8")).toBe(lines.join(""));
});

test("beyond the bound lines are dropped and counted", async () => {
  const path = join(directory, "log");
  const descriptor = openSync(path, "w");
  const writer = new LogWriter(descriptor, 10);
  writer.write("12345\n");
  for (let number = 0; number < 5; number++) writer.write("67890\n");
  await flushed(writer);
  closeSync(descriptor);
  expect(readFileSync(path, "utf8")).toBe(
    '12345\n67890\n{"level":"warn","dropped":4,"msg":"log lines were dropped"}\n',
  );
});

test("what cannot be written is given up, at the end too", async () => {
  const full = openSync("/dev/full", "w");
  for (const descriptor of [full, 1_000_000]) {
    const writer = new LogWriter(descriptor);
    for (let number = 0; number < 100; number++) writer.write("line\n");
    await flushed(writer);
    writer.write("last\n");
    writer.write("very last\n");
    writer.writeRest();
    await flushed(writer);
  }
  closeSync(full);
});
