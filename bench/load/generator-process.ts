// The bench's side of a generator: starts the process, asks it for one thing at a time with a time limit, ends it by its
// pid. A generator that fails, exits or overruns its limit rejects the question that was open.
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { BasaltError } from "../../src/base/index";
import type { GeneratorAnswer, GeneratorRequest, LoadResult, LoadSpec } from "./load-messages";
import type { PreloadName } from "./workloads";

const CONNECT_LIMIT_MS = 30_000;
/** How long a load may run beyond its own time before the server counts as stuck. */
const OVERRUN_LIMIT_MS = 30_000;
const PRELOAD_KEYS_PER_SECOND_AT_LEAST = 5000;

export class GeneratorProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Starts a generator and lets it connect. `environment` is what the process sees. */
  static async start(spec: LoadSpec, environment: NodeJS.ProcessEnv): Promise<GeneratorProcess> {
    const child = fork(join(__dirname, "generator-main.js"), [], {
      env: environment,
      execArgv: [],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const generator = new GeneratorProcess(child);
    try {
      await generator.ask({ type: "connect", spec }, CONNECT_LIMIT_MS);
    } catch (error) {
      await generator.stop();
      throw error;
    }
    return generator;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Writes every one of the `keys` keys once, for each of the kinds. */
  preload(keys: number, kinds: readonly PreloadName[] = ["strings"]): Promise<LoadResult> {
    const limitMs = OVERRUN_LIMIT_MS + ((keys * kinds.length) / PRELOAD_KEYS_PER_SECOND_AT_LEAST) * 1000;
    return this.load({ type: "preload", kinds }, limitMs);
  }

  closedLoop(seconds: number): Promise<LoadResult> {
    return this.load({ type: "closed-loop", seconds }, seconds * 1000 + OVERRUN_LIMIT_MS);
  }

  /** `rate` requests a second; what the server leaves behind may take half as long again. */
  openLoop(seconds: number, rate: number): Promise<LoadResult> {
    return this.load({ type: "open-loop", seconds, rate }, seconds * 1500 + OVERRUN_LIMIT_MS);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await exited;
  }

  private async load(request: GeneratorRequest, limitMs: number): Promise<LoadResult> {
    const result = await this.ask(request, limitMs);
    if (result === undefined)
      throw new BasaltError("GENERATOR_FAILED", "The generator answered without a result.");
    return result;
  }

  private ask(request: GeneratorRequest, limitMs: number): Promise<LoadResult | undefined> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        child.off("message", onMessage);
        child.off("exit", onExit);
        child.off("error", onError);
      };
      const fail = (message: string): void => {
        settle();
        reject(new BasaltError("GENERATOR_FAILED", message));
      };
      const onMessage = (answer: GeneratorAnswer): void => {
        if (answer.type === "failed") {
          fail(answer.message);
          return;
        }
        settle();
        resolve(answer.result);
      };
      const onExit = (): void => fail("The generator's process ended early.");
      const onError = (error: Error): void => fail(`The generator's process failed: ${error.message}`);
      const timer = setTimeout(() => {
        fail(
          `The server left requests unanswered: ${request.type} took more than ${Math.round(limitMs / 1000)} s.`,
        );
      }, limitMs);
      child.on("message", onMessage);
      child.on("exit", onExit);
      child.on("error", onError);
      child.send(request, (error) => {
        if (error !== null) onError(error);
      });
    });
  }
}
