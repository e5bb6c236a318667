// The host of a node's groups: leading, proposing, what one write costs, replay, compaction, failure, peers.
import { SeededRandom } from "../../../../src/base/index";
import { Message, MessageType } from "../../../../src/raft/core/index";
import { MemoryDisk } from "../../../../src/storage/memory/index";
import { GROUP, HostNode } from "./host-node";

describe("a single voter", () => {
  test("leads once an entry of its own term is applied, and not before", () => {
    const node = new HostNode();
    node.host.start();
    node.scheduler.endTurn();
    node.storage.stepLog();
    node.storage.syncLog();
    while (node.storage.deliver());
    node.scheduler.endTurn();
    expect(node.takeTold()).toEqual([]);
    node.settle();
    expect(node.takeTold()).toEqual(["committed 1", "applied 1", "leading 1"]);
    expect(node.group.status).toEqual({
      leading: true,
      term: 1,
      commitIndex: 1,
      appliedIndex: 1,
      persistedIndex: 0,
      lastIndex: 1,
    });
  });

  test("commits when its own log is synced and tells of it before the entry is applied", () => {
    const node = new HostNode().start();
    node.takeTold();
    expect(node.propose()).toBe(2);
    node.scheduler.endTurn();
    node.storage.stepLog();
    node.storage.deliver();
    node.scheduler.endTurn();
    expect(node.takeTold()).toEqual([]);
    node.storage.syncLog();
    node.storage.deliver();
    node.scheduler.endTurn();
    expect(node.takeTold()).toEqual(["committed 2"]);
    node.settle();
    expect(node.takeTold()).toEqual(["applied 2"]);
  });

  test("takes proposals of its term only", () => {
    const node = new HostNode();
    expect(node.propose(1)).toBe(0);
    node.start();
    expect(node.propose(2)).toBe(0);
    expect([node.propose(), node.propose()]).toEqual([2, 3]);
  });

  test("one turn's entries, of all groups, cost one log batch, and a commit costs none of its own", () => {
    const node = new HostNode(new MemoryDisk(), { groups: [1, 2, 3] }).start();
    for (let turn = 0; turn < 5; turn++) {
      const before = node.logBatches;
      for (const group of node.groups) {
        node.propose(1, group);
        node.propose(1, group);
      }
      node.settle();
      expect(node.logBatches).toBe(before + 1);
    }
    for (const group of node.groups) expect(group.status.commitIndex).toBe(11);
  });

  test("the log is busy while a batch is not synced; every sync is told, whatever was submitted meanwhile", () => {
    const node = new HostNode(new MemoryDisk(), { groups: [1, 2] }).start();
    const [first, second] = node.groups;
    const submit = (group = first!): void => {
      node.propose(1, group);
      node.scheduler.endTurn();
    };
    const sync = (): void => {
      node.storage.stepLog();
      node.storage.syncLog();
      while (node.storage.deliver());
    };
    expect(first!.logIsBusy).toBe(false);
    node.logSyncedTimes = 0;
    submit();
    node.storage.stepLog();
    // Another group's batch comes while the first one's is synced, each time.
    for (let times = 1; times <= 3; times++) {
      expect(first!.logIsBusy).toBe(true);
      submit(second);
      node.storage.syncLog();
      while (node.storage.deliver());
      expect(node.logSyncedTimes).toBe(times * node.groups.length);
      node.storage.stepLog();
    }
    sync();
    expect(first!.logIsBusy).toBe(false);
  });

  test("is restarted with what was synced, replays what was not flushed, and leads in a later term", () => {
    const node = new HostNode().start();
    node.propose();
    node.settle();
    node.storage.stepFlush();
    node.propose();
    node.settle();
    node.propose();
    node.scheduler.endTurn();
    node.storage.stepLog();
    node.storage.crash(new SeededRandom(1), { unsynced: "lost" });
    const again = new HostNode(node.disk).start();
    expect(again.takeTold().slice(-3)).toEqual(["committed 4", "applied 4", "leading 2"]);
    // The new term's first entry follows the last one that survived.
    expect(again.group.log.term(3)).toBe(1);
    expect(again.group.log.term(4)).toBe(2);
    expect(again.propose()).toBe(5);
  });

  test("a commit that was known is still stored in the end", () => {
    const node = new HostNode().start();
    for (let i = 0; i < 5; i++) {
      node.propose();
      node.settle();
    }
    const { commit } = node.storage.readLogState(GROUP).hardState;
    expect(commit).toBeGreaterThanOrEqual(5);
  });
});

describe("the log", () => {
  test("is compacted to what is applied on disk, less what is kept, and never beyond", () => {
    const node = new HostNode(new MemoryDisk(), { keepEntries: 100 }).start();
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 100; i++) node.propose();
      node.settle();
      if (round % 10 === 5) {
        node.storage.stepFlush();
        node.settle();
      }
      const { persistedIndex } = node.group.status;
      expect(node.group.log.firstIndex()).toBeLessThanOrEqual(persistedIndex + 1);
    }
    expect(node.group.log.firstIndex()).toBe(node.group.status.persistedIndex - 100 + 1);
    expect(node.storage.readLogState(GROUP).truncatedIndex).toBe(node.group.log.firstIndex() - 1);
  });

  test("that grows beyond its bytes asks for a flush of the data", () => {
    const node = new HostNode(new MemoryDisk(), { maxLogBytes: 34 * 50, keepEntries: 0 }).start();
    for (let i = 0; i < 100; i++) {
      node.propose();
      node.settle();
    }
    expect(node.storage.statistics()["dataFlushesTotal"]).toBeGreaterThanOrEqual(1);
    expect(node.group.status.persistedIndex).toBeGreaterThan(0);
  });
});

describe("large batches", () => {
  test("a turn's entries go to the log in parts, answered with the last one, the term before any of them", () => {
    const node = new HostNode().start();
    const before = node.logBatches;
    const { term } = node.group.status;
    for (let i = 0; i < 12; i++) node.group.propose(node.payload(term, 2 * 1024 * 1024), term);
    node.settle();
    expect(node.logBatches - before).toBe(3);
    expect(node.group.status).toMatchObject({ commitIndex: 13, appliedIndex: 13 });
    expect(node.storage.readLogState(GROUP).hardState.term).toBe(term);
  });

  test("a crash between the parts leaves a log that can be started from", () => {
    for (let kept = 0; kept <= 4; kept++) {
      const node = new HostNode(new MemoryDisk(), { voters: [1, 2, 3] });
      node.host.start();
      node.settle();
      const append = new Message(MessageType.app, 1);
      append.from = 2;
      append.term = 4;
      append.commit = 6;
      append.entries = Array.from({ length: 6 }, (_, i) => ({
        term: 4,
        index: i + 1,
        type: 0 as const,
        data: node.payload(4, 5 * 1024 * 1024),
      }));
      node.group.step(append);
      node.scheduler.endTurn();
      node.storage.stepLog();
      node.storage.crash(new SeededRandom(1), { unsynced: kept });
      const again = new HostNode(node.disk, { voters: [1, 2, 3] });
      const { hardState, lastIndex } = again.storage.readLogState(GROUP);
      if (lastIndex > 0) expect(hardState).toMatchObject({ term: 4 });
      expect(hardState.commit).toBeLessThanOrEqual(lastIndex);
    }
  });

  test("fragments with an entry between them, and dropped ones, hold nothing up", () => {
    const node = new HostNode().start();
    const { term } = node.group.status;
    const fragment = (number: number, flags: number): number =>
      node.group.propose(node.fragment(term, number, flags), term);
    fragment(0, 1);
    node.group.propose(Buffer.alloc(0), term);
    node.settle();
    expect(node.group.status.appliedIndex).toBe(1);
    const last = fragment(1, 3);
    node.settle();
    expect(node.group.status.appliedIndex).toBe(last);
    fragment(0, 1);
    node.settle();
    node.storage.crash(new SeededRandom(1), { unsynced: "kept" });
    const again = new HostNode(node.disk).start();
    expect(again.group.status).toMatchObject({ leading: true, appliedIndex: last + 2 });
  });
});

describe("a batch that is awaited", () => {
  test("is synced within the turn, and committed, behind a last word to others", () => {
    const node = new HostNode().start();
    node.takeTold();
    node.proposeAwaited();
    expect(node.takeTold()).toEqual(["waiting", "committed 2"]);
    node.settle();
    expect(node.takeTold()).toEqual(["applied 2"]);
    node.proposeAwaited();
    node.storage.crash(new SeededRandom(1), { unsynced: "lost" });
    expect(new HostNode(node.disk).start().group.status).toMatchObject({ appliedIndex: 4 });
  });

  test("is not waited for when only some of its entries are, or when it is large", () => {
    const node = new HostNode(new MemoryDisk(), { groups: [1, 2] }).start();
    const [first, second] = node.groups;
    node.propose(1, second);
    node.proposeAwaited(first);
    node.settle();
    node.proposeAwaited(first, 100_000);
    node.settle();
    expect(node.batchesInPlace).toBe(0);
    node.proposeAwaited(first, 10_000);
    expect(node.batchesInPlace).toBe(1);
  });

  test("is not waited for while an earlier one is under way", () => {
    const node = new HostNode().start();
    node.propose();
    node.scheduler.endTurn();
    node.proposeAwaited();
    expect(node.batchesInPlace).toBe(0);
    node.settle();
    expect(node.group.status.commitIndex).toBe(3);
    node.proposeAwaited();
    expect(node.batchesInPlace).toBe(1);
  });

  test("goes to the log thread for a while after a sync that took long, and for longer while syncs do", () => {
    const node = new HostNode().start();
    const untilInPlace = (): number => {
      const before = node.batchesInPlace;
      for (let batches = 0; ; batches++) {
        node.proposeAwaited();
        node.settle();
        if (node.batchesInPlace > before) return batches;
      }
    };
    node.syncMs = 5;
    const rests = Array.from({ length: 9 }, untilInPlace);
    expect(rests).toEqual([0, 16, 32, 64, 128, 256, 512, 1024, 1024]);
    node.syncMs = 0.3;
    expect([untilInPlace(), untilInPlace()]).toEqual([1024, 0]);
    node.syncMs = 5;
    expect([untilInPlace(), untilInPlace()]).toEqual([0, 16]);
  });

  test("is not waited for on a node of which a group has other members", () => {
    const node = new HostNode();
    node.host.openGroup(2, [1, 2]);
    node.start();
    expect(node.group.status.leading).toBe(true);
    node.proposeAwaited();
    expect(node.batchesInPlace).toBe(0);
    node.settle();
    expect(node.group.status.commitIndex).toBe(2);
  });

  test("is synced in place under fsync never, too", () => {
    const node = new HostNode(new MemoryDisk(), { fsync: "never" }).start();
    node.proposeAwaited();
    expect(node.batchesInPlace).toBe(1);
    expect(node.group.status.commitIndex).toBe(2);
  });

  test("waits for the log thread where that has something to do", () => {
    const node = new HostNode().start();
    node.storage["driver"].mayWriteInPlace = () => false;
    node.takeTold();
    node.proposeAwaited();
    expect(node.takeTold()).toEqual(["waiting"]);
    expect(node.group.logIsBusy).toBe(true);
    node.settle();
    expect(node.takeTold()).toEqual(["committed 2", "applied 2"]);
  });

  for (const operation of ["logWrite", "logSync"] as const) {
    test(`is not committed when the disk fails (${operation})`, () => {
      const node = new HostNode().start();
      node.takeTold();
      node.disk.failing.add(operation);
      node.proposeAwaited();
      expect(node.takeTold()).toEqual(["waiting"]);
      node.settle();
      expect(node.takeTold()).toEqual([
        "following",
        expect.stringContaining(`The disk failed (${operation})`),
      ]);
    });
  }
});

describe("a failing disk", () => {
  for (const operation of ["logWrite", "logSync", "dataWrite", "dataFlush"] as const) {
    test(`(${operation}) ends everything, once`, () => {
      const node = new HostNode().start();
      node.takeTold();
      node.disk.failing.add(operation);
      node.propose();
      node.scheduler.endTurn();
      if (operation === "dataFlush") node.storage.flush();
      node.settle();
      const told = node.takeTold();
      expect(told.slice(-2)).toEqual([
        "following",
        expect.stringContaining(`The disk failed (${operation})`),
      ]);
      expect(told.filter((word) => word === "following")).toHaveLength(1);
      if (operation.startsWith("log")) expect(told).not.toContain("committed 2");
      expect(node.propose(1)).toBe(0);
      node.scheduler.pass(10_000);
      node.settle();
      expect(node.takeTold()).toEqual([]);
      expect(node.group.status.leading).toBe(false);
    });
  }

  test("after a stop it is still told, once", () => {
    const node = new HostNode().start();
    node.takeTold();
    node.propose();
    node.scheduler.endTurn();
    node.host.stop();
    node.disk.failing.add("logSync");
    node.settle();
    node.host.failed(new Error("again"));
    expect(node.takeTold()).toEqual(["following", expect.stringContaining("The disk failed (logSync)")]);
  });

  test("a host that was stopped does nothing more", () => {
    const node = new HostNode().start();
    node.host.stop();
    node.propose();
    const before = node.logBatches;
    node.scheduler.pass(10_000);
    node.settle();
    expect(node.logBatches).toBe(before);
  });
});

describe("with peers", () => {
  test("a follower answers its leader when what it was sent is synced", () => {
    const node = new HostNode(new MemoryDisk(), { voters: [1, 2, 3] });
    node.host.start();
    node.settle();
    const append = new Message(MessageType.app, 1);
    append.from = 2;
    append.term = 1;
    append.entries = [{ term: 1, index: 1, type: 0, data: node.payload(1) }];
    node.group.step(append);
    node.scheduler.endTurn();
    node.storage.stepLog();
    node.storage.deliver();
    expect(node.takeSent()).toEqual([]);
    node.settle();
    expect(node.takeSent()).toMatchObject([{ type: MessageType.appResp, to: 2, index: 1, reject: false }]);
    expect(node.propose(1)).toBe(0);
    expect(node.takeTold()).toEqual([]);
  });

  test("three hosts elect a leader, agree, and replace one that is gone", () => {
    const nodes = [1, 2, 3].map((nodeId) => new HostNode(new MemoryDisk(), { nodeId, voters: [1, 2, 3] }));
    const gone = new Set<HostNode>();
    const run = (until: () => boolean): void => {
      for (let round = 0; round < 400 && !until(); round++) {
        for (const node of nodes) {
          if (gone.has(node)) continue;
          node.scheduler.pass(50);
          node.settle();
        }
        for (const node of nodes) {
          for (const message of node.takeSent()) {
            const target = nodes[message.to - 1]!;
            if (!gone.has(node) && !gone.has(target)) target.group.step(message);
          }
        }
      }
      expect(until()).toBe(true);
    };
    const leader = (): HostNode | undefined =>
      nodes.find((node) => !gone.has(node) && node.group.status.leading);
    for (const node of nodes) node.host.start();
    run(() => leader() !== undefined);
    const first = leader()!;
    const index = first.propose();
    run(() => nodes.every((node) => node.group.status.appliedIndex >= index));
    gone.add(first);
    run(() => leader() !== undefined);
    const second = leader()!;
    expect(second.group.status.term).toBeGreaterThan(first.group.status.term);
    const next = second.propose();
    run(() => nodes.every((node) => gone.has(node) || node.group.status.appliedIndex >= next));
    gone.delete(first);
    run(() => nodes.every((node) => node.group.status.appliedIndex >= next));
    expect(first.group.status.leading).toBe(false);
    expect(first.told).toContain("following");
    for (let at = 1; at <= next; at++) {
      expect(new Set(nodes.map((node) => node.group.log.term(at))).size).toBe(1);
    }
  });
});
