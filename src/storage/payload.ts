// The payload of a log entry (README.md, "Entry payload"): a header of 34 bytes, then operations. Written by the
// evaluator into one growing buffer per batch, decoded natively by the apply thread; this decoder serves the in-memory
// twin, the overlay's index and tools. Frozen at format 1, golden vectors in test/unit/storage/payload.test.ts and
// native/test.
import { BasaltError, ByteReader, putU16, putU32, putU48, putU64 } from "../base/index";

export const PAYLOAD_FORMAT = 1;
export const PAYLOAD_HEADER_BYTES = 34;
/** An entry's payload never exceeds this; so neither does a single element's value. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024 + 256 * 1024;

export const PayloadFlag = { fragment: 1, lastFragment: 2 } as const;
export const OperationTag = { put: 0, delete: 1, deleteRange: 2 } as const;

export interface PayloadHeader {
  flags: number;
  /** The term it was evaluated in. */
  term: number;
  routeEpoch: number;
  /** The highest HLC used inside; above that of every entry before it. */
  hlcMs: number;
  hlcCounter: number;
  operationCount: number;
  /** Position within a fragmented batch, from 0; 0 for a whole one. */
  fragment: number;
}

export function putPayloadHeader(target: Buffer, at: number, header: PayloadHeader): void {
  target[at] = PAYLOAD_FORMAT;
  target[at + 1] = header.flags;
  putU64(target, at + 2, header.term);
  putU64(target, at + 10, header.routeEpoch);
  putU48(target, at + 18, header.hlcMs);
  putU16(target, at + 24, header.hlcCounter);
  putU32(target, at + 26, header.operationCount);
  putU32(target, at + 30, header.fragment);
}

function corrupt(what: string): BasaltError {
  return new BasaltError(
    "CORRUPT_PAYLOAD",
    `A log entry cannot be decoded (${what}); nothing of it was applied. Restore this node from another copy.`,
  );
}

/** Whether the batch of this payload is complete with it: it is no fragment, or the last one. */
export function endsBatch(payload: Uint8Array): boolean {
  return payload.length < 2 || (payload[1]! & 3) !== PayloadFlag.fragment;
}

/** Throws BasaltError CORRUPT_PAYLOAD. */
export function readPayloadHeader(payload: Uint8Array): PayloadHeader {
  const reader = new ByteReader(payload);
  const format = reader.u8();
  const header: PayloadHeader = {
    flags: reader.u8(),
    term: reader.u64(),
    routeEpoch: reader.u64(),
    hlcMs: reader.u48(),
    hlcCounter: reader.u16(),
    operationCount: reader.u32(),
    fragment: reader.u32(),
  };
  if (reader.failed) throw corrupt("its header is cut short or out of range");
  if (format !== PAYLOAD_FORMAT) throw corrupt(`payload format ${format} is unknown`);
  const { flags, fragment } = header;
  if (flags > 3 || flags === PayloadFlag.lastFragment) throw corrupt(`flags ${flags} are unknown`);
  if (flags === 0 && fragment !== 0) throw corrupt("a whole batch has no fragment number");
  return header;
}

/** Walks the operations of a payload in place: `next` moves on, the fields give offsets into the payload. */
export class OperationReader {
  private readonly reader: ByteReader;
  private left: number;
  tag = 0;
  keyStart = 0;
  keyEnd = 0;
  /** The value of a put, the end key of a delete-range. */
  valueStart = 0;
  valueEnd = 0;

  constructor(payload: Uint8Array, start: number, end: number, operationCount: number) {
    this.reader = new ByteReader(payload, start, end);
    this.left = operationCount;
  }

  /** Where the operation behind the current one begins. */
  get at(): number {
    return this.reader.at;
  }

  /** False at the end. Throws BasaltError CORRUPT_PAYLOAD. */
  next(): boolean {
    const reader = this.reader;
    if (this.left === 0) {
      if (reader.remaining !== 0) throw corrupt("bytes follow its last operation");
      return false;
    }
    this.left--;
    this.tag = reader.varint();
    if (this.tag > OperationTag.deleteRange) throw corrupt(`operation tag ${this.tag} is unknown`);
    const keyLength = reader.varint();
    this.keyStart = reader.skip(keyLength);
    this.keyEnd = this.keyStart + keyLength;
    this.valueStart = this.valueEnd = this.keyEnd;
    if (this.tag !== OperationTag.delete) {
      const valueLength = reader.varint();
      this.valueStart = reader.skip(valueLength);
      this.valueEnd = this.valueStart + valueLength;
    }
    if (reader.failed) throw corrupt("an operation is cut short");
    if (keyLength === 0) throw corrupt("an operation has an empty key");
    return true;
  }
}
