// One pass of the sweeper over all rows: what it was made over and what storage named in it, so that the next one, if it would
// find nothing, need not be made.
//
// What storage names follows from three things alone: the rows, which change only when an entry is applied; the list of the
// databases that exist; and the time, up to the first expiry to come. Where a whole pass has named nothing, and none of the
// three has moved since it began, another one would name nothing either. Who leads does not matter: a new leader has applied
// an entry of its own. Nor does what became of candidates (deleted, found alive, not judged because the group was busy, held or
// lost): a pass that has any stands for nothing.
import type { Garbage } from "../storage/index";

export class GarbagePass {
  /** Of storage, read before the pass saw any row: it rises behind the rows, so what the pass saw is of this index or a later one. */
  private readonly appliedIndex: number;
  /** Each version of the map has a list of its own. */
  private readonly databases: readonly number[];
  private isOver = false;
  private hasCandidates = false;
  /** The earliest expiry to come; 0: none. */
  private nextExpiryMs = 0;

  constructor(appliedIndex: number, databases: readonly number[]) {
    this.appliedIndex = appliedIndex;
    this.databases = databases;
  }

  /** Takes in one answer of storage; the last one has no `next`. */
  met({ expired, orphans, databases, nextExpiryMs, next }: Garbage): void {
    if (expired.length > 0 || orphans.length > 0 || databases.length > 0) this.hasCandidates = true;
    if (nextExpiryMs !== 0 && (this.nextExpiryMs === 0 || nextExpiryMs < this.nextExpiryMs))
      this.nextExpiryMs = nextExpiryMs;
    this.isOver = next === undefined;
  }

  /** Whether another pass would find nothing, as things are now. */
  suffices(appliedIndex: number, databases: readonly number[], nowMs: number): boolean {
    if (!this.isOver || this.hasCandidates) return false;
    if (appliedIndex !== this.appliedIndex || databases !== this.databases) return false;
    return this.nextExpiryMs === 0 || nowMs < this.nextExpiryMs;
  }
}
