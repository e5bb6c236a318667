// Reads both storages in the same way and holds the answers equal: random single reads, and everything there is. The twin
// answers at once (its loads are stepped here); the native storage answers a memory read with "not in memory" when it
// likes, and then the same read is made as a load. Runs in the differential test's child process.
import { deepStrictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ByteString, SeededRandom } from "../../../src/base/index";
import type { MemoryStorage } from "../../../src/storage/memory/index";
import { notInMemory } from "../../../src/storage/types";
import type {
  Garbage,
  ScanPage,
  ScanRequest,
  SlotSample,
  SlotSampleRequest,
  Snapshot,
  Storage,
} from "../../../src/storage/types";
import {
  GROUPS,
  LIVE_DATABASES,
  MARKER_GROUP,
  NOW_MS,
  randomKey,
  randomRange,
} from "./differential-workload";

type Load<T> = (storage: Storage, done: (answer: T) => void) => void;

interface PinnedPair {
  readonly native: Snapshot;
  readonly twin: Snapshot;
}

export class PairReader {
  private readonly pinned: PinnedPair[] = [];
  reads = 0;
  notInMemory = 0;

  constructor(
    private readonly native: Storage,
    private readonly twin: MemoryStorage,
  ) {}

  /** One read of a random kind. */
  async readRandomly(random: SeededRandom): Promise<void> {
    const group = random.pick(GROUPS);
    switch (random.below(8)) {
      case 0:
        return this.get(group, randomKey(random));
      case 1:
        return this.multiGet(
          group,
          Array.from({ length: random.below(12) }, () => randomKey(random)),
        );
      case 2:
      case 3:
        await this.scan(group, this.scanRequest(random), random.chance(0.5));
        return;
      case 4:
        await this.slots(group, {
          database: random.pick(LIVE_DATABASES),
          fromSlot: random.below(8000),
          toSlot: random.between(8000, 16_384),
          maxRows: random.between(1, 5),
        });
        return this.count(group, random);
      case 5:
        return this.garbage(
          group,
          random.pick([1, 3, 10, 1000]),
          random.pick([LIVE_DATABASES, [], [0, 1, 5, 0xffff_ffff]]),
        );
      case 6:
        return this.entries(group, random);
      default:
        return this.pinOrRelease(random);
    }
  }

  /** Everything that can be read, in pages of random sizes. */
  async readAll(random: SeededRandom): Promise<void> {
    this.equal("groups", this.native.groups(), this.twin.groups());
    for (const name of ["format-version", "node-id", "cluster-id", "peers", "x", "absent"]) {
      this.equal(name, this.native.readMetadata(name), this.twin.readMetadata(name));
    }
    for (const group of [...GROUPS, MARKER_GROUP, 99]) {
      this.equal("log state", logState(this.native, group), logState(this.twin, group));
      this.equal("applied", this.native.readApplied(group), this.twin.readApplied(group));
      this.allEntries(group);
      for (const [lower, upper] of [
        ["\0", "\x40"],
        ["\x40", "\x41"],
      ] as const) {
        for (const reverse of [false, true]) {
          await this.allRows(group, {
            lower,
            upper,
            reverse,
            maxRows: random.between(1, 200),
            maxBytes: 20_000,
          });
        }
      }
      await this.garbage(group, random.between(1, 50), LIVE_DATABASES);
      for (const database of LIVE_DATABASES) {
        await this.slots(group, { database, fromSlot: 0, toSlot: 16_384, maxRows: random.between(1, 5) });
      }
      await this.load("headers", (storage, done: (count: number) => void) => {
        storage.countHeaders(group, { lower: "\x10", upper: "\x11", nowMs: NOW_MS }, done);
      });
    }
  }

  releaseSnapshots(): void {
    for (const { native, twin } of this.pinned.splice(0)) {
      native.release();
      twin.release();
    }
  }

  private equal(what: string, native: unknown, twin: unknown): void {
    this.reads++;
    deepStrictEqual(native, twin, `${what}: native and twin differ`);
  }

  private async load<T>(what: string, load: Load<T>): Promise<T> {
    let answers = 0;
    let twin: T | undefined;
    load(this.twin, (answer) => {
      twin = answer;
      answers++;
    });
    this.twin.runAll();
    if (answers !== 1) throw new Error(`${what}: the twin answered ${answers} times`);
    const native = await new Promise<T>((done) => load(this.native, done));
    this.equal(what, native, twin);
    return native;
  }

  private async get(group: number, key: ByteString): Promise<void> {
    const native = this.native.get(group, key, "memory");
    if (native === notInMemory) this.notInMemory++;
    else this.equal("get", native, this.twin.get(group, key, "memory"));
    this.equal(
      "get anywhere",
      this.native.get(group, key, "anywhere"),
      this.twin.get(group, key, "anywhere"),
    );
    await this.load("load", (storage, done: (values: (ByteString | null)[]) => void) =>
      storage.loadMany(group, [key], done),
    );
  }

  private async multiGet(group: number, keys: readonly ByteString[]): Promise<void> {
    const twin = this.twin.multiGet(group, keys, "memory");
    const native = this.native.multiGet(group, keys, "memory");
    // Where native does not know, the loads below tell.
    const known = native.map((value, at) => (value === notInMemory ? twin[at] : value));
    this.notInMemory += native.filter((value) => value === notInMemory).length;
    this.equal("multiGet", known, twin);
    this.equal("multiGet anywhere", this.native.multiGet(group, keys, "anywhere"), twin);
    await this.load("loadMany", (storage, done: (values: (ByteString | null)[]) => void) => {
      storage.loadMany(group, keys, done);
    });
  }

  private scanRequest(random: SeededRandom): ScanRequest {
    const [lower, upper] = random.chance(0.3) ? (["\0", "\x40"] as const) : randomRange(random);
    return {
      lower,
      upper,
      maxRows: random.pick([1, 2, 5, 50, 10_000]),
      maxBytes: random.pick([1, 50, 1000, 100_000, 2 ** 40]),
      reverse: random.chance(0.5),
      ...(random.chance(0.3) ? { valuePrefixBytes: random.below(30) } : {}),
    };
  }

  private async scan(group: number, request: ScanRequest, pinned: boolean): Promise<ScanPage> {
    const snapshot = pinned ? this.pinned[this.reads % Math.max(1, this.pinned.length)] : undefined;
    const nativeRequest = snapshot ? { ...request, snapshot: snapshot.native } : request;
    const twinRequest = snapshot ? { ...request, snapshot: snapshot.twin } : request;
    const twin = this.twin.scan(group, twinRequest, "memory");
    const native = this.native.scan(group, nativeRequest, "memory");
    if (native === notInMemory) this.notInMemory++;
    else this.equal("scan", native, twin);
    this.equal("scan anywhere", this.native.scan(group, nativeRequest, "anywhere"), twin);
    return this.load("loadScan", (storage, done: (page: ScanPage) => void) => {
      storage.loadScan(group, storage === this.twin ? twinRequest : nativeRequest, done);
    });
  }

  private async allRows(group: number, request: ScanRequest): Promise<void> {
    for (let page = await this.scan(group, request, false); !page.done;) {
      const last = page.keys.at(-1)!;
      request = request.reverse ? { ...request, upper: last } : { ...request, lower: last + "\0" };
      page = await this.scan(group, request, false);
    }
  }

  private async count(group: number, random: SeededRandom): Promise<void> {
    const [lower, upper] = random.chance(0.5)
      ? (["\x10", "\x11"] as const)
      : ["\x10\0\0\0\x01", "\x10\0\0\0\x05\x80"];
    const nowMs = random.pick([0, NOW_MS, 2 ** 53 - 1]);
    const snapshot = random.chance(0.3) ? this.pinned[0] : undefined;
    await this.load("countHeaders", (storage, done: (count: number) => void) => {
      const pinned = snapshot && (storage === this.twin ? snapshot.twin : snapshot.native);
      storage.countHeaders(group, { lower, upper, nowMs, ...(pinned ? { snapshot: pinned } : {}) }, done);
    });
  }

  private async slots(group: number, request: SlotSampleRequest): Promise<SlotSample[]> {
    return this.load("sampleSlots", (storage, done: (samples: SlotSample[]) => void) => {
      storage.sampleSlots(group, request, done);
    });
  }

  /** A whole pass. */
  private async garbage(group: number, maxRows: number, databases: readonly number[]): Promise<void> {
    let from: ByteString | undefined;
    do {
      const request = { from, maxRows, nowMs: NOW_MS, databases };
      const page = await this.load("findGarbage", (storage, done: (garbage: Garbage) => void) => {
        storage.findGarbage(group, request, done);
      });
      from = page.next;
    } while (from !== undefined);
  }

  private entries(group: number, random: SeededRandom): void {
    const { truncatedIndex, lastIndex } = this.twin.readLogState(group);
    if (truncatedIndex === lastIndex) return;
    const low = random.between(truncatedIndex + 1, lastIndex);
    const high = random.between(low, lastIndex) + 1;
    const maxBytes = random.pick([0, 100, 5000, 2 ** 40]);
    const read = (storage: Storage): string[] => entriesOf(storage, group, low, high, maxBytes);
    this.equal(`entries ${low} to ${high} within ${maxBytes} bytes`, read(this.native), read(this.twin));
  }

  private allEntries(group: number): void {
    const { truncatedIndex, lastIndex } = this.twin.readLogState(group);
    if (truncatedIndex === lastIndex) return;
    const read = (storage: Storage): string[] => {
      return entriesOf(storage, group, truncatedIndex + 1, lastIndex + 1, 2 ** 40);
    };
    this.equal("all entries", read(this.native), read(this.twin));
  }

  private pinOrRelease(random: SeededRandom): void {
    if (this.pinned.length < 3 && random.chance(0.6)) {
      this.pinned.push({ native: this.native.pinSnapshot(), twin: this.twin.pinSnapshot() });
      return;
    }
    const [pair] = this.pinned.splice(random.below(this.pinned.length + 1), 1);
    pair?.native.release();
    pair?.twin.release();
  }
}

function logState(storage: Storage, group: number): unknown {
  const { configuration, ...state } = storage.readLogState(group);
  return { ...state, configuration: configuration && Buffer.from(configuration).toString("hex") };
}

/** Entries in a form that a message can show. */
function entriesOf(storage: Storage, group: number, low: number, high: number, maxBytes: number): string[] {
  return storage.readEntries(group, low, high, maxBytes).map(({ index, term, type, payload }) => {
    const content = createHash("sha1").update(payload).digest("hex");
    return `${index} of term ${term}, type ${type}, ${payload.length} bytes ${content}`;
  });
}
