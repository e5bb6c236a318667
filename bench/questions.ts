// One connection to a server for a question at a time: what it says of itself, whether a key is there. Not for loads.
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { BasaltError } from "../src/base/index";
import { ReplyError, ReplyParser, encodeCommand } from "../src/resp/index";
import type { Reply } from "../src/resp/index";

const ANSWER_LIMIT_MS = 60_000;

export class Questions {
  private readonly parser = new ReplyParser();

  private constructor(private readonly socket: Socket) {}

  static async connect(port: number): Promise<Questions> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    return new Questions(socket);
  }

  /** The reply to a command; an error reply is thrown. */
  async ask(...words: readonly string[]): Promise<Reply> {
    this.socket.write(encodeCommand(words));
    for (;;) {
      const [chunk] = (await once(this.socket, "data", {
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      })) as [Buffer];
      this.parser.push(chunk);
      const reply = this.parser.next();
      if (reply instanceof ReplyError) {
        throw new BasaltError("ERROR_REPLY", `${words[0]} was answered with ${reply.message}.`);
      }
      if (reply !== undefined) return reply;
    }
  }

  /** The lines of INFO as names and values. */
  async info(section: string): Promise<ReadonlyMap<string, string>> {
    const text = await this.ask("INFO", section);
    if (typeof text !== "string") throw new BasaltError("BAD_REPLY", "INFO was not answered with a text.");
    const lines = text.split("\r\n").filter((line) => line.includes(":") && !line.startsWith("#"));
    return new Map(
      lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
    );
  }

  close(): void {
    this.socket.destroy();
  }
}
