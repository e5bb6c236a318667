// Memory: five million SETs over a million keys of 64 bytes, then idle: at most 600 MB resident, and no more when repeated.
// BASALT_MEMORY_SETS gives their number.
import { appendFileSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { SeededRandom } from "../../src/base/index";
import { BasaltProcess, temporaryDirectory } from "../integration/support/basalt-process";

const SETS = Number(process.env["BASALT_MEMORY_SETS"] ?? 5_000_000);
const KEYS = 1_000_000;
const BATCH = 4000;
const MEGABYTE = 1_000_000;
const REPLY_BYTES = "+OK\r\n".length;

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

async function load(port: number, random: SeededRandom): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let received = 0;
  let arrived = (): void => undefined;
  socket.on("data", (bytes: Buffer) => {
    received += bytes.length;
    arrived();
  });
  for (let sent = 0; sent < SETS; sent += BATCH) {
    const value = random.bytes(32).toString("hex");
    const commands = Array.from(
      { length: BATCH },
      () =>
        `*3\r\n$3\r\nSET\r\n$10\r\nkey${String(random.below(KEYS)).padStart(7, "0")}\r\n$64\r\n${value}\r\n`,
    );
    socket.write(commands.join(""));
    // Some batches ahead of the replies.
    while (received < (sent - 8 * BATCH) * REPLY_BYTES)
      await new Promise<void>((resolve) => (arrived = resolve));
  }
  while (received < SETS * REPLY_BYTES) await new Promise<void>((resolve) => (arrived = resolve));
  socket.destroy();
}

test("memory after millions of SETs is bounded and flat", async () => {
  const random = new SeededRandom(Number(process.env["BASALT_TEST_SEED"] ?? 1));
  const directory = temporaryDirectory("memory");
  const server = await BasaltProcess.start({ directory: directory.path });
  try {
    const resident: number[] = [];
    for (let round = 0; round < 3; round++) {
      await load(server.redisPort, random);
      await sleep(10_000);
      resident.push(residentBytes(server.pid));
    }
    const shown = resident.map((bytes) => `${Math.round(bytes / MEGABYTE)} MB`).join(", ");
    const line = `memory: resident after ${SETS} SETs over ${KEYS} keys of 64 B, each time again: ${shown}`;
    process.stdout.write(`${line}\n`);
    const report = process.env["BASALT_LONG_REPORT"];
    if (report !== undefined) appendFileSync(report, `- ${line}\n`);
    for (const bytes of resident) expect(bytes).toBeLessThan(600 * MEGABYTE);
    expect(resident[2]).toBeLessThan(resident[0]! * 1.25);
    expect((await server.stop()).code).toBe(0);
  } finally {
    await server.kill();
    directory.remove();
  }
});
