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
  /** Nodes whose clocks are to be measured, and those that asked for it. */
  private readonly probed = new Set<NodeId>();
  private readonly answered = new Set<NodeId>();

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

  /** Asks for the clock of a node with which nothing else is exchanged: by a batch without messages and without an echo. */
  probe(to: NodeId): void {
    this.probed.add(to);
  }

  /** Answers such a batch: by one without messages, with an echo. */
  answerProbe(to: NodeId): void {
    this.answered.add(to);
  }

  flush(): void {
    if (this.pending.length > 0) {
      const pending = this.pending;
      this.pending = [];
      for (const { to, lane, messages } of pending) this.send(to, lane, this.clocks.latestFrom(to), messages);
    }
    if (this.probed.size > 0) {
      for (const to of this.probed) this.send(to, "urgent", 0, []);
      this.probed.clear();
    }
    if (this.answered.size > 0) {
      for (const to of this.answered) this.send(to, "urgent", this.clocks.latestFrom(to), []);
      this.answered.clear();
    }
  }

  private send(to: NodeId, lane: Lane, echoMs: number, messages: readonly GroupMessage[]): void {
    const sentMs = this.clock.monotonicMs();
    const wallMs = this.clock.wallMs();
    this.transport.send({ from: this.nodeId, to, lane, sentMs, echoMs, wallMs, messages });
  }
}
