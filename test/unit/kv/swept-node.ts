// A node whose sweeper takes its steps when the test says so. Shared by the tests of the sweeper; no test of its own.
import { ConnectionNode } from "../redis/connection-node";
import type { ConnectionNodeOptions } from "../redis/connection-node";
import type { ByteString } from "../../../src/base/index";
import { Sweeper } from "../../../src/kv/index";
import { Space, notInMemory, userKeyOfHeader } from "../../../src/storage/index";
import { GROUP } from "./kv-node";

export class SweptNode extends ConnectionNode {
  readonly sweeper: Sweeper;

  /** CLIENT PAUSE would hold writes. */
  isHeld = false;

  constructor(options: ConnectionNodeOptions & { rowsPerSecond?: number } = {}) {
    super(options);
    this.sweeper = new Sweeper(this.evaluator, {
      storage: this.storage,
      scheduler: this.scheduler,
      group: GROUP,
      rowsPerSecond: options.rowsPerSecond ?? 10_000,
      isHeld: () => this.isHeld,
    });
    this.sweeper.start();
  }

  /** Lets the sweeper take its steps for so long. */
  sweep(steps = 40): void {
    for (let step = 0; step < steps; step++) {
      this.scheduler.pass(1000);
      this.loadAll();
      this.settle();
    }
  }

  /** The same for so many milliseconds, in tenths of a second, and clocks go on meanwhile. */
  live(ms: number): void {
    for (let passedMs = 0; passedMs < ms; passedMs += 100) {
      this.clock.wall += 100;
      this.clock.monotonic += 100;
      this.scheduler.pass(100);
      this.loadAll();
      this.settle();
    }
  }

  private rows(space: number): ByteString[] {
    const [lower, upper] = [String.fromCharCode(space), String.fromCharCode(space + 1)];
    const page = this.storage.scan(GROUP, { lower, upper, maxRows: 10_000, maxBytes: 1 << 30 }, "anywhere");
    if (page === notInMemory) throw new Error("a read that may block is answered");
    return page.keys;
  }

  /** The user key of the header that a pass meets first. */
  get firstKey(): ByteString {
    return userKeyOfHeader(this.rows(Space.header)[0]!);
  }

  get spaces(): { headers: number; elements: number; tombstones: number } {
    return {
      headers: this.rows(Space.header).length,
      elements: this.rows(Space.element).length,
      tombstones: this.rows(Space.tombstone).length,
    };
  }
}
