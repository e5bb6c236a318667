// A node over the in-memory twin as its tests drive it: entries appended, and what was reported, as words. No test of its own.
import { SeededRandom } from "../../../src/base/index";
import { LogBatch } from "../../../src/storage/log-batch";
import { MemoryStorage } from "../../../src/storage/memory/index";
import type { MemoryDisk, MemoryDriver } from "../../../src/storage/memory/index";
import { payloadOf } from "./log-builder";
import type { TestOperation } from "./log-builder";

export const GROUP = 1;
export const TERM = 1;

export class MemoryNode {
  readonly events: string[] = [];
  readonly storage: MemoryStorage;
  readonly batch = new LogBatch();
  private index: number;

  constructor(
    readonly disk: MemoryDisk,
    driver: Partial<MemoryDriver> = {},
    fsync: "always" | "never" = "always",
  ) {
    const random = new SeededRandom(1);
    this.storage = new MemoryStorage(disk, { nodeId: 7, driver: { random, ...driver }, fsync });
    this.index = this.storage.readLogState(GROUP).lastIndex;
    this.storage.listen({
      logSynced: (ticket) => this.events.push(`synced ${ticket}`),
      applied: (group, index) => this.events.push(`applied ${group} ${index}`),
      persisted: (group, index) => this.events.push(`persisted ${group} ${index}`),
      failed: (error) => this.events.push(`failed ${error.message}`),
    });
  }

  append(payload: Uint8Array = Buffer.alloc(0), term = TERM, type = 0): number {
    this.batch.clear();
    this.batch.append(GROUP, ++this.index, term, type, payload);
    this.storage.submitLog(this.batch);
    return this.index;
  }

  write(...operations: TestOperation[]): number {
    return this.append(payloadOf(operations, { term: TERM, hlcMs: 1000 + this.index }));
  }

  apply(lastIndex = this.index): void {
    this.storage.runAll();
    this.storage.submitApply(GROUP, lastIndex);
    this.storage.runAll();
  }

  takeEvents(): string[] {
    return this.events.splice(0);
  }
}
