// Replays the directives of etcd's quorum tests, `committed` and `vote`, over a majority (cfg) or a joint one (cfg and
// cfgj). Beside the result it prints every other way of working it out that disagrees, which must never happen: a second
// algorithm, a joint quorum of the majority with nothing or with itself, the halves exchanged, lowered indexes.
import {
  EVERY_INDEX,
  VOTE_RESULT_NAMES,
  jointCommitted,
  jointVote,
  majorityCommitted,
  majorityVote,
} from "../../../src/raft/core/quorum/quorum";
import type { LogIndex, NodeId } from "../../../src/raft/core/index";
import { ScriptError, keyedValues, toNumber } from "./arguments";
import { describeQuorum, indexText } from "./describe-quorum";
import type { Block } from "./script";

export const QUORUM_COMMANDS: ReadonlySet<string> = new Set(["committed", "vote"]);

interface Case {
  readonly incoming: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  readonly joint: boolean;
  /** By voter in the order of their appearance; 0 for "nothing known". Votes: 1 against, 2 for. */
  readonly known: readonly number[];
}

export function handleQuorum(block: Block): string {
  const given = parseCase(block);
  const voters = new Set([...given.incoming, ...given.outgoing]);
  if (voters.size !== given.known.length) return mismatch(voters, given.known);
  return block.command === "committed" ? committed(given) : vote(given);
}

function parseCase(block: Block): Case {
  const incoming: NodeId[] = [];
  const outgoing: NodeId[] = [];
  const indexes: number[] = [];
  const votes: number[] = [];
  let joint = false;
  for (const [key, value] of keyedValues(block.arguments)) {
    if (key === "cfg") {
      incoming.push(toNumber(value));
    } else if (key === "cfgj") {
      joint = true;
      if (value !== "zero") outgoing.push(toNumber(value));
    } else if (key === "idx") {
      if (value === "0") throw new ScriptError("cannot use 0 as idx");
      indexes.push(value === "_" ? 0 : toNumber(value));
    } else if (key === "votes") {
      votes.push(voteOf(value));
    } else {
      throw new ScriptError(`unknown arg ${key}`);
    }
  }
  const known = block.command === "committed" ? indexes : votes;
  return { incoming: unique(incoming), outgoing: unique(outgoing), joint, known };
}

/** Voters keep the order in which they are given: that is the order of the known values. */
function unique(ids: readonly NodeId[]): NodeId[] {
  return [...new Set(ids)];
}

function voteOf(value: string): number {
  const vote = ["_", "n", "y"].indexOf(value);
  if (vote < 0) throw new ScriptError(`unknown vote: ${value}`);
  return vote;
}

function mismatch(voters: ReadonlySet<NodeId>, known: readonly number[]): string {
  const set = [...voters].sort((one, other) => one - other).map((id) => `${id}:{}`);
  return `error: mismatched input (explicit or _) for voters map[${set.join(" ")}]: [${known.join(" ")}]`;
}

function knownByVoter({ incoming, outgoing, known }: Case): Map<NodeId, number> {
  const byVoter = new Map<NodeId, number>();
  unique([...incoming, ...outgoing]).forEach((id, at) => {
    if (known[at]! > 0) byVoter.set(id, known[at]!);
  });
  return byVoter;
}

function lookup(byVoter: ReadonlyMap<NodeId, LogIndex>): { ackedIndex(id: NodeId): LogIndex } {
  return { ackedIndex: (id) => byVoter.get(id) ?? -1 };
}

function committed(given: Case): string {
  const { incoming, outgoing, joint } = given;
  const known = knownByVoter(given);
  const acked = lookup(known);
  if (joint) {
    const index = jointCommitted(incoming, outgoing, acked);
    const swapped = jointCommitted(outgoing, incoming, acked);
    return (
      describeQuorum([...new Set([...incoming, ...outgoing])], known) +
      (swapped === index ? "" : `${indexText(swapped)} <-- via symmetry\n`) +
      `${indexText(index)}\n`
    );
  }
  const index = majorityCommitted(incoming, acked);
  return describeQuorum(incoming, known) + otherWays(incoming, known, index) + `${indexText(index)}\n`;
}

function otherWays(voters: readonly NodeId[], known: ReadonlyMap<NodeId, LogIndex>, index: LogIndex): string {
  const acked = lookup(known);
  const ways: [LogIndex, string][] = [
    [committedByCounting(voters, known), " <-- via alternative computation\n"],
    [jointCommitted(voters, [], acked), " <-- via zero-joint quorum\n"],
    [jointCommitted(voters, voters, acked), " <-- via self-joint quorum\n"],
  ];
  // An index below the committed one has no say: lowering it further must not matter.
  for (const id of voters) {
    const own = known.get(id) ?? 0;
    if (own === 0 || index <= own) continue;
    for (const lowered of [own - 1, 0]) {
      const result = majorityCommitted(voters, lookup(new Map([...known, [id, lowered]])));
      ways.push([result, ` <-- overlaying ${id}->${lowered === 0 ? 0 : own}`]);
    }
  }
  return ways
    .filter(([result]) => result !== index)
    .map(([result, text]) => indexText(result) + text)
    .join("");
}

/** The definition itself: the largest index that at least a majority has reached. */
function committedByCounting(voters: readonly NodeId[], known: ReadonlyMap<NodeId, LogIndex>): LogIndex {
  if (voters.length === 0) return EVERY_INDEX;
  const needed = Math.floor(voters.length / 2) + 1;
  let best = 0;
  for (const candidate of known.values()) {
    const reached = voters.filter((id) => (known.get(id) ?? 0) >= candidate).length;
    if (reached >= needed) best = Math.max(best, candidate);
  }
  return best;
}

function vote(given: Case): string {
  const { incoming, outgoing, joint } = given;
  const votes = new Map([...knownByVoter(given)].map(([id, value]) => [id, value === 2] as const));
  if (!joint) return `${VOTE_RESULT_NAMES[majorityVote(incoming, votes)]}\n`;
  const result = jointVote(incoming, outgoing, votes);
  const swapped = jointVote(outgoing, incoming, votes);
  const note = swapped === result ? "" : `${VOTE_RESULT_NAMES[swapped]} <-- via symmetry\n`;
  return `${note}${VOTE_RESULT_NAMES[result]}\n`;
}
