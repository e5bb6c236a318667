// The bytes that a parser reads from: the present chunk, chunks that wait behind it, and what was gathered of a command
// that began in an earlier chunk. It knows where the present command begins and finds the ends of lines; what they mean
// is the parser's affair. Single thread, owned by one CommandParser.
//
// An offset into the command is an offset into the chunk while nothing is gathered, else one into the gathered bytes;
// `gatherRest` moves the arguments' offsets when the first becomes the second. No byte is searched twice for a line's
// end, so time is linear in the bytes for any fragmentation. With nothing to read, no bytes are held.
import { RingQueue } from "../base/index";
import { type Arguments, NO_BYTES } from "./arguments";
import { CARRIAGE_RETURN, LINE_FEED } from "./ascii";
import { GatheredBytes } from "./gathered-bytes";

/** What became of the search for a line's end. */
export const enum LineSearch {
  found,
  /** It has not come yet. */
  missing,
  /** It has not come within the longest line there may be. */
  tooLong,
}

/** Bytes [start, end) of a buffer that came behind others. */
interface WaitingChunk {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export class CommandInput {
  /** The buffer in which the present chunk lies, maybe with others: what is behind `chunkEnd` is not its own. */
  chunk: Buffer = NO_BYTES;
  /** The next byte to look at. */
  position = 0;
  chunkEnd = 0;

  /** The bounds, without its end, of the line that was found. Valid until the next search or change of chunk. */
  line: Buffer = NO_BYTES;
  lineFrom = 0;
  lineTo = 0;

  private readonly args: Arguments;
  /** Where in the chunk the bytes of the present command begin that were not gathered yet. */
  private commandStart = 0;
  private readonly gathered = new GatheredBytes();
  /** There only while chunks wait: those that came before the parser wanted more. */
  private waiting: RingQueue<WaitingChunk> | undefined;
  private waitingBytes = 0;
  /** Where in `gathered` a line begins whose end is still to come; -1 if it begins at `position`. */
  private lineStart = -1;

  constructor(args: Arguments) {
    this.args = args;
  }

  /** Bytes held: of the present command, and behind it. */
  get bytes(): number {
    return this.gathered.length + this.chunkEnd - this.commandStart + this.waitingBytes;
  }

  /** Bytes of the present command up to `position`. */
  get commandBytes(): number {
    return this.gathered.length + this.position - this.commandStart;
  }

  /** What to add to an offset into the chunk to make it one into the command. */
  get shift(): number {
    return this.gathered.length === 0 ? 0 : this.gathered.length - this.commandStart;
  }

  /** Whether a line's beginning lies in an earlier chunk. */
  get inLine(): boolean {
    return this.lineStart >= 0;
  }

  push(bytes: Buffer, start: number, end: number): void {
    // Behind what waits already, also when the present chunk is just used up: bytes keep their order.
    if (this.position < this.chunkEnd || this.waiting !== undefined) {
      this.waiting ??= new RingQueue<WaitingChunk>(4);
      this.waiting.push({ bytes, start, end });
      this.waitingBytes += end - start;
    } else {
      this.setChunk(bytes, start, end);
    }
  }

  private setChunk(bytes: Buffer, start: number, end: number): void {
    this.chunk = bytes;
    this.chunkEnd = end;
    this.position = start;
    this.commandStart = start;
  }

  /** Whether there is a byte to read at `position`, in this chunk or the next. */
  hasMore(): boolean {
    return this.position < this.chunkEnd || this.nextChunk();
  }

  /** A command begins at `position`. */
  beginCommand(): void {
    this.commandStart = this.position;
  }

  /** The present command ends at `position`: the buffer that its offsets point into. */
  endCommand(): Buffer {
    const gathered = this.gathered;
    if (gathered.length === 0) {
      this.commandStart = this.position;
      return this.chunk;
    }
    gathered.append(this.chunk, this.commandStart, this.position, 0);
    this.commandStart = this.position;
    return gathered.take();
  }

  /** The present command ends at `position` and was nothing. */
  dropCommand(): void {
    this.gathered.clear();
    this.commandStart = this.position;
  }

  /** Lets go of everything. */
  clear(): void {
    this.waiting = undefined;
    this.waitingBytes = 0;
    this.gathered.clear();
    this.nextChunk();
  }

  /**
   * Goes behind the line of a count or a length, which ends before a carriage return and one more byte (Redis does not
   * look at it either).
   */
  readLine(maxBytes: number): LineSearch {
    const gathered = this.gathered;
    for (;;) {
      const before = this.inLine ? gathered.length - this.lineStart : 0;
      let behind = this.position + 1;
      if (before === 0 || gathered.buffer[gathered.length - 1] !== CARRIAGE_RETURN) {
        const found = this.find(CARRIAGE_RETURN);
        const stop = found < 0 ? this.chunkEnd : found;
        if (before + stop - this.position > maxBytes) return LineSearch.tooLong;
        behind = found < 0 ? Infinity : found + 2;
      }
      if (behind <= this.chunkEnd) {
        this.takeLine(behind);
        return LineSearch.found;
      }
      if (!this.inLine) this.lineStart = this.commandBytes;
      if (!this.gatherRest(0)) return LineSearch.missing;
    }
  }

  private takeLine(behind: number): void {
    if (this.inLine) {
      const gathered = this.gathered;
      gathered.append(this.chunk, this.commandStart, behind, 0);
      this.commandStart = behind;
      this.line = gathered.buffer;
      this.lineFrom = this.lineStart;
      this.lineTo = gathered.length - 2;
      this.lineStart = -1;
    } else {
      this.line = this.chunk;
      this.lineFrom = this.position;
      this.lineTo = behind - 2;
    }
    this.position = behind;
  }

  /** Goes behind an inline request, which is a whole command and ends before a line feed, or a carriage return and one. */
  readInline(maxBytes: number): LineSearch {
    for (;;) {
      const found = this.find(LINE_FEED);
      const stop = found < 0 ? this.chunkEnd : found;
      if (this.gathered.length + stop - this.position > maxBytes) return LineSearch.tooLong;
      if (found >= 0) {
        this.takeInline(found);
        return LineSearch.found;
      }
      if (!this.gatherRest(0)) return LineSearch.missing;
    }
  }

  private takeInline(lineFeed: number): void {
    this.lineFrom = this.gathered.length === 0 ? this.position : 0;
    this.position = lineFeed;
    this.lineTo = this.lineFrom + this.commandBytes;
    this.line = this.endCommand();
    if (this.lineTo > this.lineFrom && this.line[this.lineTo - 1] === CARRIAGE_RETURN) this.lineTo--;
    this.position = lineFeed + 1;
    this.commandStart = this.position;
  }

  /** Goes over up to `count` bytes and returns how many of them are still to come when this chunk is at its end. */
  skip(count: number): number {
    const step = Math.min(count, this.chunkEnd - this.position);
    this.position += step;
    return count - step;
  }

  /**
   * Sets the chunk's bytes of the present command aside, since it goes on in the next chunk, of which `expected` more
   * bytes are known to belong to it. False: there is no next chunk yet.
   */
  gatherRest(expected: number): boolean {
    if (this.gathered.length === 0) this.args.rebase(-this.commandStart);
    this.gathered.append(this.chunk, this.commandStart, this.chunkEnd, expected);
    return this.nextChunk();
  }

  private nextChunk(): boolean {
    const next = this.waiting?.shift();
    if (this.waiting?.length === 0) this.waiting = undefined;
    this.line = NO_BYTES;
    if (next === undefined) {
      this.setChunk(NO_BYTES, 0, 0);
      return false;
    }
    this.setChunk(next.bytes, next.start, next.end);
    this.waitingBytes -= next.end - next.start;
    return true;
  }

  /** Where in the rest of the chunk the byte comes first; below 0 if it does not. */
  private find(byte: number): number {
    const found = this.chunk.subarray(this.position, this.chunkEnd).indexOf(byte);
    return found < 0 ? found : this.position + found;
  }
}
