// Everything that any node has ever committed, as seen when it is handed to the apply thread. An entry once committed is
// the same for ever, on every node and after every crash: that is checked as it is written down. At the end the whole log
// can be applied from scratch to an empty disk.
import { SeededRandom, assert } from "../../src/base/index";
import { LogBatch } from "../../src/storage/index";
import type { StoredEntry } from "../../src/storage/index";
import { MemoryDisk, MemoryStorage } from "../../src/storage/memory/index";

export class CommittedLog {
  private readonly entries: StoredEntry[] = [];

  constructor(readonly group: number) {}

  get lastIndex(): number {
    return this.entries.length;
  }

  at(index: number): StoredEntry | undefined {
    return this.entries[index - 1];
  }

  record(entry: StoredEntry): void {
    const known = this.entries[entry.index - 1];
    if (known === undefined) {
      assert(entry.index === this.entries.length + 1, "entries are committed without gaps");
      this.entries.push({ ...entry, payload: Buffer.from(entry.payload) });
      return;
    }
    const same = known.term === entry.term && known.type === entry.type;
    assert(
      same && Buffer.compare(known.payload, entry.payload) === 0,
      `committed entry ${entry.index} never changes`,
    );
  }

  /** Applies entries 1 to `lastIndex` to an empty disk. */
  replay(lastIndex: number): MemoryStorage {
    const storage = new MemoryStorage(new MemoryDisk(), {
      nodeId: 1,
      driver: { random: new SeededRandom(1) },
    });
    storage.listen({
      logSynced: () => undefined,
      applied: () => undefined,
      persisted: () => undefined,
      failed: (error) => {
        throw error;
      },
    });
    const batch = new LogBatch();
    for (const { index, term, type, payload } of this.entries.slice(0, lastIndex)) {
      batch.append(this.group, index, term, type, payload);
    }
    storage.submitLog(batch);
    storage.runAll();
    storage.submitApply(this.group, lastIndex);
    storage.runAll();
    return storage;
  }
}
