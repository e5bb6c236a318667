// One node of the simulation: a disk that stays, a clock that may jump, and one process after another on them, made of the
// real parts: storage twin, host, core, evaluator, sweeper, Redis adapter. A process does nothing by itself. What it
// must be told by hooks stands here, too: which command was evaluated when, and what is committed.
import { SeededRandom, assert } from "../../src/base/index";
import { Evaluator, Sweeper, notReady } from "../../src/kv/index";
import { NodeHost } from "../../src/raft/host/index";
import type { RaftGroup } from "../../src/raft/host/index";
import type { Message } from "../../src/raft/core/index";
import { CommandTable, RedisServer, settingsWith } from "../../src/redis/index";
import type { CommandSpec } from "../../src/redis/index";
import type { CommandContext, EvaluatedFunction, SlicedFunction } from "../../src/redis/command";
import { ALL_COMMANDS } from "../../src/redis/commands/index";
import { OutputBlockPool } from "../../src/resp/index";
import { databaseOfKey, parseElementKey, userKeyOfHeader } from "../../src/storage/index";
import { MemoryDisk, MemoryStorage } from "../../src/storage/memory/index";
import type { CommittedLog } from "./committed-log";
import { compareOrder } from "./history";
import type { Operation, Order } from "./history";
import { SimClock, SimScheduler } from "./sim-time";
import type { WorldTime } from "./sim-time";
import { DATABASES } from "./workload";
import { SimLink } from "./sim-link";

export const GROUP = 1;

/** What differs from run to run; small limits make rare paths common. */
export interface NodeLimits {
  readonly hotRowsBytes: number;
  readonly maxInFlightBytes: number;
  readonly maxBatchBytes: number;
  readonly outputLimitBytes: number;
  readonly keepEntries: number;
  readonly maxLogBytes: number;
  /** How likely a row is in memory. */
  readonly inMemory: number;
  readonly sweptRowsPerSecond: number;
}

/** A bug put in on purpose: what it changes in a process that starts. */
export interface Sabotage {
  readonly fsync?: "never";
  readonly storage?: (storage: MemoryStorage) => void;
  readonly evaluator?: (evaluator: Evaluator) => void;
  readonly sweeper?: (sweeper: Sweeper, evaluator: Evaluator) => void;
}

export interface NodeSurroundings {
  readonly time: WorldTime;
  readonly random: SeededRandom;
  readonly limits: NodeLimits;
  readonly sabotage: Sabotage;
  readonly committed: CommittedLog;
  readonly send: (message: Message) => void;
  /** A process leads: everything proposed before is decided. */
  readonly leading: (epoch: number, term: number) => void;
  readonly following: () => void;
  /** The sweeper has judged a key: if it has expired, it is deleted. */
  readonly swept: (
    process: SimProcess,
    logical: number,
    userKey: string,
    nowMs: number,
    order: Order,
  ) => void;
}

interface Proposal {
  readonly index: number;
  readonly term: number;
}

export class SimProcess {
  readonly scheduler: SimScheduler;
  readonly storage: MemoryStorage;
  readonly host: NodeHost;
  readonly group: RaftGroup;
  readonly evaluator: Evaluator;
  readonly sweeper: Sweeper;
  readonly server: RedisServer;
  readonly pool = new OutputBlockPool();
  readonly links: SimLink[] = [];
  /** Set when the host says that the node cannot go on. */
  failure: Error | undefined;
  /** Counts this node's periods of leadership, in all its processes. */
  epoch: number;
  private evaluations = 0;
  private committedView = false;
  /** The command in slices that is about to pin its view. */
  private pinning: Operation | undefined;
  private readonly proposals = new Map<string, Proposal>();
  private readonly lastOrders = new Map<number, Order>();

  constructor(
    node: SimNode,
    private readonly surroundings: NodeSurroundings,
  ) {
    const { time, random, limits, sabotage, committed } = surroundings;
    const { clock, disk, nodeId } = node;
    this.epoch = node.epoch;
    this.scheduler = new SimScheduler(time);
    const memory = random.fork();
    this.storage = new MemoryStorage(disk, {
      nodeId,
      driver: { random: random.fork(), isInMemory: () => memory.chance(limits.inMemory) },
      ...(sabotage.fsync !== undefined && { fsync: sabotage.fsync }),
    });
    this.recordCommits(committed);
    sabotage.storage?.(this.storage);
    this.host = new NodeHost({
      nodeId,
      storage: this.storage,
      scheduler: this.scheduler,
      random: random.fork(),
      transport: { send: (_, message) => surroundings.send(message) },
      failed: (error) => (this.failure = error),
      keepEntries: limits.keepEntries,
      maxLogBytes: limits.maxLogBytes,
    });
    this.group = this.host.openGroup(GROUP, [nodeId]);
    const handle = {
      id: GROUP,
      propose: (payload: Buffer, term: number): number => {
        const index = this.group.propose(payload, term);
        if (index !== 0)
          this.proposals.set(`${this.epoch}.${this.evaluator["overlay"].open.sequence}`, { index, term });
        return index;
      },
    };
    this.evaluator = new Evaluator(handle, {
      storage: this.storage,
      clock,
      scheduler: this.scheduler,
      hotRowsBytes: limits.hotRowsBytes,
      maxInFlightBytes: limits.maxInFlightBytes,
      maxBatchBytes: limits.maxBatchBytes,
    });
    this.noteViews();
    sabotage.evaluator?.(this.evaluator);
    this.group.listen({
      leading: (term) => {
        this.evaluator.leading(term);
        this.epoch = ++node.epoch;
        surroundings.leading(this.epoch, term);
      },
      following: () => this.evaluator.following(),
      committed: (index) => this.evaluator.committed(index),
      applied: (index) => this.evaluator.applied(index),
    });
    this.sweeper = new Sweeper(this.evaluator, {
      storage: this.storage,
      scheduler: this.scheduler,
      group: GROUP,
      rowsPerSecond: limits.sweptRowsPerSecond,
    });
    this.server = new RedisServer({
      evaluator: this.evaluator,
      storage: this.storage,
      clock,
      scheduler: this.scheduler,
      random: new SeededRandom(nodeId),
      pool: this.pool,
      table: new CommandTable(ALL_COMMANDS.map((spec) => this.observed(spec))),
      settings: settingsWith({ maxClients: 1000, outputLimitBytes: limits.outputLimitBytes }),
      version: "0.0.0",
      nodeId,
      dataDirectory: "/data",
      shutdown: () => undefined,
    });
    this.noteSweeps();
    sabotage.sweeper?.(this.sweeper, this.evaluator);
    this.host.start();
    this.sweeper.start();
  }

  connect(process: number, database: number, kernelTakesAll: boolean): SimLink {
    const link = new SimLink(process, database, this.server, this.pool, kernelTakesAll);
    this.links.push(link);
    return link;
  }

  /** Whether what was proposed at this place is in the log for good. */
  survived(order: Order): boolean {
    const proposal = this.proposals.get(`${order.epoch}.${order.sequence}`);
    if (proposal === undefined) return false;
    return this.surroundings.committed.at(proposal.index)?.term === proposal.term;
  }

  private recordCommits(committed: CommittedLog): void {
    const { storage } = this;
    const submitApply = storage.submitApply.bind(storage);
    let recorded = storage.readApplied(GROUP).index;
    storage.submitApply = (group, lastIndex): void => {
      while (recorded < lastIndex) {
        for (const entry of storage.readEntries(group, recorded + 1, lastIndex + 1, 1 << 20)) {
          committed.record(entry);
          recorded = entry.index;
        }
      }
      submitApply(group, lastIndex);
    };
  }

  private noteViews(): void {
    const { evaluator } = this;
    const begin = evaluator.begin.bind(evaluator);
    evaluator.begin = (committed, attempt) => {
      this.committedView = committed;
      return begin(committed, attempt);
    };
    // Also by a proposal that is refused, before the group tells of it.
    const following = evaluator.following.bind(evaluator);
    evaluator.following = (): void => {
      if (evaluator.available) this.surroundings.following();
      following();
    };
    const pinView = evaluator.pinView.bind(evaluator);
    evaluator.pinView = (ready): void => {
      const operation = this.pinning;
      pinView((view) => {
        if (view !== undefined && operation !== undefined) {
          operation.nowMs = view.nowMs;
          operation.order = this.order(this.appliedSequence, true);
        }
        ready(view);
      });
    };
  }

  /** What the sweeper deletes as expired, clients see as gone: it belongs into the history. */
  private noteSweeps(): void {
    const { sweeper } = this;
    const note = (database: number, userKey: string): void => {
      const { session } = this.evaluator;
      const logical = DATABASES.find((number) => session.database(number) === database);
      if (logical === undefined || !session.hasWritten) return;
      const order = this.order(this.evaluator["overlay"].open.sequence, false);
      this.surroundings.swept(this, logical, userKey, session.nowMs, order);
    };
    const expire = sweeper["expire"].bind(sweeper);
    sweeper["expire"] = (key) => {
      const outcome = expire(key);
      if (outcome === true) note(databaseOfKey(key), userKeyOfHeader(key));
      return outcome;
    };
    const deleteOrphans = sweeper["deleteOrphans"].bind(sweeper);
    sweeper["deleteOrphans"] = (prefix) => {
      const outcome = deleteOrphans(prefix);
      const parts = parseElementKey(prefix);
      if (parts !== undefined && outcome !== notReady) note(parts.db, parts.userKey);
      return outcome;
    };
  }

  private order(sequence: number, committed: boolean): Order {
    return { epoch: this.epoch, sequence, committed, count: ++this.evaluations, survived: false };
  }

  /** Notes where in the order of batches an evaluation stands: in its own, or behind the last one it depends on. */
  private evaluated(operation: Operation, { session, connection }: CommandContext): void {
    const { open, committedSequence } = this.evaluator["overlay"];
    const writes = session.hasWritten || session.observedSequence === open.sequence;
    const seen = this.committedView
      ? committedSequence
      : Math.max(session.observedSequence, committedSequence);
    let order = writes ? this.order(open.sequence, false) : this.order(seen, true);
    // What its connection asked before comes before it.
    const before = this.lastOrders.get(connection.id);
    if (before !== undefined && before.epoch === order.epoch && compareOrder(before, order) > 0) {
      order = this.order(before.sequence, before.committed || before.sequence !== open.sequence);
    }
    this.lastOrders.set(connection.id, order);
    operation.nowMs = session.nowMs;
    operation.order = order;
  }

  /** The last batch that the rows in storage show. */
  private get appliedSequence(): number {
    const { index } = this.storage.readApplied(GROUP);
    let applied = 0;
    for (const [place, proposal] of this.proposals) {
      const [epoch, sequence] = place.split(".").map(Number) as [number, number];
      if (epoch === this.epoch && proposal.index <= index) applied = Math.max(applied, sequence);
    }
    return applied;
  }

  /** The command, with a note of when and in which view it was evaluated. */
  private observed(spec: CommandSpec): CommandSpec {
    const { function: definition } = spec;
    const operationOf = (context: CommandContext): Operation => {
      const { socket } = context.connection;
      assert(socket instanceof SimLink, "the simulation's clients use its links");
      return socket.current;
    };
    if (definition.kind === "evaluated") {
      const run: EvaluatedFunction = (context) => {
        const outcome = definition.run(context);
        if (outcome === undefined) this.evaluated(operationOf(context), context);
        return outcome;
      };
      return { ...spec, function: { ...definition, run } };
    }
    if (definition.kind === "sliced") {
      const run: SlicedFunction = (context, done) => {
        this.pinning = operationOf(context);
        definition.run(context, done);
        this.pinning = undefined;
      };
      return { ...spec, function: { ...definition, run } };
    }
    return spec;
  }
}

export class SimNode {
  readonly disk = new MemoryDisk();
  readonly clock: SimClock;
  epoch = 0;
  process: SimProcess | undefined;

  constructor(
    readonly nodeId: number,
    private readonly surroundings: NodeSurroundings,
  ) {
    this.clock = new SimClock(surroundings.time);
  }

  start(): SimProcess {
    assert(this.process === undefined, "a node runs one process at a time");
    this.process = new SimProcess(this, this.surroundings);
    return this.process;
  }

  /** The process, or the whole machine, stops between two steps. */
  crash(kind: "kill" | "powerLoss"): void {
    const { process } = this;
    assert(process !== undefined, "only a running process crashes");
    process.scheduler.die();
    process.storage.crash(this.surroundings.random, { kind });
    for (const link of process.links) if (!link.isClosed) link.serverDied();
    this.process = undefined;
  }

  /** SIGTERM: what was submitted is finished and flushed. */
  stop(): void {
    const { process } = this;
    assert(process !== undefined, "only a running process stops");
    process.sweeper.stop();
    process.host.stop();
    process.scheduler.die();
    void process.storage.close();
    for (const link of process.links) if (!link.isClosed) link.serverDied();
    this.process = undefined;
  }
}
