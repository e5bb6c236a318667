// The simulated world: one node, some clients, time, and a seed that decides what happens next. Each step does one thing
// that could happen in reality at that moment: bytes arrive, a turn ends, the log thread writes or syncs, entries are
// applied, a load answers, time passes, a timer runs, a fault strikes. Between any two steps the process may die. In the
// end nothing goes wrong any more: everything must come to rest, and then the whole course is judged. A seed replays
// exactly.
import { SeededRandom, assert } from "../../src/base/index";
import { Clients, SimClient } from "./clients";
import { CommittedLog } from "./committed-log";
import { Faults } from "./faults";
import { allRows, rowsDifference, stateDifference, stateOfRows } from "./final-checks";
import { historyLines } from "./history";
import type { Operation } from "./history";
import { checkLinearizability } from "./linearizability";
import { randomLimits } from "./node-limits";
import { GROUP, SimNode } from "./sim-node";
import type { Sabotage, SimProcess } from "./sim-node";
import { WorldTime } from "./sim-time";
import { SimulationFailure } from "./simulation-failure";
import { Trace } from "./trace";
import { ALL_KEYS, DATABASES } from "./workload";

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
  /** How many EXECs ran, how many of those behind a WATCH, how many gave up, and how many commands of all went in steps. */
  readonly transactions: Readonly<Record<"run" | "runWatching" | "givenUp" | "inSteps", number>>;
  readonly periodsOfLeadership: number;
  readonly faults: Readonly<Record<string, number>>;
}

const DEFAULT_STEPS = 1500;
/** Steps in which everything must come to rest once nothing goes wrong any more. */
const CALM_STEPS = 60_000;
const HISTORY_STEPS = 400;
const HISTORY_LINES = 80;
const LONGER_THAN_ANY_TIME_TO_LIVE_MS = 20_000;

type Action = readonly [weight: number, name: string, run: () => void];

/** How readily each of the node's threads gets on in this run. */
interface Pace {
  readonly turn: number;
  readonly deliver: number;
  readonly logWrite: number;
  readonly logSync: number;
  readonly apply: number;
  readonly load: number;
  readonly time: number;
}

export function runSimulation(options: RunOptions): RunResult {
  return new World(options).run();
}

export class World {
  private readonly seed: number;
  private readonly random: SeededRandom;
  private readonly time = new WorldTime();
  private readonly trace = new Trace();
  private readonly committed = new CommittedLog(GROUP);
  private readonly node: SimNode;
  private readonly clients: Clients;
  private readonly faults: Faults;
  private readonly mainSteps: number;
  /** Chance of a fault in each step. */
  private readonly faultChance: number;
  private readonly pace: Pace;
  /** No faults and no new commands. */
  private calm = false;

  constructor(options: RunOptions) {
    this.seed = options.seed;
    this.random = new SeededRandom(options.seed);
    this.mainSteps = options.steps ?? DEFAULT_STEPS;
    const { random, trace } = this;
    this.faultChance = random.pick([0, 0.002, 0.005, 0.01]);
    this.pace = {
      turn: random.pick([4, 14]),
      deliver: random.pick([3, 12]),
      logWrite: random.pick([2, 8]),
      logSync: random.pick([1, 4, 8]),
      apply: random.pick([1, 6, 6]),
      load: random.pick([2, 10]),
      time: random.pick([1, 4]),
    };
    this.node = new SimNode(1, {
      time: this.time,
      random: random.fork(),
      limits: randomLimits(random),
      sabotage: options.sabotage ?? {},
      committed: this.committed,
      send: () => undefined,
      leading: (epoch, term) => this.leading(epoch, term),
      following: () => this.following(),
      swept: (process, logical, userKey, nowMs, order) =>
        this.clients.swept(process, logical, userKey, nowMs, order),
    });
    this.clients = new Clients(random.fork(), trace, () => this.node);
    this.faults = new Faults(random.fork(), trace, this.node, this.clients);
  }

  run(): RunResult {
    try {
      this.node.start();
      for (let i = 0; i < this.mainSteps; i++) this.takeStep();
      this.comeToRest();
      this.readEverything();
      this.sweepEverything();
      this.judge();
    } catch (error) {
      throw this.failure(error);
    }
    const { operations } = this.clients;
    const count = (test: (operation: Operation) => boolean): number => operations.filter(test).length;
    return {
      seed: this.seed,
      traceHash: this.trace.hash,
      steps: this.trace.step,
      simulatedMs: this.time.nowMs,
      acknowledged: count(({ reply }) => reply !== undefined),
      unknown: count(({ process, reply, excluded }) => process > 0 && reply === undefined && !excluded),
      refused: count(({ expects, excluded }) => excluded && expects === undefined),
      transactions: {
        run: count(({ transaction, reply }) => transaction !== undefined && isRun(reply)),
        runWatching: count(
          ({ transaction, watchSet, reply }) =>
            transaction !== undefined && watchSet !== undefined && isRun(reply),
        ),
        givenUp: count(({ transaction, reply }) => transaction !== undefined && reply === "nil"),
        inSteps: count(({ isUnderWay }) => isUnderWay === true),
      },
      periodsOfLeadership: this.node.epoch,
      faults: this.faults.counts,
    };
  }

  // ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  private takeStep(): void {
    const { trace, node } = this;
    trace.step++;
    const { process } = node;
    if (process === undefined || !process.evaluator.available) this.clients.lastUnavailableStep = trace.step;
    const runs = process !== undefined && process.failure === undefined;
    if (!this.calm && runs && this.random.chance(this.faultChance)) return this.faults.strike(process);
    const actions = this.actions();
    let at = this.random.below(actions.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, name, run] of actions) {
      if (at < weight) {
        trace.mixText(name);
        run();
        return;
      }
      at -= weight;
    }
  }

  private actions(): Action[] {
    const { pace, clients } = this;
    const actions: Action[] = [[pace.time, "time", () => (this.time.nowMs += this.random.between(1, 30))]];
    const { process } = this.node;
    if (process === undefined) actions.push([6, "start", () => this.start()]);
    else if (process.failure !== undefined) actions.push([10, "exit", () => this.exit()]);
    else this.processActions(process, actions);
    for (const client of clients.all) this.clientActions(client, actions);
    for (const { link } of clients.dead) actions.push([3, "dead link", () => clients.readDead(link)]);
    if (process !== undefined) {
      for (const link of process.links) {
        if (link.isClosed) continue;
        if (link.hasOutput) actions.push([6, "take", () => clients.take(process, link)]);
        else if (link.ended) actions.push([6, "see the end", () => clients.seeEnd(process, link)]);
      }
    }
    return actions;
  }

  private processActions({ storage, scheduler, links }: SimProcess, actions: Action[]): void {
    const { pace, random } = this;
    if (scheduler.hasTurn) actions.push([pace.turn, "turn", () => scheduler.endTurn()]);
    if (scheduler.hasDueTimer) actions.push([8, "timer", () => scheduler.runTimer()]);
    if (storage.pendingDelivery) actions.push([pace.deliver, "deliver", () => storage.deliver()]);
    if (storage.pendingLog) actions.push([pace.logWrite, "write log", () => storage.stepLog()]);
    if (storage.pendingSync) actions.push([pace.logSync, "sync log", () => storage.syncLog()]);
    if (storage.pendingApply) actions.push([pace.apply, "apply", () => storage.stepApply()]);
    if (storage.pendingLoad) actions.push([pace.load, "load", () => storage.stepLoad()]);
    if (storage.pendingFlush || random.chance(0.05)) actions.push([2, "flush", () => storage.stepFlush()]);
    for (const link of links) {
      if (link.isClosed || !link.hasInput) continue;
      // What was on its way when the server paused may still come.
      const weight = !link.paused ? 6 : random.chance(0.05) ? 1 : 0;
      if (weight > 0) actions.push([weight, "chunk", () => this.trace.mixBytes(link.deliverChunk(random))]);
    }
  }

  private clientActions(client: SimClient, actions: Action[]): void {
    const { process } = this.node;
    const { link } = client;
    // Clients that are refused come back less often, most of all those that have something to lose by it.
    const refused = process === undefined || !process.evaluator.available;
    const patience = client.transactions?.isWatching === true ? 0.998 : 0.9;
    if (this.calm || (refused && this.random.chance(patience))) return;
    if (link === undefined) {
      if (process === undefined || process.failure !== undefined) return;
      actions.push([4, "connect", () => this.clients.connect(client, process)]);
    } else if (this.clients.mayInvoke(client)) {
      actions.push([3, "send", () => this.clients.sendBurst(client)]);
    }
  }

  private start(): void {
    this.node.disk.failing.clear();
    if (!this.calm && this.faultChance > 0 && this.random.chance(0.3)) this.faults.jumpClock();
    this.trace.note("starts");
    this.node.start();
  }

  /** The process has said that it cannot go on. */
  private exit(): void {
    assert(
      this.node.process?.evaluator.available === false,
      "a node whose disk has failed evaluates nothing",
    );
    this.faults.crash(this.random.pick(["kill", "powerLoss"]));
  }

  private leading(epoch: number, term: number): void {
    this.trace.note(`leads in term ${term}, period ${epoch}`);
    this.clients.decideAll();
  }

  private following(): void {
    this.trace.note("leadership lost");
    this.clients.lastLossStep = this.clients.lastUnavailableStep = this.trace.step;
  }

  // ── The end ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Nothing goes wrong any more: every command must be answered, and everything must come to rest. */
  private comeToRest(): void {
    this.calm = true;
    this.node.disk.failing.clear();
    this.trace.note("calm");
    this.runUntil("everything is answered", () => this.clients.allAnswered && this.isIdle());
    // Nothing is in flight any more: what a client that went away had sent has happened or will not.
    this.clients.decideAll();
  }

  private isIdle(): boolean {
    const { process } = this.node;
    if (process === undefined || process.failure !== undefined || !process.evaluator.available) return false;
    const { storage, scheduler, evaluator } = process;
    return !storage.pending && !scheduler.hasTurn && !evaluator.busy && evaluator.inFlightBytes === 0;
  }

  private runUntil(what: string, reached: () => boolean): void {
    for (let i = 0; i < CALM_STEPS; i++) {
      if (reached()) return;
      this.takeStep();
    }
    throw new Error(`it does not come to this: ${what}`);
  }

  private get process(): SimProcess {
    const { process } = this.node;
    assert(process !== undefined, "the node runs at the end");
    return process;
  }

  /** A last client asks for all keys of all databases. */
  private readEverything(): void {
    for (const database of DATABASES) {
      const link = this.clients.connect(new SimClient(), this.process, database);
      this.clients.send(link, { words: ["KEYS", "*"] });
      for (const key of ALL_KEYS) {
        this.clients.send(link, { words: ["GET", key] });
        this.clients.send(link, { words: ["HGETALL", key] });
      }
      this.runUntil("the last reads are answered", () => link.outstanding === 0 && this.isIdle());
    }
  }

  private sweepEverything(): void {
    // Whatever has a time to live has expired by now, so that nothing expires behind the sweeper's back.
    this.time.nowMs += LONGER_THAN_ANY_TIME_TO_LIVE_MS;
    this.runUntil("the sweeper finds nothing more", () => this.isIdle() && this.process.sweeper.isResting);
    this.clients.decideAll();
  }

  private judge(): void {
    const { process } = this;
    for (const link of process.links) if (!link.isClosed) link.disconnect();
    const { watches } = process.evaluator;
    assert(watches.isEmpty && watches.watcherCount === 0, "nothing is watched for clients that have gone");
    assert(process.pool.lentBytes === 0, "every output block is back in its pool");
    assert(process.storage.statistics()["pinnedSnapshots"] === 0, "every pinned view was released");

    const verdict = checkLinearizability(this.clients.operations);
    if (!verdict.ok) {
      const at = verdict.stuckAt[0];
      if (at !== undefined) this.trace.step = Math.min(at.returned, this.trace.step);
      throw new Error(`the history is not linearizable: ${verdict.reason}`);
    }
    const { nowMs } = process.evaluator;
    const rows = allRows(process.storage, GROUP);
    const differs = stateDifference(stateOfRows(rows, nowMs), verdict.state, nowMs);
    if (differs !== undefined) throw new Error(differs);
    this.compareWithLog(process, "at the end");

    // After a power loss the same rows come back from what is on disk.
    this.faults.crash("powerLoss");
    this.start();
    this.runUntil("the node leads again", () => this.isIdle());
    this.compareWithLog(this.process, "after a power loss");
  }

  /** Applying everything that was ever committed to an empty disk gives the rows that the node has. */
  private compareWithLog({ storage }: SimProcess, when: string): void {
    const { index } = storage.readApplied(GROUP);
    assert(index === this.committed.lastIndex, "everything that was committed is applied");
    const differs = rowsDifference(allRows(storage, GROUP), allRows(this.committed.replay(index), GROUP));
    if (differs !== undefined)
      throw new Error(`${when} the log gives other rows than the node has: ${differs}`);
  }

  private failure(error: unknown): SimulationFailure {
    const reason = error instanceof Error ? error.message : String(error);
    const { step, events } = this.trace;
    const { operations } = this.clients;
    const lines = historyLines(operations, events);
    const around = lines.filter(
      (line) => line.step >= step - HISTORY_STEPS && line.step <= step + HISTORY_STEPS / 4,
    );
    // In the end many steps pass in which clients do nothing.
    const shown = around.length >= HISTORY_LINES ? around : lines.slice(-HISTORY_LINES);
    const history = shown.map((line) => `${String(line.step).padStart(7)} ${line.text}`).join("\n");
    return new SimulationFailure(this.seed, step, reason, history, error);
  }
}

function isRun(reply: string | undefined): boolean {
  return reply?.startsWith("{") === true;
}
