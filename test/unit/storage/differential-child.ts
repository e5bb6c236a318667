// One process of the differential test: plays the workload on the native storage and on the twin, holds them equal, and
// kills itself (SIGKILL) where the workload says so, with log batches, applies and a flush under way. The process after it
// plays the steps before the kill again on the twin alone, asks the native storage how many of those batches survived,
// lets the twin keep as many, and goes on. Arguments: a JSON object, see `Arguments`.
import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { SeededRandom } from "../../../src/base/index";
import { MemoryDisk, MemoryStorage } from "../../../src/storage/memory/index";
import { openNativeStorage } from "../../../src/storage/native-storage";
import type { LogBatch } from "../../../src/storage/log-batch";
import type { Storage, StorageListener } from "../../../src/storage/types";
import { PairReader } from "./differential-reads";
import { GROUPS, MARKER_GROUP, Purpose, Workload } from "./differential-workload";
import type { Action, KillAction } from "./differential-workload";

export interface Arguments {
  readonly directory: string;
  /** Where the kills so far are kept. */
  readonly stateFile: string;
  readonly seed: number;
  readonly steps: number;
  /** One step of so many is a kill; 0 for none. */
  readonly killEvery: number;
}

interface Kill {
  readonly step: number;
  /** How many of the batches under way survived; absent until the process after the kill has looked. */
  kept?: number;
}

const NODE_ID = 9;
const twinListener: StorageListener = {
  logSynced() {},
  applied() {},
  persisted() {},
  failed(error) {
    throw new Error("the twin failed", { cause: error });
  },
};

/** The native storage with what it has reported, checked against the interface's promises. */
class NativeSide {
  private readonly applied = new Map<number, number>();
  private readonly persisted = new Map<number, number>();
  private synced = 0;
  private lastTicket = 0;
  private waiting: (() => void) | undefined;

  private constructor(readonly storage: Storage) {
    for (const group of GROUPS) {
      const { index } = storage.readApplied(group);
      this.applied.set(group, index);
      this.persisted.set(group, index);
    }
    storage.listen({
      logSynced: (ticket) => {
        ok(ticket > this.synced, "tickets rise");
        this.synced = ticket;
        this.waiting?.();
      },
      applied: (group, index) => {
        ok(index > this.applied.get(group)!, "the applied index rises");
        ok(storage.readApplied(group).index >= index, "what is reported applied can be read");
        this.applied.set(group, index);
        this.waiting?.();
      },
      persisted: (group, index) => {
        ok(index > this.persisted.get(group)!, "the persisted index rises");
        ok(index <= storage.readApplied(group).index, "what is persisted is applied");
        this.persisted.set(group, index);
        this.waiting?.();
      },
      failed: (error) => {
        throw error;
      },
    });
  }

  static open(directory: string): NativeSide {
    // Small memtables and caches, so that flushes come unasked and reads miss memory.
    const sizes = { cacheBytes: 256 * 1024, writeBufferBytes: 256 * 1024 };
    return new NativeSide(openNativeStorage({ directory, nodeId: NODE_ID, ...sizes }));
  }

  /** Returns the ticket that will be told; 0 when the batch is synced already. */
  submit(batch: LogBatch, inPlace: boolean): number {
    this.lastTicket++;
    if (inPlace) return this.storage.submitLogInPlace(batch) ? 0 : this.lastTicket;
    equal(this.storage.submitLog(batch), this.lastTicket);
    return this.lastTicket;
  }

  async untilSynced(ticket: number): Promise<void> {
    await this.until(() => this.synced >= ticket);
  }

  async untilApplied(group: number, index: number): Promise<void> {
    await this.until(() => this.applied.get(group)! >= index);
  }

  async untilPersisted(group: number, index: number): Promise<void> {
    await this.until(() => this.persisted.get(group)! >= index);
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((wake) => (this.waiting = wake));
  }
}

class Run {
  private readonly workload: Workload;
  private readonly disk = new MemoryDisk();
  private twin: MemoryStorage;
  private native: NativeSide | undefined;
  private reader: PairReader | undefined;
  private readonly kills: Kill[];
  private readonly counts: Record<string, number> = { reads: 0, notInMemory: 0, inPlace: 0, queued: 0 };

  constructor(private readonly settings: Arguments) {
    this.workload = new Workload(settings.seed, settings.killEvery);
    this.twin = this.openTwin();
    const { stateFile } = settings;
    this.kills = existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, "utf8")) as Kill[]) : [];
  }

  async run(): Promise<void> {
    const first = (this.kills.at(-1)?.step ?? -1) + 1;
    if (first === 0) this.openNative();
    for (let step = 0; step < this.settings.steps; step++) {
      const action = this.workload.action(step);
      try {
        if (step < first) await this.replay(step, action);
        else await this.play(step, action);
      } catch (error) {
        throw new Error(`step ${step} (${action.kind}) of seed ${this.settings.seed}`, { cause: error });
      }
    }
    await this.restart(this.workload.random(this.settings.steps, Purpose.reads));
    await this.sides().native.storage.close();
    process.stdout.write(`${JSON.stringify(this.counts)}\n`);
  }

  private openTwin(): MemoryStorage {
    const twin = new MemoryStorage(this.disk, {
      nodeId: NODE_ID,
      driver: { random: new SeededRandom(this.settings.seed) },
    });
    twin.listen(twinListener);
    return twin;
  }

  private openNative(): NativeSide {
    this.native = NativeSide.open(this.settings.directory);
    this.reader = new PairReader(this.native.storage, this.twin);
    return this.native;
  }

  private sides(): { native: NativeSide; reader: PairReader } {
    if (!this.native || !this.reader) throw new Error("the native storage is open");
    return { native: this.native, reader: this.reader };
  }

  /** A step before the last kill: only the twin takes it. */
  private async replay(step: number, action: Action): Promise<void> {
    if (action.kind === "kill") await this.recover(step, action);
    else if (action.kind === "restart") await this.restartTwin();
    else this.playOnTwin(action);
  }

  private playOnTwin(action: Action): void {
    const { twin } = this;
    if (action.kind === "log") for (const batch of action.batches) twin.submitLog(batch);
    else if (action.kind === "apply") twin.submitApply(action.group, action.lastIndex);
    else if (action.kind === "metadata") twin.writeMetadata(action.name, action.value);
    else if (action.kind === "flush") twin.flush();
    twin.runAll();
    if (action.kind === "flush") this.workload.flushed((group) => twin.readApplied(group).index);
  }

  private async play(step: number, action: Action): Promise<void> {
    this.counts[action.kind] = (this.counts[action.kind] ?? 0) + 1;
    const { native, reader } = this.sides();
    const random = this.workload.random(step, Purpose.reads);
    if (action.kind === "kill") return this.kill(step, action);
    if (action.kind === "restart") return this.restart(random);
    let ticket = 0;
    if (action.kind === "log") {
      for (const batch of action.batches) {
        const inPlace = random.below(2) === 0;
        const awaited = native.submit(batch, inPlace);
        if (inPlace) this.counts[awaited === 0 ? "inPlace" : "queued"]!++;
        ticket = Math.max(ticket, awaited);
      }
    } else if (action.kind === "apply") native.storage.submitApply(action.group, action.lastIndex);
    else if (action.kind === "metadata") native.storage.writeMetadata(action.name, action.value);
    else if (action.kind === "flush") native.storage.flush();
    this.playOnTwin(action);
    await native.untilSynced(ticket);
    for (const group of GROUPS) {
      const applied = this.twin.readApplied(group).index;
      await native.untilApplied(group, applied);
      if (action.kind === "flush") await native.untilPersisted(group, applied);
    }
    const count = action.kind === "reads" ? 12 : 2;
    for (let read = 0; read < count; read++) await reader.readRandomly(random);
  }

  /** A clean end and a new start. */
  private async restart(random: SeededRandom): Promise<void> {
    const { native, reader } = this.sides();
    await reader.readAll(random);
    reader.releaseSnapshots();
    this.count(reader);
    await native.storage.close();
    await this.restartTwin();
    const opened = this.openNative();
    await this.sides().reader.readAll(random);
    for (const group of GROUPS) opened.storage.submitApply(group, this.workload.committed(group));
  }

  private async restartTwin(): Promise<void> {
    await this.twin.close();
    this.twin = this.openTwin();
    this.workload.flushed((group) => this.twin.readApplied(group).index);
    this.applyCommitted();
  }

  private applyCommitted(): void {
    for (const group of GROUPS) this.twin.submitApply(group, this.workload.committed(group));
    this.twin.runAll();
  }

  private count(reader: PairReader): void {
    this.counts["reads"]! += reader.reads;
    this.counts["notInMemory"]! += reader.notInMemory;
  }

  private async kill(step: number, action: KillAction): Promise<void> {
    const { native, reader } = this.sides();
    this.count(reader);
    this.kills.push({ step });
    writeFileSync(this.settings.stateFile, JSON.stringify(this.kills));
    process.stdout.write(`${JSON.stringify(this.counts)}\n`);
    for (const { group, lastIndex } of action.applies) native.storage.submitApply(group, lastIndex);
    native.storage.flush();
    for (const batch of action.batches) {
      native.submit(batch, Math.random() < 0.5);
      if (Math.random() < 0.3) await new Promise((resume) => setImmediate(resume));
    }
    for (let turns = Math.floor(Math.random() * 300); turns > 0; turns--) {
      await new Promise((resume) => setImmediate(resume));
    }
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => {});
  }

  /** After a kill: brings the twin to where the native storage found itself, and lets both apply what is committed. */
  private async recover(step: number, action: KillAction): Promise<void> {
    const kill = this.kills.find((each) => each.step === step);
    if (!kill) throw new Error(`step ${step} killed nothing`);
    const isLast = kill === this.kills.at(-1);
    for (const batch of action.batches) this.twin.submitLog(batch);
    this.twin.stepLog();
    const native = isLast ? NativeSide.open(this.settings.directory) : undefined;
    if (native) {
      const marker = native.storage.readLogState(MARKER_GROUP).hardState.vote;
      kill.kept = marker - this.workload.serial;
      ok(
        kill.kept >= 0 && kill.kept <= action.batches.length,
        `batch ${marker} is the last one, of those under way or before`,
      );
      writeFileSync(this.settings.stateFile, JSON.stringify(this.kills));
    }
    this.twin.crash(new SeededRandom(step), { unsynced: kill.kept! });
    this.twin = this.openTwin();
    this.workload.survived(step, kill.kept!);
    if (native) await this.compareRecovered(native, step);
    this.applyCommitted();
    if (native) {
      await this.reader!.readAll(this.workload.random(step, Purpose.reads));
    }
  }

  private async compareRecovered(native: NativeSide, step: number): Promise<void> {
    this.native = native;
    this.reader = new PairReader(native.storage, this.twin);
    for (const group of GROUPS) {
      const { index } = native.storage.readApplied(group);
      ok(index >= this.twin.readApplied(group).index, "what was reported persisted is there");
      ok(index <= this.workload.committed(group), "nothing is applied that was not submitted");
      this.twin.submitApply(group, index);
    }
    this.twin.runAll();
    // Rows and applied record reached the disk together, whatever the moment.
    await this.reader.readAll(this.workload.random(step, Purpose.reads));
    for (const group of GROUPS) native.storage.submitApply(group, this.workload.committed(group));
    this.applyCommitted();
    for (const group of GROUPS) await native.untilApplied(group, this.twin.readApplied(group).index);
    deepStrictEqual(native.storage.groups(), this.twin.groups());
  }
}

async function main(): Promise<void> {
  const settings = JSON.parse(process.argv[2] ?? "{}") as Arguments;
  await new Run(settings).run();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
