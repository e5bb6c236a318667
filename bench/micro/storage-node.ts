// A storage on disk for the suites that measure it: one group, in a temporary directory that goes at the end. One log batch
// and one apply at a time; both are promises.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BasaltError, assert, errorText } from "../../src/base/index";
import { LogBatch, openNativeStorage } from "../../src/storage/index";
import type { NativeStorage, StorageListener } from "../../src/storage/index";
import { diskDirectory } from "../measure/index";
import { EntryMaker, TERM } from "./rows";

export const GROUP = 1;
const FILL_PUTS = 2000;

export class StorageNode implements StorageListener {
  readonly storage: NativeStorage;
  private readonly directory: string;
  private readonly batch = new LogBatch();
  private nextIndex = 1;
  private onSynced: () => void = () => undefined;
  private onApplied: () => void = () => undefined;
  private failure: Error | undefined;

  constructor(fsync: "always" | "never") {
    const { path } = diskDirectory([tmpdir(), join(__dirname, "../../../data-bench")]);
    this.directory = mkdtempSync(join(path, "basalt-micro-"));
    this.storage = openNativeStorage({ directory: this.directory, nodeId: 1, fsync });
    this.storage.listen(this);
  }

  logSynced(): void {
    this.onSynced();
  }

  applied(): void {
    this.onApplied();
  }

  persisted(): void {
    // Nothing is compacted here.
  }

  failed(error: Error): void {
    this.failure = error;
    this.onSynced();
    this.onApplied();
  }

  /** Appends an entry; the answer is its index, when it is synced. */
  append(payload: Uint8Array): Promise<number> {
    const index = this.nextIndex++;
    this.batch.clear();
    this.batch.append(GROUP, index, TERM, 0, payload);
    return new Promise((done, fail) => {
      this.onSynced = () => (this.failure === undefined ? done(index) : fail(this.failure));
      this.storage.submitLog(this.batch);
    });
  }

  /** Applies everything up to an entry that is synced. */
  apply(index: number): Promise<void> {
    return new Promise((done, fail) => {
      this.onApplied = () => (this.failure === undefined ? done() : fail(this.failure));
      this.storage.submitApply(GROUP, index);
    });
  }

  /** Writes every key of a key space once. */
  async fill(keys: number): Promise<void> {
    const maker = new EntryMaker(keys);
    for (let first = 0; first < keys; first += FILL_PUTS) {
      await this.apply(await this.append(maker.payload(Math.min(FILL_PUTS, keys - first), first)));
    }
    assert(this.nextIndex > 1, "a key space has keys");
  }

  async release(): Promise<void> {
    try {
      await this.storage.close();
    } finally {
      rmSync(this.directory, { recursive: true, force: true });
    }
    if (this.failure !== undefined) {
      throw new BasaltError("STORAGE_FAILED", `The storage failed: ${errorText(this.failure)}`, {
        cause: this.failure,
      });
    }
  }
}
