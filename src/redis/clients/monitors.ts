// MONITOR: clients that are told of every command that runs. A line tells what happened, so it goes out only when that is
// true: behind the batch the command's own reply waits for. Commands of administration are not shown, secrets neither.
import type { Clock } from "../../base/index";
import type { Arguments } from "../../resp/index";
import type { Command } from "../command";

/** Who is told. */
export interface Monitor {
  push(bytes: Buffer, sequence: number): void;
}

/** Who ran a command. */
export interface MonitoredClient {
  readonly database: number;
  readonly socket: { readonly remoteAddress: string };
}

const REDACTED = '"(redacted)"';
const ESCAPES: Readonly<Record<number, string>> = {
  0x07: "\\a",
  0x08: "\\b",
  0x09: "\\t",
  0x0a: "\\n",
  0x0d: "\\r",
  0x22: '\\"',
  0x5c: "\\\\",
};
const PLAIN = /^[ !#-[\]-~]*$/;
/** What is shown of one word: a longer one is cut, so that a line stays a line. */
const SHOWN_BYTES = 1024 * 1024;

export class Monitors {
  private readonly clock: Clock;
  private readonly monitors = new Set<Monitor>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get isEmpty(): boolean {
    return this.monitors.size === 0;
  }

  add(monitor: Monitor): void {
    this.monitors.add(monitor);
  }

  remove(monitor: Monitor): void {
    this.monitors.delete(monitor);
  }

  /** The line that tells of a command which has just run; undefined for one that is not shown. */
  lineOf(client: MonitoredClient, command: Command, args: Arguments, database: number): Buffer | undefined {
    if (command.isHiddenFromMonitors) return undefined;
    const microseconds = Math.floor(this.clock.wallMs() * 1000);
    const time = `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, "0")}`;
    const words = shownWords(command, args);
    return Buffer.from(`+${time} [${database} ${client.socket.remoteAddress}] ${words}\r\n`, "latin1");
  }

  tell(line: Buffer, sequence: number): void {
    for (const monitor of this.monitors) monitor.push(line, sequence);
  }
}

function shownWords(command: Command, args: Arguments): string {
  const words = Array.from({ length: args.count }, (_, i) => quoted(args, i));
  if (command.spec.name === "auth") words.fill(REDACTED, 1);
  if (command.spec.name === "hello") {
    for (let i = 2; i + 2 < args.count; i++) {
      if (args.isWord(i, "AUTH")) words.fill(REDACTED, i + 1, i + 3);
    }
  }
  return words.join(" ");
}

/** A word in quotes, with everything escaped that is not printable, as Redis writes it. */
function quoted(args: Arguments, index: number): string {
  const start = args.start(index);
  const end = Math.min(args.end(index), start + SHOWN_BYTES);
  const text = args.buffer.toString("latin1", start, end);
  if (PLAIN.test(text)) return `"${text}"`;
  let shown = "";
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    const isPrintable = byte >= 0x20 && byte < 0x7f;
    shown += ESCAPES[byte] ?? (isPrintable ? text.charAt(i) : `\\x${byte.toString(16).padStart(2, "0")}`);
  }
  return `"${shown}"`;
}
