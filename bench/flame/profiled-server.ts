// A server that runs under a profiler, on data that is there already. It is started with the very arguments that `serve` has
// in a benchmark, only node's own flags differ. Its process is asked for by INFO: under 0x it is a grandchild.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { BasaltError } from "../../src/base/index";
import { Questions } from "../questions";

const START_LIMIT_MS = 60_000;
const RETRY_MS = 50;
/** 0x writes its page after the server has ended. */
const END_LIMIT_MS = 300_000;

export class ProfiledServer {
  private ended = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
    private readonly log: string,
  ) {
    child.once("exit", () => (this.ended = true));
    child.once("error", () => (this.ended = true));
  }

  /** Starts a command that serves `port`; what it says goes to the file `log`. */
  static async start(
    command: readonly string[],
    port: number,
    log: string,
    cwd: string,
    environment: NodeJS.ProcessEnv,
  ): Promise<ProfiledServer> {
    const [program, ...args] = command;
    const output = openSync(log, "w");
    const child = spawn(program!, args, { cwd, env: environment, stdio: ["ignore", output, output] });
    closeSync(output);
    const server = new ProfiledServer(child, port, log);
    const deadline = performance.now() + START_LIMIT_MS;
    while ((await server.pid()) === undefined) {
      if (server.ended || performance.now() > deadline) {
        await server.stop();
        throw server.failure("did not start");
      }
      await sleep(RETRY_MS);
    }
    return server;
  }

  /** The process that serves; undefined while none does. */
  async pid(): Promise<number | undefined> {
    let questions: Questions;
    try {
      questions = await Questions.connect(this.port);
    } catch {
      return undefined;
    }
    try {
      return Number((await questions.info("server")).get("process_id"));
    } finally {
      questions.close();
    }
  }

  /** Ends the server politely and waits for what its profiler does then. */
  async finish(): Promise<void> {
    const pid = await this.pid();
    if (this.ended || pid === undefined) throw this.failure("ended early");
    const exited = once(this.child, "exit", { signal: AbortSignal.timeout(END_LIMIT_MS) });
    process.kill(pid, "SIGTERM");
    await exited;
    if (this.child.exitCode !== 0) throw this.failure("failed at its end");
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const pid = await this.pid();
    const exited = once(this.child, "exit");
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    this.child.kill("SIGKILL");
    await exited;
  }

  private failure(what: string): BasaltError {
    const said = readFileSync(this.log, "latin1").slice(-1500).trim();
    return new BasaltError(
      "PROFILE_FAILED",
      `The server under the profiler ${what}.${said === "" ? "" : ` It said: ${said}`}`,
    );
  }
}
