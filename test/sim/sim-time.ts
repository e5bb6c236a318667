// Simulated time and turns. The world has one true time; a process sees it through its node's clock, which may stand
// off and jump. A process's turn ends, and its timers run, only when the world says so; a dead process runs nothing.
import type { Clock, Scheduler, SeededRandom } from "../../src/base/index";

/** Where simulated time begins: some day in 2023, so that expiry times look like real ones. */
const EPOCH_MS = 1_700_000_000_000;

export class WorldTime {
  /** Milliseconds since the run began; never goes back. */
  nowMs = 0;
}

export class SimClock implements Clock {
  /** How far this node's wall clock stands off; changes when it jumps. */
  offsetMs = 0;

  constructor(private readonly time: WorldTime) {}

  wallMs(): number {
    return EPOCH_MS + this.time.nowMs + this.offsetMs;
  }

  monotonicMs(): number {
    return this.time.nowMs;
  }
}

/** A node's clock as work sees it that looks at it to know how long it has taken: now and then some time has passed. */
export class WorkingClock implements Clock {
  constructor(
    private readonly clock: Clock,
    private readonly time: WorldTime,
    private readonly random: SeededRandom,
    private readonly slowness: number,
  ) {}

  wallMs(): number {
    return this.clock.wallMs();
  }

  monotonicMs(): number {
    if (this.random.chance(this.slowness)) this.time.nowMs += this.random.between(1, 3);
    return this.clock.monotonicMs();
  }
}

interface Timer {
  readonly dueMs: number;
  readonly task: () => void;
}

export class SimScheduler implements Scheduler {
  private tasks: (() => void)[] = [];
  private timers: Timer[] = [];
  private dead = false;

  constructor(private readonly time: WorldTime) {}

  atTurnEnd(task: () => void): void {
    this.tasks.push(task);
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { dueMs: this.time.nowMs + delayMs, task };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  get hasTurn(): boolean {
    return this.tasks.length > 0;
  }

  get hasDueTimer(): boolean {
    return this.timers.some((timer) => timer.dueMs <= this.time.nowMs);
  }

  /** Ends the turn; of its tasks, and of those that they add, at most `maxTasks` run. */
  endTurn(maxTasks = Number.POSITIVE_INFINITY): void {
    let done = 0;
    for (; done < this.tasks.length && done < maxTasks && !this.dead; done++) this.tasks[done]!();
    this.tasks.splice(0, done);
  }

  /** Runs one timer that is due: the one that was due first. */
  runTimer(): void {
    let first: Timer | undefined;
    for (const timer of this.timers) if (first === undefined || timer.dueMs < first.dueMs) first = timer;
    if (first === undefined || first.dueMs > this.time.nowMs) return;
    this.timers = this.timers.filter((other) => other !== first);
    first.task();
  }

  die(): void {
    this.dead = true;
    this.tasks = [];
    this.timers = [];
  }
}
