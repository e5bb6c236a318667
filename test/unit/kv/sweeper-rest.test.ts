// The sweeper rests where a pass would find nothing, and whatever may have become garbage is reclaimed as soon as if it had
// never rested: within a second and the length of a pass.
import type { Garbage } from "../../../src/storage/index";
import { SweptNode } from "./swept-node";

/** Within this a pass begins that has reason to, and ends, if there are few rows. */
const SOON_MS = 1200;
const RESTS_AT_MOST_MS = 60_000;

/** Some keys without a time to live, and a sweeper that has found out that there is nothing to do. */
function resting(options: ConstructorParameters<typeof SweptNode>[0] = {}): SweptNode {
  const node = new SweptNode(options);
  node.ask(...Array.from({ length: 100 }, (_, i) => `SET k${i} 1`), "HSET h a 1 b 2");
  expect(node.sweeper.isResting).toBe(false);
  node.live(3000);
  expect(node.sweeper.isResting).toBe(true);
  return node;
}

const figures = ({ sweeper }: SweptNode): { passes: number; rows: number } => ({
  passes: sweeper.statistics.passesTotal,
  rows: sweeper.statistics.rowsExaminedTotal,
});

test("while nothing can have become garbage no row is looked at, for a minute at most", () => {
  const node = resting();
  const before = figures(node);
  node.live(RESTS_AT_MOST_MS - 5000);
  expect(figures(node)).toEqual(before);
  node.live(5000 + SOON_MS);
  expect(figures(node)).toEqual({ passes: before.passes + 1, rows: before.rows + 102 });
  // And so on.
  node.live(RESTS_AT_MOST_MS - 5000);
  expect(figures(node).passes).toBe(before.passes + 1);
  node.live(5000 + SOON_MS);
  expect(figures(node).passes).toBe(before.passes + 2);
});

test("a pass in many parts is enough, too", () => {
  const node = new SweptNode({ rowsPerSecond: 50 });
  node.ask(...Array.from({ length: 60 }, (_, i) => `SET k${i} 1 PX 100000000`));
  node.live(600);
  expect([node.sweeper.isResting, figures(node).passes]).toEqual([false, 0]);
  node.live(2400);
  expect(figures(node)).toEqual({ passes: 1, rows: 60 });
  node.live(RESTS_AT_MOST_MS - 10_000);
  expect(figures(node)).toEqual({ passes: 1, rows: 60 });
});

test("keys go as soon after their time as without a rest, the earliest first, wherever a pass meets them", () => {
  for (const rowsPerSecond of [10_000, 500]) {
    const node = resting({ rowsPerSecond });
    const expiries = [20_000, 5000, 35_000, 10_000];
    node.ask(...expiries.map((ms, i) => `SET expiring${i} 1 PX ${ms}`));
    const headers = node.spaces.headers;
    let livedMs = 0;
    for (const [gone, ms] of expiries.toSorted((a, b) => a - b).entries()) {
      node.live(ms - livedMs - 1000);
      expect(node.spaces.headers).toBe(headers - gone);
      const { passes } = figures(node);
      node.live(1000 + SOON_MS + (102 * 1000) / rowsPerSecond);
      expect(node.spaces.headers).toBe(headers - gone - 1);
      // One found it, and one nothing more.
      expect(figures(node).passes).toBeGreaterThan(passes);
      livedMs = ms + SOON_MS + (102 * 1000) / rowsPerSecond;
    }
  }
});

test("a key that is written during a rest goes when its short time is over", () => {
  const node = resting();
  const { headers } = node.spaces;
  node.live(10_000);
  node.ask("SET short 1 PX 200");
  node.live(200 + SOON_MS);
  expect(node.spaces.headers).toBe(headers);
  // What was there before can be given one, too.
  node.live(10_000);
  node.ask("PEXPIRE k1 300");
  node.live(300 + SOON_MS);
  expect(node.spaces.headers).toBe(headers - 1);
  expect(node.sweeper.statistics.expiredTotal).toBe(2);
});

test("a clock that jumps ahead ends a rest", () => {
  const node = resting();
  node.ask("SET k1 1 PX 3600000");
  const { headers } = node.spaces;
  node.live(5000);
  expect(node.sweeper.isResting).toBe(true);
  node.clock.wall += 3_600_000;
  node.live(SOON_MS);
  expect(node.spaces.headers).toBe(headers - 1);
});

test("what is written during a rest and leaves garbage ends it", () => {
  const node = resting();
  for (const commands of [["DEL h"], ["HSET h a 1", "SET h blind"], ["SELECT 1", "SET x 1", "FLUSHDB"]]) {
    node.live(10_000);
    expect(node.sweeper.isResting).toBe(true);
    node.ask(...commands);
    node.live(SOON_MS);
    expect(node.spaces).toMatchObject({ elements: 0, tombstones: 0 });
  }
  expect(node.sweeper.statistics.databasesTotal).toBe(1);
});

test("a flush that is not applied yet ends it", () => {
  const node = resting();
  const client = node.client();
  client.send("FLUSHALL");
  expect(node.sweeper.isResting).toBe(false);
  node.settle();
  node.live(SOON_MS);
  expect(node.spaces).toEqual({ headers: 0, elements: 0, tombstones: 0 });
});

test("a pass during which something was applied is not enough: it may have gone by", () => {
  const node = new SweptNode({ rowsPerSecond: 50 });
  node.ask(...Array.from({ length: 60 }, (_, i) => `SET k${i} 1`));
  node.live(800);
  expect(figures(node).passes).toBe(0);
  node.ask(`PEXPIRE ${node.firstKey} 200`);
  node.live(600);
  expect([figures(node).passes, node.spaces.headers]).toEqual([1, 60]);
  node.live(SOON_MS + 1200);
  expect(node.spaces.headers).toBe(59);
});

describe("candidates that were not judged are found again as soon as they can be:", () => {
  /** A key has expired, and storage has named it; what happens before the sweeper is told. */
  function named(before: (node: SweptNode) => void): SweptNode {
    const node = resting();
    node.ask("SET gone 1 PX 1000");
    node.live(900);
    node.clock.wall += 100;
    let garbage: Garbage | undefined;
    const { storage } = node;
    const findGarbage = storage.findGarbage.bind(storage);
    storage.findGarbage = (group, request, done): void => {
      findGarbage(group, request, (answer) => {
        garbage = answer;
        before(node);
        done(answer);
      });
    };
    for (let tenth = 0; tenth < 20 && garbage === undefined; tenth++) node.live(100);
    storage.findGarbage = findGarbage;
    expect(garbage?.expired).toHaveLength(1);
    expect(node.spaces.headers).toBe(102);
    return node;
  }

  function expectReclaimed(node: SweptNode): void {
    node.live(SOON_MS);
    expect(node.spaces.headers).toBe(101);
  }

  test("writes were held", () => {
    const node = named((it) => (it.isHeld = true));
    node.live(5000);
    expect([node.spaces.headers, node.sweeper.isResting]).toEqual([102, false]);
    node.isHeld = false;
    expectReclaimed(node);
  });

  test("a stepped evaluation had the group", () => {
    let resume: (() => void) | undefined;
    const node = named(({ evaluator }) => {
      evaluator.runSteps(
        function* () {
          yield (then) => (resume = then);
        },
        () => undefined,
      );
    });
    node.live(5000);
    expect([node.spaces.headers, node.sweeper.isResting]).toEqual([102, false]);
    resume!();
    expectReclaimed(node);
  });

  test("this node did not lead", () => {
    const node = named(({ evaluator }) => evaluator.yielding());
    node.live(5000);
    expect([node.spaces.headers, node.sweeper.isResting]).toEqual([102, false]);
    // It was not handed over after all: nothing has been applied.
    node.evaluator.leading(node.group.term);
    expectReclaimed(node);
  });

  test("their deletion was lost with the leadership", () => {
    const node = named(({ group }) => (group.refuses = true));
    expect(node.evaluator.available).toBe(false);
    node.group.refuses = false;
    node.lead(2);
    expectReclaimed(node);
  });

  test("keys were not to expire", () => {
    const node = named(({ sweeper }) => (sweeper.expires = false));
    node.live(5000);
    expect([node.spaces.headers, node.sweeper.isResting]).toEqual([102, false]);
    node.sweeper.expires = true;
    expectReclaimed(node);
  });
});

test("a new leadership begins with a pass", () => {
  const node = resting();
  const { passes } = figures(node);
  node.evaluator.following();
  node.live(5000);
  node.lead(2);
  expect(node.sweeper.isResting).toBe(false);
  node.live(SOON_MS);
  expect(figures(node).passes).toBe(passes + 1);
});
