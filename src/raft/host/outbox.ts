// Messages to other nodes, gathered over a turn: one batch a node and lane, whatever groups they are of.
import type { Clock } from "../../base/index";
import type { Message, NodeId } from "../core/index";
import type { PeerClocks } from "./peer-clocks";
import { laneOf } from "./transport";
import type { GroupMessage, Lane, PeerTransport } from "./transport";

interface Pending {
  readonly to: NodeId;
  readonly lane: Lane;
  readonly messages: GroupMessage[];
}

export class Outbox {
  private pending: Pending[] = [];

  constructor(
    private readonly nodeId: NodeId,
    private readonly transport: PeerTransport,
    private readonly clock: Clock,
    private readonly clocks: PeerClocks,
  ) {}

  add(group: number, message: Message): void {
    const { to } = message;
    const lane = laneOf(message);
    // As many as there are peers, twice: too few for a map.
    for (const batch of this.pending) {
      if (batch.to === to && batch.lane === lane) {
        batch.messages.push({ group, message });
        return;
      }
    }
    this.pending.push({ to, lane, messages: [{ group, message }] });
  }

  flush(): void {
    if (this.pending.length === 0) return;
    const pending = this.pending;
    this.pending = [];
    const sentMs = this.clock.monotonicMs();
    const wallMs = this.clock.wallMs();
    for (const { to, lane, messages } of pending) {
      const echoMs = this.clocks.latestFrom(to);
      this.transport.send({ from: this.nodeId, to, lane, sentMs, echoMs, wallMs, messages });
    }
  }
}
