// CLIENT PAUSE: for a time no client's commands, or none that write, are begun. A held command keeps its place: its
// connection runs nothing behind it and is not read. When the pause is over the held ones go on in the order in which
// they came.
import type { Clock, Scheduler } from "../../base/index";
import type { Command } from "../command";
import type { TransactionState } from "../transaction-state";

export type PauseKind = "write" | "all";

/** Longer delays are waited for piece by piece: timers count in 31 bits. */
const LONGEST_DELAY_MS = 2 ** 30;

export class ClientPause {
  private readonly clock: Clock;
  private readonly scheduler: Scheduler;
  private kind: PauseKind | undefined;
  private endMs = 0;
  private cancel: (() => void) | undefined;
  private waiting: (() => void)[] = [];

  constructor(clock: Clock, scheduler: Scheduler) {
    this.clock = clock;
    this.scheduler = scheduler;
  }

  /** Nobody's writes go on, the server's own included. */
  get isActive(): boolean {
    return this.kind !== undefined;
  }

  get heldCommands(): number {
    return this.waiting.length;
  }

  holds(command: Command, transaction: TransactionState): boolean {
    if (this.kind === undefined) return false;
    if (this.kind === "all" || command.mayReplicate) return true;
    return command.spec.name === "exec" && transaction.mayReplicate;
  }

  /** Begins a pause, or makes the present one stricter or longer, never the other way. */
  pause(kind: PauseKind, durationMs: number): void {
    const endMs = this.clock.monotonicMs() + durationMs;
    this.endMs = this.kind === undefined ? endMs : Math.max(this.endMs, endMs);
    this.kind = this.kind === "all" ? "all" : kind;
    this.schedule();
  }

  unpause(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.kind = undefined;
    // One that goes on may begin the next pause: those behind it look again.
    for (const resume of this.waiting.splice(0)) resume();
  }

  /** Calls `resume` when the pause is over, which may be in the next one already. */
  whenOver(resume: () => void): void {
    this.waiting.push(resume);
  }

  private schedule(): void {
    this.cancel?.();
    const leftMs = Math.max(0, this.endMs - this.clock.monotonicMs());
    this.cancel = this.scheduler.after(Math.min(leftMs, LONGEST_DELAY_MS), () => {
      if (this.clock.monotonicMs() >= this.endMs) this.unpause();
      else this.schedule();
    });
  }
}
