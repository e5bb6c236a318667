// A server for tests of the load generator: its answers are the test's.
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { CommandParser, ParseStatus } from "../../../src/resp/index";

/** A server that answers every command by its name, or breaks as a test wants; remembers what was set. */
export class ScriptedServer {
  readonly values = new Map<string, string>();
  commands = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly answer: (command: string[], server: ScriptedServer) => string | undefined,
  ) {}

  static async start(answer: (command: string[], server: ScriptedServer) => string | undefined) {
    const listening = createServer({ noDelay: true }, (socket) => scripted.serve(socket));
    const scripted = new ScriptedServer(listening, answer);
    listening.listen(0, "127.0.0.1");
    await once(listening, "listening");
    return scripted;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }

  private serve(socket: Socket): void {
    const parser = new CommandParser();
    this.sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      parser.push(chunk);
      while (parser.next() === ParseStatus.command) {
        this.commands++;
        const { args } = parser;
        const answer = this.answer(
          Array.from({ length: args.count }, (_, index) => args.string(index)),
          this,
        );
        if (answer === undefined) socket.destroy();
        else socket.write(answer, "latin1");
      }
    });
  }
}
