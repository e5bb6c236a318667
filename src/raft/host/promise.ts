// What a member owes to leaders' leases: whoever has answered a heartbeat votes for nobody else for one election timeout, and
// a node that restarts, since it has forgotten what it answered, neither votes nor campaigns for that long. Counted in own
// ticks, which only ever come too late. The core has a rule much like it, but forgets the leader with a message of a higher
// term; this holds whatever the core knows.
import { MessageType, isTransferCampaign } from "../core/index";
import type { Message } from "../core/index";

export class VotePromise {
  private restartTicks: number;
  private heartbeatTicks = 0;

  constructor(private readonly electionTicks: number) {
    this.restartTicks = electionTicks;
  }

  /** Nobody can have been promised anything: this node alone makes up the group. */
  waive(): void {
    this.restartTicks = 0;
  }

  /** A leader's heartbeat was accepted, and will be answered. */
  renew(): void {
    this.heartbeatTicks = this.electionTicks;
  }

  tick(): void {
    if (this.restartTicks > 0) this.restartTicks--;
    if (this.heartbeatTicks > 0) this.heartbeatTicks--;
  }

  get isRestarting(): boolean {
    return this.restartTicks > 0;
  }

  /** Whether to receive this message would break the promise. */
  forbids(message: Message): boolean {
    switch (message.type) {
      case MessageType.vote:
      case MessageType.preVote:
        if (this.restartTicks > 0) return true;
        // A leader that hands over has given its lease up.
        return this.heartbeatTicks > 0 && !isTransferCampaign(message);
      case MessageType.timeoutNow:
        return this.restartTicks > 0;
      default:
        return false;
    }
  }
}
