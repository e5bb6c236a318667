// Micro-benchmarks of raft/core/: proposals through a raw node of a single voter, and through three raw nodes wired in
// memory. One operation is a proposal, committed and applied on all nodes. That memory stays flat is a test of its own
// (test/long/raft-core.test.ts).
import type { MicroSuite, MicroTask } from "./suite";
import { WiredNodes } from "./wired-nodes";

const PAYLOAD = Buffer.alloc(200, 0x61);
/** Proposals in a call. */
const PROPOSALS = 256;

/** Rounds of so many proposals, each of which is followed until nothing is left to do. */
function proposing(name: string, nodes: number, aRound: number): MicroTask {
  const wired = new WiredNodes(nodes);
  const { leader } = wired;
  return {
    name,
    operations: PROPOSALS,
    run: () => {
      for (let done = 0; done < PROPOSALS; done += aRound) {
        for (let i = 0; i < aRound; i++) leader.propose(PAYLOAD);
        wired.settle();
      }
      if (leader.applied !== leader.lastIndex) throw new Error("everything that was proposed is applied");
    },
  };
}

export const suite: MicroSuite = {
  name: "raft",
  title: "Raft core, a proposal",
  prepare: () => ({
    tasks: [
      proposing("single voter, one at a time", 1, 1),
      proposing("single voter, 32 a round", 1, 32),
      proposing("three nodes, one at a time", 3, 1),
      proposing("three nodes, 32 a round", 3, 32),
    ],
  }),
};
