// Reads of the native storage in the memory tier over more data than its cache holds, in many files on several levels,
// with deleted ranges among them: whatever RocksDB has at hand, an answer is right or "not in memory", and every load is
// right. The twin gives the truth. The seed is printed; BASALT_SEED gives it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom } from "../../../src/base/index";
import type { ByteString } from "../../../src/base/index";
import { u32String } from "../../../src/storage/keys";
import { LogBatch } from "../../../src/storage/log-batch";
import { MemoryDisk, MemoryStorage } from "../../../src/storage/memory/index";
import { openNativeStorage } from "../../../src/storage/native-storage";
import type { NativeStorage } from "../../../src/storage/native-storage";
import { notInMemory } from "../../../src/storage/types";
import type { ScanRequest } from "../../../src/storage/types";
import { payloadOf, put, remove, removeRange } from "./log-builder";
import type { TestOperation } from "./log-builder";

const seed = Number(process.env["BASALT_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const GROUP = 3;
const KEYS = 20_000;
const ENTRIES = 150;
const OPERATIONS_PER_ENTRY = 100;

function keyOf(number: number): ByteString {
  return "\x11" + u32String(number);
}

/** Both storages, written alike. */
class Pair {
  readonly folder = mkdtempSync(join(tmpdir(), "basalt-volume-"));
  readonly twin = new MemoryStorage(new MemoryDisk(), {
    nodeId: 1,
    driver: { random: new SeededRandom(seed) },
  });
  native: NativeStorage;
  private index = 0;
  private waiting: (() => void) | undefined;
  private synced = 0;
  private applied = 0;
  private persisted = 0;

  constructor() {
    this.twin.listen({ logSynced() {}, applied() {}, persisted() {}, failed() {} });
    this.native = this.open();
  }

  open(): NativeStorage {
    const sizes = { cacheBytes: 256 * 1024, writeBufferBytes: 128 * 1024 };
    const storage = openNativeStorage({ directory: join(this.folder, "data"), nodeId: 1, ...sizes });
    const note = (): void => this.waiting?.();
    storage.listen({
      logSynced: (ticket) => (this.synced = ticket) && note(),
      applied: (_, index) => (this.applied = index) && note(),
      persisted: (_, index) => (this.persisted = index) && note(),
      failed: (error) => {
        throw error;
      },
    });
    return storage;
  }

  async write(operations: TestOperation[]): Promise<void> {
    const batch = new LogBatch();
    batch.append(GROUP, ++this.index, 1, 0, payloadOf(operations, { term: 1, hlcMs: this.index }));
    const ticket = this.native.submitLog(batch);
    this.twin.submitLog(batch);
    this.twin.runAll();
    await this.until(() => this.synced >= ticket);
    this.native.submitApply(GROUP, this.index);
    this.twin.submitApply(GROUP, this.index);
    this.twin.runAll();
    await this.until(() => this.applied >= this.index);
  }

  async flush(): Promise<void> {
    this.native.flush();
    await this.until(() => this.persisted >= this.index);
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((wake) => (this.waiting = wake));
  }
}

function randomOperations(random: SeededRandom): TestOperation[] {
  return Array.from({ length: OPERATIONS_PER_ENTRY }, () => {
    const number = random.below(KEYS);
    if (random.chance(0.002)) return removeRange(keyOf(number), keyOf(number + random.below(KEYS / 20)));
    if (random.chance(0.15)) return remove(keyOf(number));
    return put(keyOf(number), random.bytes(random.pick([0, 40, 600])).toString("latin1"));
  });
}

function randomScan(random: SeededRandom): ScanRequest {
  const number = random.below(KEYS);
  const width = random.pick([1, 20, 400]);
  const lower = keyOf(number);
  return { lower, upper: keyOf(number + width), maxRows: 30, maxBytes: 20_000, reverse: random.chance(0.5) };
}

let pair: Pair;

afterEach(async () => {
  await pair.native.close();
  rmSync(pair.folder, { recursive: true, force: true });
});

test("answers are right or not in memory", async () => {
  console.log(`volume seed ${seed}`);
  const random = new SeededRandom(seed);
  pair = new Pair();
  const counts = { right: 0, notInMemory: 0 };
  const check = (native: unknown, truth: unknown): void => {
    if (native === notInMemory) counts.notInMemory++;
    else {
      counts.right++;
      expect(native).toEqual(truth);
    }
  };
  const readSome = async (rounds: number): Promise<void> => {
    const { native, twin } = pair;
    for (let round = 0; round < rounds; round++) {
      const keys = Array.from({ length: random.below(10) }, () => keyOf(random.below(KEYS)));
      const truth = twin.multiGet(GROUP, keys, "anywhere");
      native.multiGet(GROUP, keys, "memory").forEach((value, at) => check(value, truth[at]));
      keys.forEach((key, at) => check(native.get(GROUP, key, "memory"), truth[at]));
      const request = randomScan(random);
      const page = twin.scan(GROUP, request, "anywhere");
      check(native.scan(GROUP, request, "memory"), page);
      if (round % 5 > 0) continue;
      // What is read from the disk comes into the cache, and other blocks leave it.
      expect(native.scan(GROUP, request, "anywhere")).toEqual(page);
      const loaded = await new Promise((done) => native.loadMany(GROUP, keys, done));
      expect(loaded).toEqual(truth);
    }
  };
  for (let entry = 0; entry < ENTRIES; entry++) {
    await pair.write(randomOperations(random));
    if (entry % 25 === 24) await pair.flush();
    await readSome(4);
  }
  await pair.native.close();
  pair.native = pair.open();
  await readSome(300);
  console.log(`volume: ${counts.right} answers from memory, ${counts.notInMemory} not in memory`);
  expect(counts.right).toBeGreaterThan(100);
  expect(counts.notInMemory).toBeGreaterThan(100);
});
