// The command table: every command as data with its function, found by the bytes of its name. A table belongs to one
// server (it counts what its commands did), and is constructed by server/.
//
// Lookup allocates nothing: a small hash of length, first, middle and last letter picks a bucket, then bytes are compared.
import { assert } from "../base/index";
import type { ByteString } from "../base/index";
import type { Arguments } from "../resp/index";
import { Command } from "./command";
import type { CommandSpec } from "./command";
import { ALL_COMMANDS } from "./commands/index";

const BUCKETS = 512;

/** ASCII letters in lower case; other bytes stay what they are or become bytes that no name holds. */
function folded(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function bucketOf(source: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const first = folded(source[start]!);
  const middle = folded(source[start + (length >> 1)]!);
  const last = folded(source[end - 1]!);
  return (length * 31 + first * 7 + middle * 17 + last * 3) & (BUCKETS - 1);
}

interface Entry {
  readonly name: Uint8Array;
  readonly command: Command;
}

export class CommandTable {
  private readonly buckets: Entry[][] = Array.from({ length: BUCKETS }, () => []);
  private readonly names = new Map<ByteString, Command>();
  /** All commands, in the order of the families' arrays. */
  readonly all: readonly Command[];
  private readonly every: readonly Command[];

  constructor(specs: readonly CommandSpec[] = ALL_COMMANDS) {
    this.all = specs.map((spec) => new Command(spec));
    this.every = this.all.flatMap((command) => [command, ...command.subcommands]);
    for (const command of this.all) {
      const { name } = command.spec;
      assert(!this.names.has(name), "a command stands in the table once");
      this.names.set(name, command);
      const bytes = Buffer.from(name, "latin1");
      this.buckets[bucketOf(bytes, 0, bytes.length)]!.push({ name: bytes, command });
    }
  }

  /** The command named by the bytes [start, end), whatever the case of its letters. */
  find(source: Buffer, start: number, end: number): Command | undefined {
    const length = end - start;
    if (length === 0) return undefined;
    const bucket = this.buckets[bucketOf(source, start, end)]!;
    for (let i = 0; i < bucket.length; i++) {
      const { name, command } = bucket[i]!;
      if (name.length !== length) continue;
      let at = 0;
      while (at < length && folded(source[start + at]!) === name[at]) at++;
      if (at === length) return command;
    }
    return undefined;
  }

  /** The command that the words name; of a container the subcommand, where there is one of that name. */
  resolve(args: Arguments): Command | undefined {
    const command = this.find(args.buffer, args.start(0), args.end(0));
    if (command === undefined || command.subcommands.length === 0 || args.count < 2) return command;
    for (const subcommand of command.subcommands) {
      if (args.isWord(1, subcommand.word)) return subcommand;
    }
    return command;
  }

  /** All commands and subcommands: what figures are kept of. */
  get everyCommand(): readonly Command[] {
    return this.every;
  }

  /** By full name, "config|get" for a subcommand. */
  byFullName(lowerCase: ByteString): Command | undefined {
    const [container = "", subcommand, ...rest] = lowerCase.split("|");
    const command = this.names.get(container);
    if (subcommand === undefined) return command;
    if (rest.length > 0) return undefined;
    return command?.subcommands.find(({ spec }) => spec.name === subcommand);
  }

  byName(lowerCase: ByteString): Command | undefined {
    return this.names.get(lowerCase);
  }
}
