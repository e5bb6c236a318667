// Overlay and row cache: one test for each way in which a row in memory could have told something else than the log does.
import { prefixEnd } from "../../../src/base/index";
import type { ByteString } from "../../../src/base/index";
import { notReady } from "../../../src/kv/index";
import {
  Space,
  ValueEncoding,
  ValueType,
  databaseRange,
  elementPrefix,
  versionBytes,
} from "../../../src/storage/index";
import { KvNode } from "./kv-node";

const PREFIX = elementPrefix(0, "k", versionBytes(1, 1));
const END = prefixEnd(PREFIX)!;
const KEY = PREFIX + "field";

function get(node: KvNode, key: ByteString, committed: boolean): ByteString | null {
  const value = node.evaluator.begin(committed, 3).get(key);
  if (value === notReady) throw new Error("a read that may block is answered");
  node.evaluator.finish();
  return value;
}

function write(node: KvNode, ...writes: ((node: KvNode) => void)[]): void {
  node.evaluator.begin(false, 0);
  for (const one of writes) one(node);
  node.evaluator.finish();
}

const put =
  (key: ByteString, value: ByteString) =>
  ({ evaluator }: KvNode): void =>
    evaluator.session.put(key, value);

const removeRange =
  (lower: ByteString, upper: ByteString) =>
  ({ evaluator }: KvNode): void =>
    evaluator.session.deleteRange(lower, upper);

const putHeader =
  (database: number, userKey: ByteString, rest: ByteString) =>
  ({ evaluator: { session } }: KvNode): void =>
    session.putHeader(database, userKey, {
      type: ValueType.string,
      encoding: ValueEncoding.inline,
      expiryMs: 0,
      ...session.newVersion(),
      length: rest.length,
      rest,
    });

function header(node: KvNode, userKey: ByteString, committed: boolean): ByteString | null {
  const found = node.evaluator.begin(committed, 3).header(0, userKey);
  if (found === notReady) throw new Error("a read that may block is answered");
  node.evaluator.finish();
  return found === null ? null : found.rest;
}

/** With hotRowsBytes 0 every applied batch ages the rows in memory, so that two of them forget what is not used. */
function forget(node: KvNode): void {
  for (const other of ["x", "y", "z"]) {
    write(node, put(`\x20${other}`, "1"));
    expect(get(node, `\x20${other}`, false)).toBe("1");
    node.settle();
  }
}

test("a row that a committed read loads does not come back above a range deletion in flight", () => {
  const node = new KvNode({ hotRowsBytes: 0 });
  write(node, put(KEY, "old"));
  node.settle();
  forget(node);
  write(node, removeRange(PREFIX, END));
  node.endTurn();
  expect(get(node, KEY, false)).toBe(null);
  expect(get(node, KEY, true)).toBe("old");
  expect(get(node, KEY, false)).toBe(null);
});

test("an applied range deletion takes the rows under a newer, uncommitted one, too", () => {
  const node = new KvNode();
  write(node, put(KEY, "old"));
  node.settle();
  expect(get(node, KEY, false)).toBe("old");
  write(node, removeRange(PREFIX, END));
  node.endTurn();
  const deletion = node.group.lastIndex;
  write(node, put(KEY, "new"));
  node.endTurn();
  expect(get(node, KEY, false)).toBe("new");
  node.commit(deletion);
  node.apply();
  expect(get(node, KEY, true)).toBe(null);
  expect(get(node, KEY, false)).toBe("new");
});

test("the same of headers", () => {
  const node = new KvNode();
  write(node, putHeader(0, "k", "old"));
  node.settle();
  expect(header(node, "k", false)).toBe("old");
  const { lower, upper } = databaseRange(Space.header, 0);
  write(node, removeRange(lower, upper));
  node.endTurn();
  const deletion = node.group.lastIndex;
  write(node, putHeader(0, "k", "new"));
  node.endTurn();
  expect(header(node, "k", false)).toBe("new");
  node.commit(deletion);
  node.apply();
  expect(header(node, "k", true)).toBe(null);
  expect(header(node, "k", false)).toBe("new");
});

test("an applied range deletion leaves a newer row whose older form stands in the older generation", () => {
  const node = new KvNode({ hotRowsBytes: 600 });
  write(node, putHeader(0, "k", "old"));
  node.settle();
  expect(header(node, "k", false)).toBe("old");
  // Fills the young generation until "k" stands in the old one.
  for (const other of ["x", "y"]) {
    write(node, putHeader(1, other, "1"));
    expect(node.evaluator.begin(false, 0).header(1, other)).not.toBe(null);
  }
  node.settle();
  const { lower, upper } = databaseRange(Space.header, 0);
  write(node, removeRange(lower, upper));
  node.endTurn();
  const deletion = node.group.lastIndex;
  write(node, putHeader(0, "k", "new"));
  node.endTurn();
  node.commitAll();
  // Indexed when it is committed already.
  expect(header(node, "k", false)).toBe("new");
  node.storage.stepApply(1);
  node.storage.deliver();
  expect(node.appliedIndex).toBe(deletion);
  expect(header(node, "k", false)).toBe("new");
});

describe("a load that is overtaken is not kept", () => {
  class LoadingNode extends KvNode {
    inMemory = true;
    report: (() => void) | undefined;

    constructor() {
      super({ hotRowsBytes: 0, isInMemory: () => this.inMemory });
      write(this, put(KEY, "old"));
      this.settle();
      forget(this);
      // Loads read when they are asked for and report when the test says so.
      const { storage } = this;
      storage.loadMany = (group, keys, done) => {
        const values = storage.multiGet(group, keys, "anywhere").map((value) => value as ByteString | null);
        this.report = () => done(values);
      };
    }

    /** A read of KEY that finds it on disk only. */
    load(committed: boolean): void {
      this.inMemory = false;
      expect(this.evaluator.begin(committed, 0).get(KEY)).toBe(notReady);
      this.evaluator.loadThen(() => undefined);
      this.endTurn();
      this.inMemory = true;
    }

    /** Everything in flight is applied and then forgotten, still before the load reports. */
    overtake(): void {
      this.settle();
      forget(this);
      this.report!();
    }
  }

  test("by a put", () => {
    const node = new LoadingNode();
    node.load(false);
    write(node, put(KEY, "new"));
    node.settle();
    node.report!();
    expect(get(node, KEY, false)).toBe("new");
  });

  test("by a put that is forgotten", () => {
    const node = new LoadingNode();
    node.load(false);
    write(node, put(KEY, "new"));
    node.overtake();
    expect(get(node, KEY, false)).toBe("new");
  });

  test("by a put that was in flight when the committed view asked for it", () => {
    const node = new LoadingNode();
    for (const key of [KEY, "\x20x", "\x20y"]) {
      write(node, put(key, "new"));
      node.endTurn();
    }
    node.load(true);
    // Entry by entry, so that what the load missed is forgotten without a trace of a later batch.
    while (node.committedIndex < node.group.lastIndex) {
      node.commit(node.committedIndex + 1);
      node.apply();
    }
    node.report!();
    expect(get(node, KEY, false)).toBe("new");
  });

  test("by a range deletion that leaves no row behind", () => {
    const node = new LoadingNode();
    node.load(false);
    write(node, removeRange(PREFIX, END));
    expect(get(node, KEY, false)).toBe(null);
    node.settle();
    node.report!();
    expect(get(node, KEY, false)).toBe(null);
  });

  test("by a change of leadership", () => {
    const node = new LoadingNode();
    node.load(false);
    write(node, put(KEY, "new"));
    node.endTurn();
    node.evaluator.following();
    node.lead(2);
    node.report!();
    expect(get(node, KEY, false)).toBe("new");
  });

  test("and one that nothing overtakes is", () => {
    const node = new LoadingNode();
    node.load(false);
    node.report!();
    node.inMemory = false;
    expect(node.evaluator.begin(false, 0).get(KEY)).toBe("old");
  });
});
