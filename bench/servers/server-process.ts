// One server under measurement: a child process with a data directory of its own on a disk and a free port, both given
// up when it stops. Ready means that it answers PING. Its output goes to a file beside its data, so that a pipe costs it
// nothing, and the end of that file is told when it fails. It is stopped by its pid: politely, then for good.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BasaltError } from "../../src/base/index";
import type { ServerKind } from "./server-kinds";

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const PING_EVERY_MS = 20;
const TOLD_OUTPUT_BYTES = 2000;

export class ServerProcess {
  private ended = false;
  private child: ChildProcess;

  private constructor(
    readonly kind: ServerKind,
    readonly port: number,
    readonly command: readonly string[],
    private readonly environment: NodeJS.ProcessEnv,
    private readonly directory: string,
  ) {
    this.child = this.spawn();
  }

  /** Starts the server with data somewhere under `parentDir`, and answers when it serves. */
  static async start(
    kind: ServerKind,
    parentDir: string,
    environment: NodeJS.ProcessEnv,
  ): Promise<ServerProcess> {
    const directory = mkdtempSync(join(parentDir, `basalt-bench-${kind.name}-`));
    try {
      const dataDir = join(directory, "data");
      mkdirSync(dataDir);
      const port = await freePort();
      const command = [kind.program, ...kind.args(port, dataDir)];
      const server = new ServerProcess(kind, port, command, environment, directory);
      await server.ready();
      return server;
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Throws when the server is gone; for whoever wonders why a load failed. */
  assertRunning(): void {
    if (this.ended) throw this.failure("ended under load");
  }

  /** Stops the process and removes its data. */
  async stop(): Promise<void> {
    await this.end();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Where its data lies. */
  get dataDir(): string {
    return join(this.directory, "data");
  }

  /** Ends the process with SIGKILL; its data stays for `restart`. */
  async kill(): Promise<void> {
    if (this.ended) return;
    const exited = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await exited;
  }

  /** Starts it again after `kill`, on the same data and port; answers when it serves. */
  async restart(): Promise<void> {
    this.ended = false;
    this.child = this.spawn();
    await this.ready();
  }

  private spawn(): ChildProcess {
    const [program, ...args] = this.command;
    const output = openSync(join(this.directory, "output.log"), "a");
    const child = spawn(program!, args, { env: this.environment, stdio: ["ignore", output, output] });
    closeSync(output);
    const ended = () => {
      if (this.child === child) this.ended = true;
    };
    child.once("exit", ended);
    child.once("error", ended);
    return child;
  }

  private async ready(): Promise<void> {
    const deadline = performance.now() + START_LIMIT_MS;
    while (!(await answersPing(this.port))) {
      if (this.ended) throw this.failure("did not start");
      if (performance.now() > deadline) {
        const failure = this.failure("did not answer in time");
        await this.end();
        throw failure;
      }
      await sleep(PING_EVERY_MS);
    }
    if (this.ended) throw this.failure("did not start");
  }

  private async end(): Promise<void> {
    if (this.ended) return;
    const exited = once(this.child, "exit");
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), STOP_LIMIT_MS);
    await exited;
    clearTimeout(timer);
  }

  private failure(what: string): BasaltError {
    const output = readFileSync(join(this.directory, "output.log"), "latin1")
      .slice(-TOLD_OUTPUT_BYTES)
      .trim();
    return new BasaltError(
      "SERVER_FAILED",
      `${this.kind.title} ${what} (${this.command.join(" ")}).${output === "" ? "" : ` It said: ${output}`}`,
    );
  }
}

async function answersPing(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.setTimeout(1000, () => socket.destroy());
  return new Promise((resolve) => {
    let answer = "";
    socket.on("connect", () => socket.write("*1\r\n$4\r\nPING\r\n"));
    socket.on("data", (data) => {
      answer += data.toString("latin1");
      if (answer.length >= "+PONG\r\n".length) socket.destroy();
    });
    // A refused connection is the expected answer of a server that is still starting; `close` follows.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(answer === "+PONG\r\n"));
  });
}

/** A port of 127.0.0.1 that nobody serves now. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") {
    throw new BasaltError("NO_PORT", "The system gave no free port on 127.0.0.1.");
  }
  return address.port;
}
