// Follows the entries of one group as they go to the apply thread and knows the last one at which everything before it is
// applied: entries are applied where they stand, except that a batch in fragments, and whatever stands between its
// fragments, is applied with its last one or dropped by an entry of another term. The same rules as in entry-applier.ts and
// native/src/core/group-applier.cc.
import { endsBatch } from "./payload";
import { EntryKind } from "./types";

export class BatchEnds {
  /** The term of fragments that wait for their last one; 0 for none. */
  private waitingTerm = 0;

  /** `last`: the applied index, from which the entries follow. */
  constructor(public last: number) {}

  add(index: number, term: number, type: number, payload: Uint8Array | null): void {
    if (term !== this.waitingTerm) this.waitingTerm = 0;
    const isBatch = type === EntryKind.normal && payload !== null && payload.length > 0;
    if (isBatch && !endsBatch(payload)) this.waitingTerm = term;
    else if (isBatch) this.waitingTerm = 0;
    if (this.waitingTerm === 0) this.last = index;
  }
}
