// One batch: the operations of the commands of one or several event-loop turns, encoded straight into the payload of the entry that
// will carry them (storage/README.md, "Entry payload"). A batch is open while the evaluator appends to it, then
// sealed and proposed, committed, applied. Its buffer belongs to it and is never written again after sealing: the raft
// log, the log thread and the overlay's index read it until the entry is applied.
import { putVarint } from "../base/index";
import type { ByteString, ViewedBytes } from "../base/index";
import {
  ELEMENT_KEY_PREFIX_BYTES,
  HEADER_KEY_PREFIX_BYTES,
  OperationReader,
  OperationTag,
  PAYLOAD_HEADER_BYTES,
  PayloadFlag,
  Space,
  VALUE_HEADER_MAX_BYTES,
  ValueEncoding,
  ValueType,
  putHeaderKey,
  putPayloadHeader,
  putValueHeader,
  valueHeaderLength,
} from "../storage/index";
import type { PayloadHeader, ValueHeader } from "../storage/index";
import type { HybridClock } from "./hybrid-clock";

/** Told once when what it waits for is decided. */
export interface ReleaseWaiter {
  /** Batches up to the evaluator's `releasedSequence` are committed. */
  released(): void;
  /** Leadership or the disk is gone: outcomes from `firstUnknown` on are unknown, from `firstNotProposed` on nothing was proposed. */
  lost(firstUnknown: number, firstNotProposed: number): void;
}

/** What the end of an evaluation answers instead of a batch's sequence: its effects are beyond all bounds, nothing was kept of them. */
export const effectsTooLarge = -1;

/** The same: leadership was lost at that moment, nothing was proposed. */
export const effectsNotProposed = -2;

const TAG_BYTES = 1;
/** A buffer doubles up to this, then grows by it. */
const GROWTH_MAX_BYTES = 256 * 1024 * 1024;
const VARINT_MAX_BYTES = 5;

export class Batch implements ViewedBytes {
  /** Position in the evaluator's order; identifies the batch before it has a log index. */
  readonly sequence: number;
  bytes: Buffer;
  view: DataView;
  length = PAYLOAD_HEADER_BYTES;
  operationCount = 0;
  /** Set for a batch that must be proposed even without operations (its HLC is the effect). */
  required = false;
  /** The latest time at which an evaluation that is in it judged expiry. */
  judgedMs = 0;
  /** The overlay's index covers operations before this offset … */
  indexedLength = PAYLOAD_HEADER_BYTES;
  /** … which are this many. */
  indexedCount = 0;
  /** Keys of indexed rows whose values stay in this batch's buffer: they are forgotten when it is applied. */
  readonly longElements: ByteString[] = [];
  /** Log index, once proposed. */
  index = 0;
  /** Monotonic time of its sealing. */
  sealedAtMs = 0;
  readonly waiters: ReleaseWaiter[] = [];

  constructor(sequence: number, sizeHint: number) {
    this.sequence = sequence;
    this.bytes = Buffer.allocUnsafeSlow(sizeHint);
    this.view = new DataView(this.bytes.buffer);
  }

  get isEmpty(): boolean {
    return this.operationCount === 0 && !this.required;
  }

  put(key: ByteString, value: ByteString): void {
    this.reserve(key.length + value.length + TAG_BYTES + 2 * VARINT_MAX_BYTES);
    let at = this.putKeyed(OperationTag.put, key);
    at = putVarint(this.bytes, at, value.length);
    this.length = at + this.bytes.write(value, at, "latin1");
    this.operationCount++;
  }

  delete(key: ByteString): void {
    this.reserve(key.length + TAG_BYTES + VARINT_MAX_BYTES);
    this.length = this.putKeyed(OperationTag.delete, key);
    this.operationCount++;
  }

  /** Deletes [lower, upper), which lies in one space. */
  deleteRange(lower: ByteString, upper: ByteString): void {
    this.reserve(lower.length + upper.length + TAG_BYTES + 2 * VARINT_MAX_BYTES);
    let at = this.putKeyed(OperationTag.deleteRange, lower);
    at = putVarint(this.bytes, at, upper.length);
    this.length = at + this.bytes.write(upper, at, "latin1");
    this.operationCount++;
  }

  /** The put of a header row; key and value header are encoded in place. */
  putHeader(key: ByteString, header: ValueHeader): void {
    const headBytes = valueHeaderLength(header.expiryMs, header.length);
    const valueBytes = headBytes + header.rest.length;
    this.reserve(key.length + valueBytes + TAG_BYTES + 2 * VARINT_MAX_BYTES);
    let at = this.putKeyed(OperationTag.put, key);
    at = putVarint(this.bytes, at, valueBytes);
    at = putValueHeader(
      this.bytes,
      at,
      header.type,
      header.encoding,
      header.expiryMs,
      header.versionMs,
      header.versionCounter,
      header.length,
    );
    this.length = at + this.bytes.write(header.rest, at, "latin1");
    this.operationCount++;
  }

  /**
   * The put of an inline string, copied once from the argument buffers [keyStart, keyEnd) and [valueStart, valueEnd):
   * the blind write that a SET is.
   */
  putInlineString(
    db: number,
    source: Buffer,
    keyStart: number,
    keyEnd: number,
    valueSource: Buffer,
    valueStart: number,
    valueEnd: number,
    expiryMs: number,
    versionMs: number,
    versionCounter: number,
  ): void {
    const keyBytes = HEADER_KEY_PREFIX_BYTES + keyEnd - keyStart;
    const length = valueEnd - valueStart;
    this.reserve(keyBytes + length + VALUE_HEADER_MAX_BYTES + TAG_BYTES + 2 * VARINT_MAX_BYTES);
    const target = this.bytes;
    let at = this.length;
    target[at] = OperationTag.put;
    at = putVarint(target, at + 1, keyBytes);
    at = putHeaderKey(target, at, db, source, keyStart, keyEnd);
    at = putVarint(target, at, valueHeaderLength(expiryMs, length) + length);
    at = putValueHeader(
      target,
      at,
      ValueType.string,
      ValueEncoding.inline,
      expiryMs,
      versionMs,
      versionCounter,
      length,
    );
    this.length = at + valueSource.copy(target, at, valueStart, valueEnd);
    this.operationCount++;
  }

  /**
   * Calls `touch` for every key of a Redis database that operations behind the mark change, maybe more than once, and with
   * undefined and the new map's row where they change the map of databases; in the order of the operations. Ranges are the sweeper's: what they delete has no reader.
   */
  changedKeys(
    markLength: number,
    markCount: number,
    touch: (database: number, userKey: ByteString | undefined, map: ByteString) => void,
  ): void {
    const { bytes: buffer } = this;
    const reader = new OperationReader(buffer, markLength, this.length, this.operationCount - markCount);
    while (reader.next()) {
      const { tag, keyStart, keyEnd } = reader;
      if (tag === OperationTag.deleteRange) continue;
      const space = buffer[keyStart];
      if (space === Space.header) {
        const userKey = buffer.toString("latin1", keyStart + HEADER_KEY_PREFIX_BYTES, keyEnd);
        touch(buffer.readUInt32BE(keyStart + 1), userKey, "");
      } else if (space === Space.element) {
        const length = buffer.readUInt32BE(keyStart + HEADER_KEY_PREFIX_BYTES);
        const start = keyStart + ELEMENT_KEY_PREFIX_BYTES;
        touch(buffer.readUInt32BE(keyStart + 1), buffer.toString("latin1", start, start + length), "");
      } else if (space === Space.meta) {
        touch(0, undefined, buffer.toString("latin1", reader.valueStart, reader.valueEnd));
      }
    }
  }

  /** Drops what was appended behind the mark (a length and a count taken before). */
  truncate(length: number, operationCount: number): void {
    this.length = length;
    this.operationCount = operationCount;
  }

  /**
   * The payloads of the batch, each a value of the clock's own: one, a view of the buffer, if it is no longer than `maxEntryBytes`;
   * else fragments, copied out of it and cut between operations. An operation that is longer by itself stands alone.
   * Nothing may be appended afterwards.
   */
  seal(term: number, routeEpoch: number, hlc: HybridClock, maxEntryBytes: number): Buffer[] {
    if (this.length <= maxEntryBytes) {
      hlc.advance();
      this.putHead(this.bytes, term, routeEpoch, hlc, {
        flags: 0,
        operationCount: this.operationCount,
        fragment: 0,
      });
      return [this.bytes.subarray(0, this.length)];
    }
    const cuts = this.cuts(maxEntryBytes);
    return cuts.map(({ start, end, operationCount }, fragment) => {
      const payload = Buffer.allocUnsafeSlow(PAYLOAD_HEADER_BYTES + end - start);
      const last = fragment === cuts.length - 1 ? PayloadFlag.lastFragment : 0;
      hlc.advance();
      this.putHead(payload, term, routeEpoch, hlc, {
        flags: PayloadFlag.fragment | last,
        operationCount,
        fragment,
      });
      this.bytes.copy(payload, PAYLOAD_HEADER_BYTES, start, end);
      return payload;
    });
  }

  /** Where fragments begin and end in the buffer. */
  private cuts(maxEntryBytes: number): { start: number; end: number; operationCount: number }[] {
    const reader = new OperationReader(this.bytes, PAYLOAD_HEADER_BYTES, this.length, this.operationCount);
    const cuts: { start: number; end: number; operationCount: number }[] = [];
    let start = PAYLOAD_HEADER_BYTES;
    let end = start;
    let operationCount = 0;
    while (reader.next()) {
      if (operationCount > 0 && reader.at - start + PAYLOAD_HEADER_BYTES > maxEntryBytes) {
        cuts.push({ start, end, operationCount });
        start = end;
        operationCount = 0;
      }
      end = reader.at;
      operationCount++;
    }
    cuts.push({ start, end, operationCount });
    return cuts;
  }

  private putHead(
    payload: Buffer,
    term: number,
    routeEpoch: number,
    { ms: hlcMs, counter: hlcCounter }: HybridClock,
    part: Pick<PayloadHeader, "flags" | "operationCount" | "fragment">,
  ): void {
    putPayloadHeader(payload, 0, { term, routeEpoch, hlcMs, hlcCounter, ...part });
  }

  private putKeyed(tag: number, key: ByteString): number {
    let at = this.length;
    this.bytes[at] = tag;
    at = putVarint(this.bytes, at + 1, key.length);
    return at + this.bytes.write(key, at, "latin1");
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    const { length } = this.bytes;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, length + Math.min(length, GROWTH_MAX_BYTES)));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** Bytes an operation takes beside its key and value, at most: for limits that are checked before encoding. */
export const OPERATION_OVERHEAD_MAX_BYTES = TAG_BYTES + 2 * VARINT_MAX_BYTES;
