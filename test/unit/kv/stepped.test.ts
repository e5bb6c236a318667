// Stepped evaluations: alone in the latest view while committed reads go on, staged rows ahead of what names them, batches in
// fragments that are applied whole or not at all, and the end of it all when leadership is lost.
import { effectsNotProposed, effectsTooLarge, loaded } from "../../../src/kv/index";
import type { Session, Steps, notReady } from "../../../src/kv/index";
import { readPayloadHeader } from "../../../src/storage/index";
import { GROUP, KvNode } from "./kv-node";

const KEY = "\x20k";

function put(node: KvNode, key: string, value: string): number {
  node.evaluator.begin(false, 0).put(key, value);
  return node.evaluator.finish();
}

function committed(node: KvNode, key: string): string | null | typeof notReady {
  const value = node.evaluator.begin(true, 0).get(key);
  node.evaluator.finish();
  return value;
}

function stored(node: KvNode, key: string): unknown {
  return node.storage.get(GROUP, key, "anywhere");
}

/** Runs turns, commits and loads until the evaluation has ended. */
function run(node: KvNode, steps: (session: Session) => Steps): number[] {
  const sequences: number[] = [];
  node.evaluator.runSteps(steps, (sequence) => sequences.push(sequence));
  for (let turn = 0; turn < 1000 && sequences.length === 0; turn++) {
    node.settle();
    node.loadAll();
    node.scheduler.pass(1);
  }
  node.settle();
  return sequences;
}

test("effects of all steps become visible at the end, at once; before it committed reads go on", () => {
  const node = new KvNode();
  put(node, KEY, "old");
  node.settle();
  const seen: unknown[] = [];
  let idle = 0;
  const [sequence] = run(node, function* (session) {
    session.put(KEY, "new");
    node.clock.monotonic += 10;
    yield "pause";
    seen.push(node.evaluator.busy, session.get(KEY), committed(node, KEY), stored(node, KEY));
    expect(() => node.evaluator.begin(false, 0)).toThrow("nothing else is evaluated");
    node.evaluator.whenIdle(() => idle++);
    node.clock.monotonic += 10;
    yield "pause";
    session.put("\x20other", "too");
  });
  expect(seen).toEqual([true, "new", "old", "old"]);
  expect(sequence).toBeGreaterThan(0);
  expect(idle).toBe(1);
  expect(node.evaluator.busy).toBe(false);
  expect([committed(node, KEY), stored(node, KEY), stored(node, "\x20other")]).toEqual(["new", "new", "too"]);
});

test("what was evaluated before in the same turn goes in a batch of its own", () => {
  const node = new KvNode();
  const before = node.group.lastIndex;
  put(node, KEY, "first");
  run(node, function* (session) {
    expect(session.get(KEY)).toBe("first");
    session.put(KEY, "second");
  });
  expect(node.group.lastIndex).toBe(before + 2);
  expect(stored(node, KEY)).toBe("second");
});

test("reads that are not in memory are loaded between steps, and end by blocking", () => {
  let inMemory = true;
  let asked = 0;
  const node = new KvNode({ isInMemory: () => (asked++, inMemory), hotRowsBytes: 0 });
  put(node, KEY, "value");
  node.settle();
  inMemory = false;
  node.evaluator.begin(true, 0);
  let found: unknown;
  run(node, function* (session) {
    // The cache may hold it; a scan always asks storage.
    const page = yield* loaded(() => session.scan("\x20", "\x21", { maxRows: 10, maxBytes: 1000 }));
    found = page.values;
    session.put("\x20done", "1");
  });
  expect(found).toEqual(["value"]);
  expect(asked).toBeGreaterThan(0);
  expect(stored(node, "\x20done")).toBe("1");
});

test("staged rows are applied ahead, in entries of their own, and back-pressure holds the steps", () => {
  const node = new KvNode({ maxInFlightBytes: 3 << 20 });
  const value = "x".repeat(64 << 10);
  const before = node.group.lastIndex;
  let mostInFlight = 0;
  run(node, function* (session) {
    for (let i = 0; i < 160; i++) {
      session.put(`\x20${String(i).padStart(4, "0")}`, value);
      mostInFlight = Math.max(mostInFlight, node.evaluator.inFlightBytes);
      yield "stage";
    }
    expect(stored(node, "\x200000")).toBe(value);
    session.put(KEY, "names them");
  });
  expect(node.group.lastIndex - before).toBeGreaterThan(8);
  expect(mostInFlight).toBeLessThan(5 << 20);
  expect([stored(node, "\x200159"), stored(node, KEY)]).toEqual([value, "names them"]);
});

test.each([0, 1, 2, 3, 4, 5])(
  "a batch in fragments is applied whole or, if its term ends after %i of them, not at all",
  (kept) => {
    const node = new KvNode({ maxEntryBytes: 1000, maxInFlightBytes: 1 << 30 });
    put(node, KEY, "old");
    node.settle();
    const before = node.group.lastIndex;
    const session = node.evaluator.begin(false, 0);
    session.put(KEY, "new");
    for (let i = 0; i < 5; i++) session.put(`\x20part${i}`, "y".repeat(900));
    node.evaluator.finish();
    node.endTurn();
    expect(node.group.lastIndex).toBe(before + 5);
    expect(readPayloadHeader(node.group.payloads.get(before + 5)!).flags).toBe(3);

    node.commit(before + kept);
    node.apply();
    const whole = kept === 5;
    expect(stored(node, KEY)).toBe(whole ? "new" : "old");
    node.evaluator.following();
    node.group.cut(before + kept + 1);
    node.lead(2);
    expect([stored(node, KEY), stored(node, "\x20part4")]).toEqual(
      whole ? ["new", "y".repeat(900)] : ["old", null],
    );
    expect(committed(node, KEY)).toBe(whole ? "new" : "old");
    put(node, KEY, "later");
    node.settle();
    expect(stored(node, KEY)).toBe("later");
  },
);

test("leadership that is lost between steps, or in a stage, ends it with nothing visible", () => {
  for (const inStage of [false, true]) {
    const node = new KvNode();
    put(node, KEY, "old");
    node.settle();
    const sequences: number[] = [];
    let idle = 0;
    let closed = false;
    node.evaluator.runSteps(
      function* (session) {
        try {
          session.put("\x20row", "z".repeat(1 << 20));
          node.clock.monotonic += 10;
          if (inStage) node.group.refuses = true;
          yield inStage ? "stage" : "pause";
          throw new Error("it goes on after its end");
        } finally {
          closed = true;
        }
      },
      (sequence) => sequences.push(sequence),
    );
    if (!inStage) {
      node.evaluator.whenIdle(() => idle++);
      node.evaluator.following();
    }
    node.scheduler.pass(1);
    expect({ sequences, idle, closed }).toEqual({
      sequences: [effectsNotProposed],
      idle: inStage ? 0 : 1,
      closed: true,
    });
    node.group.refuses = false;
    node.group.cut(node.group.lastIndex + 1);
    node.lead(2);
    expect(committed(node, KEY)).toBe("old");
    expect(node.evaluator.busy).toBe(false);
    put(node, KEY, "new");
    node.settle();
    expect(stored(node, KEY)).toBe("new");
  }
});

test("effects beyond the limit end it as too large, and nothing of them stays", () => {
  const node = new KvNode({ maxEffectsBytes: 1 << 20 });
  let steps = 0;
  const [sequence] = run(node, function* (session) {
    for (; steps < 100; steps++) {
      session.put(`\x20${steps}`, "x".repeat(100_000));
      yield "pause";
    }
  });
  expect(sequence).toBe(effectsTooLarge);
  expect(steps).toBeLessThan(20);
  expect(stored(node, "\x200")).toBe(null);
});

test("a pinned view that is asked for meanwhile shows nothing of it and judges expiry at its time", () => {
  const node = new KvNode();
  put(node, KEY, "old");
  node.settle();
  const views: [number, unknown][] = [];
  const began = node.clock.wall;
  run(node, function* (session) {
    session.put(KEY, "new");
    node.clock.wall += 5000;
    yield (resume) => {
      node.evaluator.pinView((view) => {
        view!.scan("\x20", "\x21", { maxRows: 9, maxBytes: 999 }, (page) => {
          views.push([view!.nowMs - began, page.values]);
          view!.release();
          resume();
        });
      });
    };
  });
  expect(views).toEqual([[0, ["old"]]]);
});
