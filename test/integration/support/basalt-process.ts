// A Basalt server as a child process, for tests that need a real one: started on free ports over a directory of the
// test's own, watched until it logs `ready`, stopped or killed by pid.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const REPOSITORY = join(__dirname, "..", "..", "..", "..");
const NODE = join(REPOSITORY, "scripts", "node");
const ENTRY = join(REPOSITORY, "build", "src", "cli", "main.js");

export interface BasaltOptions {
  readonly directory: string;
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Of Prometheus's metrics; closed by default. */
  readonly metricsPort?: string;
  /** Another program than the ordinary entry point, with the same output. */
  readonly entry?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A fresh directory; `remove` deletes it. */
export function temporaryDirectory(name: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `basalt-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export class BasaltProcess {
  private readonly child: ChildProcess;
  /** Standard output and error so far. */
  output = "";
  readonly exited: Promise<Exit>;
  /** Open ports by name, once ready. */
  ports: Readonly<Record<string, number>> = {};

  private constructor(options: BasaltOptions) {
    const flags = [
      "--redis-port",
      "0",
      "--router-metrics-port",
      options.metricsPort ?? "off",
      "--data-dir",
      options.directory,
    ];
    const environment = { ...process.env, ...options.environment };
    this.child = spawn(NODE, [options.entry ?? ENTRY, "serve", ...flags, ...(options.flags ?? [])], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.exited = new Promise((resolve) => {
      this.child.once("exit", (code, signal) => resolve({ code, signal }));
    });
  }

  /** Resolves when the server is ready. Rejects with its output if it ends first. */
  static async start(options: BasaltOptions): Promise<BasaltProcess> {
    const server = new BasaltProcess(options);
    await server.waitUntilReady();
    return server;
  }

  /** Starts a server that is expected to refuse; resolves with its exit and output. */
  static async startRefused(options: BasaltOptions): Promise<Exit & { output: string }> {
    const server = new BasaltProcess(options);
    server.collect(() => undefined);
    const exit = await server.exited;
    return { ...exit, output: server.output };
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get redisPort(): number {
    return this.ports["redis"] ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async kill(): Promise<Exit> {
    this.child.kill("SIGKILL");
    return this.exited;
  }

  async stop(): Promise<Exit> {
    this.child.kill("SIGTERM");
    return this.exited;
  }

  private collect(line: (text: string) => void): void {
    const pending = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      this.child[stream]?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        const lines = (pending[stream] + text).split("\n");
        pending[stream] = lines.pop() ?? "";
        lines.forEach(line);
      });
    }
  }

  private waitUntilReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.collect((text) => {
        const ports = readyPorts(text);
        if (ports === undefined) return;
        this.ports = ports;
        resolve();
      });
      void this.exited.then(({ code, signal }) => {
        reject(new Error(`the server ended (${code ?? signal}) before it was ready:\n${this.output}`));
      });
    });
  }
}

function readyPorts(line: string): Record<string, number> | undefined {
  if (!line.startsWith("{")) return undefined;
  const record = JSON.parse(line) as { msg?: string; ports?: Record<string, number> };
  return record.msg === "ready" ? record.ports : undefined;
}
