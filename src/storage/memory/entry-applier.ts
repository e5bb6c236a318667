// What the apply thread does with one group's entries, for the in-memory twin: checks an entry against the applied
// record (contiguous, term of its own, HLC rising), holds the fragments of a large batch until its last one or until an
// entry of another term drops them, decodes all operations before it writes the first, and writes them together with the
// new applied record. An entry without operations (empty, or a configuration change) may stand between fragments: it is
// taken in and counts as applied with the batch. Nothing here decides: what is wrong is an error that ends the node.
import { BasaltError, assert, byteString, putU16, putU48, putU64 } from "../../base/index";
import type { ByteString } from "../../base/index";
import { MetaField, Space, metaKey } from "../keys";
import {
  OperationReader,
  OperationTag,
  PAYLOAD_HEADER_BYTES,
  PayloadFlag,
  readPayloadHeader,
} from "../payload";
import type { PayloadHeader } from "../payload";
import { EntryKind } from "../types";
import type { AppliedRecord, StoredEntry } from "../types";
import type { OrderedMap } from "./ordered-map";

const APPLIED_FORMAT = 1;
const APPLIED_KEY = metaKey(MetaField.applied);

export const noApplied: AppliedRecord = { index: 0, term: 0, hlcMs: 0, hlcCounter: 0 };

/** The value of the applied record's row: format u8 ‖ index u64 ‖ term u64 ‖ HLC u64. */
export function encodeAppliedRecord(record: AppliedRecord): ByteString {
  const value = Buffer.allocUnsafe(25);
  value[0] = APPLIED_FORMAT;
  putU64(value, 1, record.index);
  putU64(value, 9, record.term);
  putU48(value, 17, record.hlcMs);
  putU16(value, 23, record.hlcCounter);
  return value.toString("latin1");
}

function refused(what: string): BasaltError {
  return new BasaltError(
    "CORRUPT_PAYLOAD",
    `A log entry cannot be applied (${what}); nothing of it was applied. Restore this node from another copy.`,
  );
}

interface Operation {
  readonly tag: number;
  readonly key: ByteString;
  /** The value of a put, the end of a delete-range. */
  readonly value: ByteString;
}

function checkKey(key: ByteString): void {
  if (key.charCodeAt(0) > Space.tombstone) throw refused("an operation names an unknown key space");
}

/** Throws BasaltError CORRUPT_PAYLOAD if the operation must not be carried out. */
function checkOperation(operation: Operation): void {
  const { tag, key, value } = operation;
  checkKey(key);
  if (tag !== OperationTag.deleteRange) {
    if (key === APPLIED_KEY) throw refused("an operation names the applied record");
    return;
  }
  if (value < key) throw refused("a range ends before it starts");
  const space = key.charCodeAt(0);
  if (value.charCodeAt(0) !== space && value !== String.fromCharCode(space + 1)) {
    throw refused("a range leaves its key space");
  }
  if (key <= APPLIED_KEY && APPLIED_KEY < value) throw refused("a range covers the applied record");
}

function decodeOperations(payload: Uint8Array, header: PayloadHeader, into: Operation[]): void {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const reader = new OperationReader(bytes, PAYLOAD_HEADER_BYTES, bytes.length, header.operationCount);
  while (reader.next()) {
    const operation: Operation = {
      tag: reader.tag,
      key: byteString(bytes, reader.keyStart, reader.keyEnd),
      value: byteString(bytes, reader.valueStart, reader.valueEnd),
    };
    checkOperation(operation);
    into.push(operation);
  }
}

export class EntryApplier {
  /** Operations of the fragments that wait for their last one. */
  private held: Operation[] = [];
  private heldFragments = 0;
  private heldTerm = 0;
  private heldHlcMs = 0;
  private heldHlcCounter = 0;

  /**
   * `groupPrefix` is the group's u32, which stands before every row's key; `takenThrough` the last entry that was taken in,
   * at first the applied one: beyond the applied index while fragments are held.
   */
  constructor(
    private readonly groupPrefix: ByteString,
    public takenThrough: number,
  ) {}

  /**
   * Applies one entry to `rows`. Returns the new applied record, which has been written; undefined if the entry waits for
   * the last fragment of a batch. Throws BasaltError CORRUPT_PAYLOAD, having written nothing.
   */
  apply(rows: OrderedMap, applied: AppliedRecord, entry: StoredEntry): AppliedRecord | undefined {
    assert(entry.index === this.takenThrough + 1, "entries are applied in order, none left out");
    assert(entry.term >= applied.term && entry.term >= this.heldTerm, "terms never fall along a log");
    if (entry.term !== this.heldTerm) this.drop();
    if (entry.type !== EntryKind.normal || entry.payload.length === 0) {
      this.takenThrough = entry.index;
      if (this.heldFragments > 0) return undefined;
      return this.write(rows, { ...applied, index: entry.index, term: entry.term }, []);
    }
    const header = readPayloadHeader(entry.payload);
    this.checkHeader(header, applied, entry.term);
    const operations: Operation[] = [];
    decodeOperations(entry.payload, header, operations);
    this.takenThrough = entry.index;
    if (header.flags === PayloadFlag.fragment) {
      this.held.push(...operations);
      this.heldFragments++;
      this.heldTerm = entry.term;
      this.heldHlcMs = header.hlcMs;
      this.heldHlcCounter = header.hlcCounter;
      return undefined;
    }
    const all = this.heldFragments > 0 ? this.held.concat(operations) : operations;
    this.drop();
    const { hlcMs, hlcCounter } = header;
    return this.write(rows, { index: entry.index, term: entry.term, hlcMs, hlcCounter }, all);
  }

  private checkHeader(header: PayloadHeader, applied: AppliedRecord, term: number): void {
    if (header.term !== term) throw refused("it was evaluated in another term than it was proposed in");
    const lastMs = this.heldFragments > 0 ? this.heldHlcMs : applied.hlcMs;
    const lastCounter = this.heldFragments > 0 ? this.heldHlcCounter : applied.hlcCounter;
    if (header.hlcMs < lastMs || (header.hlcMs === lastMs && header.hlcCounter <= lastCounter)) {
      throw refused("its clock does not rise above the entry before it");
    }
    const isFragment = (header.flags & PayloadFlag.fragment) !== 0;
    if (!isFragment && this.heldFragments > 0) throw refused("the fragments of a batch are interrupted");
    if (isFragment && header.fragment !== this.heldFragments)
      throw refused("a fragment of a batch is missing");
  }

  private drop(): void {
    this.held = [];
    this.heldFragments = 0;
    this.heldTerm = 0;
  }

  private write(rows: OrderedMap, record: AppliedRecord, operations: readonly Operation[]): AppliedRecord {
    const prefix = this.groupPrefix;
    for (const { tag, key, value } of operations) {
      if (tag === OperationTag.put) rows.put(prefix + key, value);
      else if (tag === OperationTag.delete) rows.delete(prefix + key);
      else rows.deleteRange(prefix + key, prefix + value);
    }
    rows.put(prefix + APPLIED_KEY, encodeAppliedRecord(record));
    return record;
  }
}
