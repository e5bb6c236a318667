// The log of slow commands: the newest so many, in memory, with their words cut as Redis cuts them and passwords left out.
// A command's time is what it took from its turn on its connection to its reply, the wait for what it had to read included
// and the wait for its commit not.
import type { ByteString } from "../../base/index";
import type { Arguments } from "../../resp/index";

export interface SlowCommand {
  readonly id: number;
  readonly atSeconds: number;
  readonly durationUs: number;
  readonly words: readonly ByteString[];
  readonly client: string;
  readonly clientName: ByteString;
}

const MAX_WORDS = 32;
const MAX_WORD_BYTES = 128;
export const REDACTED = "(redacted)";

/** Parameters whose values are nobody's business. */
const SECRETS: ReadonlySet<string> = new Set([
  "requirepass",
  "masterauth",
  "masteruser",
  "tls-key-file-pass",
]);

export class SlowLog {
  /** Newest last. */
  private entries: SlowCommand[] = [];
  private nextId = 0;
  private maxEntries: number;

  constructor(maxEntries: number) {
    this.maxEntries = maxEntries;
  }

  /** Since the start, whatever was dropped since. */
  get addedTotal(): number {
    return this.nextId;
  }

  get length(): number {
    return this.entries.length;
  }

  add(entry: Omit<SlowCommand, "id">): void {
    const id = this.nextId++;
    if (this.maxEntries === 0) return;
    this.entries.push({ id, ...entry });
    // Cut now and then, so that a full log does not move all its entries for each one that comes.
    if (this.entries.length >= this.maxEntries * 2) this.trim();
  }

  /** The newest first. */
  newest(count: number): SlowCommand[] {
    this.trim();
    return this.entries.slice(Math.max(0, this.entries.length - count)).reverse();
  }

  setMaxEntries(maxEntries: number): void {
    this.maxEntries = maxEntries;
    this.trim();
  }

  clear(): void {
    this.entries = [];
  }

  private trim(): void {
    const surplus = this.entries.length - this.maxEntries;
    if (surplus > 0) this.entries.splice(0, surplus);
  }
}

/** The words of a command as the log keeps them. */
export function loggedWords(args: Arguments): ByteString[] {
  const shown = Math.min(args.count, MAX_WORDS);
  const secret = secretsOf(args);
  const words: ByteString[] = [];
  for (let i = 0; i < shown; i++) {
    if (i === shown - 1 && args.count > shown) {
      words.push(`... (${args.count - shown + 1} more arguments)`);
    } else {
      words.push(secret(i) ? REDACTED : cut(args, i));
    }
  }
  return words;
}

/** Only what is kept is made a string of. */
function cut(args: Arguments, at: number): ByteString {
  const length = args.length(at);
  if (length <= MAX_WORD_BYTES) return args.string(at);
  const start = args.start(at);
  const kept = args.buffer.toString("latin1", start, start + MAX_WORD_BYTES);
  return `${kept}... (${length - MAX_WORD_BYTES} more bytes)`;
}

/** Which words of a command are secret. */
function secretsOf(args: Arguments): (at: number) => boolean {
  if (args.isWord(0, "AUTH")) return (at) => at > 0;
  if (args.isWord(0, "HELLO")) {
    for (let i = 1; i < args.count; i++) {
      if (args.isWord(i, "AUTH")) return (at) => at === i + 1 || at === i + 2;
    }
  }
  if (args.isWord(0, "CONFIG") && args.count > 1 && args.isWord(1, "SET")) {
    return (at) => at >= 3 && at % 2 === 1 && SECRETS.has(args.string(at - 1).toLowerCase());
  }
  if (args.isWord(0, "ACL") && args.count > 1 && args.isWord(1, "SETUSER")) return (at) => at > 1;
  return () => false;
}
