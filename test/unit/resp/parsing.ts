// Drives a CommandParser over chunks and writes down what it found, for comparison.
import { CommandParser, ParseStatus, type ParserLimits } from "../../../src/resp/index";

export interface Parsed {
  readonly commands: string[][];
  /** The parser's words if it failed. */
  readonly error: string;
  readonly pendingBytes: number;
}

/** Drains the parser into `commands`. */
export function drain(parser: CommandParser, commands: string[][]): ParseStatus {
  for (;;) {
    const status = parser.next();
    if (status !== ParseStatus.command) return status;
    const { args } = parser;
    commands.push(Array.from({ length: args.count }, (_, index) => args.string(index)));
  }
}

export function parse(chunks: readonly Buffer[], limits?: Partial<ParserLimits>): Parsed {
  const parser = new CommandParser(limits);
  const commands: string[][] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    if (drain(parser, commands) === ParseStatus.failed) break;
  }
  return { commands, error: parser.error, pendingBytes: parser.pendingBytes };
}

const STRANGE = "*1\r\n$4\r\nEVIL\r\n*2\r\n$3\r\nGET\r\n";

/**
 * The same with the chunks in one buffer, between bytes that are not theirs: a request before each one, and behind it, up to
 * the buffer's end, what would go on with it.
 */
export function parseShared(chunks: readonly Buffer[], limits?: Partial<ParserLimits>): Parsed {
  const parser = new CommandParser(limits);
  const commands: string[][] = [];
  const room = chunks.reduce((sum, chunk) => sum + chunk.length + STRANGE.length, STRANGE.length);
  const shared = Buffer.alloc(room, STRANGE);
  let at = STRANGE.length;
  for (const chunk of chunks) {
    chunk.copy(shared, at);
    parser.push(shared, at, at + chunk.length);
    at += chunk.length + STRANGE.length;
    // Some wait for those behind them.
    if (chunk.length % 3 === 0) continue;
    if (drain(parser, commands) === ParseStatus.failed) break;
  }
  drain(parser, commands);
  return { commands, error: parser.error, pendingBytes: parser.pendingBytes };
}

export function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** Cuts a stream at the given offsets, whatever their order. */
export function cut(stream: Buffer, offsets: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const to of [...offsets, stream.length].sort((a, b) => a - b)) {
    // A copy, so that no parser can read across the cut.
    chunks.push(Buffer.from(stream.subarray(from, to)));
    from = to;
  }
  return chunks;
}

export function byteByByte(stream: Buffer): Buffer[] {
  return [...stream].map((byte) => Buffer.from([byte]));
}
