// A node's storage as tests drive it: one group, entries submitted, synced and applied in order, every completion as a
// promise. Directories lie under the system's folder for temporary files and are removed at the end. No test of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ByteString } from "../../../src/base/index";
import { LogBatch, openNativeStorage } from "../../../src/storage/index";
import type { NativeStorage, NativeStorageOptions, StorageListener } from "../../../src/storage/index";
import { payloadOf } from "./log-builder";
import type { TestOperation } from "./log-builder";

export const GROUP = 5;
export const TEST_ADDON = join(
  __dirname,
  "..",
  "..",
  "..",
  "..",
  "native",
  "build",
  "Release",
  "basalt_test.node",
);

export class TemporaryDirectory {
  readonly path = mkdtempSync(join(tmpdir(), "basalt-native-"));

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

interface Waiter {
  readonly holds: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class NativeNode implements StorageListener {
  readonly storage: NativeStorage;
  readonly batch = new LogBatch();
  nextIndex: number;
  term = 1;
  hlcMs: number;
  syncedTicket = 0;
  appliedIndex: number;
  persistedIndex: number;
  failure: Error | undefined;
  private readonly waiters: Waiter[] = [];

  constructor(options: NativeStorageOptions) {
    this.storage = openNativeStorage(options);
    const applied = this.storage.readApplied(GROUP);
    this.nextIndex = this.storage.readLogState(GROUP).lastIndex + 1;
    this.hlcMs = applied.hlcMs + 1_000_000;
    this.appliedIndex = this.persistedIndex = applied.index;
    this.storage.listen(this);
  }

  logSynced(ticket: number): void {
    this.syncedTicket = ticket;
    this.check();
  }

  applied(_: number, index: number): void {
    this.appliedIndex = index;
    this.check();
  }

  persisted(_: number, index: number): void {
    this.persistedIndex = index;
    this.check();
  }

  failed(error: Error): void {
    this.failure = error;
    this.check();
  }

  /** Resolves once it holds; rejects with the storage's failure. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiters.push({ holds, resolve, reject });
      this.check();
    });
  }

  /** Appends the payload as the next entry and waits for its sync. */
  async append(payload: Uint8Array): Promise<number> {
    const index = this.nextIndex++;
    this.batch.clear();
    this.batch.append(GROUP, index, this.term, 0, payload);
    const ticket = this.storage.submitLog(this.batch);
    await this.until(() => this.syncedTicket >= ticket);
    return index;
  }

  payload(...operations: TestOperation[]): Buffer {
    return payloadOf(operations, { term: this.term, hlcMs: ++this.hlcMs });
  }

  /** Writes the operations as one entry and waits until it is applied. */
  async write(...operations: TestOperation[]): Promise<void> {
    await this.apply(await this.append(this.payload(...operations)));
  }

  async apply(index: number): Promise<void> {
    this.storage.submitApply(GROUP, index);
    await this.until(() => this.appliedIndex >= index);
  }

  async flush(): Promise<void> {
    const target = this.appliedIndex;
    this.storage.flush();
    await this.until(() => this.persistedIndex >= target);
  }

  get(key: ByteString): ByteString | null {
    const value = this.storage.get(GROUP, key, "anywhere");
    return typeof value === "string" ? value : null;
  }

  private check(): void {
    for (const waiter of this.waiters.splice(0)) {
      if (waiter.holds()) waiter.resolve();
      else if (this.failure) waiter.reject(this.failure);
      else this.waiters.push(waiter);
    }
  }
}
