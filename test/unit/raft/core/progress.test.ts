// How a leader sends to one follower, state by state.
import { Inflights } from "../../../../src/raft/core/progress/inflights";
import { Progress } from "../../../../src/raft/core/progress/progress";

function progress(match: number, next: number): Progress {
  const made = new Progress(next, false, new Inflights(3, Number.POSITIVE_INFINITY));
  made.match = match;
  made.recentActive = true;
  return made;
}

function replicating(match: number): Progress {
  const made = progress(match, match + 1);
  made.becomeReplicate();
  return made;
}

test("a probe pauses after one message with entries, until it is answered", () => {
  const follower = progress(0, 5);
  follower.sentEntries(0, 0);
  expect(follower.paused).toBe(false);
  follower.sentEntries(2, 10);
  expect([follower.paused, follower.next]).toEqual([true, 5]);
  expect(follower.maybeUpdate(4)).toBe(true);
  expect([follower.paused, follower.match, follower.next]).toEqual([false, 4, 5]);
});

test("a refused probe goes back to the hint, never below what matches", () => {
  const follower = progress(2, 9);
  expect(follower.maybeDecrease(7, 3)).toBe(false);
  expect(follower.maybeDecrease(8, 5)).toBe(true);
  expect(follower.next).toBe(6);
  expect(follower.maybeDecrease(5, 0)).toBe(true);
  expect(follower.next).toBe(3);
});

test("replication runs ahead until the window is full", () => {
  const follower = replicating(4);
  follower.sentEntries(1, 1);
  follower.sentEntries(2, 1);
  expect([follower.next, follower.paused]).toEqual([8, false]);
  follower.sentEntries(1, 1);
  expect([follower.next, follower.paused]).toEqual([9, true]);
  expect(follower.toString()).toBe("StateReplicate match=4 next=9 paused inflight=3[full]");
  follower.maybeUpdate(7);
  follower.inflights.freeUpTo(7);
  expect([follower.paused, follower.inflights.count]).toEqual([false, 1]);
});

test("a refusal while replicating goes back to what matches, unless it is stale", () => {
  const follower = replicating(4);
  follower.sentEntries(3, 1);
  expect(follower.maybeDecrease(4, 0)).toBe(false);
  expect(follower.maybeDecrease(6, 5)).toBe(true);
  expect(follower.next).toBe(5);
});

test("a snapshot pauses everything; the probe after it begins behind it", () => {
  const follower = progress(2, 4);
  follower.becomeSnapshot(9);
  expect(follower.toString()).toBe("StateSnapshot match=2 next=10 paused pendingSnap=9");
  expect(() => follower.sentEntries(1, 1)).toThrow("no append message is sent");
  follower.becomeProbe();
  expect([follower.next, follower.pendingSnapshot, follower.paused]).toEqual([10, 0, false]);
});

test("a probe after a failed snapshot begins where it was", () => {
  const follower = progress(2, 4);
  follower.becomeSnapshot(9);
  follower.pendingSnapshot = 0;
  follower.becomeProbe();
  expect(follower.next).toBe(3);
});

test("the commit index is worth a message only if it may help the follower", () => {
  const follower = replicating(4);
  expect(follower.canBumpCommit(4)).toBe(true);
  follower.noteSentCommit(4);
  expect(follower.canBumpCommit(4)).toBe(false);
  // All that the follower may have was committed in the last message already.
  expect(follower.canBumpCommit(5)).toBe(false);
  follower.sentEntries(1, 1);
  expect(follower.canBumpCommit(5)).toBe(true);
});

test("texts as etcd prints them", () => {
  const learner = new Progress(7, true, new Inflights(3, 10));
  expect(learner.toString()).toBe("StateProbe match=0 next=7 learner inactive");
});
