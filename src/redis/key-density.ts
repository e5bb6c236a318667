// Where in a database keys lie, as far as a fair draw has to know: about how many keys each slot has, and from that a division
// of the key space (slot ‖ hash) into ranges of about the same small number of keys. Within a slot hashes are spread evenly,
// so a slot of many keys is cut into equal parts; slots of few keys are put together. Pure; memory: 128 KiB for the slots,
// and four numbers for at most one segment a slot.
import { SLOT_COUNT } from "../base/index";

export const HASHES_A_SLOT = 0x1_0000_0000;
/** Keys that a range has on average. */
export const RANGE_KEYS = 16;
/** A range with more keys than this shows that the division is out of date. */
export const RANGE_MAX_KEYS = 64;

/** Places [from, to): slot * 2^32 + hash. */
export interface PlaceRange {
  readonly from: number;
  readonly to: number;
}

/** Neighbouring ranges of equal width: one range of several slots, or the parts of one slot. */
interface Segment {
  readonly from: number;
  readonly to: number;
  readonly parts: number;
  /** Ranges up to and with its own. */
  readonly rangesEnd: number;
}

export class KeyDensity {
  private readonly keysOfSlot = new Float64Array(SLOT_COUNT);
  private segments: Segment[] = [];
  /** Of all slots, as of the last division. */
  keys = 0;

  setSlot(slot: number, keys: number): void {
    this.keysOfSlot[slot] = keys;
  }

  /** Of slots [from, to): no keys. */
  clearSlots(from: number, to: number): void {
    this.keysOfSlot.fill(0, from, to);
  }

  get rangeCount(): number {
    return this.segments[this.segments.length - 1]?.rangesEnd ?? 0;
  }

  /** Divides the key space anew, after slots were set. */
  divide(): void {
    const segments: Segment[] = [];
    let rangesEnd = 0;
    const add = (fromSlot: number, toSlot: number, parts: number): void => {
      if (fromSlot === toSlot) return;
      rangesEnd += parts;
      segments.push({ from: fromSlot * HASHES_A_SLOT, to: toSlot * HASHES_A_SLOT, parts, rangesEnd });
    };
    let begin = 0;
    let sum = 0;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const keys = this.keysOfSlot[slot]!;
      if (keys > RANGE_KEYS) {
        add(begin, slot, 1);
        add(slot, slot + 1, Math.ceil(keys / RANGE_KEYS));
        begin = slot + 1;
        sum = 0;
        continue;
      }
      if (sum + keys > RANGE_KEYS) {
        add(begin, slot, 1);
        begin = slot;
        sum = 0;
      }
      sum += keys;
    }
    add(begin, SLOT_COUNT, 1);
    this.segments = segments;
    this.keys = this.keysOfSlot.reduce((total, keys) => total + keys, 0);
  }

  /** A range by its number, below `rangeCount`. */
  range(index: number): PlaceRange {
    let low = 0;
    for (let high = this.segments.length - 1; low < high;) {
      const middle = (low + high) >>> 1;
      if (this.segments[middle]!.rangesEnd > index) high = middle;
      else low = middle + 1;
    }
    const { from, to, parts, rangesEnd } = this.segments[low]!;
    const part = index - (rangesEnd - parts);
    const width = (to - from) / parts;
    const bound = (at: number): number => (at === parts ? to : from + Math.floor(at * width));
    return { from: bound(part), to: bound(part + 1) };
  }
}
