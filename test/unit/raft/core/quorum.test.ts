// Majorities against their definition, by counting, and the laws of joint ones.
import { SeededRandom } from "../../../../src/base/index";
import {
  EVERY_INDEX,
  VoteResult,
  jointCommitted,
  jointVote,
  majorityCommitted,
  majorityVote,
} from "../../../../src/raft/core/quorum/quorum";

const SEED = Number(process.env["RAFT_SEED"] ?? 13);

function lookup(known: ReadonlyMap<number, number>) {
  return { ackedIndex: (id: number) => known.get(id) ?? -1 };
}

function randomVoters(random: SeededRandom): number[] {
  const count = random.below(8);
  const ids = random.shuffle([1, 2, 3, 4, 5, 6, 7, 8, 9]).slice(0, count);
  return ids.sort((one, other) => one - other);
}

function randomKnown(random: SeededRandom): Map<number, number> {
  const known = new Map<number, number>();
  for (let id = 1; id <= 9; id++) if (random.chance(0.8)) known.set(id, random.below(12));
  return known;
}

/** The largest index that a majority has reached. */
function committedByCounting(voters: readonly number[], known: ReadonlyMap<number, number>): number {
  if (voters.length === 0) return EVERY_INDEX;
  let best = 0;
  for (let index = 1; index <= 12; index++) {
    if (voters.filter((id) => (known.get(id) ?? 0) >= index).length * 2 > voters.length) best = index;
  }
  return best;
}

test(`seed ${SEED}: the committed index is what a majority has`, () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 3000; round++) {
    const voters = randomVoters(random);
    const others = randomVoters(random);
    const known = randomKnown(random);
    const index = majorityCommitted(voters, lookup(known));
    const otherIndex = majorityCommitted(others, lookup(known));
    expect(index).toBe(committedByCounting(voters, known));
    expect(jointCommitted(voters, others, lookup(known))).toBe(Math.min(index, otherIndex));
    expect(jointCommitted(voters, [], lookup(known))).toBe(index);
    expect(jointCommitted(voters, voters, lookup(known))).toBe(index);
    // More acknowledgements never take anything back.
    const id = 1 + random.below(9);
    known.set(id, (known.get(id) ?? 0) + 1);
    expect(majorityCommitted(voters, lookup(known))).toBeGreaterThanOrEqual(index);
  }
});

test(`seed ${SEED}: a vote is won or lost exactly when no missing vote can change it`, () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 3000; round++) {
    const voters = randomVoters(random);
    const votes = new Map<number, boolean>();
    for (const id of voters) if (random.chance(0.7)) votes.set(id, random.chance(0.5));
    const complete = (missing: boolean) =>
      voters.filter((id) => votes.get(id) ?? missing).length * 2 > voters.length || voters.length === 0;
    const expected = complete(false) ? VoteResult.won : complete(true) ? VoteResult.pending : VoteResult.lost;
    expect(majorityVote(voters, votes)).toBe(expected);
    const others = randomVoters(random);
    const both = [majorityVote(voters, votes), majorityVote(others, votes)];
    const joint = jointVote(voters, others, votes);
    expect(joint === VoteResult.won).toBe(both.every((result) => result === VoteResult.won));
    expect(joint === VoteResult.lost).toBe(both.includes(VoteResult.lost));
    expect(jointVote(others, voters, votes)).toBe(joint);
  }
});
