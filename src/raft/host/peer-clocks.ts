// How far the wall clocks of other nodes stand off this one's, measured by the batches that go to and fro anyway: an echo
// of our own send time bounds when the other clock was read. A node whose clock certainly stands off those of so many
// voters that the others are no quorum should not lead: expiry follows the leader's clock.
import type { Clock } from "../../base/index";
import { VoteResult, jointVote } from "../core/index";
import type { ConfState, NodeId } from "../core/index";
import type { PeerBatch } from "./transport";

/** DESIGN §3, "Time". */
const MAX_OFFSET_MS = 500;
/** An older measurement says nothing any more: clocks are set. */
const MAX_AGE_MS = 10_000;

interface Measurement {
  /** The other clock less ours lies within these. */
  readonly lowMs: number;
  readonly highMs: number;
  readonly atMs: number;
}

export class PeerClocks {
  private readonly latest = new Map<NodeId, number>();
  private readonly measured = new Map<NodeId, Measurement>();
  private readonly startedMs: number;

  constructor(
    private readonly nodeId: NodeId,
    private readonly clock: Clock,
  ) {
    this.startedMs = clock.monotonicMs();
  }

  /** A batch has come. Of batches that were overtaken only those with news count. */
  received({ from, sentMs, echoMs, wallMs }: PeerBatch): void {
    this.latest.set(from, sentMs);
    const nowMs = this.clock.monotonicMs();
    // An echo from before our start is of another process, whose monotonic clock may have been another.
    if (echoMs <= this.startedMs || echoMs > nowMs) return;
    // The other clock was read at some moment between our sending of `echoMs` and now.
    const highMs = wallMs - this.clock.wallMs() + (nowMs - echoMs);
    const lowMs = wallMs - this.clock.wallMs();
    this.measured.set(from, { lowMs, highMs, atMs: nowMs });
  }

  /** The send time of the last batch that came from a node, for its echo; 0 if none has. */
  latestFrom(node: NodeId): number {
    return this.latest.get(node) ?? 0;
  }

  /** Whether this node's clock certainly stands too far off its quorum's. */
  isOff({ voters, votersOutgoing }: ConfState): boolean {
    if (this.measured.size === 0) return false;
    const near = new Map<NodeId, boolean>();
    for (const id of [...voters, ...votersOutgoing]) near.set(id, !this.isFar(id));
    return jointVote(voters, votersOutgoing, near) !== VoteResult.won;
  }

  private isFar(id: NodeId): boolean {
    const measurement = this.measured.get(id);
    if (id === this.nodeId || measurement === undefined) return false;
    if (this.clock.monotonicMs() - measurement.atMs > MAX_AGE_MS) return false;
    return measurement.lowMs > MAX_OFFSET_MS || measurement.highMs < -MAX_OFFSET_MS;
  }
}
