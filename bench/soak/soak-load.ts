// The soak's side of its load: starts the process, asks it for samples, ends it by its pid.
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { BasaltError } from "../../src/base/index";
import type { LoadSample, SoakAnswer, SoakLoadSpec } from "./load-messages";

const ANSWER_LIMIT_MS = 30_000;

export class SoakLoad {
  private failure: string | undefined;

  private constructor(private readonly child: ChildProcess) {
    child.on("message", (answer: SoakAnswer) => {
      if (answer.type === "failed") this.failure = answer.message;
    });
    child.once("exit", () => (this.failure ??= "its process ended"));
  }

  static async start(spec: SoakLoadSpec, environment: NodeJS.ProcessEnv): Promise<SoakLoad> {
    const child = fork(join(__dirname, "load-main.js"), [], {
      env: environment,
      execArgv: [],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const load = new SoakLoad(child);
    await once(child, "spawn");
    child.send({ type: "start", spec });
    return load;
  }

  /** What happened since the last call; throws when the load has failed. */
  async sample(): Promise<LoadSample> {
    this.child.send({ type: "sample" });
    for (;;) {
      if (this.failure !== undefined)
        throw new BasaltError("LOAD_FAILED", `The load failed: ${this.failure}`);
      const [answer] = (await once(this.child, "message", {
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      })) as [SoakAnswer];
      if (answer.type === "sample") return answer.sample;
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await exited;
  }
}
