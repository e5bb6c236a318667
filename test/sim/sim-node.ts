// One node of the simulation: a disk that stays, a clock that may jump, and one process after another on them, made of the
// real parts: storage twin, host, core, evaluator, sweeper, Redis adapter. A process does nothing by itself. What it
// must be told by hooks stands here, too: which command was evaluated when, and what is committed.
import { BasaltError, SeededRandom, assert } from "../../src/base/index";
import { Evaluator, Sweeper } from "../../src/kv/index";
import { NodeHost } from "../../src/raft/host/index";
import type { RaftGroup } from "../../src/raft/host/index";
import type { Message } from "../../src/raft/core/index";
import { CommandTable, RedisServer, settingsWith } from "../../src/redis/index";
import type { Connection } from "../../src/redis/connection";
import { ALL_COMMANDS } from "../../src/redis/commands/index";
import { OutputBlockPool } from "../../src/resp/index";
import { MemoryDisk, MemoryStorage } from "../../src/storage/memory/index";
import type { CommittedLog } from "./committed-log";
import { EvaluationNotes } from "./evaluation-notes";
import type { Operation, Order } from "./history";
import { evaluatorLimits } from "./node-limits";
import type { NodeLimits } from "./node-limits";
import { noteCommits, noteSweeps } from "./process-notes";
import { Proposals } from "./proposals";
import type { Proposal } from "./proposals";
import { SimClock, SimScheduler, WorkingClock } from "./sim-time";
import type { WorldTime } from "./sim-time";
import { DATABASES } from "./workload";
import { SimLink } from "./sim-link";
import { STAGED_HASH } from "./staged-hash";

export const GROUP = 1;

/** No evaluator comes so far. */
const BEHIND_ALL_BATCHES = 2 ** 40;

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
  private readonly notes: EvaluationNotes;
  private readonly proposals = new Proposals();

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
      driver: {
        random: random.fork(),
        isInMemory: () => memory.chance(limits.inMemory),
        mayWriteInPlace: () => memory.chance(0.8),
      },
      ...(sabotage.fsync !== undefined && { fsync: sabotage.fsync }),
    });
    noteCommits(this.storage, GROUP, (entry) => committed.record(entry));
    sabotage.storage?.(this.storage);
    this.host = new NodeHost({
      nodeId,
      storage: this.storage,
      scheduler: this.scheduler,
      clock,
      random: random.fork(),
      transport: {
        send: ({ messages }) => {
          for (const { message } of messages) surroundings.send(message);
        },
      },
      failed: (error) => (this.failure = error),
      keepEntries: limits.keepEntries,
      maxLogBytes: limits.maxLogBytes,
    });
    this.group = this.host.openGroup(GROUP, [nodeId]);
    const { group } = this;
    const handle = {
      id: GROUP,
      get leader(): number {
        return group.leader;
      },
      get hasLease(): boolean {
        return group.hasLease;
      },
      get logIsBusy(): boolean {
        return group.logIsBusy;
      },
      confirmLeadership: (done: (confirmed: boolean) => void): void => group.confirmLeadership(done),
      propose: (payload: Buffer, term: number, isAwaited?: boolean): number => {
        const waits = isAwaited === true || memory.chance(limits.awaited);
        const index = this.group.propose(payload, term, waits);
        const { sequence } = this.evaluator["overlay"].open;
        this.proposals.note(this.epoch, sequence, index === 0 ? undefined : { index, term });
        return index;
      },
    };
    this.evaluator = new Evaluator(handle, {
      storage: this.storage,
      clock: new WorkingClock(clock, time, random.fork(), limits.slowSteps),
      scheduler: this.scheduler,
      ...evaluatorLimits(limits),
    });
    this.notes = new EvaluationNotes(this, this.evaluator, random.fork());
    this.noteLosses();
    sabotage.evaluator?.(this.evaluator);
    this.group.listen({
      leading: (term) => {
        this.evaluator.leading(term);
        this.epoch = ++node.epoch;
        surroundings.leading(this.epoch, term);
      },
      yielding: () => this.evaluator.yielding(),
      following: () => this.evaluator.following(),
      committed: (index) => this.evaluator.committed(index),
      applied: (index) => this.evaluator.applied(index),
      logSynced: () => this.evaluator.logSynced(),
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
      table: new CommandTable([...ALL_COMMANDS, STAGED_HASH].map((spec) => this.notes.observed(spec))),
      settings: settingsWith({ maxClients: 1000, outputLimitBytes: limits.outputLimitBytes }),
      version: "0.0.0",
      nodeId,
      dataDirectory: "/data",
      shutdown: () => undefined,
    });
    // What the sweeper deletes as expired, clients see as gone: it belongs into the history.
    noteSweeps(this.sweeper, this.evaluator, (database, userKey) => {
      this.expiredAhead(database, userKey, this.evaluator.session.nowMs, this.notes.openOrder);
    });
    sabotage.sweeper?.(this.sweeper, this.evaluator);
    this.host.start();
    this.sweeper.start();
  }

  get steppedExecs(): number {
    return this.surroundings.limits.steppedExecs;
  }

  operationOf({ socket }: Connection): Operation {
    assert(socket instanceof SimLink, "the simulation's clients use its links");
    return socket.current;
  }

  connect(process: number, database: number, kernelTakesAll: boolean): SimLink {
    const link = new SimLink(process, database, this.server, this.pool, kernelTakesAll);
    this.links.push(link);
    return link;
  }

  /** Whether what was proposed at this place is in the log for good. */
  survived(order: Order): boolean {
    return this.proposals.survived(order, this.surroundings.committed);
  }

  /** The place of what another leader has put behind all that this one had committed. */
  foreignOrder(proposal: Proposal): Order {
    const { epoch } = this;
    const sequence = BEHIND_ALL_BATCHES + proposal.term;
    this.proposals.note(epoch, sequence, proposal);
    return { epoch, sequence, committed: true, count: 0, wrote: true, survived: false };
  }

  expiredAhead(database: number, userKey: string, nowMs: number, order: Order): void {
    const databases = this.evaluator["databases"];
    const logical = DATABASES.find((number) => databases.physical(number, undefined) === database);
    if (logical !== undefined) this.surroundings.swept(this, logical, userKey, nowMs, order);
  }

  private noteLosses(): void {
    const { evaluator } = this;
    // Also by a proposal that is refused, before the group tells of it.
    const following = evaluator.following.bind(evaluator);
    evaluator.following = (): void => {
      if (evaluator["leads"]) this.surroundings.following();
      following();
    };
  }

  /** The last batch that the rows in storage show. */
  get appliedSequence(): number {
    return this.proposals.lastWithin(this.epoch, this.storage.readApplied(GROUP).index);
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

  get limits(): NodeLimits {
    return this.surroundings.limits;
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
    // A disk that fails now is told by the process's exit; damage must not be found, here as elsewhere.
    process.storage.close().catch(() => undefined);
    const untold = process.storage["untold"];
    if (untold instanceof BasaltError && untold.code === "CORRUPT_PAYLOAD") throw untold;
    for (const link of process.links) if (!link.isClosed) link.serverDied();
    this.process = undefined;
  }
}
