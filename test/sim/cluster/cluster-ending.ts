// The end of a run: nothing goes wrong any more, everything must come to rest, a last client reads all keys, everything that has
// expired must be swept, and the whole course is judged. Then all nodes lose power once more.
import { assert } from "../../../src/base/index";
import { allRows, stateDifference, stateOfRows } from "../final-checks";
import { checkLinearizability } from "../linearizability";
import { ALL_KEYS, DATABASES } from "../workload";
import { GROUP } from "./cluster-process";
import type { ClusterProcess } from "./cluster-process";
import type { ClusterWorld } from "./cluster-world";

const LONGER_THAN_ANY_MESSAGE_MS = 1_500;
const LONGER_THAN_ANY_TIME_TO_LIVE_MS = 6_000;

export class ClusterEnding {
  constructor(private readonly world: ClusterWorld) {}

  run(): void {
    this.comeToRest();
    this.readEverything();
    this.sweepEverything();
    this.judge();
    this.restartAll();
  }

  private comeToRest(): void {
    this.world.note("calm");
    this.world.faults.calm();
    this.world.clients.calm();
    this.world.members.calm();
    for (const node of this.world.nodes) {
      node.disk.failing.clear();
      node.clock.offsetMs = 0;
      if (node.process === undefined) this.world.startLater(node, 10);
    }
    const { clients } = this.world;
    const isQuiet = (): boolean => clients.allAnswered && clients.areGone && this.isIdle;
    this.world.runUntil("everything is answered and all nodes are equal", isQuiet);
    // What a client that gave up had sent may still be on its way between two nodes.
    this.world.runFor(LONGER_THAN_ANY_MESSAGE_MS);
    this.world.runUntil("everything is quiet", isQuiet);
    this.world.history.decideAll();
  }

  private get leader(): ClusterProcess | undefined {
    return this.world.processes.find(
      ({ evaluator, failure }) => failure === undefined && evaluator.available,
    );
  }

  private get isIdle(): boolean {
    const { leader } = this;
    const { processes, nodes, members } = this.world;
    if (leader === undefined || processes.length < nodes.length || !members.isWhole) return false;
    const { lastIndex } = leader.core;
    return processes.every((process) => process.isIdle && process.core.lastIndex === lastIndex);
  }

  /** A last client asks the leader for all keys of all databases. */
  private readEverything(): void {
    for (const database of DATABASES) {
      const { leader } = this;
      assert(leader !== undefined, "somebody leads at the end");
      const commands = ALL_KEYS.flatMap((key) => [
        ["GET", key],
        ["HGETALL", key],
      ]);
      const link = this.world.clients.ask(leader.node, database, [["KEYS", "*"], ...commands]);
      this.world.runUntil("the last reads are answered", () => link.outstanding === 0 && this.isIdle);
    }
  }

  private sweepEverything(): void {
    // Whatever has a time to live has expired by now, so that nothing expires behind the sweeper's back.
    this.world.runFor(LONGER_THAN_ANY_TIME_TO_LIVE_MS);
    this.world.runUntil(
      "the sweeper finds nothing more",
      () => this.isIdle && this.leader?.sweeper.isResting === true,
    );
    this.world.history.decideAll();
  }

  private judge(): void {
    const { leader } = this;
    assert(leader !== undefined, "somebody leads at the end");
    this.world.compareAll();
    for (const { appliedIndex } of this.world.processes) {
      assert(
        appliedIndex === this.world.raft.committed.lastIndex,
        "everything that was committed is applied everywhere",
      );
    }
    for (const { links, standIns, pool, storage, evaluator } of this.world.processes) {
      for (const link of links) if (!link.isClosed) link.disconnect();
      // Those of clients that are gone without their node's having said so.
      for (const standIn of standIns["byClient"].values()) standIn.close();
      const { watches } = evaluator;
      assert(watches.isEmpty && watches.watcherCount === 0, "nothing is watched for clients that have gone");
      assert(pool.lentBytes === 0, "every output block is back in its pool");
      assert(storage.statistics()["pinnedSnapshots"] === 0, "every pinned view was released");
    }
    const verdict = checkLinearizability(this.world.history.checked);
    if (!verdict.ok) {
      const at = verdict.stuckAt[0];
      if (at !== undefined) this.world.trace.step = Math.min(at.returned, this.world.trace.step);
      throw new Error(`the history is not linearizable: ${verdict.reason}`);
    }
    const { nowMs } = leader.evaluator;
    const differs = stateDifference(stateOfRows(allRows(leader.storage, GROUP), nowMs), verdict.state, nowMs);
    if (differs !== undefined) throw new Error(differs);
  }

  /** After a power loss of all nodes at once the same rows come back from what is on the disks. */
  private restartAll(): void {
    for (const node of this.world.nodes) {
      node.crash("powerLoss");
      this.world.startLater(node, 10);
    }
    this.world.runUntil("the nodes lead and follow again", () => this.isIdle);
    this.world.compareAll();
  }
}
