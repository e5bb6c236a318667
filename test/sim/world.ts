// The simulated world: one node, some clients, time, and a seed that decides what happens next. Each step does one thing
// that could happen in reality at that moment: bytes arrive, a turn ends, the log thread writes or syncs, entries are
// applied, a load answers, time passes, a timer runs, a fault strikes. Between any two steps the process may die. A seed
// replays exactly: `traceHash` is over every step and every byte.
//
// Leadership is taken from the only voter by a message of a leader that does not exist, in a later term: it may overwrite
// what is not committed. That is how loss of leadership is tried within one process while there are no other nodes.
import { SeededRandom, assert, keyHash } from "../../src/base/index";
import { Message, MessageType } from "../../src/raft/core/index";
import { CommittedLog } from "./committed-log";
import { allRows, rowsDifference, stateDifference, stateOfRows } from "./final-checks";
import { historyText } from "./history";
import type { Operation, Order, WorldEvent } from "./history";
import { checkLinearizability } from "./linearizability";
import { GROUP, SimNode } from "./sim-node";
import type { NodeLimits, Sabotage, SimProcess } from "./sim-node";
import type { SimLink } from "./sim-link";
import { WorldTime } from "./sim-time";
import { ALL_KEYS, DATABASES, randomCommand } from "./workload";

export interface RunOptions {
  readonly seed: number;
  /** Steps with clients and faults, before everything comes to rest. */
  readonly steps?: number;
  readonly sabotage?: Sabotage;
}

export interface RunResult {
  readonly seed: number;
  readonly traceHash: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly refused: number;
  readonly faults: Readonly<Record<string, number>>;
}

/** What a failed run throws: the seed, the step, what is wrong, and the history around it. */
export class SimulationFailure extends Error {
  constructor(
    readonly seed: number,
    readonly step: number,
    readonly reason: string,
    readonly history: string,
    cause: unknown,
  ) {
    super(`seed ${seed}, step ${step}: ${reason}\n${history}`, { cause });
    this.name = "SimulationFailure";
  }
}

const DEFAULT_STEPS = 1500;
const CLIENTS = 4;
const MAX_OUTSTANDING = 12;
/** Steps in which everything must come to rest once nothing goes wrong any more. */
const CALM_STEPS = 60_000;
const HISTORY_STEPS = 400;
/** Process numbers below this are sweepers, one for each period of leadership. */
const SWEEPER_PROCESS = -1;
const LONGER_THAN_ANY_TIME_TO_LIVE_MS = 20_000;

const FAILING = ["logWrite", "logSync", "dataWrite", "dataFlush"] as const;

class SimClient {
  link: SimLink | undefined;
}

interface Undecided {
  readonly operation: Operation;
  readonly process: SimProcess;
}

type Action = readonly [weight: number, name: string, run: () => void];

export function runSimulation(options: RunOptions): RunResult {
  return new World(options).run();
}

export class World {
  private readonly seed: number;
  private readonly random: SeededRandom;
  private readonly time = new WorldTime();
  private readonly node: SimNode;
  private readonly committed = new CommittedLog(GROUP);
  private readonly clients = Array.from({ length: CLIENTS }, () => new SimClient());
  private readonly operations: Operation[] = [];
  private readonly events: WorldEvent[] = [];
  private readonly faults: Record<string, number> = {};
  /** Commands whose outcome nobody was told, until the next period of leadership decides it. */
  private undecided: Undecided[] = [];
  private readonly deadLinks: { readonly link: SimLink; readonly process: SimProcess }[] = [];
  private readonly mainSteps: number;
  /** How often faults strike in this run. */
  private readonly faultRate: number;
  private step = 0;
  private lastProcess = 0;
  private lastValue = 0;
  private traceHash = 0x811c9dc5;
  /** No faults and no new commands. */
  private calm = false;

  constructor(options: RunOptions) {
    this.seed = options.seed;
    this.random = new SeededRandom(options.seed);
    this.mainSteps = options.steps ?? DEFAULT_STEPS;
    const { random } = this;
    const limits: NodeLimits = {
      hotRowsBytes: random.pick([0, 1500, 6000, 1 << 20]),
      maxInFlightBytes: random.pick([400, 3000, 1 << 20, 1 << 20]),
      maxBatchBytes: random.pick([100, 600, 1 << 20, 1 << 20]),
      outputLimitBytes: random.pick([60, 400, 1 << 20, 1 << 20]),
      keepEntries: random.pick([0, 5, 1000]),
      maxLogBytes: random.pick([500, 5000, 1 << 28]),
      inMemory: random.pick([1, 0.95, 0.6, 0.1]),
      sweptRowsPerSecond: random.pick([20, 200, 20_000]),
    };
    this.faultRate = random.pick([0, 1, 3, 6]);
    this.node = new SimNode(1, {
      time: this.time,
      random: random.fork(),
      limits,
      sabotage: options.sabotage ?? {},
      committed: this.committed,
      send: () => undefined,
      leading: (epoch, term) => this.leads(epoch, term),
      following: () => this.note("leadership lost"),
      swept: (process, logical, userKey, nowMs, order) => this.swept(process, logical, userKey, nowMs, order),
    });
  }

  run(): RunResult {
    try {
      this.node.start();
      for (let i = 0; i < this.mainSteps; i++) this.takeStep();
      this.comeToRest();
      this.readEverything();
      this.finalChecks();
    } catch (error) {
      throw this.failure(error);
    }
    const count = (test: (operation: Operation) => boolean): number => this.operations.filter(test).length;
    return {
      seed: this.seed,
      traceHash: this.traceHash,
      steps: this.step,
      simulatedMs: this.time.nowMs,
      acknowledged: count(({ reply }) => reply !== undefined),
      unknown: count(({ process, reply, excluded }) => process > 0 && reply === undefined && !excluded),
      refused: count(({ excluded, words }) => excluded && words[0] !== "SELECT"),
      faults: this.faults,
    };
  }

  // ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  private takeStep(): void {
    this.step++;
    const actions = this.actions();
    let total = 0;
    for (const [weight] of actions) total += weight;
    let at = this.random.below(total);
    for (const [weight, name, run] of actions) {
      if (at < weight) {
        this.mix(keyHash(Buffer.from(name), 0, name.length));
        run();
        return;
      }
      at -= weight;
    }
  }

  private actions(): Action[] {
    const actions: Action[] = [[4, "time", () => (this.time.nowMs += this.random.between(1, 30))]];
    const { process } = this.node;
    if (process === undefined) actions.push([6, "start", () => this.start()]);
    else if (process.failure !== undefined) actions.push([10, "exit", () => this.exit(process)]);
    else {
      this.processActions(process, actions);
      if (!this.calm && this.faultRate > 0) this.faultActions(process, actions);
    }
    for (const client of this.clients) this.clientActions(client, actions);
    for (const dead of this.deadLinks) actions.push([3, "dead link", () => this.readDeadLink(dead.link)]);
    return actions;
  }

  private processActions(process: SimProcess, actions: Action[]): void {
    const { storage, scheduler, links } = process;
    if (scheduler.hasTurn) actions.push([14, "turn", () => scheduler.endTurn()]);
    if (scheduler.hasDueTimer) actions.push([8, "timer", () => scheduler.runTimer()]);
    if (storage.pendingDelivery) actions.push([12, "deliver", () => storage.deliver()]);
    if (storage.pendingLog) actions.push([8, "write log", () => storage.stepLog()]);
    if (storage.pendingSync) actions.push([8, "sync log", () => storage.syncLog()]);
    if (storage.pendingApply) actions.push([6, "apply", () => storage.stepApply()]);
    if (storage.pendingLoad) actions.push([10, "load", () => storage.stepLoad()]);
    if (storage.pendingFlush || this.random.chance(0.05))
      actions.push([2, "flush", () => storage.stepFlush()]);
    for (const link of links) {
      if (link.isClosed) continue;
      // What was on its way when the server paused may still come.
      const weight = link.paused ? (this.random.chance(0.05) ? 1 : 0) : 6;
      if (link.hasInput && weight > 0)
        actions.push([weight, "chunk", () => this.mixBytes(link.deliverChunk(this.random))]);
      if (link.hasOutput) actions.push([6, "take", () => this.take(process, link)]);
    }
  }

  private clientActions(client: SimClient, actions: Action[]): void {
    const { process } = this.node;
    const { link } = client;
    if (link === undefined) {
      if (process !== undefined && process.failure === undefined && !this.calm) {
        actions.push([4, "connect", () => this.connect(client, process)]);
      }
      return;
    }
    if (link.isClosed) return;
    if (!this.calm && link.outstanding < MAX_OUTSTANDING)
      actions.push([3, "send", () => this.sendBurst(link)]);
  }

  private faultActions(process: SimProcess, actions: Action[]): void {
    const { random, faultRate } = this;
    if (!random.chance(0.01 * faultRate)) return;
    actions.push([2, "kill", () => this.crash("kill")]);
    actions.push([3, "power loss", () => this.crash("powerLoss")]);
    actions.push([2, "kill within a turn", () => this.crashWithinTurn(process)]);
    actions.push([2, "stop", () => this.stop(process)]);
    actions.push([4, "clock", () => this.jumpClock()]);
    actions.push([2, "fail disk", () => this.failDisk()]);
    actions.push([5, "disconnect", () => this.disconnect()]);
    if (process.group.status.leading) actions.push([5, "depose", () => this.depose(process)]);
  }

  private mix(number: number): void {
    this.traceHash = Math.imul(this.traceHash ^ number, 0x01000193) >>> 0;
  }

  private mixBytes(bytes: Buffer): void {
    this.mix(keyHash(bytes, 0, bytes.length));
  }

  private note(text: string): void {
    this.events.push({ step: this.step, text });
  }

  private fault(name: string, text = name): void {
    this.faults[name] = (this.faults[name] ?? 0) + 1;
    this.note(text);
  }

  // ── Clients ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private connect(client: SimClient, process: SimProcess): void {
    const database = this.random.pick(DATABASES);
    const link = process.connect(++this.lastProcess, database);
    client.link = link;
    if (database !== 0) this.send(link, ["SELECT", String(database)]);
  }

  private sendBurst(link: SimLink): void {
    for (let count = this.random.pick([1, 1, 1, 2, 4, 8]); count > 0; count--) {
      this.send(
        link,
        randomCommand(this.random, () => `v${++this.lastValue}`),
      );
    }
  }

  private send(link: SimLink, words: readonly string[]): void {
    const operation: Operation = {
      id: this.operations.length,
      process: link.process,
      words,
      database: link.database,
      invoked: this.step,
      returned: Number.POSITIVE_INFINITY,
      reply: undefined,
      excluded: words[0] === "SELECT",
      nowMs: undefined,
      order: undefined,
    };
    this.operations.push(operation);
    link.send(operation);
  }

  /** The sweeper's deletions are operations of a client that is told nothing. */
  private swept(process: SimProcess, database: number, userKey: string, nowMs: number, order: Order): void {
    const operation: Operation = {
      id: this.operations.length,
      process: SWEEPER_PROCESS - order.epoch,
      words: ["SWEEP", userKey],
      database,
      invoked: this.step,
      returned: Number.POSITIVE_INFINITY,
      reply: undefined,
      excluded: false,
      nowMs,
      order,
    };
    this.operations.push(operation);
    this.undecided.push({ operation, process });
  }

  private take(process: SimProcess, link: SimLink): void {
    this.mixBytes(link.take(this.random, (operation, reply) => this.answer(process, operation, reply)));
  }

  private answer(process: SimProcess, operation: Operation, reply: string): void {
    operation.returned = this.step;
    if (operation.words[0] === "SELECT") return;
    if (reply === "-TRYAGAIN") operation.excluded = true;
    else if (reply === "-UNKNOWN") this.leaveUndecided(process, operation);
    else {
      assert(operation.nowMs !== undefined, "a command is answered after it was evaluated");
      operation.reply = reply;
    }
  }

  private leaveUndecided(process: SimProcess, operation: Operation): void {
    if (operation.order === undefined) {
      operation.excluded = true;
      return;
    }
    operation.returned = Number.POSITIVE_INFINITY;
    const entry = { operation, process };
    if (this.node.epoch > operation.order.epoch) this.decide(entry);
    else this.undecided.push(entry);
  }

  private decide({ operation, process }: Undecided): void {
    operation.returned = this.step;
    if (operation.order !== undefined) operation.order.survived = process.survived(operation.order);
  }

  private leads(epoch: number, term: number): void {
    this.note(`leads in term ${term}, period ${epoch}`);
    for (const entry of this.undecided.splice(0)) this.decide(entry);
  }

  private abandon(process: SimProcess, link: SimLink): void {
    for (const operation of link.operations.slice(link.answered)) {
      if (!operation.excluded) this.leaveUndecided(process, operation);
    }
    for (const client of this.clients) if (client.link === link) client.link = undefined;
  }

  /** The client reads what was on its way from a server that died, or finds the connection broken. */
  private readDeadLink(link: SimLink): void {
    const at = this.deadLinks.findIndex((dead) => dead.link === link);
    const { process } = this.deadLinks[at]!;
    if (link.hasOutput && this.random.chance(0.7)) return this.take(process, link);
    this.deadLinks.splice(at, 1);
    this.abandon(process, link);
  }

  // ── Faults ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private start(): void {
    this.node.disk.failing.clear();
    this.note("starts");
    this.node.start();
  }

  private bury(process: SimProcess): void {
    for (const link of process.links) if (!this.isAbandoned(link)) this.deadLinks.push({ link, process });
  }

  private isAbandoned(link: SimLink): boolean {
    return !this.clients.some((client) => client.link === link);
  }

  private crash(kind: "kill" | "powerLoss"): void {
    const { process } = this.node;
    assert(process !== undefined, "a running process crashes");
    this.fault(kind);
    this.node.crash(kind);
    this.bury(process);
  }

  private crashWithinTurn(process: SimProcess): void {
    process.scheduler.endTurn(this.random.below(3));
    this.crash("kill");
  }

  private exit(process: SimProcess): void {
    this.note("exits");
    this.node.crash(this.random.pick(["kill", "powerLoss"]));
    this.bury(process);
  }

  private stop(process: SimProcess): void {
    if (this.node.disk.failing.size > 0) return;
    this.fault("stop");
    this.node.stop();
    this.bury(process);
  }

  private jumpClock(): void {
    const offsetMs = this.random.between(-2000, 2000);
    this.fault("clock jump", `clock off by ${offsetMs} ms`);
    this.node.clock.offsetMs = offsetMs;
  }

  private failDisk(): void {
    const operation = this.random.pick(FAILING);
    this.fault("failing disk", `disk fails: ${operation}`);
    this.node.disk.failing.add(operation);
  }

  private disconnect(): void {
    const { process } = this.node;
    const client = this.random.pick(this.clients);
    const { link } = client;
    if (process === undefined || link === undefined || link.isClosed) return;
    this.fault("disconnect", `client ${link.process} disconnects`);
    link.disconnect();
    this.abandon(process, link);
  }

  /** A leader of a later term is heard; it may replace what is not committed. */
  private depose(process: SimProcess): void {
    const { log, status } = process.group;
    const core = process.group["node"];
    const overwrites = this.random.chance(0.6);
    const message = new Message(overwrites ? MessageType.app : MessageType.heartbeat, 1);
    message.from = 2;
    message.term = status.term + 1;
    if (overwrites) {
      const index = this.random.between(core.committed, Math.max(core.committed, log.lastIndex()));
      const logTerm = log.term(index);
      if (typeof logTerm !== "number") return;
      message.index = index;
      message.logTerm = logTerm;
      message.entries = [{ term: message.term, index: index + 1, type: 0, data: null }];
    }
    this.fault("deposed", overwrites ? `deposed, the log goes on from ${message.index}` : "deposed");
    process.group.step(message);
  }

  // ── The end ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Nothing goes wrong any more: every command must be answered, and everything must come to rest. */
  private comeToRest(): void {
    this.calm = true;
    this.node.disk.failing.clear();
    this.note("calm");
    this.runUntil("everything is answered", () => {
      const { process } = this.node;
      if (process === undefined || process.failure !== undefined || !process.evaluator.available)
        return false;
      if (this.deadLinks.length > 0) return false;
      if (this.clients.some(({ link }) => link !== undefined && link.outstanding > 0)) return false;
      return this.isIdle(process);
    });
    // Nothing is in flight any more: what a client that went away had sent has happened or will not.
    for (const entry of this.undecided.splice(0)) this.decide(entry);
  }

  private isIdle({ storage, scheduler, evaluator }: SimProcess): boolean {
    return !storage.pending && !scheduler.hasTurn && evaluator.inFlightBytes === 0;
  }

  private runUntil(what: string, reached: () => boolean): void {
    for (let i = 0; i < CALM_STEPS; i++) {
      if (reached()) return;
      this.takeStep();
    }
    throw new Error(`it does not come to this: ${what}`);
  }

  /** A client asks for all keys, then the sweeper goes over everything until it finds nothing. */
  private readEverything(): void {
    const { process } = this.node;
    assert(process !== undefined, "the node runs at the end");
    for (const database of DATABASES) {
      const client = new SimClient();
      const link = process.connect(++this.lastProcess, database);
      client.link = link;
      if (database !== 0) this.send(link, ["SELECT", String(database)]);
      this.send(link, ["KEYS", "*"]);
      for (const key of ALL_KEYS) {
        this.send(link, ["GET", key]);
        this.send(link, ["HGETALL", key]);
      }
      this.runUntil("the last reads are answered", () => link.outstanding === 0 && this.isIdle(process));
    }
    // Whatever has a time to live has expired by now, so that nothing expires behind the sweeper's back.
    this.time.nowMs += LONGER_THAN_ANY_TIME_TO_LIVE_MS;
    this.runUntil("the sweeper finds nothing more", () => {
      const { statistics } = process.sweeper;
      const { passesTotal, expiredTotal, orphansTotal, databasesTotal } = statistics;
      const found = expiredTotal + orphansTotal + databasesTotal;
      if (this.sweep.found !== found) this.sweep = { found, passes: passesTotal };
      return passesTotal >= this.sweep.passes + 3 && this.isIdle(process);
    });
  }

  private sweep = { found: -1, passes: 0 };

  private finalChecks(): void {
    const { process } = this.node;
    assert(process !== undefined, "the node runs at the end");
    for (const link of process.links) assert(link.isClosed || !link.hasOutput, "every reply was taken");
    assert(process.pool.lentBytes === 0, "every output block is back in its pool");
    assert(process.storage.statistics()["pinnedSnapshots"] === 0, "every pinned view was released");

    for (const entry of this.undecided.splice(0)) this.decide(entry);
    const verdict = checkLinearizability(this.operations);
    if (!verdict.ok) {
      const at = verdict.stuckAt[0];
      if (at !== undefined) this.step = Math.min(at.returned, this.step);
      throw new Error(`the history is not linearizable: ${verdict.reason}`);
    }
    const nowMs = process.evaluator.nowMs;
    const rows = allRows(process.storage, GROUP);
    const differs = stateDifference(stateOfRows(rows, nowMs), verdict.state, nowMs);
    if (differs !== undefined) throw new Error(differs);

    const { index } = process.storage.readApplied(GROUP);
    const replayed = allRows(this.committed.replay(index), GROUP);
    const replayDiffers = rowsDifference(rows, replayed);
    if (replayDiffers !== undefined)
      throw new Error(`the log gives other rows than the node has: ${replayDiffers}`);
    this.restartOnceMore(index);
  }

  /** After a power loss the same rows come back from what is on disk. */
  private restartOnceMore(index: number): void {
    this.node.crash("powerLoss");
    const process = this.node.start();
    this.runUntil("the node leads again", () => process.evaluator.available && this.isIdle(process));
    const applied = process.storage.readApplied(GROUP).index;
    assert(applied > index, "a new term begins with an entry of its own");
    const rows = allRows(process.storage, GROUP);
    const differs = rowsDifference(rows, allRows(this.committed.replay(applied), GROUP));
    if (differs !== undefined) throw new Error(`after a power loss the rows are others: ${differs}`);
  }

  private failure(error: unknown): SimulationFailure {
    const reason = error instanceof Error ? error.message : String(error);
    const from = this.step - HISTORY_STEPS;
    const history = historyText(this.operations, this.events, from, this.step + HISTORY_STEPS / 4);
    return new SimulationFailure(this.seed, this.step, reason, history, error);
  }
}
