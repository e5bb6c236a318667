// The sparse form of a HyperLogLog's registers: runs of equal ones, in order.
//
//   00nnnnnn             ZERO:  n + 1 registers (to 64) hold 0
//   01nnnnnn nnnnnnnn    XZERO: n + 1 registers (to 16384) hold 0
//   1vvvvvnn             VAL:   n + 1 registers (to 4) hold v + 1 (to 32)
//
// Raising a register splits the run it lies in, then joins neighbours of one value again; which runs come out is part of
// what must equal Redis byte for byte.
import { REGISTERS } from "./element-hash";

export const SKETCH_HEADER_BYTES = 16;

/** What came of raising a register. */
export const Raised = { no: 0, yes: 1, corrupt: 2 } as const;
export type Raised = (typeof Raised)[keyof typeof Raised];

/** The bytes of a sketch that is sparse: a header of 16, then the runs. */
export interface RunBytes {
  /** Longer than the sketch where it may grow. */
  bytes: Buffer;
  length: number;
  /** Where raising a register above `lastRaised` may begin to look: at a run at least two before that register's. */
  hintAt: number;
  hintFirst: number;
  lastRaised: number;
}

const VALUE_FLAG = 0x80;
const LONG_ZEROS_FLAG = 0x40;
const ZEROS_MAX = 64;
const VALUES_MAX = 4;
export const SPARSE_VALUE_MAX = 32;
/** Runs that are looked at for joining, from the one before the change on. */
const JOIN_RUNS = 5;

const isValue = (opcode: number): boolean => (opcode & VALUE_FLAG) !== 0;
const isLongZeros = (opcode: number): boolean =>
  (opcode & (VALUE_FLAG | LONG_ZEROS_FLAG)) === LONG_ZEROS_FLAG;
const valueIn = (opcode: number): number => ((opcode >> 2) & 0x1f) + 1;
const countIn = (opcode: number): number => (opcode & 3) + 1;

/** All registers zero. */
export function emptyRuns(): number[] {
  return zeros(REGISTERS);
}

function zeros(count: number): number[] {
  if (count <= ZEROS_MAX) return [count - 1];
  return [LONG_ZEROS_FLAG | ((count - 1) >> 8), (count - 1) & 0xff];
}

function values(value: number, count: number): number {
  return VALUE_FLAG | ((value - 1) << 2) | (count - 1);
}

/** Registers of the run at `at`; bytes that are not there are zeros. */
function spanAt(bytes: Buffer, at: number, end: number): number {
  const opcode = bytes[at]!;
  if (isValue(opcode)) return countIn(opcode);
  const count = opcode & 0x3f;
  return (isLongZeros(opcode) ? (count << 8) | (at + 1 < end ? bytes[at + 1]! : 0) : count) + 1;
}

/** Runs in order, as far as they are sound; true if they cover all registers and no more. */
export function eachRun(
  sketch: RunBytes,
  run: (first: number, count: number, value: number) => void,
): boolean {
  const { bytes, length } = sketch;
  let first = 0;
  for (let at = SKETCH_HEADER_BYTES; at < length; at += isLongZeros(bytes[at]!) ? 2 : 1) {
    const count = spanAt(bytes, at, length);
    if (first + count > REGISTERS) return false;
    run(first, count, isValue(bytes[at]!) ? valueIn(bytes[at]!) : 0);
    first += count;
  }
  return first === REGISTERS;
}

/** Each run as PFDEBUG DECODE shows it, whether or not they cover the registers. */
export function runTexts({ bytes, length }: RunBytes): string[] {
  const texts: string[] = [];
  for (let at = SKETCH_HEADER_BYTES; at < length; at += isLongZeros(bytes[at]!) ? 2 : 1) {
    const opcode = bytes[at]!;
    const count = spanAt(bytes, at, length);
    if (isValue(opcode)) texts.push(`v:${valueIn(opcode)},${count}`);
    else texts.push(`${isLongZeros(opcode) ? "Z" : "z"}:${count}`);
  }
  return texts;
}

/** Raises a register; undefined: the sketch has to become dense for it. */
export function raiseInRuns(
  sketch: RunBytes,
  register: number,
  value: number,
  maxBytes: number,
): Raised | undefined {
  if (value > SPARSE_VALUE_MAX) return undefined;
  const { bytes, length: end } = sketch;
  // The run of the register, and the two before it. A caller that raises in ascending order is spared the way from the
  // beginning.
  const resumes = register > sketch.lastRaised;
  let at = resumes ? sketch.hintAt : SKETCH_HEADER_BYTES;
  let first = resumes ? sketch.hintFirst : 0;
  let before = at;
  let beforeFirst = first;
  let secondBefore = at;
  let secondFirst = first;
  let span = 0;
  let passed = 0;
  for (; at < end; passed++) {
    span = spanAt(bytes, at, end);
    if (register < first + span) break;
    secondBefore = before;
    secondFirst = beforeFirst;
    before = at;
    beforeFirst = first;
    at += isLongZeros(bytes[at]!) ? 2 : 1;
    first += span;
  }
  if (at >= end) return Raised.corrupt;

  const opcode = bytes[at]!;
  let runs: number[];
  const left = register - first;
  const right = first + span - 1 - register;
  if (isValue(opcode)) {
    const old = valueIn(opcode);
    if (old >= value) return Raised.no;
    runs = [values(value, 1)];
    if (left > 0) runs.unshift(values(old, left));
    if (right > 0) runs.push(values(old, right));
  } else {
    runs = [values(value, 1)];
    if (left > 0) runs.unshift(...zeros(left));
    if (right > 0) runs.push(...zeros(right));
  }
  const replaced = Math.min(isLongZeros(opcode) ? 2 : 1, end - at);
  const growth = runs.length - replaced;
  if (growth > 0 && end + growth > maxBytes) return undefined;
  splice(sketch, at, replaced, runs);
  join(sketch, before);
  // Joining may put this register's run into the one before, whose own neighbour must still be met on the way.
  const isKnown = passed >= 2;
  sketch.hintAt = isKnown ? secondBefore : SKETCH_HEADER_BYTES;
  sketch.hintFirst = isKnown ? secondFirst : 0;
  sketch.lastRaised = register;
  return Raised.yes;
}

function splice(sketch: RunBytes, at: number, replaced: number, runs: readonly number[]): void {
  const { length } = sketch;
  const newLength = length + runs.length - replaced;
  if (newLength > sketch.bytes.length) {
    const roomy = Buffer.alloc(Math.max(newLength, Math.ceil(length * 1.5)));
    sketch.bytes.copy(roomy, 0, 0, length);
    sketch.bytes = roomy;
  }
  const { bytes } = sketch;
  bytes.copyWithin(at + runs.length, at + replaced, length);
  bytes.set(runs, at);
  sketch.length = newLength;
}

/** Joins neighbours of one value among the first runs from `at` on, where a run can hold them. */
function join(sketch: RunBytes, at: number): void {
  const { bytes } = sketch;
  for (let looked = 0; at < sketch.length && looked < JOIN_RUNS; looked++) {
    const opcode = bytes[at]!;
    const next = at + 1 < sketch.length ? bytes[at + 1]! : 0;
    if (!isValue(opcode) || !isValue(next) || valueIn(opcode) !== valueIn(next)) {
      at += isLongZeros(opcode) ? 2 : 1;
      continue;
    }
    const count = countIn(opcode) + countIn(next);
    if (count > VALUES_MAX) {
      at++;
      continue;
    }
    bytes.copyWithin(at, at + 1, sketch.length);
    bytes[at] = values(valueIn(opcode), count);
    sketch.length--;
  }
}
