// How long a process lives, and when it does not run: after its end nothing of it happens any more, and while it is stopped
// (SIGSTOP) whatever concerns it waits, in order. All work of a process is posted here, its threads' included: a stop stops
// them, too.
import type { Scheduler, SeededRandom } from "../../../src/base/index";
import type { Agenda } from "./agenda";
import type { NodeClock } from "./node-clock";

/** Whence comes what a process does: timers and threads of its own, other nodes, clients. */
export type Source = "own" | "peers" | "clients";

const SOURCES: readonly Source[] = ["own", "peers", "clients"];

export class ProcessLife implements Scheduler {
  isDead = false;
  isStopped = false;
  private readonly waiting: { readonly source: Source; readonly run: () => void }[] = [];
  private readonly tasks: (() => void)[] = [];
  private turnEnds = false;

  constructor(
    private readonly agenda: Agenda,
    private readonly clock: NodeClock,
    private readonly random: SeededRandom,
    /** How long a turn gathers what comes, at most. */
    private readonly turnMs: number,
    /** Mostly a timer is late by less. */
    private readonly timersLateMs: number,
    /** Called behind everything that the process does. */
    private readonly ran: () => void,
  ) {}

  /** The process does something after a delay of true time. */
  post(delayMs: number, run: () => void, source: Source = "own"): void {
    this.agenda.after(delayMs, () => {
      if (this.isDead) return;
      if (this.isStopped) this.waiting.push({ source, run });
      else this.do(run);
    });
  }

  private do(run: () => void): void {
    run();
    if (!this.isDead) this.ran();
  }

  stop(): void {
    this.isStopped = true;
  }

  /** It goes on with what has waited: of each source in order, but nobody says which source comes first. */
  continue(): void {
    this.isStopped = false;
    const waiting = this.waiting.splice(0);
    for (const source of this.random.shuffle([...SOURCES])) {
      for (const each of waiting) if (each.source === source) this.post(0, each.run, source);
    }
  }

  /** Nothing of it happens any more. */
  die(): void {
    this.isDead = true;
    this.waiting.length = 0;
  }

  // ── What the process sees ─────────────────────────────────────────────────────────────────────────────────────────

  atTurnEnd(task: () => void): void {
    this.tasks.push(task);
    if (this.turnEnds) return;
    this.turnEnds = true;
    this.post(this.random.fraction() * this.turnMs, () => this.endTurn(Number.POSITIVE_INFINITY));
  }

  /** Ends the turn; of its tasks, and of those that they add, at most `maxTasks` run. */
  endTurn(maxTasks: number): void {
    const { tasks } = this;
    for (let at = 0; at < tasks.length && at < maxTasks && !this.isDead; at++) tasks[at]!();
    tasks.length = 0;
    this.turnEnds = false;
  }

  /** Timers come late, now and then by much; on a node with much to do always. */
  after(delayMs: number, task: () => void): () => void {
    let isCancelled = false;
    const lateMs = this.random.chance(0.02)
      ? this.random.between(1, 40)
      : this.random.fraction() * this.timersLateMs;
    this.post(this.clock.trueMs(delayMs) + lateMs, () => {
      if (!isCancelled) task();
    });
    return () => {
      isCancelled = true;
    };
  }
}
