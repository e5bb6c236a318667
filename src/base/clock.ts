// Time and turns as interfaces. Everything that simulation reaches gets these handed in and calls neither Date nor
// timers itself; `server/` hands in the real ones, the simulator its own.

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump and drift. */
  wallMs(): number;
  /** Milliseconds from an arbitrary start, never going back; counts while the process is stopped. */
  monotonicMs(): number;
}

export interface Scheduler {
  /** Runs `task` once after what is ready in this event-loop turn has run: when the turn's commands have arrived. */
  atTurnEnd(task: () => void): void;
  /** Runs `task` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}
