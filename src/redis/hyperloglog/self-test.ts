// What PFSELFTEST tries: that registers hold what is put in them, in both encodings alike, and that estimates of growing
// sets stay within the error that 16384 registers allow. In steps of about a millisecond, since it takes a while.
import { SeededRandom } from "../../base/index";
import { REGISTERS, REGISTER_BITS, placeOf } from "./element-hash";
import { estimateOf } from "./estimate";
import { Sketch, histogramOf } from "./sketch";
import { Raised } from "./sparse-encoding";

const SEED = 0x51f7;
const ROUNDS = 4;
const HIGHEST_RANK = 32;
const ELEMENTS = 200_000;
const ELEMENTS_A_STEP = 1000;
/** 1.04 / √16384 is the standard error; one in millions is off by six of them. */
const ERROR_MAX = (6 * 1.04) / Math.sqrt(REGISTERS);
const SPARSE_MAX_BYTES = 3000;

/** Yields between steps; returns what is wrong, undefined if nothing is. */
export function* selfTest(): Generator<undefined, string | undefined, void> {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const dense = Sketch.empty();
    const sparse = Sketch.empty();
    dense.toDense();
    const expected = new Uint8Array(REGISTERS);
    for (let i = 0; i < ELEMENTS_A_STEP; i++) {
      const register = random.below(REGISTERS);
      const value = random.between(1, HIGHEST_RANK);
      const rises = value > expected[register]! ? Raised.yes : Raised.no;
      expected[register] = Math.max(expected[register]!, value);
      for (const sketch of [dense, sparse]) {
        if (sketch.raise(register, value, SPARSE_MAX_BYTES) !== rises)
          return "TESTFAILED Register not raised";
      }
    }
    for (const sketch of [dense, sparse]) {
      const found = new Uint8Array(REGISTERS);
      if (!sketch.mergeInto(found) || Buffer.compare(found, expected) !== 0) {
        return "TESTFAILED Registers differ from what was put there";
      }
    }
    yield undefined;
  }

  const sketch = Sketch.empty();
  const element = Buffer.alloc(8);
  for (let added = 1; added <= ELEMENTS; added++) {
    element.writeUInt32LE(added, 0);
    element.writeUInt32LE(SEED, 4);
    const place = placeOf(element, 0, element.length);
    sketch.raise(place & (REGISTERS - 1), place >> REGISTER_BITS, SPARSE_MAX_BYTES);
    if (added % ELEMENTS_A_STEP !== 0) continue;
    yield undefined;
    const registers = new Uint8Array(REGISTERS);
    sketch.mergeInto(registers);
    const estimate = Number(estimateOf(histogramOf(registers)));
    if (Math.abs(estimate - added) > ERROR_MAX * added) return `TESTFAILED ${added} elements are ${estimate}`;
  }
  return undefined;
}
