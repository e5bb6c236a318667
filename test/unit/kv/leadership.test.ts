// What an evaluator does as leadership comes, is about to be handed over, goes, and comes back; and what it answers while it is
// not sure of it.
import { effectsNotProposed } from "../../../src/kv/index";
import type { PinnedView, Session, Steps } from "../../../src/kv/index";
import { KvNode } from "./kv-node";

const KEY = "\u0020key";

function put(node: KvNode, value: string): number {
  node.evaluator.begin(false, 0).put(KEY, value);
  return node.evaluator.finish();
}

interface Waiter {
  readonly told: string[];
  released(): void;
  lost(firstUnknown: number, firstNotProposed: number): void;
}

function waiter(): Waiter {
  const told: string[] = [];
  return {
    told,
    released: () => told.push("released"),
    lost: (firstUnknown, firstNotProposed) => told.push(`lost ${firstUnknown} ${firstNotProposed}`),
  };
}

describe("handing over", () => {
  test("proposes what is open, evaluates nothing more, and still releases what commits", () => {
    const node = new KvNode();
    const sealed = put(node, "a");
    node.endTurn();
    const open = put(node, "b");
    const waiters = [waiter(), waiter()];
    node.evaluator.waitFor(sealed, waiters[0]!);
    node.evaluator.waitFor(open, waiters[1]!);
    const before = node.group.lastIndex;
    node.evaluator.yielding();
    expect(node.group.lastIndex).toBe(before + 1);
    expect(node.evaluator.available).toBe(false);
    node.commitAll();
    expect(waiters.map(({ told }) => told)).toEqual([["released"], ["released"]]);
    node.evaluator.following();
    expect(waiters.map(({ told }) => told)).toEqual([["released"], ["released"]]);
  });

  test("leaves the outcome of what does not commit unknown, once leadership is lost", () => {
    const node = new KvNode();
    const sequence = put(node, "a");
    const waiting = waiter();
    node.evaluator.waitFor(sequence, waiting);
    node.evaluator.yielding();
    expect(waiting.told).toEqual([]);
    node.evaluator.following();
    expect(waiting.told).toEqual([`lost ${sequence} ${sequence + 1}`]);
    expect(node.evaluator.inFlightBytes).toBe(0);
  });

  test("that comes to nothing goes on in the same term, with what is in flight", () => {
    const node = new KvNode();
    put(node, "a");
    node.evaluator.yielding();
    node.evaluator.yielding();
    node.evaluator.leading(node.group.term);
    expect(node.evaluator.available).toBe(true);
    expect(node.evaluator.begin(false, 0).get(KEY)).toBe("a");
    expect(node.evaluator.finish()).toBe(1);
    put(node, "b");
    node.settle();
    expect(node.evaluator.begin(true, 0).get(KEY)).toBe("b");
    node.evaluator.abandon();
  });

  test("drops a stepped evaluation with what it has put", () => {
    const node = new KvNode();
    const done: number[] = [];
    function* steps(session: Session): Steps {
      session.put(KEY, "half");
      yield (): void => undefined;
      session.put(KEY, "whole");
    }
    node.evaluator.runSteps(steps, (sequence) => done.push(sequence));
    let idle = 0;
    node.evaluator.whenIdle(() => idle++);
    const before = node.group.lastIndex;
    node.evaluator.yielding();
    expect(done).toEqual([effectsNotProposed]);
    expect(idle).toBe(1);
    expect(node.group.lastIndex).toBe(before);
    node.evaluator.leading(node.group.term);
    expect(node.evaluator.begin(false, 0).get(KEY)).toBe(null);
    node.evaluator.abandon();
  });
});

describe("a leader that has been one before", () => {
  test("shows nothing of what it proposed then and was overwritten", () => {
    const node = new KvNode();
    put(node, "kept");
    node.settle();
    node.evaluator.begin(false, 0).get(KEY);
    node.evaluator.abandon();
    put(node, "lost");
    node.endTurn();
    node.evaluator.following();
    node.group.cut(node.group.lastIndex);
    node.lead(node.group.term + 1);
    expect(node.evaluator.begin(false, 0).get(KEY)).toBe("kept");
    node.evaluator.abandon();
  });

  test("begins its clock above everything in the log, also when its own clock went back", () => {
    const node = new KvNode();
    put(node, "a");
    node.settle();
    const { hlcMs } = node.storage.readApplied(node.group.id);
    node.evaluator.following();
    node.clock.wall -= 60_000;
    node.lead(node.group.term + 1);
    expect(node.evaluator.nowMs).toBeGreaterThanOrEqual(hlcMs);
    put(node, "b");
    node.settle();
    const later = node.storage.readApplied(node.group.id);
    expect([later.hlcMs, later.hlcCounter].map(Number)).not.toEqual([hlcMs, 0]);
    expect(later.hlcMs).toBeGreaterThanOrEqual(hlcMs);
  });
});

describe("without a lease", () => {
  function withoutLease(): KvNode {
    const node = new KvNode();
    put(node, "a");
    node.settle();
    node.group.hasLease = false;
    return node;
  }

  test("nothing is current until a quorum was asked, and the answer comes on a turn of its own", () => {
    const node = withoutLease();
    expect(node.evaluator.isCurrent).toBe(false);
    const answers: boolean[] = [];
    node.evaluator.confirm((confirmed) => answers.push(confirmed));
    node.endTurn();
    expect(answers).toEqual([]);
    node.group.confirm(true);
    expect(answers).toEqual([]);
    node.endTurn();
    expect(answers).toEqual([true]);
  });

  test("a view is pinned when that is confirmed, and not if leadership is lost", () => {
    const node = withoutLease();
    const views: (PinnedView | undefined)[] = [];
    const pin = (): void => node.evaluator.pinView((view) => views.push(view));
    pin();
    node.group.confirm(true);
    node.endTurn();
    expect(views).toHaveLength(1);
    views[0]!.release();
    // Behind what was evaluated before, which is applied first.
    put(node, "b");
    pin();
    node.settle();
    expect(views).toHaveLength(1);
    node.group.confirm(true);
    node.endTurn();
    expect(views).toHaveLength(2);
    views[1]!.release();
    pin();
    node.evaluator.following();
    node.group.confirm(false);
    node.endTurn();
    expect(views).toHaveLength(3);
    expect(views[2]).toBe(undefined);
  });

  test("a stepped evaluation that only reads ends when it is confirmed; one that writes ends at once", () => {
    const node = withoutLease();
    const done: number[] = [];
    function* reading(session: Session): Steps {
      session.get(KEY);
      yield "pause";
    }
    function* writing(session: Session): Steps {
      session.put(KEY, "b");
      yield "pause";
    }
    const run = (steps: (session: Session) => Steps): void =>
      node.evaluator.runSteps(steps, (sequence) => done.push(sequence));
    run(reading);
    expect([done, node.evaluator.busy]).toEqual([[], true]);
    node.group.confirm(true);
    node.endTurn();
    expect([done, node.evaluator.busy]).toEqual([[0], false]);
    run(writing);
    expect(done).toHaveLength(2);
    expect(done[1]).toBeGreaterThan(0);
    node.settle();
    run(reading);
    node.group.confirm(false);
    node.endTurn();
    expect(done[2]).toBe(effectsNotProposed);
    // What it observed may be released while it waits for the confirmation: then its reply waits for nothing.
    put(node, "seen");
    run(reading);
    node.settle();
    node.group.confirm(true);
    node.endTurn();
    expect(done.splice(3)).toEqual([0]);
    run(reading);
    node.evaluator.following();
    expect(done[3]).toBe(effectsNotProposed);
    node.group.confirm(false);
    node.endTurn();
    expect(done).toHaveLength(4);
  });
});
