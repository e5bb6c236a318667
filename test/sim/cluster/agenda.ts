// What is going to happen, in order of true time. Everything of a run is an event here, so its course depends on the seed
// alone: of two events at the same moment the one that was put down first happens first.

interface Item {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

function isBefore(one: Item, other: Item): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}

export class Agenda {
  /** True time since the run began; never goes back. */
  nowMs = 0;
  /** Events that have happened. */
  step = 0;
  private orders = 0;
  /** A binary heap: the next event is the first. */
  private readonly heap: Item[] = [];

  after(delayMs: number, run: () => void): void {
    const item = { dueMs: this.nowMs + delayMs, order: ++this.orders, run };
    const { heap } = this;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = item;
  }

  /** The next event happens. False if there is none. */
  advance(): boolean {
    const { heap } = this;
    const next = heap[0];
    if (next === undefined) return false;
    const last = heap.pop()!;
    if (heap.length > 0) this.sink(last);
    this.nowMs = next.dueMs;
    this.step++;
    next.run();
    return true;
  }

  /** Puts an item in the first place, and lets it sink to its own. */
  private sink(item: Item): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, item)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = item;
  }
}
