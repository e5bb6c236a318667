// Sessions, overlay and row cache against a naive model: random scripts in both views, taken back or finished, while
// batches are sealed, committed, applied and reported at random moments, rows are evicted, the index lags behind, loads
// are overtaken, clocks jump and leadership is lost. BASALT_KV_SEED gives the first seed, BASALT_KV_RUNS how many.
import { SeededRandom, assert } from "../../../src/base/index";
import type { ByteString } from "../../../src/base/index";
import { effectsNotProposed, effectsTooLarge, notReady } from "../../../src/kv/index";
import { notInMemory } from "../../../src/storage/index";
import { GROUP, KvNode } from "./kv-node";
import {
  EVERYTHING,
  answersHoldIn,
  initialState,
  isWrite,
  randomScript,
  rowsIn,
  runScript,
} from "./session-model";
import type { Action, State } from "./session-model";

const FIRST_SEED = Number(process.env["BASALT_KV_SEED"] ?? 1);
const RUNS = Number(process.env["BASALT_KV_RUNS"] ?? 40);
const STEPS = 400;

class ModelRun {
  private readonly random: SeededRandom;
  private readonly node: KvNode;
  /** State after each batch. */
  private readonly states = new Map<number, State>();
  private latest = initialState();
  private openSequence = 1;
  /** Log index of every sealed batch since the present term began. */
  private sequenceOfIndex = new Map<number, number>();
  private inMemory = 1;
  private scripts = 0;
  private waiting = 0;
  finished = 0;
  retried = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.node = new KvNode({
      seed,
      hotRowsBytes: this.random.pick([0, 2000, 10_000, 1 << 20]),
      maxInFlightBytes: 1 << 30,
      isInMemory: () => this.random.chance(this.inMemory),
    });
    this.states.set(0, new Map(this.latest));
  }

  run(): void {
    for (let step = 0; step < STEPS; step++) this.step();
    this.inMemory = 1;
    this.node.endTurn();
    this.sealed();
    this.node.settle();
    // Loads go at a turn's end, and what is evaluated behind them is sealed at another.
    while (this.node.storage.pendingLoad) {
      this.node.storage.stepLoad();
      while (this.node.storage.deliver());
      this.node.endTurn();
      this.sealed();
    }
    this.node.settle();
    this.compareStorage();
  }

  private step(): void {
    const { random, node } = this;
    const kind = random.below(100);
    if (kind < 50) {
      this.evaluate(randomScript(random, `v${++this.scripts}`), random.chance(0.4), random.chance(0.15), 0);
    } else if (kind < 60) {
      node.endTurn();
      this.sealed();
    } else if (kind < 70) node.commit(random.between(node.committedIndex, node.group.lastIndex));
    else if (kind < 78) node.storage.stepApply();
    else if (kind < 86) node.storage.deliver();
    else if (kind < 93) node.storage.stepLoad();
    else if (kind < 96) node.clock.wall += random.between(-40, 60);
    else if (kind < 98) this.inMemory = random.pick([1, 1, 0.8, 0.3]);
    else if (kind < 99) node.apply();
    else if (random.chance(0.3)) this.loseLeadership();
    this.sealed();
  }

  /** Notes the batches that have been sealed since it was called last. */
  private sealed(): void {
    const { group } = this.node;
    if (this.sequenceOfIndex.has(group.lastIndex) || !group.payloads.has(group.lastIndex)) return;
    this.sequenceOfIndex.set(group.lastIndex, this.openSequence);
    this.states.set(this.openSequence, new Map(this.latest));
    this.openSequence++;
  }

  private evaluate(
    script: readonly Action[],
    wantsCommitted: boolean,
    abandon: boolean,
    attempt: number,
  ): void {
    const { evaluator } = this.node;
    if (!evaluator.available) return;
    const committed = wantsCommitted && !script.some(isWrite);
    const session = evaluator.begin(committed, attempt);
    const view = new Map(committed ? this.states.get(evaluator.releasedSequence) : this.latest);
    const run = runScript(script, session, view);
    if (run === notReady) {
      if (session.latestNeeded) {
        evaluator.abandon();
        return this.evaluate(script, false, abandon, attempt);
      }
      this.waiting++;
      evaluator.loadThen(() => {
        this.waiting--;
        this.retried++;
        this.evaluate(script, wantsCommitted, abandon, attempt + 1);
      });
      return;
    }
    if (abandon) {
      evaluator.abandon();
      return;
    }
    const wrote = session.hasWritten;
    const { nowMs } = session;
    this.latest = committed ? this.latest : view;
    const sequence = evaluator.finish();
    this.finished++;
    assert(
      sequence !== effectsTooLarge && sequence !== effectsNotProposed,
      "small effects of a leader are kept",
    );
    if (wrote) {
      assert(sequence === this.openSequence, "a write waits for its own batch");
    } else if (sequence < this.openSequence) {
      const state = this.states.get(sequence === 0 ? evaluator.releasedSequence : sequence)!;
      assert(
        answersHoldIn(state, run, nowMs),
        `what a reply shows is true as of the batch ${sequence} it waits for`,
      );
    }
    this.sealed();
  }

  /** Leadership goes; some of what was not committed survives in the log. Then it comes back in a later term. */
  private loseLeadership(): void {
    const { node, random } = this;
    node.endTurn();
    this.sealed();
    node.evaluator.following();
    this.openSequence++;
    if (random.chance(0.5)) node.storage.deliver();
    const kept = random.between(node.committedIndex, node.group.lastIndex);
    node.group.cut(kept + 1);
    let state = this.states.get(0)!;
    for (const [index, sequence] of this.sequenceOfIndex)
      if (index <= kept) state = this.states.get(sequence)!;
    this.states.set(0, state);
    this.latest = new Map(state);
    this.states.set(this.openSequence - 1, state);
    this.sequenceOfIndex.clear();
    node.lead(node.group.term + 1);
  }

  private compareStorage(): void {
    for (const [lower, upper] of EVERYTHING) {
      const page = this.node.storage.scan(
        GROUP,
        { lower, upper, maxRows: 10_000, maxBytes: 1 << 30 },
        "anywhere",
      );
      if (page === notInMemory) throw new Error("a read that may block is answered");
      const rows: [ByteString, ByteString][] = page.keys.map((key, i) => [key, page.values[i]!]);
      expect(rows).toEqual(rowsIn(this.latest, lower, upper));
    }
  }
}

test("random scripts see what the naive model says, in both views", () => {
  let finished = 0;
  let retried = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const run = new ModelRun(seed);
    try {
      run.run();
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    finished += run.finished;
    retried += run.retried;
  }
  expect(finished).toBeGreaterThan(RUNS * 100);
  expect(retried).toBeGreaterThan(RUNS);
});
