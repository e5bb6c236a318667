// State-machine equality: what a node has applied up to an index is byte for byte what applying the committed log up to there
// gives, on every node, at any time and after every restart. The reference applies each entry as it is known to be committed
// and keeps every state: images share what they have in common.
import { SeededRandom, assert } from "../../../src/base/index";
import { LogBatch } from "../../../src/storage/index";
import type { StoredEntry } from "../../../src/storage/index";
import { MemoryDisk, MemoryStorage } from "../../../src/storage/memory/index";
import type { RowImage } from "../../../src/storage/memory/ordered-map";
import { rowsDifference } from "../final-checks";
import { GROUP } from "./cluster-process";
import type { ClusterProcess } from "./cluster-process";

export class StateChecks {
  private readonly reference: MemoryStorage;
  /** By index. Within a batch in fragments: the state before it. */
  private readonly images: RowImage[];
  private checked = 0;
  private readonly lastCompared = new WeakMap<ClusterProcess, RowImage>();

  constructor() {
    this.reference = new MemoryStorage(new MemoryDisk(), {
      nodeId: 1,
      driver: { random: new SeededRandom(1) },
    });
    this.reference.listen({
      logSynced: () => undefined,
      applied: () => undefined,
      persisted: () => undefined,
      failed: (error) => {
        throw error;
      },
    });
    this.images = [this.reference["rows"].image];
  }

  /** How many comparisons were made. */
  get comparisons(): number {
    return this.checked;
  }

  /** An entry is known to be committed for the first time. */
  record({ index, term, type, payload }: StoredEntry): void {
    assert(index === this.images.length, "entries are committed one after the other");
    const batch = new LogBatch();
    batch.append(GROUP, index, term, type, payload);
    this.reference.submitLog(batch);
    this.reference.runAll();
    this.reference.submitApply(GROUP, index);
    this.reference.runAll();
    this.images.push(this.reference["rows"].image);
  }

  compare(process: ClusterProcess): void {
    const { node, storage, appliedIndex } = process;
    const image = storage["rows"].image;
    if (this.lastCompared.get(process) === image) return;
    this.lastCompared.set(process, image);
    const expected = this.images[appliedIndex];
    assert(expected !== undefined, "only what is committed is applied");
    this.checked++;
    if (image === expected) return;
    const difference = rowsDifference(rowsOf(image), rowsOf(expected));
    assert(difference === undefined, `node ${node.nodeId} at entry ${appliedIndex}: ${difference}`);
  }
}

function rowsOf(image: RowImage): Map<string, string> {
  const rows = new Map<string, string>();
  image.walk("", "\uffff", false, (key, value) => {
    rows.set(key, value);
    return true;
  });
  return rows;
}
