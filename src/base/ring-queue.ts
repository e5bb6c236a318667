// A first-in-first-out queue over a power-of-two ring.
//
//   items:  [ . . c d e f . . ]      head = 2 (next out), tail = 6 (next in), mask = 7
//
// Grows by doubling; `at(i)` reads without removing. One owner, no threads.

export class RingQueue<T> {
  private items: (T | undefined)[];
  private mask: number;
  private head = 0;
  private tail = 0;

  constructor(capacity = 16) {
    let size = 2;
    while (size < capacity) size *= 2;
    this.items = new Array<T | undefined>(size).fill(undefined);
    this.mask = size - 1;
  }

  get length(): number {
    return (this.tail - this.head) & this.mask;
  }

  push(item: T): void {
    this.items[this.tail] = item;
    this.tail = (this.tail + 1) & this.mask;
    if (this.tail === this.head) this.grow();
  }

  shift(): T | undefined {
    if (this.head === this.tail) return undefined;
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head = (this.head + 1) & this.mask;
    return item;
  }

  /** The item `offset` places behind the head; undefined beyond the end. */
  at(offset: number): T | undefined {
    return offset < this.length ? this.items[(this.head + offset) & this.mask] : undefined;
  }

  peek(): T | undefined {
    return this.head === this.tail ? undefined : this.items[this.head];
  }

  last(): T | undefined {
    return this.head === this.tail ? undefined : this.items[(this.tail - 1) & this.mask];
  }

  clear(): void {
    this.items.fill(undefined);
    this.head = 0;
    this.tail = 0;
  }

  private grow(): void {
    const size = this.items.length;
    const grown = new Array<T | undefined>(size * 2).fill(undefined);
    for (let offset = 0; offset < size; offset++)
      grown[offset] = this.items[(this.head + offset) & this.mask];
    this.items = grown;
    this.mask = size * 2 - 1;
    this.head = 0;
    this.tail = size;
  }
}
