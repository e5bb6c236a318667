// The window of append messages that are on their way to one follower: for each the index of its last entry and its
// payload bytes, oldest first, in a ring that grows up to the window's size. The window is full when it holds
// `maxMessages` or at least `maxBytes`; the last message may overshoot the bytes.
import { assert } from "../../../base/index";
import type { LogIndex } from "../types";

const FIRST_CAPACITY = 16;

export class Inflights {
  count = 0;
  private readonly maxMessages: number;
  private readonly maxBytes: number;
  private bytes = 0;
  private head = 0;
  private lastIndexes: number[] = zeros(FIRST_CAPACITY);
  private sizes: number[] = zeros(FIRST_CAPACITY);

  constructor(maxMessages: number, maxBytes: number) {
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
  }

  get full(): boolean {
    return this.count >= this.maxMessages || this.bytes >= this.maxBytes;
  }

  /** A message whose last entry is at `index` was sent. Indexes only grow. */
  add(index: LogIndex, bytes: number): void {
    assert(!this.full, "a full window takes no message");
    if (this.count === this.lastIndexes.length) this.grow();
    const at = (this.head + this.count) & (this.lastIndexes.length - 1);
    this.lastIndexes[at] = index;
    this.sizes[at] = bytes;
    this.count++;
    this.bytes += bytes;
  }

  /** The follower has everything up to `index`: the messages that end there or before are answered. */
  freeUpTo(index: LogIndex): void {
    const mask = this.lastIndexes.length - 1;
    while (this.count > 0 && this.lastIndexes[this.head]! <= index) {
      this.bytes -= this.sizes[this.head]!;
      this.head = (this.head + 1) & mask;
      this.count--;
    }
  }

  reset(): void {
    this.count = 0;
    this.bytes = 0;
    this.head = 0;
  }

  private grow(): void {
    const capacity = this.lastIndexes.length;
    const lastIndexes = zeros(capacity * 2);
    const sizes = zeros(capacity * 2);
    for (let offset = 0; offset < this.count; offset++) {
      const at = (this.head + offset) & (capacity - 1);
      lastIndexes[offset] = this.lastIndexes[at]!;
      sizes[offset] = this.sizes[at]!;
    }
    this.lastIndexes = lastIndexes;
    this.sizes = sizes;
    this.head = 0;
  }
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}
