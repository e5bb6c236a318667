// The real redis-server that Basalt is compared with: on a free port of its own, in a directory of its own, nothing on
// disk, stopped by its pid. `start` gives undefined where redis-server is not installed: the test says that it skipped.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { connect, createServer } from "node:net";
import { temporaryDirectory } from "../integration/support/basalt-process";

export class ReferenceServer {
  private readonly child: ChildProcess;
  private readonly removeDirectory: () => void;
  readonly port: number;
  readonly version: string;

  private constructor(child: ChildProcess, port: number, version: string, removeDirectory: () => void) {
    this.child = child;
    this.port = port;
    this.version = version;
    this.removeDirectory = removeDirectory;
  }

  static async start(more: readonly string[] = []): Promise<ReferenceServer | undefined> {
    const asked = spawnSync("redis-server", ["--version"], { encoding: "utf8" });
    if (asked.status !== 0) return undefined;
    const version = /v=(\S+)/.exec(asked.stdout)?.[1] ?? "unknown";
    const directory = temporaryDirectory("reference");
    const port = await freePort();
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", [...options, "--timeout", "0", ...more], {
      cwd: directory.path,
      stdio: "ignore",
    });
    for (let attempt = 0; attempt < 400; attempt++) {
      if (await accepts(port)) return new ReferenceServer(child, port, version, directory.remove);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    child.kill("SIGKILL");
    throw new Error("redis-server did not start");
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await exited;
    this.removeDirectory();
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("a listening server has a port");
      server.close(() => resolve(address.port));
    });
  });
}
