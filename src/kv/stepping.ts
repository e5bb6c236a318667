// Evaluations in steps, one at a time: begins them, gives them the group (`hold`) and gives it back at their end, tells who
// asked and who waits. The evaluator of the group owns it, hands it what it needs, and says when leadership goes.
//
// Rules it keeps: from the first to the last step nothing else is evaluated in the latest view, so the open batch, which is
// sealed before the first step, is the evaluation's own. What it wrote is confirmed by its commit; one that has only read is
// confirmed at its end, unless there is a lease. If leadership is lost first it is dropped, and `done` is told that nothing
// was proposed: what was staged has no name. Whoever waits is resumed behind that, in whatever way it ended.
import { assert } from "../base/index";
import type { Clock, Scheduler } from "../base/index";
import { effectsNotProposed } from "./batch";
import type { HybridClock } from "./hybrid-clock";
import type { Overlay } from "./overlay";
import type { Session } from "./session";
import { SessionView } from "./session-view";
import { SteppedEvaluation } from "./stepped";
import type { Steps, SteppingScope } from "./stepped";

/** What of its evaluator it uses. */
export interface SteppingEvaluator {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly overlay: Overlay;
  readonly hlc: HybridClock;
  /** Staged rows go to the log in entries of about this size. */
  readonly stageBytes: number;
  readonly available: boolean;
  readonly isCurrent: boolean;
  readonly congested: boolean;
  /** A stepped evaluation has the group from now on, or no longer has it. */
  hold(isHeld: boolean): void;
  /** Proposes the open batch, if there is anything in it; `available` is false behind it if leadership was lost. */
  seal(): void;
  finish(session: Session): number;
  load(session: Session, arrived: () => void): void;
  confirm(resume: (confirmed: boolean) => void): void;
  whenRelieved(resume: () => void): void;
}

export class Stepping {
  /** Their own, always the same one: committed reads use the evaluator's between two steps. */
  readonly session: Session;
  private readonly evaluator: SteppingEvaluator;
  private readonly scope: SteppingScope;
  private current:
    { readonly evaluation: SteppedEvaluation; readonly done: (sequence: number) => void } | undefined;
  private readonly idle: (() => void)[] = [];

  constructor(session: Session, evaluator: SteppingEvaluator) {
    this.session = session;
    this.evaluator = evaluator;
    this.scope = this.newScope();
  }

  /** Calls `resume` when the evaluation under way has ended. */
  whenIdle(resume: () => void): void {
    assert(this.current !== undefined, "waiting for what is not under way");
    this.idle.push(resume);
  }

  run(start: (session: Session) => Steps, done: (sequence: number) => void): void {
    const { evaluator, session } = this;
    assert(evaluator.available && this.current === undefined, "one stepped evaluation at a time");
    evaluator.seal();
    if (!evaluator.available) return done(effectsNotProposed);
    session.begin(false, "memory", evaluator.hlc.nowMs());
    const evaluation = new SteppedEvaluation(this.scope, start(session));
    this.current = { evaluation, done };
    evaluator.hold(true);
    evaluation.advance();
  }

  /** A view of what the evaluation under way sees. */
  view(): SessionView {
    const { evaluator, session, current } = this;
    assert(current !== undefined, "nothing is evaluated in steps");
    const stepping = this;
    return new SessionView({
      session,
      scheduler: evaluator.scheduler,
      get isVoid() {
        return stepping.current !== current;
      },
      load: (arrived) => evaluator.load(session, arrived),
    });
  }

  /** The evaluation under way ends where it stands and leaves nothing in the open batch. It holds the group until `lost`. */
  takeBack(): void {
    if (this.current === undefined) return;
    this.current.evaluation.drop();
    this.session.rollback();
  }

  /** Leadership is lost, or handed over: the evaluation under way has not happened. */
  lost(): void {
    this.current?.evaluation.drop();
    this.end(effectsNotProposed);
  }

  private newScope(): SteppingScope {
    const { evaluator, session } = this;
    const { overlay } = evaluator;
    const { cache } = overlay;
    return {
      session,
      clock: evaluator.clock,
      scheduler: evaluator.scheduler,
      stageBytes: evaluator.stageBytes,
      begun: () => cache.rotateWhenFull(overlay.appliedSequence),
      // Who reads next would index all that was emitted at once.
      sliceEnded: () => {
        if (cache.rows > 0) overlay.update();
      },
      get congested() {
        return evaluator.congested;
      },
      get openBytes() {
        return overlay.open.length;
      },
      get isTooLarge() {
        return !session.fits;
      },
      whenRelieved: (resume) => evaluator.whenRelieved(resume),
      load: (of, arrived) => evaluator.load(of, arrived),
      stage: () => {
        evaluator.seal();
        if (evaluator.available) session.staged();
        return evaluator.available;
      },
      ended: () => this.stepsEnded(),
    };
  }

  private stepsEnded(): void {
    const { evaluator, session } = this;
    // What was written says by its commit that this node led all the time; what was only read does not.
    const isConfirmed = session.hasWritten || evaluator.isCurrent;
    const sequence = evaluator.finish(session);
    const { current } = this;
    if (isConfirmed || sequence < 0 || !evaluator.available) return this.end(sequence);
    evaluator.confirm((confirmed) => {
      if (this.current !== current) return;
      // What it observed may have been released meanwhile.
      const waitsFor = sequence > evaluator.overlay.committedSequence ? sequence : 0;
      this.end(confirmed ? waitsFor : effectsNotProposed);
    });
  }

  private end(sequence: number): void {
    const { current } = this;
    if (current === undefined) return;
    this.current = undefined;
    this.evaluator.hold(false);
    current.done(sequence);
    for (const resume of this.idle.splice(0)) resume();
  }
}
