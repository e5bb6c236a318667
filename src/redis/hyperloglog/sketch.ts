// A HyperLogLog in the bytes that Redis keeps it in, so that GET, SET and DUMP carry sketches between the two:
//
//   "HYLL" ‖ encoding u8 (0 dense, 1 sparse) ‖ 3 zeros ‖ cardinality u64 little-endian ‖ registers
//
// The highest bit of the cardinality says that it is stale. Dense registers are 16384 numbers of six bits, lowest bits
// first. Sparse ones are runs of equal registers (sparse-encoding.ts). Bytes come from clients (SET), so every walk over
// them finds out whether they cover 16384 registers, and says so instead of trusting them.
import type { ByteString } from "../../base/index";
import { REGISTERS } from "./element-hash";
import { HISTOGRAM_SIZE } from "./estimate";
import { Raised, SKETCH_HEADER_BYTES, eachRun, emptyRuns, raiseInRuns } from "./sparse-encoding";
import type { RunBytes } from "./sparse-encoding";

export const DENSE_BYTES = SKETCH_HEADER_BYTES + (REGISTERS * 6) / 8;
const MAGIC = "HYLL";
const ENCODING_AT = 4;
const CARDINALITY_AT = 8;
const DENSE = 0;
const SPARSE = 1;
const STALE = 0x80;

/** Whether a string that begins like this, `length` bytes long, is a HyperLogLog to Redis. */
export function isSketch(beginning: ByteString, length: number): boolean {
  if (length < SKETCH_HEADER_BYTES || !beginning.startsWith(MAGIC)) return false;
  const encoding = beginning.charCodeAt(ENCODING_AT);
  return encoding === SPARSE || (encoding === DENSE && length === DENSE_BYTES);
}

export class Sketch implements RunBytes {
  bytes: Buffer;
  length: number;
  hintAt = SKETCH_HEADER_BYTES;
  hintFirst = 0;
  lastRaised = -1;

  private constructor(bytes: Buffer, length: number) {
    this.bytes = bytes;
    this.length = length;
  }

  /** A sketch of nothing: sparse, its cardinality known. */
  static empty(): Sketch {
    const runs = emptyRuns();
    const bytes = Buffer.alloc(SKETCH_HEADER_BYTES + runs.length);
    bytes.write(MAGIC, 0, "latin1");
    bytes[ENCODING_AT] = SPARSE;
    bytes.set(runs, SKETCH_HEADER_BYTES);
    return new Sketch(bytes, bytes.length);
  }

  /** Of a string for which `isSketch` holds. */
  static of(text: ByteString): Sketch {
    const bytes = Buffer.from(text, "latin1");
    return new Sketch(bytes, bytes.length);
  }

  get isDense(): boolean {
    return this.bytes[ENCODING_AT] === DENSE;
  }

  text(): ByteString {
    return this.bytes.toString("latin1", 0, this.length);
  }

  /** As a signed 64-bit integer; undefined when it is stale. */
  get cardinality(): number | bigint | undefined {
    if ((this.bytes[CARDINALITY_AT + 7]! & STALE) !== 0) return undefined;
    const value = this.bytes.readBigInt64LE(CARDINALITY_AT);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  keepCardinality(value: number | bigint): void {
    this.bytes.writeBigInt64LE(BigInt(value), CARDINALITY_AT);
  }

  makeStale(): void {
    this.bytes[CARDINALITY_AT + 7]! |= STALE;
  }

  /**
   * Raises a register to `value` if it is lower. A sparse sketch that would exceed `sparseMaxBytes` becomes dense, as does
   * one that cannot hold the value.
   */
  raise(register: number, value: number, sparseMaxBytes: number): Raised {
    if (this.isDense) return this.raiseDense(register, value);
    const outcome = raiseInRuns(this, register, value, sparseMaxBytes);
    if (outcome !== undefined) return outcome;
    return this.toDense() ? this.raiseDense(register, value) : Raised.corrupt;
  }

  /** False if the runs do not cover the registers; then nothing has changed. */
  toDense(): boolean {
    if (this.isDense) return true;
    const dense = Buffer.alloc(DENSE_BYTES);
    this.bytes.copy(dense, 0, 0, SKETCH_HEADER_BYTES);
    dense[ENCODING_AT] = DENSE;
    const covered = eachRun(this, (first, count, value) => {
      if (value === 0) return;
      for (let register = first; register < first + count; register++) putDense(dense, register, value);
    });
    if (!covered) return false;
    this.bytes = dense;
    this.length = DENSE_BYTES;
    return true;
  }

  /** Raises `registers` to this sketch's; false if the runs do not cover them. */
  mergeInto(registers: Uint8Array): boolean {
    if (!this.isDense) {
      return eachRun(this, (first, count, value) => {
        for (let register = first; register < first + count; register++) {
          if (value > registers[register]!) registers[register] = value;
        }
      });
    }
    for (let register = 0; register < REGISTERS; register++) {
      const value = denseAt(this.bytes, register);
      if (value > registers[register]!) registers[register] = value;
    }
    return true;
  }

  /** How many registers hold each value; undefined if the runs do not cover them. */
  histogram(): Int32Array | undefined {
    if (this.isDense) {
      const registers = new Uint8Array(REGISTERS);
      this.mergeInto(registers);
      return histogramOf(registers);
    }
    const histogram = new Int32Array(HISTOGRAM_SIZE);
    const covered = eachRun(this, (_, count, value) => {
      histogram[value]! += count;
    });
    return covered ? histogram : undefined;
  }

  private raiseDense(register: number, value: number): Raised {
    if (value <= denseAt(this.bytes, register)) return Raised.no;
    putDense(this.bytes, register, value);
    return Raised.yes;
  }
}

export function histogramOf(registers: Uint8Array): Int32Array {
  const histogram = new Int32Array(HISTOGRAM_SIZE);
  for (let register = 0; register < registers.length; register++) histogram[registers[register]!]!++;
  return histogram;
}

/** Six bits may lie in two bytes; behind the last register there is none, and none of its bits. */
function denseAt(bytes: Buffer, register: number): number {
  const bit = register * 6;
  const at = SKETCH_HEADER_BYTES + (bit >> 3);
  return ((bytes[at]! | ((bytes[at + 1] ?? 0) << 8)) >> (bit & 7)) & 63;
}

function putDense(bytes: Buffer, register: number, value: number): void {
  const bit = register * 6;
  const at = SKETCH_HEADER_BYTES + (bit >> 3);
  const shift = bit & 7;
  bytes[at] = (bytes[at]! & ~(63 << shift)) | (value << shift);
  if (shift > 2) bytes[at + 1] = (bytes[at + 1]! & ~(63 >> (8 - shift))) | (value >> (8 - shift));
}
