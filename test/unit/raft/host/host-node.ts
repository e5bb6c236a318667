// A node host over the in-memory storage whose steps a test takes, with a listener that writes down what it is told. Shared
// by the tests of this folder; no test of its own.
import { SeededRandom } from "../../../../src/base/index";
import { NodeHost } from "../../../../src/raft/host/index";
import type { NodeHostOptions, RaftGroup } from "../../../../src/raft/host/index";
import type { Message } from "../../../../src/raft/core/index";
import type { LogBatch } from "../../../../src/storage/index";
import { putPayloadHeader, PAYLOAD_HEADER_BYTES } from "../../../../src/storage/index";
import { MemoryDisk, MemoryStorage } from "../../../../src/storage/memory/index";
import { TestClock, TestScheduler } from "../../kv/kv-node";
import { encodeOperation, put } from "../../storage/log-builder";

export const GROUP = 1;

export interface HostNodeOptions extends Partial<NodeHostOptions> {
  readonly voters?: readonly number[];
  readonly groups?: readonly number[];
  readonly fsync?: "always" | "never";
}

export class HostNode {
  readonly scheduler = new TestScheduler();
  readonly storage: MemoryStorage;
  readonly host: NodeHost;
  readonly random: SeededRandom;
  readonly groups: RaftGroup[];
  readonly sent: Message[] = [];
  /** What the listeners were told, as words. */
  readonly told: string[] = [];
  /** Batches that were submitted to the log thread. */
  logBatches = 0;
  /** Those of them that were synced when they came back. */
  batchesInPlace = 0;
  /** How long the disk takes for such a batch. */
  syncMs = 0;
  /** How often it was told that the log is free again. */
  logSyncedTimes = 0;
  readonly clock = new TestClock();
  private hlc = 1;

  constructor(
    readonly disk: MemoryDisk = new MemoryDisk(),
    options: HostNodeOptions = {},
  ) {
    const nodeId = options.nodeId ?? 1;
    const random = (this.random = new SeededRandom(nodeId));
    this.storage = new MemoryStorage(disk, { nodeId, driver: { random }, fsync: options.fsync ?? "always" });
    const submit = this.storage.submitLog.bind(this.storage);
    this.storage.submitLog = (batch: LogBatch): number => {
      this.logBatches++;
      return submit(batch);
    };
    const submitInPlace = this.storage.submitLogInPlace.bind(this.storage);
    this.storage.submitLogInPlace = (batch: LogBatch): boolean => {
      this.clock.monotonic += this.syncMs;
      const isSynced = submitInPlace(batch);
      if (isSynced) this.batchesInPlace++;
      return isSynced;
    };
    this.host = new NodeHost({
      nodeId,
      storage: this.storage,
      scheduler: this.scheduler,
      random,
      clock: this.clock,
      transport: {
        send: (batch) => {
          for (const { message } of batch.messages) this.sent.push(message);
        },
      },
      beforeWaiting: () => this.told.push("waiting"),
      failed: (error) => this.told.push(`host failed: ${error.message}`),
      ...options,
    });
    this.groups = (options.groups ?? [GROUP]).map((id) => this.open(id, options.voters ?? [nodeId]));
  }

  private open(id: number, voters: readonly number[]): RaftGroup {
    const group = this.host.openGroup(id, voters);
    group.listen({
      leading: (term) => this.told.push(`leading ${term}`),
      yielding: () => this.told.push("yielding"),
      following: () => this.told.push("following"),
      committed: (index) => this.told.push(`committed ${index}`),
      applied: (index) => this.told.push(`applied ${index}`),
      logSynced: () => void this.logSyncedTimes++,
    });
    return group;
  }

  get group(): RaftGroup {
    return this.groups[0]!;
  }

  /** Starts and runs until nothing is pending: a single voter leads then. */
  start(): this {
    this.host.start();
    this.settle();
    return this;
  }

  /** Time passes on this node's clocks, with what its timers do. */
  pass(ms: number): void {
    this.clock.monotonic += ms;
    this.clock.wall += ms;
    this.scheduler.pass(ms);
  }

  settle(): void {
    do {
      this.scheduler.endTurn();
      this.storage.runAll();
      this.scheduler.endTurn();
    } while (this.storage.pending);
  }

  /** Proposes an empty batch; returns its index, 0 if it was refused. */
  propose(term = this.group.status.term, group = this.group): number {
    return group.propose(this.payload(term), term);
  }

  /** The same with an entry of so many bytes that is awaited, up to the end of the turn. */
  proposeAwaited(group = this.group, valueBytes = 0): void {
    const { term } = group.status;
    group.propose(this.payload(term, valueBytes), term, true);
    this.scheduler.endTurn();
  }

  /** One fragment of a batch without operations. */
  fragment(term: number, fragment: number, flags: number): Buffer {
    return this.payload(term, 0, flags, fragment);
  }

  /** A batch without operations, or with one put of so many bytes. */
  payload(term: number, valueBytes = 0, flags = 0, fragment = 0): Buffer {
    const operation = valueBytes === 0 ? [] : [encodeOperation(put("\u0020k", "v".repeat(valueBytes)))];
    const payload = Buffer.concat([Buffer.alloc(PAYLOAD_HEADER_BYTES), ...operation]);
    // Rising along the log: by term, and within a term by its leader.
    const hlcMs = term * 1_000_000 + this.hlc++;
    putPayloadHeader(payload, 0, {
      flags,
      term,
      routeEpoch: 0,
      hlcMs,
      hlcCounter: 0,
      operationCount: operation.length,
      fragment,
    });
    return payload;
  }

  takeTold(): string[] {
    return this.told.splice(0);
  }

  takeSent(): Message[] {
    return this.sent.splice(0);
  }
}
