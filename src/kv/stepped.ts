// A stepped evaluation: a long write (a BITOP of 500 MB, the renaming of a large hash, a large MULTI) as a generator that
// runs over several turns. From its first step to its end its group evaluates nothing else in the latest view, so what it
// has read stays true and the open batch is its own; committed reads, other groups and consensus go on. Its effects
// become visible at its end, all at once. If leadership is lost first it is dropped: then nothing of it was visible.
//
// Rows that no header names yet may be *staged*: logged and applied ahead of the rest, so that the size of a write is not
// bounded by memory. What a stage that was never published leaves behind is found by the sweeper.
// Effects have to be decided before the first of them is emitted: a generator that has emitted some must go to its end.
import { assert } from "../base/index";
import type { Clock, Scheduler } from "../base/index";
import type { NotReady, Session } from "./session";
import { notReady } from "./session";

/**
 * What a step asks for before the next one.
 * - `"load"`: a read of the session answered `notReady`; behind it, what was missing is in memory.
 * - `"pause"`: about a millisecond of work was done (1 MiB of bytes, 1,000 rows); others may have their turn.
 * - `"stage"`: all that was put so far belongs to incarnations that no header names, and may go ahead. Also a pause, and
 *   the point of back-pressure.
 * - a function: something else has to happen; it calls what it is given, once, at once or on a later turn.
 */
export type StepRequest = "load" | "pause" | "stage" | ((resume: () => void) => void);

export type Steps = Generator<StepRequest, void, void>;

/** Repeats a read until what it needs is in memory. */
export function* loaded<T>(read: () => T | NotReady): Generator<StepRequest, T, void> {
  for (;;) {
    const answer = read();
    if (answer !== notReady) return answer;
    yield "load";
  }
}

/** What of the evaluator a stepped evaluation drives; owned by the evaluator. */
export interface SteppingScope {
  readonly session: Session;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Staged rows go to the log in entries of about this size. */
  readonly stageBytes: number;
  readonly congested: boolean;
  /** A turn's steps begin. */
  begun(): void;
  /** A turn's share is used up, and others have theirs. */
  sliceEnded(): void;
  readonly openBytes: number;
  /** The effects are beyond what a batch may hold: the evaluation ends here, and `ended` finds that out. */
  readonly isTooLarge: boolean;
  whenRelieved(resume: () => void): void;
  load(session: Session, arrived: () => void): void;
  /** Proposes the open batch. False if leadership was lost. */
  stage(): boolean;
  /** The generator has ended. */
  ended(): void;
}

/** Work that is done in one turn, however many steps it is: 2 ms let others wait longer at the 99th percentile (beside-long-commands). */
const SLICE_MS = 1;
/** Loads of a step from which a read may block on the disk, so that it ends. */
const LOADS_IN_MEMORY = 3;

export class SteppedEvaluation {
  private readonly scope: SteppingScope;
  private readonly steps: Steps;
  private loads = 0;
  private dropped = false;

  constructor(scope: SteppingScope, steps: Steps) {
    this.scope = scope;
    this.steps = steps;
  }

  /** Runs steps until one has to wait or the turn's share is used up. */
  advance(): void {
    if (this.dropped) return;
    const { scope, steps } = this;
    scope.begun();
    const sliceEndMs = scope.clock.monotonicMs() + SLICE_MS;
    for (;;) {
      const step = steps.next();
      if (step.done === true) return scope.ended();
      const request = step.value;
      if (typeof request === "function") {
        if (!this.isDoneAtOnce(request)) return;
        continue;
      }
      if (request === "load") return this.load();
      if (this.loads > 0) {
        this.loads = 0;
        scope.session.readFrom("memory");
      }
      if (scope.isTooLarge) {
        steps.return();
        return scope.ended();
      }
      if (request === "stage" && scope.openBytes >= scope.stageBytes) {
        // A loss of leadership drops this evaluation from inside.
        if (!scope.stage()) return;
        if (scope.congested) return scope.whenRelieved(this.later());
      }
      if (scope.clock.monotonicMs() >= sliceEndMs) {
        scope.sliceEnded();
        scope.scheduler.after(0, this.later());
        return;
      }
    }
  }

  /** Leadership is lost: the generator ends where it stands. */
  drop(): void {
    if (this.dropped) return;
    this.dropped = true;
    this.steps.return();
  }

  /** Runs what a step asks for; when it is done later, the steps go on then. */
  private isDoneAtOnce(request: (resume: () => void) => void): boolean {
    let isInside = true;
    let isDone = false;
    request(() => {
      assert(!isDone, "a step goes on once");
      isDone = true;
      if (!isInside) this.advance();
    });
    isInside = false;
    return isDone && !this.dropped;
  }

  private load(): void {
    const { scope } = this;
    if (++this.loads >= LOADS_IN_MEMORY) scope.session.readFrom("anywhere");
    scope.load(scope.session, this.later());
  }

  private later(): () => void {
    let called = false;
    return () => {
      assert(!called, "a step goes on once");
      called = true;
      this.advance();
    };
  }
}
