// A real redis-server for the tests of this room, on a free port of its own and with nothing on disk; and a way to ask
// it with raw bytes. undefined where redis-server is not installed: the test says that it skipped.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { connect, createServer } from "node:net";

export class LiveRedis {
  private readonly child: ChildProcess;
  private readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.child = child;
    this.port = port;
  }

  static async start(): Promise<LiveRedis | undefined> {
    if (spawnSync("redis-server", ["--version"]).status !== 0) return undefined;
    const port = await freePort();
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", options, { stdio: "ignore" });
    const redis = new LiveRedis(child, port);
    for (let attempt = 0; attempt < 200; attempt++) {
      const answer = await redis.exchange(Buffer.from("PING\r\n")).catch(() => "");
      if (answer === "+PONG\r\n") return redis;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    child.kill("SIGKILL");
    throw new Error("redis-server did not start");
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.child.once("exit", () => resolve());
      this.child.kill("SIGTERM");
    });
  }

  /** Sends bytes and the end of the stream on a connection of its own; all that came back until Redis closed it. */
  exchange(bytes: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect({ port: this.port, host: "127.0.0.1", allowHalfOpen: true });
      socket.on("data", (data) => (answer += data.toString("latin1")));
      socket.on("error", (error: NodeJS.ErrnoException) => {
        // Redis closes at an error with our bytes unread: what it said before that is the answer.
        if (answer === "" && error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
      });
      socket.on("close", () => resolve(answer));
      socket.on("end", () => socket.destroy());
      socket.end(bytes);
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("a listening server has a port");
      server.close(() => resolve(address.port));
    });
  });
}
