// A double-ended run of entries over a power-of-two ring: pushed at the end, dropped from the front once they are stable,
// cut off at the end when a new leader overwrites them. All of it without moving entries, which a plain array would do.
// Slots that were dropped are cleared, so that payloads can be collected. One owner.
import { assert } from "../../../base/index";
import type { Entry } from "../types";

const FIRST_CAPACITY = 64;
/** An empty ring above this size goes back to the first capacity, so that one burst does not hold memory for ever. */
const KEPT_CAPACITY = 8192;

export class EntryRing {
  length = 0;
  private slots: (Entry | undefined)[] = emptySlots(FIRST_CAPACITY);
  private mask = FIRST_CAPACITY - 1;
  private head = 0;

  at(offset: number): Entry {
    assert(offset >= 0 && offset < this.length, "an entry ring is read within its length");
    return this.slots[(this.head + offset) & this.mask]!;
  }

  push(entry: Entry): void {
    if (this.length > this.mask) this.grow();
    this.slots[(this.head + this.length) & this.mask] = entry;
    this.length++;
  }

  dropFirst(count: number): void {
    assert(count <= this.length, "an entry ring drops no more than it holds");
    for (let done = 0; done < count; done++) {
      this.slots[this.head] = undefined;
      this.head = (this.head + 1) & this.mask;
    }
    this.length -= count;
    if (this.length === 0) this.shrink();
  }

  /** Keeps the first `length` entries. */
  truncate(length: number): void {
    assert(length >= 0 && length <= this.length, "an entry ring is cut within its length");
    for (let offset = length; offset < this.length; offset++) {
      this.slots[(this.head + offset) & this.mask] = undefined;
    }
    this.length = length;
    if (length === 0) this.shrink();
  }

  /** A fresh array of the entries at the offsets [from, to). */
  copy(from: number, to: number): Entry[] {
    assert(from >= 0 && from <= to && to <= this.length, "an entry ring is copied within its length");
    const entries: Entry[] = [];
    for (let offset = from; offset < to; offset++)
      entries.push(this.slots[(this.head + offset) & this.mask]!);
    return entries;
  }

  private grow(): void {
    const capacity = (this.mask + 1) * 2;
    const grown = emptySlots(capacity);
    for (let offset = 0; offset < this.length; offset++) {
      grown[offset] = this.slots[(this.head + offset) & this.mask];
    }
    this.slots = grown;
    this.mask = capacity - 1;
    this.head = 0;
  }

  private shrink(): void {
    this.head = 0;
    if (this.mask < KEPT_CAPACITY) return;
    this.slots = emptySlots(FIRST_CAPACITY);
    this.mask = FIRST_CAPACITY - 1;
  }
}

function emptySlots(capacity: number): (Entry | undefined)[] {
  return new Array<Entry | undefined>(capacity).fill(undefined);
}
