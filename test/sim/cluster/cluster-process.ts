// One process of a node of the cluster, made of the real parts: storage twin, host, core, evaluator, sweeper, Redis adapter. It
// does nothing by itself: time, network, disk and clients are the world's. What it has to tell the checkers is noted here
// from the outside.
import { SeededRandom, assert } from "../../../src/base/index";
import type { Clock } from "../../../src/base/index";
import { Evaluator, Sweeper } from "../../../src/kv/index";
import { StateType } from "../../../src/raft/core/index";
import { NodeHost } from "../../../src/raft/host/index";
import type { PeerBatch, RaftGroup } from "../../../src/raft/host/index";
import type { Connection } from "../../../src/redis/connection";
import { StandIn } from "../../../src/redis/forwarding/stand-in";
import { CommandTable, Forwarder, RedisServer, StandIns, settingsWith } from "../../../src/redis/index";
import type { ForwardedRequest } from "../../../src/redis/index";
import { ALL_COMMANDS } from "../../../src/redis/commands/index";
import { OutputBlockPool } from "../../../src/resp/index";
import type { StoredEntry } from "../../../src/storage/index";
import { MemoryStorage } from "../../../src/storage/memory/index";
import { EvaluationNotes } from "../evaluation-notes";
import type { Operation, Order } from "../history";
import { evaluatorLimits } from "../node-limits";
import type { NodeLimits } from "../node-limits";
import { noteSweeps } from "../process-notes";
import type { Proposals } from "../proposals";
import { STAGED_HASH } from "../staged-hash";
import { DATABASES } from "../workload";
import type { Agenda } from "./agenda";
import { ClusterLink } from "./cluster-link";
import type { ClusterNode } from "./cluster-node";
import { ForwardingPath } from "./forwarding-path";
import type { PathSurroundings } from "./forwarding-path";
import { ProcessLife } from "./process-life";
import { StorageThreads } from "./storage-threads";

export const GROUP = 1;

/** A bug put in on purpose: what it changes in a process that starts, before it does anything. */
export type ClusterSabotage = (process: ClusterProcess) => void;

/** What every process of a run shares, and whom it tells what. */
export interface ClusterSurroundings {
  readonly agenda: Agenda;
  readonly limits: NodeLimits;
  readonly voters: readonly number[];
  readonly proposals: Proposals;
  readonly sabotage: ClusterSabotage | undefined;
  readonly turnMs: number;
  readonly path: PathSurroundings;
  /** How many clients of other nodes have stand-ins at most. */
  readonly maxStandIns: number;
  /** Takes a batch for another node; true if it is known at once not to arrive. */
  send(batch: PeerBatch): boolean;
  /** The process has come to something; called behind everything that it does. */
  ran(process: ClusterProcess): void;
  committed(process: ClusterProcess, entry: StoredEntry): void;
  leading(process: ClusterProcess, term: number): void;
  lost(process: ClusterProcess): void;
  swept(logical: number, userKey: string, nowMs: number, order: Order): void;
}

/** The clock of work that looks how long it has taken: now and then some time has passed. */
class WorkClock implements Clock {
  private workedMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: SeededRandom,
    private readonly slowness: number,
  ) {}

  wallMs(): number {
    return this.clock.wallMs();
  }

  monotonicMs(): number {
    if (this.random.chance(this.slowness)) this.workedMs += this.random.between(1, 3);
    return this.clock.monotonicMs() + this.workedMs;
  }
}

export class ClusterProcess {
  readonly life: ProcessLife;
  readonly storage: MemoryStorage;
  readonly threads: StorageThreads;
  readonly host: NodeHost;
  readonly group: RaftGroup;
  readonly evaluator: Evaluator;
  readonly sweeper: Sweeper;
  readonly server: RedisServer;
  readonly standIns: StandIns;
  readonly pool = new OutputBlockPool();
  readonly links: ClusterLink[] = [];
  readonly steppedExecs: number;
  readonly startedMs: number;
  /** Set when the host says that the node cannot go on. */
  failure: Error | undefined;
  /** The failure was noticed; it will be gone soon. */
  isExiting = false;
  /** The last step at which it lost leadership. */
  lastLossStep = -1;
  private readonly notes: EvaluationNotes;
  private readonly lastRequests = new WeakMap<StandIn, ForwardedRequest>();

  constructor(
    readonly node: ClusterNode,
    number: number,
    random: SeededRandom,
    private readonly surroundings: ClusterSurroundings,
  ) {
    const { agenda, limits, voters, sabotage, proposals } = surroundings;
    const { nodeId, clock, disk } = node;
    this.startedMs = agenda.nowMs;
    this.steppedExecs = limits.steppedExecs;
    const memory = random.fork();
    this.storage = new MemoryStorage(disk, {
      nodeId,
      driver: {
        random: random.fork(),
        isInMemory: () => memory.chance(limits.inMemory),
        mayWriteInPlace: () => memory.chance(0.5),
        onPending: () => this.threads.arrange(),
      },
    });
    this.life = new ProcessLife(agenda, clock, random.fork(), surroundings.turnMs, node.timersLateMs, () =>
      this.ran(),
    );
    this.threads = new StorageThreads(this.storage, this.life, node.pace, random.fork());
    this.host = new NodeHost({
      nodeId,
      storage: this.storage,
      scheduler: this.life,
      clock,
      random: random.fork(),
      transport: { send: (batch) => this.send(batch) },
      failed: (error) => (this.failure = error),
      keepEntries: limits.keepEntries,
      maxLogBytes: limits.maxLogBytes,
    });
    this.group = this.host.openGroup(GROUP, voters);
    this.noteCommits();
    const propose = this.group.propose.bind(this.group);
    this.group.propose = (payload, term): number => {
      const index = propose(payload, term);
      const { sequence } = this.evaluator["overlay"].open;
      proposals.note(term, sequence, index === 0 ? undefined : { index, term });
      return index;
    };
    this.evaluator = new Evaluator(this.group, {
      storage: this.storage,
      clock: new WorkClock(clock, random.fork(), limits.slowSteps),
      scheduler: this.life,
      ...evaluatorLimits(limits),
    });
    this.notes = new EvaluationNotes(this, this.evaluator, random.fork());
    this.listen();
    this.sweeper = new Sweeper(this.evaluator, {
      storage: this.storage,
      scheduler: this.life,
      group: GROUP,
      rowsPerSecond: limits.sweptRowsPerSecond,
    });
    noteSweeps(this.sweeper, this.evaluator, (database, userKey) => {
      this.expiredAhead(database, userKey, this.evaluator.session.nowMs, this.notes.openOrder);
    });
    this.server = new RedisServer({
      evaluator: this.evaluator,
      storage: this.storage,
      clock,
      scheduler: this.life,
      random: new SeededRandom(nodeId),
      pool: this.pool,
      table: new CommandTable([...ALL_COMMANDS, STAGED_HASH].map((spec) => this.notes.observed(spec))),
      settings: settingsWith({ maxClients: 1000, outputLimitBytes: limits.outputLimitBytes }),
      version: "0.0.0",
      nodeId,
      dataDirectory: "/data",
      shutdown: () => undefined,
      forwarder: new Forwarder({
        nodeId,
        process: number,
        transport: new ForwardingPath(() => this, surroundings.path),
        leader: () => this.group.leader,
      }),
    });
    this.standIns = new StandIns(this.server, surroundings.maxStandIns);
    sabotage?.(this);
    this.host.start();
    this.sweeper.start();
  }

  /** Entries are committed when the core hands them out to be applied; they may have to wait for a configuration's record. */
  private noteCommits(): void {
    const applyWork = this.group["applyWork"];
    const apply = applyWork.apply.bind(applyWork);
    applyWork.apply = (message, writer, deliver): void => {
      for (const { index, term, type, data } of message.entries) {
        this.surroundings.committed(this, { index, term, type, payload: Buffer.from(data ?? []) });
      }
      apply(message, writer, deliver);
    };
  }

  private listen(): void {
    const { evaluator, surroundings } = this;
    // Also by a proposal that is refused, before the group tells of it.
    const following = evaluator.following.bind(evaluator);
    evaluator.following = (): void => {
      if (evaluator["leads"]) {
        this.lastLossStep = surroundings.agenda.step;
        surroundings.lost(this);
      }
      following();
    };
    this.group.listen({
      leading: (term) => {
        evaluator.leading(term);
        surroundings.leading(this, term);
      },
      yielding: () => evaluator.yielding(),
      following: () => evaluator.following(),
      committed: (index) => evaluator.committed(index),
      applied: (index) => evaluator.applied(index),
      logSynced: () => evaluator.logSynced(),
    });
  }

  private send(batch: PeerBatch): void {
    if (this.surroundings.send(batch)) this.life.post(0, () => this.host.reportUnreachable(batch.to));
  }

  private ran(): void {
    this.threads.arrange();
    this.surroundings.ran(this);
  }

  // ── What others look at ───────────────────────────────────────────────────────────────────────────────────────────

  /** The core of the group, for checkers and sabotage. */
  get core(): RaftGroup["node"] {
    return this.group["node"];
  }

  get isRaftLeader(): boolean {
    return this.core.state === StateType.leader;
  }

  /** Periods of leadership are numbered by their terms. */
  get epoch(): number {
    return this.evaluator.leadershipTerm;
  }

  get appliedIndex(): number {
    return this.storage.readApplied(GROUP).index;
  }

  /** The last batch of the present period that the rows in storage show. */
  get appliedSequence(): number {
    return this.surroundings.proposals.lastWithin(this.epoch, this.appliedIndex);
  }

  operationOf({ socket }: Connection): Operation {
    if (socket instanceof ClusterLink) return socket.current;
    assert(socket instanceof StandIn, "a connection is a client's or a stand-in's");
    // One that was given up may still be in the steps of what it was asked last.
    const request = socket["running"]?.request ?? this.lastRequests.get(socket);
    assert(request !== undefined, "a stand-in runs what it was asked");
    this.lastRequests.set(socket, request);
    return this.surroundings.path.forwarded.of(request);
  }

  expiredAhead(database: number, userKey: string, nowMs: number, order: Order): void {
    const databases = this.evaluator["databases"];
    const logical = DATABASES.find((number) => databases.physical(number, undefined) === database);
    if (logical !== undefined) this.surroundings.swept(logical, userKey, nowMs, order);
  }

  /** Everything that was begun here has ended. */
  get isIdle(): boolean {
    const { storage, evaluator, core } = this;
    if (this.failure !== undefined || storage.pending) return false;
    return !evaluator.busy && evaluator.inFlightBytes === 0 && core.applied === core.lastIndex;
  }
}
