// The incremental parser of what clients send: RESP arrays of bulk strings and inline requests, in any fragmentation
// and pipelining depth, with the limits and words of Redis 7. One parser a connection, single thread.
//
// Ownership: a chunk that was pushed belongs to the parser and to the commands it hands out; nobody writes to it again.
// It may be a part of a buffer that holds others' chunks, too.
// A command that lies within one chunk is handed out as offsets into that chunk. A command that spans chunks has its
// bytes, and only its own, copied once into a buffer of its own. An idle parser holds no bytes at all.
//
// Progress: a command's bytes are looked at once. `scanArguments` is the fast loop over well-formed complete arguments;
// whatever it does not like (the chunk's end, odd lengths, errors) is left to `resume`, the state machine that can stop
// and go on at every byte. A line is never judged before its end has come, as in Redis, so that an error does not depend
// on the fragmentation.
import { Arguments, NO_BYTES } from "./arguments";
import { ASTERISK, CARRIAGE_RETURN, DIGIT_0, DOLLAR, LINE_FEED } from "./ascii";
import { CommandInput, LineSearch } from "./command-input";
import { splitInline } from "./inline-request";
import { bigIntegerOf, safeIntegerOf } from "./integer-text";
import {
  type ParserLimits,
  resolveLimits,
  UNAUTHENTICATED_ARGUMENTS,
  UNAUTHENTICATED_BULK_BYTES,
} from "./limits";

/** What `next` found. */
export const ParseStatus = { command: 0, needMore: 1, failed: 2 } as const;
export type ParseStatus = (typeof ParseStatus)[keyof typeof ParseStatus];

const COMMAND = ParseStatus.command;
const NEED_MORE = ParseStatus.needMore;
const FAILED = ParseStatus.failed;

/** Where in a command the parser stands. */
const enum Phase {
  /** Before the first byte of a command. */
  between,
  /** In the line "*count". */
  count,
  /** In the line "$length", or before it. */
  header,
  /** In an argument's bytes and the two bytes behind them. */
  body,
  /** In an inline request. */
  inline,
  failed,
}

/** The shortest argument: "$0\r\n\r\n". */
const SHORTEST_ARGUMENT = 6;
/** Memory that an argument's offsets take, counted into maxQueryBytes. */
const OFFSET_BYTES = 8;

export class CommandParser {
  /** The command that `next` last handed out. */
  readonly args = new Arguments();
  /** After `failed`: Redis's words, to be sent behind "ERR ", before the connection is closed. */
  error = "";

  private readonly input = new CommandInput(this.args);
  private limits: ParserLimits;
  private authenticated = true;
  private countLimit: number;
  private bulkLimit: number;

  private phase = Phase.between;
  private argumentsLeft = 0;
  /** In `body`: bytes still to come, with the two behind the argument. */
  private bodyLeft = 0;

  constructor(limits?: Partial<ParserLimits>) {
    this.limits = resolveLimits(limits);
    this.countLimit = this.limits.maxArguments;
    this.bulkLimit = this.limits.maxBulkBytes;
  }

  /** Other limits from the next argument on. */
  setLimits(limits: Partial<ParserLimits>): void {
    this.limits = resolveLimits(limits);
    this.setAuthenticated(this.authenticated);
  }

  /** Holds a client that has yet to authenticate to Redis's narrower limits, or lifts them. */
  setAuthenticated(authenticated: boolean): void {
    this.authenticated = authenticated;
    const { maxArguments, maxBulkBytes } = this.limits;
    this.countLimit = authenticated ? maxArguments : Math.min(maxArguments, UNAUTHENTICATED_ARGUMENTS);
    this.bulkLimit = authenticated ? maxBulkBytes : Math.min(maxBulkBytes, UNAUTHENTICATED_BULK_BYTES);
  }

  /** Bytes that were pushed and belong to no command handed out yet. */
  get pendingBytes(): number {
    return this.input.bytes;
  }

  /** Takes over a chunk, the bytes [start, end), of any length. After a failure it is dropped. */
  push(bytes: Buffer, start = 0, end = bytes.length): void {
    if (this.phase !== Phase.failed && end > start) this.input.push(bytes, start, end);
  }

  /** The next command, if all of it has come. To be called until it says `needMore`; after `failed` it says only that. */
  next(): ParseStatus {
    if (this.phase === Phase.between) {
      const input = this.input;
      const chunk = input.chunk;
      const start = input.position;
      // "*1\r\n": anything shorter, longer or odder goes the long way for its first line.
      if (start + 4 <= input.chunkEnd && chunk[start] === ASTERISK && chunk[start + 2] === CARRIAGE_RETURN) {
        const count = chunk[start + 1]! - DIGIT_0;
        if (count > 0 && count <= 9 && count <= this.countLimit) {
          input.beginCommand();
          input.position = start + 4;
          this.args.count = 0;
          this.argumentsLeft = count;
          if (this.scanArguments()) return this.finish();
          this.phase = Phase.header;
        }
      }
    }
    return this.resume();
  }

  /**
   * Goes over complete, plainly written arguments as far as they reach. True: that was the whole command. False: the
   * argument at the input's position wants the long way.
   */
  private scanArguments(): boolean {
    const input = this.input;
    const chunk = input.chunk;
    const end = input.chunkEnd;
    const shift = input.shift;
    const bulkLimit = this.bulkLimit;
    const args = this.args;
    let offsets = args.offsets;
    let slot = args.count << 1;
    let left = this.argumentsLeft;
    let position = input.position;
    while (left > 0 && position + SHORTEST_ARGUMENT <= end && chunk[position] === DOLLAR) {
      let length = chunk[position + 1]! - DIGIT_0;
      if (length < 0 || length > 9) break;
      let at = position + 2;
      let byte = chunk[at]!;
      if (byte !== CARRIAGE_RETURN) {
        if (length === 0) break;
        // At most 9 digits; a tenth is left to the long way.
        const last = Math.min(position + 10, end - 1);
        while (at < last && byte >= DIGIT_0 && byte <= DIGIT_0 + 9) {
          length = length * 10 + (byte - DIGIT_0);
          byte = chunk[++at]!;
        }
        if (byte !== CARRIAGE_RETURN) break;
      }
      const start = at + 2;
      const stop = start + length;
      if (stop + 2 > end || length > bulkLimit) break;
      if (slot === offsets.length) offsets = args.grow();
      offsets[slot] = start + shift;
      offsets[slot + 1] = stop + shift;
      slot += 2;
      position = stop + 2;
      left--;
    }
    args.count = slot >> 1;
    this.argumentsLeft = left;
    input.position = position;
    return left === 0;
  }

  /** The state machine: one step a turn of the loop, from wherever the last chunk ended. */
  private resume(): ParseStatus {
    const input = this.input;
    const { maxLineBytes } = this.limits;
    for (;;) {
      switch (this.phase) {
        case Phase.between:
          if (!input.hasMore()) {
            this.args.release();
            return NEED_MORE;
          }
          input.beginCommand();
          this.args.count = 0;
          this.phase = input.chunk[input.position] === ASTERISK ? Phase.count : Phase.inline;
          break;
        case Phase.count: {
          const search = input.readLine(maxLineBytes);
          if (search === LineSearch.missing) return this.pause();
          if (search === LineSearch.tooLong) return this.fail("Protocol error: too big mbulk count string");
          if (!this.startArguments()) return FAILED;
          break;
        }
        case Phase.header: {
          if (!input.inLine) {
            if (this.scanArguments()) return this.finish();
            // Here and not within the line, whose own bytes count only when it is judged.
            if (this.exceedsQuery(0)) return FAILED;
          }
          const search = input.readLine(maxLineBytes);
          if (search === LineSearch.missing) return this.pause();
          if (search === LineSearch.tooLong) return this.fail("Protocol error: too big bulk count string");
          if (!this.startBody()) return FAILED;
          break;
        }
        case Phase.body:
          this.bodyLeft = input.skip(this.bodyLeft);
          if (this.bodyLeft > 0) {
            if (!input.gatherRest(this.bodyLeft)) return this.pause();
          } else if (--this.argumentsLeft === 0) {
            return this.finish();
          } else {
            this.phase = Phase.header;
          }
          break;
        case Phase.inline: {
          const search = input.readInline(maxLineBytes);
          if (search === LineSearch.missing) return this.pause();
          if (search === LineSearch.tooLong) return this.fail("Protocol error: too big inline request");
          if (!splitInline(input.line, input.lineFrom, input.lineTo, this.args)) {
            return this.fail("Protocol error: unbalanced quotes in request");
          }
          input.line = NO_BYTES;
          this.phase = Phase.between;
          if (this.args.count > 0) return COMMAND;
          break;
        }
        case Phase.failed:
          return FAILED;
      }
    }
  }

  /** Judges the line "*count". A count of zero or less is a command of nothing, which Redis skips. */
  private startArguments(): boolean {
    const { line, lineFrom, lineTo } = this.input;
    const count = safeIntegerOf(line, lineFrom + 1, lineTo) ?? bigIntegerOf(line, lineFrom + 1, lineTo);
    if (count === undefined || count > this.limits.maxArguments) {
      this.fail("Protocol error: invalid multibulk length");
      return false;
    }
    if (count > this.countLimit) {
      this.fail("Protocol error: unauthenticated multibulk length");
      return false;
    }
    if (count <= 0) {
      this.input.dropCommand();
      this.phase = Phase.between;
    } else {
      this.argumentsLeft = Number(count);
      this.phase = Phase.header;
    }
    return true;
  }

  /** Judges the line "$length" and notes where the argument will lie. */
  private startBody(): boolean {
    const { line, lineFrom, lineTo } = this.input;
    const type = line[lineFrom]!;
    if (type !== DOLLAR) {
      const shown = type === CARRIAGE_RETURN || type === LINE_FEED ? " " : String.fromCharCode(type);
      this.fail(`Protocol error: expected '$', got '${shown}'`);
      return false;
    }
    const length = safeIntegerOf(line, lineFrom + 1, lineTo);
    if (length === undefined || length < 0 || length > this.limits.maxBulkBytes) {
      this.fail("Protocol error: invalid bulk length");
      return false;
    }
    if (length > this.bulkLimit) {
      this.fail("Protocol error: unauthenticated bulk length");
      return false;
    }
    const start = this.input.position + this.input.shift;
    this.args.add(start, start + length);
    this.bodyLeft = length + 2;
    this.phase = Phase.body;
    return !this.exceedsQuery(this.bodyLeft);
  }

  /** Hands the command out. */
  private finish(): ParseStatus {
    if (this.exceedsQuery(0)) return FAILED;
    this.args.buffer = this.input.endCommand();
    this.phase = Phase.between;
    return COMMAND;
  }

  /** Fails if the present command, up to the input's position and `announced` bytes more, takes too much memory. */
  private exceedsQuery(announced: number): boolean {
    const needed = this.input.commandBytes + announced + this.args.count * OFFSET_BYTES;
    if (needed <= this.limits.maxQueryBytes) return false;
    this.fail("Protocol error: query exceeds the limit of the query buffer");
    return true;
  }

  /** Waits within a command: its offsets stay, the bytes of the one before it go. */
  private pause(): ParseStatus {
    this.args.buffer = NO_BYTES;
    return NEED_MORE;
  }

  private fail(words: string): ParseStatus {
    this.error = words;
    this.phase = Phase.failed;
    this.input.clear();
    this.args.release();
    return FAILED;
  }
}
