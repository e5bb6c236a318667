// The face of the core: what a host may rely on, with one voter for the most part.
import {
  APPEND_THREAD,
  APPLY_THREAD,
  EMPTY_CONF_STATE,
  EntryType,
  MemoryRaftStorage,
  Message,
  MessageType,
  RawNode,
} from "../../../../src/raft/core/index";
import type { RaftConfig, Ready } from "../../../../src/raft/core/index";

function storageOf(...voters: number[]): MemoryRaftStorage {
  const storage = new MemoryRaftStorage();
  const confState = { ...EMPTY_CONF_STATE, voters };
  storage.applySnapshot({ index: 5, term: 1, confState, data: null });
  return storage;
}

function configOf(storage: MemoryRaftStorage, more: Partial<RaftConfig> = {}): RaftConfig {
  return {
    id: 1,
    electionTicks: 10,
    heartbeatTicks: 2,
    storage,
    applied: 5,
    maxInflightMessages: 10,
    random: { below: () => 0 },
    ...more,
  };
}

function data(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/** Does a Ready as a synchronous host; returns the payloads that were applied. */
function doReady(node: RawNode, storage: MemoryRaftStorage): string[] {
  const { hardState, entries, committedEntries } = node.ready();
  if (hardState !== null) storage.setHardState(hardState);
  storage.append(entries);
  node.advance();
  return committedEntries.map((entry) => Buffer.from(entry.data ?? []).toString());
}

function settle(node: RawNode, storage: MemoryRaftStorage): string[] {
  const applied: string[] = [];
  while (node.hasReady()) applied.push(...doReady(node, storage));
  return applied;
}

/** Does the storage messages of a Ready at once, in their order. */
function doStorageWork(node: RawNode, storage: MemoryRaftStorage, ready: Ready): string[] {
  const applied: string[] = [];
  for (const message of ready.messages) {
    if (message.to === APPEND_THREAD) {
      const { term, vote, commit } = message;
      if (term !== 0) storage.setHardState({ term, vote, commit });
      storage.append(message.entries);
    } else if (message.to === APPLY_THREAD) {
      applied.push(...message.entries.map((entry) => Buffer.from(entry.data ?? []).toString()));
    }
    for (const response of message.responses) node.step(response);
  }
  return applied;
}

test("a single voter elects itself, commits and applies", () => {
  const storage = storageOf(1);
  const node = new RawNode(configOf(storage));
  expect(node.hasReady()).toBe(false);
  expect(node.propose(data("early"))).toBe("dropped");
  node.campaign();
  expect(node.isLeader).toBe(false);
  expect(settle(node, storage)).toEqual([""]);
  expect(node.isLeader).toBe(true);
  expect(node.propose(data("a"))).toBe("ok");
  const first = node.lastIndex;
  expect(node.propose(data("b"))).toBe("ok");
  expect(node.lastIndex).toBe(first + 1);
  expect(settle(node, storage)).toEqual(["a", "b"]);
  expect([node.committed, node.applied]).toEqual([first + 1, first + 1]);
});

test("asynchronous storage applies the same, and only what is stored", () => {
  const storage = storageOf(1);
  const node = new RawNode(configOf(storage, { asyncStorageWrites: true }));
  node.campaign();
  const applied: string[] = [];
  for (let turn = 0; turn < 4; turn++) applied.push(...doStorageWork(node, storage, node.ready()));
  node.propose(data("a"));
  node.propose(data("b"));
  const write = node.ready();
  expect(write.committedEntries).toEqual([]);
  expect(node.hasReady()).toBe(false);
  expect(write.messages.map(({ to }) => to)).toEqual([APPEND_THREAD]);
  applied.push(...doStorageWork(node, storage, write));
  const apply = node.ready();
  expect(apply.mustSync).toBe(false);
  applied.push(...doStorageWork(node, storage, apply));
  expect(applied).toEqual(["", "a", "b"]);
  expect(node.hasReady()).toBe(false);
});

test("what is queued after a Ready does not slip into its responses", () => {
  // Found by the property tests: the responses of a write that only moves the commit index were the very array that the
  // core went on filling, so that later appends were acknowledged before they were written.
  const storage = storageOf(1, 2);
  const node = new RawNode(configOf(storage, { asyncStorageWrites: true }));
  const heartbeat = (commit: number) => {
    const message = new Message(MessageType.heartbeat, 1);
    Object.assign(message, { from: 2, term: 1, commit });
    return message;
  };
  const append = (index: number) => {
    const message = new Message(MessageType.app, 1);
    const entries = [{ term: 1, index: index + 1, type: EntryType.normal, data: data("x") }];
    Object.assign(message, { from: 2, term: 1, index, logTerm: 1, entries });
    return message;
  };
  node.step(append(5));
  doStorageWork(node, storage, node.ready());
  node.step(heartbeat(6));
  const commitOnly = node.ready();
  const write = commitOnly.messages.find(({ to }) => to === APPEND_THREAD)!;
  const before = write.responses.length;
  node.step(append(6));
  expect(write.responses).toHaveLength(before);
});

test("a restart goes on behind what was applied", () => {
  const storage = storageOf(1);
  const first = new RawNode(configOf(storage));
  first.campaign();
  settle(first, storage);
  for (const text of ["a", "b", "c"]) first.propose(data(text));
  settle(first, storage);
  const again = new RawNode(configOf(storage, { applied: first.applied - 1 }));
  expect([again.term, again.lastIndex, again.isLeader]).toEqual([first.term, first.lastIndex, false]);
  expect(settle(again, storage)).toEqual(["c"]);
  again.campaign();
  expect(settle(again, storage)).toEqual([""]);
  expect(again.term).toBe(first.term + 1);
});

test("a Ready is handed out once, and must be advanced before the next", () => {
  const storage = storageOf(1);
  const node = new RawNode(configOf(storage));
  node.campaign();
  const ready = node.ready();
  expect(ready.softState).toEqual({ leader: 0, state: 1 });
  expect(ready.mustSync).toBe(true);
  expect(() => node.ready()).toThrow("a Ready is advanced");
});

test("messages that cannot come from outside are refused", () => {
  const node = new RawNode(configOf(storageOf(1, 2)));
  const from = (type: MessageType, id: number) => {
    const message = new Message(type, 1);
    message.from = id;
    return message;
  };
  expect(node.step(from(MessageType.hup, 2))).toBe("localMessage");
  expect(node.step(from(MessageType.storageApply, 2))).toBe("localMessage");
  expect(node.step(from(MessageType.appResp, 3))).toBe("peerNotFound");
  expect(node.step(from(MessageType.heartbeatResp, 2))).toBe("ok");
});

test("a change that could never be applied becomes an empty entry", () => {
  const storage = storageOf(1);
  const node = new RawNode(configOf(storage));
  node.campaign();
  settle(node, storage);
  const removeOnlyVoter = { transition: 0, changes: [{ type: 1, nodeId: 1 }], context: null } as const;
  expect(node.proposeConfChange(removeOnlyVoter)).toBe("ok");
  const { entries } = node.ready();
  expect(entries.map(({ type, data: bytes }) => [type, bytes])).toEqual([[EntryType.normal, null]]);
});

test("ticks bring an election when the timeout has passed, and heartbeats from a leader", () => {
  const storage = storageOf(1);
  const node = new RawNode(configOf(storage));
  for (let ticks = 0; ticks < 9; ticks++) node.tick();
  expect(node.hasReady()).toBe(false);
  node.tick();
  settle(node, storage);
  expect(node.isLeader).toBe(true);
});

test("the status shows everybody's progress on the leader", () => {
  const storage = storageOf(1);
  const node = new RawNode(configOf(storage));
  expect(node.status().progress.size).toBe(0);
  node.campaign();
  settle(node, storage);
  const { isVoter, committed, configuration, progress } = node.status();
  expect([isVoter, committed, configuration.voters]).toEqual([true, 6, [1]]);
  expect(progress.get(1)).toMatchObject({ match: 6, state: "replicate", paused: false });
});

test.each<[string, Partial<RaftConfig>]>([
  ["its id must be", { id: 0 }],
  ["its id must be", { id: 1.5 }],
  ["the heartbeat must be", { heartbeatTicks: 0 }],
  ["the election timeout must exceed", { electionTicks: 2 }],
  ["at least one message", { maxInflightMessages: 0 }],
  ["the bytes in flight", { maxMessageBytes: 10, maxInflightBytes: 9 }],
  ["lease-based reads need", { readOnly: "leaseBased" }],
])("options that cannot work are refused: %s", (reason, options) => {
  expect(() => new RawNode(configOf(storageOf(1), options))).toThrow(reason);
});

test("a stored commit index outside of the log stops the start", () => {
  const storage = storageOf(1);
  storage.setHardState({ term: 1, vote: 1, commit: 9 });
  expect(() => new RawNode(configOf(storage))).toThrow("out of the log");
});
