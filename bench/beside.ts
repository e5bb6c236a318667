// What long commands do to others: the latency of a GET load while KEYS, DBSIZE, BITCOUNT, BITOP, a large MULTI or FLUSHALL runs
// beside it on another connection; and what changes within a long string cost. `npm run bench:beside -- [KEYS] [MEGABYTES]`;
// writes the tables of a report to standard output. The long command is sent by a thread of its own, which has its bytes
// ready, so that neither making them nor taking the reply holds up the load.
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { ReplyParser, encodeCommand } from "../src/resp/index";
import { diskDirectory } from "./measure/index";
import { ServerProcess, serverKinds } from "./servers/index";

const CLIENTS = 20;
/** How long the load runs at least beside a command, which is repeated until then. */
const LEAST_MS = 3000;
const LOADED_KEYS = 100_000;
/** Changes of each kind within a long string. */
const CHANGES = 500;
const END = "the-end-of-a-reply";

interface LongCommand {
  readonly name: string;
  readonly commands: readonly (readonly string[])[];
  readonly once?: boolean;
}

/** Sends what was encoded, with an ECHO of `END` behind it, in one write and waits for that answer. */
async function send(port: number, bytes: Buffer): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let tail = "";
  await new Promise<void>((done, fail) => {
    socket.on("error", fail);
    socket.on("data", (part: Buffer) => {
      tail = (tail + part.subarray(-2 * END.length).toString("latin1")).slice(-2 * END.length);
      if (tail.includes(END)) done();
    });
    socket.write(bytes);
  });
  socket.destroy();
}

function encoded(commands: readonly (readonly string[])[]): Buffer {
  return Buffer.concat([...commands, ["ECHO", END]].map(encodeCommand));
}

function run(port: number, commands: readonly (readonly string[])[]): Promise<void> {
  return send(port, encoded(commands));
}

/** A thread that runs one long command when it is asked to. */
class Elsewhere {
  private readonly worker: Worker;

  constructor(port: number, commands: readonly (readonly string[])[]) {
    this.worker = new Worker(__filename, { workerData: { port, bytes: encoded(commands) } });
  }

  /** How long the command took, in milliseconds. */
  async run(): Promise<number> {
    this.worker.postMessage("run");
    const [ms] = (await once(this.worker, "message")) as [number];
    return ms;
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}

/** One connection that asks GET after GET; latencies in milliseconds go into `into`. */
class Asker {
  private readonly socket: Socket;
  private sentAt = 0;
  stopped = false;

  constructor(port: number, into: number[]) {
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.once("connect", () => this.ask());
    this.socket.on("data", () => {
      into.push(performance.now() - this.sentAt);
      if (this.stopped) this.socket.destroy();
      else this.ask();
    });
  }

  private ask(): void {
    const key = `key:${Math.floor(Math.random() * LOADED_KEYS)}`;
    this.sentAt = performance.now();
    this.socket.write(encodeCommand(["GET", key]));
  }
}

async function measure(port: number, { name, commands, once }: LongCommand): Promise<string> {
  const latencies: number[] = [];
  const elsewhere = new Elsewhere(port, commands);
  const askers = Array.from({ length: CLIENTS }, () => new Asker(port, latencies));
  await sleep(500);
  latencies.length = 0;
  const begun = performance.now();
  let runs = 0;
  let commandMs = 0;
  do {
    if (commands.length > 0) {
      commandMs += await elsewhere.run();
      runs++;
    } else {
      await sleep(LEAST_MS);
    }
  } while (once !== true && performance.now() - begun < LEAST_MS);
  for (const asker of askers) asker.stopped = true;
  await elsewhere.stop();
  // The last answers are still to come, and do not count.
  const sorted = latencies.slice().sort((a, b) => a - b);
  const at = (fraction: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0).toFixed(2);
  const each = runs === 0 ? "–" : Math.round(commandMs / runs).toString();
  await sleep(500);
  return `| ${name} | ${runs} × ${each} | ${sorted.length} | ${at(0.5)} | ${at(0.99)} | ${at(0.999)} | ${at(1)} |`;
}

async function fill(port: number, keys: number, megabytes: number): Promise<void> {
  const value = "v".repeat(64);
  for (let from = 0; from < keys; from += 50_000) {
    const commands: string[][] = [];
    for (let at = from; at < Math.min(keys, from + 50_000); at += 500) {
      commands.push(["MSET", ...Array.from({ length: 500 }, (_, i) => [`key:${at + i}`, value]).flat()]);
    }
    await run(port, commands);
  }
  const part = "\x5a".repeat(1024 * 1024);
  for (let at = 0; at < megabytes; at++)
    await run(port, [["SETRANGE", "bits", String(at * part.length), part]]);
}

async function main(): Promise<void> {
  const keys = Number(process.argv[2] ?? 5_000_000);
  const megabytes = Number(process.argv[3] ?? 500);
  const root = resolve(__dirname, "..", "..");
  const { path } = diskDirectory([process.env["TMPDIR"] ?? "/tmp", resolve(root, "data-bench")]);
  const server = await ServerProcess.start(serverKinds(root).basalt, path, process.env);
  try {
    await fill(server.port, keys, megabytes);
    await sleep(5000);
    const sets = Array.from({ length: 10_000 }, (_, i) => ["SET", `multi:${i}`, "x".repeat(64)]);
    const list: readonly LongCommand[] = [
      { name: "nothing", commands: [] },
      { name: `KEYS * of ${keys} keys`, commands: [["KEYS", "*"]] },
      { name: `DBSIZE of ${keys} keys`, commands: [["DBSIZE"]] },
      { name: `BITCOUNT of ${megabytes} MiB`, commands: [["BITCOUNT", "bits"]] },
      { name: `BITOP NOT of ${megabytes} MiB`, commands: [["BITOP", "NOT", "other", "bits"]], once: true },
      { name: "MULTI of 10 000 SETs", commands: [["MULTI"], ...sets, ["EXEC"]] },
      { name: "SETBIT, one bit at a time, 10 000 of them", commands: bits(megabytes) },
      { name: `FLUSHALL of ${keys} keys`, commands: [["FLUSHALL"]], once: true },
    ];
    process.stdout.write(
      "| beside | runs × ms | GETs | p50 ms | p99 ms | p99.9 ms | max ms |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (const command of list) process.stdout.write(`${await measure(server.port, command)}\n`);
    await fill(server.port, 0, megabytes);
    process.stdout.write(
      `\n| within a string of ${megabytes} MiB | p50 ms | p99 ms | bytes logged |\n| --- | ---: | ---: | ---: |\n`,
    );
    await withinLongString(server.port, megabytes);
  } finally {
    await server.stop();
  }
}

function bits(megabytes: number): string[][] {
  const count = megabytes * 1024 * 1024 * 8;
  return Array.from({ length: 10_000 }, (_, i) => ["SETBIT", "bits", String((i * 7_919_417) % count), "1"]);
}

/** Changes within a long string, one at a time: how long each takes, and what of it goes into the log. */
async function withinLongString(port: number, megabytes: number): Promise<void> {
  const questions = await Questions.open(port);
  const bytes = megabytes * 1024 * 1024;
  const places = Array.from({ length: CHANGES }, (_, i) => (i * 7_919_417) % (bytes - 1000));
  const changes: readonly [string, (place: number) => string[]][] = [
    ["SETBIT", (place) => ["SETBIT", "bits", String(place * 8), "1"]],
    ["SETRANGE, 100 bytes", (place) => ["SETRANGE", "bits", String(place), "r".repeat(100)]],
    ["APPEND, 100 bytes", () => ["APPEND", "bits", "a".repeat(100)]],
    ["GETRANGE, 100 bytes", (place) => ["GETRANGE", "bits", String(place), String(place + 99)]],
    ["GETBIT", (place) => ["GETBIT", "bits", String(place * 8)]],
  ];
  for (const [name, change] of changes) {
    const before = await questions.loggedBytes();
    const latencies: number[] = [];
    for (const place of places) {
      const begun = performance.now();
      await questions.ask(change(place));
      latencies.push(performance.now() - begun);
    }
    const logged = (await questions.loggedBytes()) - before;
    latencies.sort((a, b) => a - b);
    const [median, late] = [0.5, 0.99].map((part) => latencies[Math.floor(CHANGES * part)]!.toFixed(2));
    process.stdout.write(`| ${name} | ${median} | ${late} | ${Math.round(logged / CHANGES)} |\n`);
  }
  questions.close();
}

/** A connection for one question at a time. */
class Questions {
  private readonly parser = new ReplyParser();
  private answered: ((reply: string) => void) | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on("data", (bytes: Buffer) => {
      this.parser.push(bytes);
      const reply = this.parser.next();
      if (typeof reply === "string" || typeof reply === "number") this.answered?.(String(reply));
      else if (reply !== undefined) throw new Error("a question was answered with an error");
    });
  }

  static async open(port: number): Promise<Questions> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new Questions(socket);
  }

  ask(command: readonly string[]): Promise<string> {
    return new Promise((done) => {
      this.answered = done;
      this.socket.write(encodeCommand(command));
    });
  }

  async loggedBytes(): Promise<number> {
    const found = /batch_bytes_total:(\d+)/.exec(await this.ask(["INFO", "everything"]));
    return Number(found?.[1]);
  }

  close(): void {
    this.socket.destroy();
  }
}

if (isMainThread) {
  void main();
} else {
  const { port, bytes } = workerData as { port: number; bytes: Uint8Array };
  parentPort!.on("message", () => {
    const begun = performance.now();
    void send(port, Buffer.from(bytes)).then(() => parentPort!.postMessage(performance.now() - begun));
  });
}
