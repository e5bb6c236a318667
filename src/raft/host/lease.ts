// The lease of a group's leader (DESIGN §4): while it lasts nobody else can have been elected, so committed state may be read
// without asking. Each voter that answers a heartbeat votes for nobody else for an election timeout of its own ticks
// (`promise.ts`); the lease therefore lasts from the *send* time of the round that a quorum has answered, until that timeout
// less a margin for ticks that come early and clocks that run fast. Time is this node's monotonic clock, read at the moment
// of asking.
//
// It is given up for the rest of a term when leadership is handed over in it: the request to campaign may arrive at any time
// later, and voters grant it whatever they have promised. (A leader whose handover fails asks for a new term: group.ts.)
import type { Clock } from "../../base/index";
import { EVERY_INDEX, NO_NODE, jointCommitted } from "../core/index";
import type { AckedIndexes, ConfState, NodeId } from "../core/index";

export class Lease implements AckedIndexes {
  private readonly answered = new Map<NodeId, number>();
  /** NO_NODE while this node does not lead. */
  private holder: NodeId = NO_NODE;
  private surrendered = false;
  /** Nobody's answer is needed: that of a single voter has no end. Asked for every command, hence a flag. */
  private isEndless = false;
  private endMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly durationMs: number,
  ) {}

  /** A node leads from now on; `configuration` is that in force on it. */
  begin(leader: NodeId, configuration: ConfState): void {
    this.end();
    this.holder = leader;
    this.renew(configuration);
  }

  end(): void {
    this.holder = NO_NODE;
    this.surrendered = false;
    this.answered.clear();
    this.isEndless = false;
    this.endMs = 0;
  }

  /** Before a transfer. */
  surrender(): void {
    this.surrendered = true;
    this.isEndless = false;
    this.endMs = 0;
  }

  /** A member has answered a heartbeat of this leadership that was sent at `sentMs`. */
  heard(from: NodeId, sentMs: number, configuration: ConfState): void {
    if (sentMs <= (this.answered.get(from) ?? 0)) return;
    this.answered.set(from, sentMs);
    this.renew(configuration);
  }

  /** What a quorum has answered, after an answer or a change of the configuration. */
  renew({ voters, votersOutgoing }: ConfState): void {
    if (this.surrendered || this.holder === NO_NODE) return;
    const sentMs = jointCommitted(voters, votersOutgoing, this);
    this.isEndless = sentMs === EVERY_INDEX;
    this.endMs = sentMs > 0 && !this.isEndless ? sentMs + this.durationMs : 0;
  }

  ackedIndex(id: NodeId): number {
    return id === this.holder ? EVERY_INDEX : (this.answered.get(id) ?? 0);
  }

  get isValid(): boolean {
    return this.isEndless || (this.endMs > 0 && this.clock.monotonicMs() < this.endMs);
  }
}
