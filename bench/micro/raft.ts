// Micro-benchmarks of raft/core/: proposals through a raw node of a single voter, and through three raw nodes wired in
// memory, with asynchronous storage as the host drives it. Storage and state machine do nothing but hold entries until they
// are applied.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { SeededRandom, assert } from "../../src/base/index";
import { APPEND_THREAD, APPLY_THREAD, RawNode, StateType } from "../../src/raft/core/index";
import type { ConfState, Entry, HardState, LogGap, Message, RaftStorage } from "../../src/raft/core/index";
import type { MicroSuite, MicroTask } from "./suite";

/** Proposals in a call of a task. */
const ROUND_PROPOSALS = 64;
const PAYLOAD = Buffer.alloc(200, 0x61);
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** The stable log, of which what is applied is forgotten, but for some entries. */
class HeldLog implements RaftStorage {
  private held: Entry[] = [];
  private first = 1;
  private before = 0;

  constructor(private readonly voters: readonly number[]) {}

  initialState(): { hardState: HardState; confState: ConfState } {
    return {
      hardState: { term: 0, vote: 0, commit: 0 },
      confState: {
        voters: this.voters,
        votersOutgoing: [],
        learners: [],
        learnersNext: [],
        autoLeave: false,
      },
    };
  }

  entries(low: number, high: number, maxBytes: number): readonly Entry[] | LogGap {
    if (low < this.first) return "compacted";
    const from = low - this.first;
    let bytes = 0;
    let to = from;
    for (; to < high - this.first; to++) {
      bytes += this.held[to]!.data?.length ?? 0;
      if (bytes > maxBytes && to > from) break;
    }
    return this.held.slice(from, to);
  }

  term(index: number): number | LogGap {
    if (index < this.first) return index === this.first - 1 ? this.before : "compacted";
    return this.held[index - this.first]?.term ?? "unavailable";
  }

  firstIndex(): number {
    return this.first;
  }

  lastIndex(): number {
    return this.first + this.held.length - 1;
  }

  snapshot(): "temporarilyUnavailable" {
    return "temporarilyUnavailable";
  }

  append(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    this.held.length = first.index - this.first;
    for (const entry of entries) this.held.push(entry);
  }

  /** Called with an applied index: now and then what lies far behind it goes. */
  compact(applied: number): void {
    if (applied - this.first < 16_384) return;
    const gone = applied - this.first - 4_096;
    this.before = this.held[gone - 1]!.term;
    this.held = this.held.slice(gone);
    this.first += gone;
  }
}

/** Raw nodes that hand messages to one another at once; a node's storage is done when its Ready has been handled. */
class Wired {
  readonly nodes: RawNode[] = [];
  private readonly logs: HeldLog[] = [];

  constructor(count: number) {
    const voters = Array.from({ length: count }, (_, i) => i + 1);
    const random = new SeededRandom(1);
    for (const id of voters) {
      const storage = new HeldLog(voters);
      this.logs.push(storage);
      this.nodes.push(
        new RawNode({
          id,
          electionTicks: 10,
          heartbeatTicks: 2,
          storage,
          asyncStorageWrites: true,
          maxMessageBytes: 1024 * 1024,
          maxCommittedBytesPerReady: NO_LIMIT,
          maxInflightMessages: 256,
          checkQuorum: true,
          preVote: true,
          disableProposalForwarding: true,
          random,
        }),
      );
    }
    this.leader.campaign();
    this.settle();
    assert(this.leader.state === StateType.leader, "the first node is elected");
  }

  get leader(): RawNode {
    return this.nodes[0]!;
  }

  /** Everything that follows is done: what was proposed is committed and applied on all nodes that were told. */
  settle(): void {
    const { nodes } = this;
    for (let busy = true; busy;) {
      busy = false;
      for (let at = 0; at < nodes.length; at++) {
        const node = nodes[at]!;
        if (!node.hasReady()) continue;
        busy = true;
        const { messages } = node.ready();
        for (let i = 0; i < messages.length; i++) this.handle(messages[i]!, at);
      }
    }
  }

  private handle(message: Message, at: number): void {
    const log = this.logs[at]!;
    if (message.to === APPEND_THREAD) log.append(message.entries);
    else if (message.to === APPLY_THREAD) log.compact(message.entries[message.entries.length - 1]!.index);
    else {
      this.nodes[message.to - 1]!.step(message);
      return;
    }
    const { responses } = message;
    for (let i = 0; i < responses.length; i++) this.nodes[responses[i]!.to - 1]!.step(responses[i]!);
  }
}

/** Rounds of so many proposals, each of which is followed until nothing is left to do. */
function proposing(name: string, nodes: number, proposals: number): MicroTask {
  const wired = new Wired(nodes);
  const { leader } = wired;
  const rounds = ROUND_PROPOSALS / proposals;
  return {
    name,
    operations: ROUND_PROPOSALS,
    run: () => {
      for (let round = 0; round < rounds; round++) {
        for (let i = 0; i < proposals; i++) leader.propose(PAYLOAD);
        wired.settle();
      }
      assert(leader.applied === leader.lastIndex, "everything that was proposed is applied");
    },
  };
}

/** Heap in use after many proposals, and after three times as many more: nothing may be left of them. */
function memory(nodes: number, some: number): string {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const wired = new Wired(nodes);
  const heapAfter = (proposals: number): number => {
    for (let done = 0; done < proposals; done += 32) {
      for (let i = 0; i < 32; i++) wired.leader.propose(PAYLOAD);
      wired.settle();
    }
    collect();
    return Math.round(process.memoryUsage().heapUsed / 1024);
  };
  const first = heapAfter(some);
  const later = heapAfter(some * 3);
  const voters = nodes === 1 ? "single voter" : `${nodes} nodes`;
  return `${voters}: heap of ${first} KiB after ${some} proposals, of ${later} KiB after three times as many more`;
}

export const suite: MicroSuite = {
  name: "raft",
  title: "Raft core, a proposal, committed and applied",
  prepare: () => ({
    tasks: [
      proposing("single voter, one at a time", 1, 1),
      proposing("single voter, 32 a round", 1, 32),
      proposing("three nodes, one at a time", 3, 1),
      proposing("three nodes, 32 a round", 3, 32),
    ],
    conclude: (tiny) => [1, 3].map((nodes) => memory(nodes, tiny ? 20_000 : 1_000_000)),
  }),
};
