// Reads without a lease: whoever asks here is told once a quorum has answered a heartbeat round that began after the call
// (ReadIndex, thesis §6.4) and everything that was committed by then has been told to the group's listener. One round at a
// time; those who ask meanwhile share the next. No clock: a leader that reaches no quorum steps down, and that answers all.
import { putU64 } from "../../base/index";
import type { ReadState } from "../core/index";

type Asker = (confirmed: boolean) => void;

interface Round {
  readonly context: Uint8Array;
  readonly askers: readonly Asker[];
  /** Known when the quorum has answered. */
  index: number;
}

const UNANSWERED = -1;

export class Confirmation {
  private waiting: Asker[] = [];
  private round: Round | undefined;
  private rounds = 0;

  ask(done: Asker): void {
    this.waiting.push(done);
  }

  /** A round has to be begun. */
  get wantsRound(): boolean {
    return this.round === undefined && this.waiting.length > 0;
  }

  /** Begins a round; its context is for the core. */
  begin(): Uint8Array {
    const context = Buffer.alloc(8);
    putU64(context, 0, ++this.rounds);
    this.round = { context, askers: this.waiting, index: UNANSWERED };
    this.waiting = [];
    return context;
  }

  answered(states: readonly ReadState[]): void {
    const { round } = this;
    if (round === undefined) return;
    for (const { context, index } of states) {
      if (context !== null && Buffer.compare(context, round.context) === 0) round.index = index;
    }
  }

  /** Entries up to `index` have been told as committed. */
  committed(index: number): void {
    const { round } = this;
    if (round === undefined || round.index === UNANSWERED || round.index > index) return;
    this.round = undefined;
    for (const asker of round.askers) asker(true);
  }

  /** Nobody has to be asked any more: leadership is lost, or this node decides alone. */
  end(confirmed: boolean): void {
    const askers = [...(this.round?.askers ?? []), ...this.waiting];
    this.round = undefined;
    this.waiting = [];
    for (const asker of askers) asker(confirmed);
  }
}
