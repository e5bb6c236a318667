// The evaluator: batches and their bounds, what `finish` answers, pinned views, congestion, the coming and going of
// leadership, expiry under clocks that jump.
import { prefixEnd } from "../../../src/base/index";
import { effectsNotProposed, effectsTooLarge, notReady } from "../../../src/kv/index";
import type { PinnedView } from "../../../src/kv/index";
import { Batch } from "../../../src/kv/batch";
import { Overlay } from "../../../src/kv/overlay";
import { RowCache } from "../../../src/kv/row-table";
import {
  MAX_PAYLOAD_BYTES,
  Space,
  ValueEncoding,
  ValueType,
  databaseRange,
  readPayloadHeader,
  userKeyOfHeader,
} from "../../../src/storage/index";
import { GROUP, KvNode } from "./kv-node";

const KEY = "\x20k";

function put(node: KvNode, key: string, value: string): number {
  node.evaluator.begin(false, 0).put(key, value);
  return node.evaluator.finish();
}

function setHeader(node: KvNode, userKey: string, expiryMs: number): void {
  const session = node.evaluator.begin(false, 0);
  session.putHeader(session.database(0), userKey, {
    type: ValueType.string,
    encoding: ValueEncoding.inline,
    expiryMs,
    ...session.newVersion(),
    length: 1,
    rest: "v",
  });
  node.evaluator.finish();
}

describe("batches", () => {
  test("one entry holds what a turn's commands wrote, with the clock and term it was evaluated in", () => {
    const node = new KvNode();
    const before = node.group.lastIndex;
    put(node, KEY, "1");
    put(node, KEY, "2");
    node.evaluator.begin(false, 0).put(KEY, "3");
    node.evaluator.abandon();
    node.settle();
    expect(node.group.lastIndex).toBe(before + 1);
    const header = readPayloadHeader(node.group.payloads.get(before + 1)!);
    expect(header).toMatchObject({ term: 1, operationCount: 2, hlcMs: node.clock.wall, flags: 0 });
    expect(node.storage.get(GROUP, KEY, "anywhere")).toBe("2");
  });

  test("while the log is busy a batch gathers what several turns bring, and is sealed when the log is free", () => {
    const node = new KvNode();
    const before = node.group.lastIndex;
    node.group.logIsBusy = true;
    for (const value of ["1", "2", "3"]) {
      put(node, KEY, value);
      node.endTurn();
    }
    expect(node.group.lastIndex).toBe(before);
    node.group.logIsBusy = false;
    node.evaluator.logSynced();
    expect(node.group.lastIndex).toBe(before + 1);
    expect(readPayloadHeader(node.group.payloads.get(before + 1)!).operationCount).toBe(3);
    // From here on as ever.
    put(node, KEY, "4");
    node.endTurn();
    expect(node.group.lastIndex).toBe(before + 2);
    node.evaluator.logSynced();
    expect(node.group.lastIndex).toBe(before + 2);
  });

  test("a batch is awaited when hardly anything else can go on until it is committed", () => {
    const node = new KvNode({ isInMemory: (key) => key !== "\x20absent" });
    const waiter = { released: (): void => undefined, lost: (): void => undefined };
    const write = (key: string): void => node.evaluator.waitFor(put(node, key, "v"), waiter);
    const seal = (writes: number, reads: number): boolean | undefined => {
      for (let at = 0; at < writes; at++) write(`\x20${at}`);
      for (let at = 0; at < reads; at++) {
        node.evaluator.begin(true, 0).get(KEY);
        expect(node.evaluator.finish()).toBe(0);
      }
      node.settle();
      return node.group.isAwaited;
    };
    expect(seal(1, 0)).toBe(true);
    expect(seal(1, 1)).toBe(false);
    expect(seal(8, 2)).toBe(true);
    expect(seal(8, 3)).toBe(false);
    expect(seal(128, 0)).toBe(true);
    expect(seal(129, 0)).toBe(false);
    // Reads of what is not committed wait, too.
    write(KEY);
    for (let at = 0; at < 10; at++) {
      node.evaluator.begin(false, 0).get(KEY);
      expect(node.evaluator.finish()).toBeGreaterThan(0);
    }
    node.settle();
    expect(node.group.isAwaited).toBe(true);
    // Reads of a pinned view go on meanwhile, and so does what a read loads.
    write(KEY);
    node.evaluator.pinView((view) => view!.release());
    node.settle();
    expect(node.group.isAwaited).toBe(false);
    write(KEY);
    expect(node.evaluator.begin(true, 0).get("\x20absent")).toBe(notReady);
    node.evaluator.loadThen(() => undefined);
    node.settle();
    expect(node.group.isAwaited).toBe(false);
    // Nobody waits for this one.
    put(node, KEY, "v");
    node.settle();
    expect(node.group.isAwaited).toBe(false);
    expect(seal(1, 0)).toBe(true);
  });

  test("a batch that is full does not wait for the log, and one of a lost leadership is not sealed by the next", () => {
    const node = new KvNode({ maxBatchBytes: 1000 });
    const before = node.group.lastIndex;
    node.group.logIsBusy = true;
    put(node, KEY, "small");
    node.endTurn();
    put(node, KEY, "x".repeat(1000));
    expect(node.group.lastIndex).toBe(before + 1);
    put(node, KEY, "lost");
    node.endTurn();
    node.evaluator.following();
    node.group.logIsBusy = false;
    node.evaluator.logSynced();
    expect(node.group.lastIndex).toBe(before + 1);
    node.lead(node.group.term + 1);
    const leading = node.group.lastIndex;
    put(node, KEY, "kept");
    node.endTurn();
    expect(node.group.lastIndex).toBe(leading + 1);
    node.settle();
    expect(node.storage.get(GROUP, KEY, "anywhere")).toBe("kept");
  });

  test("a turn without writes proposes nothing, one that only fixes the time does", () => {
    const node = new KvNode();
    const before = node.group.lastIndex;
    node.evaluator.begin(false, 0).get(KEY);
    expect(node.evaluator.finish()).toBe(0);
    node.evaluator.begin(false, 0).put(KEY, "1");
    node.evaluator.abandon();
    node.settle();
    expect(node.group.lastIndex).toBe(before);
    node.clock.wall += 1000;
    node.evaluator.begin(false, 0).fixTime();
    expect(node.evaluator.finish()).toBeGreaterThan(0);
    node.clock.wall -= 5000;
    node.settle();
    expect(node.group.lastIndex).toBe(before + 1);
    expect(node.evaluator.nowMs).toBe(node.clock.wall + 5000);
  });

  test("the clock of entries rises under a wall clock that stands still or jumps back", () => {
    const node = new KvNode();
    const clocks: bigint[] = [];
    for (let i = 0; i < 20; i++) {
      put(node, KEY, String(i));
      node.settle();
      const { hlcMs, hlcCounter } = readPayloadHeader(node.group.payloads.get(node.group.lastIndex)!);
      clocks.push(BigInt(hlcMs) * 65536n + BigInt(hlcCounter));
      if (i % 3 === 0) node.clock.wall -= 1000;
    }
    for (let i = 1; i < clocks.length; i++) expect(clocks[i]! > clocks[i - 1]!).toBe(true);
  });

  test("the largest effects fit an entry behind a batch that is almost full", () => {
    const maxBatchBytes = 1024 * 1024;
    const node = new KvNode({ maxInFlightBytes: 1 << 30, maxBatchBytes });
    put(node, KEY, "x".repeat(900 * 1024));
    const largest = "y".repeat(16 * 1024 * 1024);
    expect(put(node, "\x20large", largest)).toBeGreaterThan(0);
    node.settle();
    for (const payload of node.group.payloads.values()) {
      expect(payload.length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES + maxBatchBytes);
    }
    expect(node.storage.get(GROUP, "\x20large", "anywhere")).toBe(largest);
  });

  test("keys that are longer than any row's have no row, and bounds of that kind are bounds", () => {
    const node = new KvNode();
    const tooLong = "\x20".padEnd(600_000, "k");
    put(node, KEY, "there");
    node.settle();
    const session = node.evaluator.begin(false, 0);
    expect(session.get(tooLong)).toBeNull();
    expect(session.header(0, tooLong)).toBeNull();
    session.delete(tooLong);
    const page = session.scan("\x20", `${tooLong}k`, { maxRows: 10, maxBytes: 1000 });
    expect(page).toMatchObject({ keys: [KEY], next: undefined });
    expect(session.scan(tooLong, `${tooLong}k`, { maxRows: 10, maxBytes: 1000 })).toMatchObject({ keys: [] });
    session.put(tooLong, "v");
    expect(node.evaluator.finish()).toBe(effectsTooLarge);
    node.settle();
  });

  test("effects beyond the limit are refused and leave nothing behind", () => {
    const node = new KvNode({ maxEffectsBytes: 16 << 20 });
    put(node, KEY, "kept");
    const session = node.evaluator.begin(false, 0);
    session.put(KEY, "lost");
    for (let i = 0; i < 17; i++) session.put(`\x20${i}`, "x".repeat(1 << 20));
    session.flushDatabases([0]);
    expect(session.get(KEY)).toBe("lost");
    expect(node.evaluator.finish()).toBe(effectsTooLarge);
    expect(node.evaluator.begin(false, 0).get(KEY)).toBe("kept");
    expect(node.evaluator.session.database(0)).toBe(0);
    node.evaluator.finish();
    node.settle();
    expect(node.storage.get(GROUP, KEY, "anywhere")).toBe("kept");
    expect(node.storage.get(GROUP, "\x200", "anywhere")).toBe(null);
  });

  test("applied batches that nothing reads are not held beyond a bound, in operations and in bytes", () => {
    for (const [count, bytes] of [
      [10_000, 10],
      [30, 1 << 20],
    ] as const) {
      const overlay = new Overlay(new RowCache(1 << 20), new Batch(1, 1024));
      for (let sequence = 1; sequence <= count; sequence++) {
        overlay.open.put(KEY, "x".repeat(bytes));
        overlay.sealed(new Batch(sequence + 1, 1024));
        overlay.committedSequence = sequence;
        overlay.applied(sequence);
        expect(overlay.backlogBytes).toBeLessThan(12 << 20);
      }
    }
  });
});

describe("pinned views", () => {
  function pin(node: KvNode): { view: PinnedView | undefined; given: boolean } {
    const pinned: { view: PinnedView | undefined; given: boolean } = { view: undefined, given: false };
    node.evaluator.pinView((view) => {
      pinned.view = view;
      pinned.given = true;
    });
    return pinned;
  }

  function keysOf(node: KvNode, view: PinnedView): string[] {
    let keys: string[] = [];
    view.scan("\x20", "\x21", { maxRows: 100, maxBytes: 1 << 20 }, (page) => (keys = page.keys));
    node.loadAll();
    return keys;
  }

  test("show all that was evaluated before, and nothing that is not applied", () => {
    const node = new KvNode();
    put(node, "\x20a", "1");
    const pinned = pin(node);
    expect(pinned.given).toBe(false);
    node.endTurn();
    node.commitAll();
    expect(pinned.given).toBe(false);
    node.apply();
    put(node, "\x20b", "1");
    node.settle();
    expect(keysOf(node, pinned.view!)).toEqual(["\x20a"]);
    pinned.view!.release();
  });

  test("judge expiry no earlier than what they show did, and no later than what they do not show", () => {
    const node = new KvNode();
    const calledMs = node.clock.wall;
    put(node, "\x20a", "1");
    const pinned = pin(node);
    node.endTurn();
    node.clock.wall += 100;
    put(node, "\x20b", "1");
    node.endTurn();
    node.clock.wall += 100;
    node.commitAll();
    put(node, "\x20c", "1");
    node.apply();
    expect(keysOf(node, pinned.view!)).toEqual(["\x20a", "\x20b"]);
    expect(pinned.view!.nowMs).toBe(calledMs + 100);
    pinned.view!.release();
  });

  test("are given at once when nothing is in flight, and not at all without leadership", () => {
    const node = new KvNode();
    put(node, "\x20a", "1");
    node.settle();
    const pinned = pin(node);
    expect(keysOf(node, pinned.view!)).toEqual(["\x20a"]);
    pinned.view!.release();
    put(node, "\x20b", "1");
    const waiting = pin(node);
    node.evaluator.following();
    expect(waiting).toEqual({ view: undefined, given: true });
    expect(pin(node)).toEqual({ view: undefined, given: true });
  });

  test("name the databases of the state they show, and count its live keys", () => {
    const node = new KvNode();
    setHeader(node, "a", 0);
    setHeader(node, "b", node.clock.wall + 10);
    node.settle();
    node.clock.wall += 10;
    const pinned = pin(node);
    let count = -1;
    pinned.view!.countKeys(0, (keys) => (count = keys));
    node.loadAll();
    expect(count).toBe(1);
    pinned.view!.release();
    node.evaluator.begin(false, 0).flushDatabases([0]);
    node.evaluator.finish();
    const flushed = pin(node);
    node.settle();
    expect(flushed.view!.database(0)).toBe(16);
    flushed.view!.countKeys(0, (keys) => (count = keys));
    node.loadAll();
    expect(count).toBe(0);
    flushed.view!.release();
  });

  test("show one state: the map of databases is that of the rows, whatever is committed above them", () => {
    const node = new KvNode();
    setHeader(node, "old", 0);
    const pinned = pin(node);
    node.endTurn();
    node.evaluator.begin(false, 0).flushDatabases([0]);
    node.evaluator.finish();
    setHeader(node, "new", 0);
    node.endTurn();
    node.commitAll();
    node.storage.stepApply(1);
    node.storage.deliver();
    const { lower, upper } = databaseRange(Space.header, pinned.view!.database(0));
    const keys: string[] = [];
    pinned.view!.scan(lower, upper, { maxRows: 9, maxBytes: 999 }, (page) => keys.push(...page.keys));
    node.loadAll();
    expect(keys.map(userKeyOfHeader)).toEqual(["old"]);
    pinned.view!.release();
  });

  test("judge expiry when they are asked for: what they do not show may have been evaluated since", () => {
    const node = new KvNode();
    setHeader(node, "a", node.clock.wall + 10);
    const pinned = pin(node);
    const askedMs = node.clock.wall;
    node.endTurn();
    // Another command finds the key alive, and then the view is given without that command's effects.
    expect(node.evaluator.begin(false, 0).header(0, "a")).toMatchObject({ rest: "v" });
    node.evaluator.abandon();
    node.clock.wall += 10;
    node.commitAll();
    node.apply();
    expect(pinned.view!.nowMs).toBe(askedMs);
    pinned.view!.release();
  });

  test("are followed by no time before theirs, so that the time they judged by can still be fixed", () => {
    const node = new KvNode();
    setHeader(node, "a", node.clock.wall + 10);
    node.settle();
    node.clock.wall += 10;
    const pinned = pin(node);
    node.clock.wall -= 1000;
    node.evaluator.begin(false, 0).fixTime();
    node.evaluator.finish();
    node.settle();
    expect(node.evaluator.nowMs).toBeGreaterThanOrEqual(pinned.view!.nowMs);
    expect(node.evaluator.begin(false, 0).header(0, "a")).toBe(null);
    pinned.view!.release();
  });
});

describe("congestion", () => {
  test("counts bytes until they are applied, and is over when half of them are", () => {
    const node = new KvNode({ maxInFlightBytes: 3000 });
    const indexes = [0, 1, 2, 3].map((i) => {
      put(node, KEY, String(i).repeat(1000));
      node.endTurn();
      return node.group.lastIndex;
    });
    let relieved = 0;
    expect(node.evaluator.congested).toBe(true);
    node.evaluator.whenRelieved(() => relieved++);
    node.commitAll();
    expect(relieved).toBe(0);
    for (const index of indexes) {
      node.storage.stepApply(1);
      node.storage.deliver();
      expect(relieved).toBe(index >= indexes[2]! ? 1 : 0);
    }
    expect(node.evaluator.inFlightBytes).toBe(0);
  });

  test("ends with leadership", () => {
    const node = new KvNode({ maxInFlightBytes: 1000 });
    put(node, KEY, "x".repeat(1000));
    node.endTurn();
    let relieved = 0;
    node.evaluator.whenRelieved(() => relieved++);
    node.evaluator.following();
    expect(relieved).toBe(1);
    expect(node.evaluator.congested).toBe(false);
  });
});

describe("leadership", () => {
  test("a refused proposal ends the evaluation: nothing of the batch was proposed", () => {
    const node = new KvNode({ maxBatchBytes: 100 });
    node.group.refuses = true;
    expect(put(node, KEY, "x".repeat(200))).toBe(effectsNotProposed);
    expect(node.evaluator.available).toBe(false);
  });

  test("comes back with the state of the log: what survived is there, what was cut is not", () => {
    const node = new KvNode();
    put(node, KEY, "survives");
    node.endTurn();
    const kept = node.group.lastIndex;
    put(node, KEY, "is cut");
    node.evaluator.begin(false, 0).flushDatabases([0]);
    node.evaluator.finish();
    node.endTurn();
    node.evaluator.following();
    node.group.cut(kept + 1);
    node.lead(2);
    expect(node.evaluator.begin(false, 0).get(KEY)).toBe("survives");
    expect(node.evaluator.session.database(0)).toBe(0);
    expect(node.evaluator.finish()).toBe(0);
    expect(put(node, KEY, "goes on")).toBeGreaterThan(0);
    node.settle();
    expect(node.storage.get(GROUP, KEY, "anywhere")).toBe("goes on");
  });

  test("a new leader's clock begins above the last one's, whatever its own says", () => {
    const node = new KvNode();
    node.clock.wall += 100_000;
    setHeader(node, "a", node.clock.wall + 50);
    node.settle();
    node.clock.wall += 60;
    node.evaluator.begin(false, 0).header(0, "a");
    node.evaluator.finish();
    node.settle();
    node.evaluator.following();
    node.clock.wall -= 200_000;
    node.lead(2);
    expect(node.evaluator.nowMs).toBe(node.clock.wall + 200_000);
    expect(node.evaluator.begin(true, 0).header(0, "a")).toBe(null);
    put(node, KEY, "1");
    node.settle();
  });
});

describe("expiry", () => {
  test("the committed view sends a reader of an expired key to the latest one, which deletes it", () => {
    const node = new KvNode();
    setHeader(node, "a", node.clock.wall + 10);
    node.settle();
    expect(node.evaluator.begin(true, 0).header(0, "a")).toMatchObject({ rest: "v" });
    node.evaluator.finish();
    node.clock.wall += 10;
    const session = node.evaluator.begin(true, 0);
    expect(session.header(0, "a")).toBe(notReady);
    expect(session.latestNeeded).toBe(true);
    node.evaluator.abandon();
    expect(node.evaluator.begin(false, 0).header(0, "a")).toBe(null);
    expect(node.evaluator.finish()).toBeGreaterThan(0);
    node.settle();
    node.clock.wall -= 1000;
    expect(node.evaluator.begin(true, 0).header(0, "a")).toBe(null);
    const { lower, upper } = databaseRange(Space.header, 0);
    expect(node.storage.scan(GROUP, { lower, upper, maxRows: 9, maxBytes: 99 }, "anywhere")).toMatchObject({
      keys: [],
    });
  });
});

test("a scan of many pages over a batch in flight shows every row once, in both directions", () => {
  const node = new KvNode();
  const prefix = "\x20s";
  const expected: string[] = [];
  for (let i = 0; i < 50; i++) {
    const key = prefix + String.fromCharCode(i * 2);
    put(node, key, "stored");
    expected.push(key);
  }
  node.settle();
  for (let i = 0; i < 50; i += 5) {
    put(node, prefix + String.fromCharCode(i * 2 + 1), "pending");
    expected.push(prefix + String.fromCharCode(i * 2 + 1));
  }
  expected.sort();
  for (const reverse of [false, true]) {
    const keys: string[] = [];
    let [lower, upper] = [prefix, prefixEnd(prefix)!];
    for (;;) {
      const page = node.evaluator
        .begin(false, 0)
        .scan(lower, upper, { maxRows: 7, maxBytes: 1 << 20, reverse });
      if (page === notReady) throw new Error("everything is in memory");
      keys.push(...page.keys);
      node.evaluator.finish();
      if (page.next === undefined) break;
      if (reverse) upper = page.next;
      else lower = page.next;
    }
    expect(reverse ? keys.reverse() : keys).toEqual(expected);
  }
});
