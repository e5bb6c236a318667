// Bytes of one message that arrives in several chunks, gathered into one contiguous buffer. It grows with what really
// arrives, never with what was announced: at most four times the bytes it holds, so an announcement of 512 MB costs
// nothing, and copying stays linear in the bytes. A buffer that was handed out by `take` is never written again.
import { NO_BYTES } from "./arguments";

const GROWTH = 4;

export class GatheredBytes {
  buffer: Buffer = NO_BYTES;
  length = 0;

  /** Appends [from, to) of `chunk`. `expected` more bytes are known to follow and may be provided for. */
  append(chunk: Buffer, from: number, to: number, expected: number): void {
    const needed = this.length + (to - from);
    if (needed > this.buffer.length) this.grow(needed, needed + expected);
    chunk.copy(this.buffer, this.length, from, to);
    this.length = needed;
  }

  /** Hands the buffer over (it may be longer than `length`) and begins anew. */
  take(): Buffer {
    const buffer = this.buffer;
    this.clear();
    return buffer;
  }

  clear(): void {
    this.buffer = NO_BYTES;
    this.length = 0;
  }

  private grow(needed: number, expected: number): void {
    const room = expected > needed ? Math.min(expected, needed * GROWTH) : needed * 2;
    const larger = Buffer.allocUnsafeSlow(room);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
