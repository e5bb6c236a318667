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
