// Where in the log each batch of an evaluator went: by the period of leadership and the batch's number. With what was
// committed in the end it says whether a batch survived.
import type { CommittedLog } from "./committed-log";
import type { Order } from "./history";

export interface Proposal {
  readonly index: number;
  readonly term: number;
  /** Of another leader's, whose term this node may forget and use again. */
  readonly payload?: Buffer;
}

export class Proposals {
  /** By epoch, then by sequence; of a batch in fragments the last one. */
  private readonly places = new Map<number, Map<number, Proposal>>();

  /** undefined: it was refused, and so were its fragments. */
  note(epoch: number, sequence: number, proposal: Proposal | undefined): void {
    let batches = this.places.get(epoch);
    if (batches === undefined) this.places.set(epoch, (batches = new Map<number, Proposal>()));
    if (proposal === undefined) batches.delete(sequence);
    else batches.set(sequence, proposal);
  }

  of({ epoch, sequence }: Pick<Order, "epoch" | "sequence">): Proposal | undefined {
    return this.places.get(epoch)?.get(sequence);
  }

  /** Whether what was proposed at this place is in the log for good. */
  survived(order: Order, committed: CommittedLog): boolean {
    const proposal = this.of(order);
    if (proposal === undefined) return false;
    const entry = committed.at(proposal.index);
    if (entry?.term !== proposal.term) return false;
    return proposal.payload === undefined || Buffer.compare(entry.payload, proposal.payload) === 0;
  }

  /** The last batch of a period that is within the log's first `index` entries. */
  lastWithin(epoch: number, index: number): number {
    let last = 0;
    for (const [sequence, proposal] of this.places.get(epoch) ?? []) {
      if (proposal.index <= index && sequence > last) last = sequence;
    }
    return last;
  }
}
