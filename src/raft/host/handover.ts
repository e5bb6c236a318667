// Handing leadership to another voter (thesis §3.10), gently: first nothing more is proposed, then what is in flight commits,
// so that its clients get their replies, and only then is the core asked to transfer. Each half has one election timeout. If
// the first comes to nothing the group is led on as before; if the second does, in a new term, because the lease of this one
// is gone (lease.ts).
import { NO_NODE } from "../core/index";
import type { NodeId } from "../core/index";

export type HandoverStage = "none" | "draining" | "asked";

export class Handover {
  to: NodeId = NO_NODE;
  stage: HandoverStage = "none";
  private ticks = 0;

  begin(to: NodeId): void {
    this.to = to;
    this.stage = "draining";
    this.ticks = 0;
  }

  asked(): void {
    this.stage = "asked";
  }

  end(): void {
    this.to = NO_NODE;
    this.stage = "none";
  }

  get isUnderWay(): boolean {
    return this.stage !== "none";
  }

  /** True when what is in flight has not been committed within the time. */
  tickDraining(electionTicks: number): boolean {
    this.ticks++;
    return this.stage === "draining" && this.ticks >= electionTicks;
  }
}
