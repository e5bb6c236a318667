// Several host nodes over in-memory storage with a network between them that a test can cut; time passes for all of them at
// once, or for one. Nothing is random but the hosts' own seeded timeouts. Shared by the tests of this folder; no test of its
// own.
import { assert } from "../../../../src/base/index";
import type { PeerBatch } from "../../../../src/raft/host/index";
import { MemoryDisk } from "../../../../src/storage/memory/index";
import { HostNode } from "./host-node";
import type { HostNodeOptions } from "./host-node";

export const TICK_MS = 50;
/** Ten ticks. */
export const ELECTION_MS = 500;

export class HostCluster {
  readonly nodes = new Map<number, HostNode>();
  /** What is under way between nodes, oldest first. */
  wire: PeerBatch[] = [];
  /** Everything that was sent since it was last emptied. */
  sent: PeerBatch[] = [];
  /** From-to pairs that nothing passes. */
  private readonly cuts = new Set<string>();

  constructor(
    readonly voters: readonly number[] = [1, 2, 3],
    private readonly options: HostNodeOptions = {},
  ) {
    for (const id of voters) this.add(id);
  }

  /** A node that is opened with the group's first voters, be it one of them or not. */
  add(id: number, disk = new MemoryDisk()): HostNode {
    const node = new HostNode(disk, {
      ...this.options,
      nodeId: id,
      voters: this.voters,
      transport: {
        send: (batch) => {
          this.sent.push(batch);
          this.wire.push(batch);
        },
      },
    });
    this.nodes.set(id, node);
    node.host.start();
    return node;
  }

  /** Ends a process as `kill -9` does, and begins another on its disk. */
  restart(id: number): HostNode {
    const old = this.node(id);
    old.host.stop();
    old.storage.crash(old.random, { kind: "kill" });
    this.wire = this.wire.filter(({ from }) => from !== id);
    const node = this.add(id, old.disk);
    node.clock.wall = old.clock.wall;
    return node;
  }

  node(id: number): HostNode {
    const node = this.nodes.get(id);
    assert(node !== undefined, "the node exists");
    return node;
  }

  /** Nothing passes between `id` and the others, in either direction. */
  isolate(id: number): void {
    for (const other of this.nodes.keys()) {
      if (other !== id) this.cut(id, other).cut(other, id);
    }
  }

  cut(from: number, to: number): this {
    this.cuts.add(`${from}-${to}`);
    return this;
  }

  heal(): void {
    this.cuts.clear();
  }

  /** Delivers what is under way, what that brings about, and so on, while all disks work. */
  settle(): void {
    for (let rounds = 0; rounds < 1000; rounds++) {
      for (const node of this.nodes.values()) node.settle();
      if (this.wire.length === 0) return;
      this.deliver();
    }
    assert(false, "the cluster comes to rest");
  }

  /** Delivers what is under way now; turns are not ended. */
  deliver(): void {
    for (const batch of this.wire.splice(0)) {
      if (!this.cuts.has(`${batch.from}-${batch.to}`)) this.nodes.get(batch.to)?.host.receive(batch);
    }
  }

  /** Time passes for all, tick by tick, and everything settles in between. */
  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      for (const node of this.nodes.values()) node.pass(TICK_MS);
      this.settle();
    }
  }

  get leaders(): HostNode[] {
    return [...this.nodes.values()].filter((node) => node.group.status.leading);
  }

  /** Lets time pass until one node leads, and makes that known to all. */
  elect(): HostNode {
    for (let ticks = 0; ticks < 200; ticks++) {
      const [leader] = this.leaders;
      if (leader !== undefined) {
        this.pass(4 * TICK_MS);
        return leader;
      }
      this.pass(TICK_MS);
    }
    throw new Error("nobody was elected");
  }

  /** Node `id` becomes leader, by transfers. */
  lead(id: number): HostNode {
    let leader = this.elect();
    if (leader !== this.node(id)) {
      leader.group.transferLeadership(id);
      this.pass(ELECTION_MS);
      leader = this.node(id);
    }
    assert(leader.group.status.leading, "the transfer has succeeded");
    return leader;
  }
}
