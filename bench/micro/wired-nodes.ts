// Raw nodes wired in memory, with asynchronous storage as the host drives it. Storage and state machine do nothing but hold
// entries until they are applied.
import { SeededRandom } from "../../src/base/index";
import { APPEND_THREAD, APPLY_THREAD, RawNode, StateType } from "../../src/raft/core/index";
import type { ConfState, Entry, HardState, LogGap, Message, RaftStorage } from "../../src/raft/core/index";

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
export class WiredNodes {
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
    if (this.leader.state !== StateType.leader) throw new Error("the first node is elected");
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
