// The threads of a process's storage, as time: each step that the in-memory twin has to take is taken after a delay. A disk
// may be slow for a while; a sync then takes long.
import type { SeededRandom } from "../../../src/base/index";
import type { MemoryStorage } from "../../../src/storage/memory/index";
import type { ProcessLife } from "./process-life";

/** How fast a node's disk is, in ms. */
export interface DiskPace {
  writeMs: number;
  syncMs: number;
  applyMs: number;
  loadMs: number;
  /** What a slow disk adds to each sync. */
  slowMs: number;
}

const FLUSH_MS = 5;
const UNASKED_FLUSH = 0.03;

type Thread = "write" | "sync" | "apply" | "load" | "flush" | "deliver";

export class StorageThreads {
  private readonly busy = new Set<Thread>();

  constructor(
    private readonly storage: MemoryStorage,
    private readonly life: ProcessLife,
    private readonly pace: DiskPace,
    private readonly random: SeededRandom,
  ) {}

  /** Sees to it that whatever waits is done after a while. */
  arrange(): void {
    const { storage, pace } = this;
    if (storage.pendingDelivery) this.begin("deliver", 0.05, () => storage.deliver());
    if (storage.pendingLog) this.begin("write", pace.writeMs, () => storage.stepLog());
    if (storage.pendingSync) {
      this.begin("sync", pace.syncMs + this.random.fraction() * pace.slowMs, () => storage.syncLog());
    }
    if (storage.pendingApply) this.begin("apply", pace.applyMs, () => this.apply());
    if (storage.pendingLoad) this.begin("load", pace.loadMs, () => storage.stepLoad());
    if (storage.pendingFlush) this.begin("flush", FLUSH_MS, () => storage.stepFlush());
  }

  private apply(): void {
    this.storage.stepApply();
    // As RocksDB does when its memtables are full.
    if (this.random.chance(UNASKED_FLUSH)) this.begin("flush", FLUSH_MS, () => this.storage.stepFlush());
  }

  private begin(thread: Thread, delayMs: number, step: () => void): void {
    if (this.busy.has(thread)) return;
    this.busy.add(thread);
    this.life.post(delayMs * (0.3 + this.random.fraction() * 1.4), () => {
      this.busy.delete(thread);
      step();
    });
  }
}
