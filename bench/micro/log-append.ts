// Appending to the raft log: from the call to the report that it is durable, entry after entry. One operation is one entry;
// with the sync it is the disk that is measured.
import { EntryMaker } from "./rows";
import { StorageNode } from "./storage-node";
import type { MicroSuite, MicroTask } from "./suite";

const KEYS = 100_000;

function appending(name: string, node: StorageNode, puts: number): MicroTask {
  const payload = new EntryMaker(KEYS).payload(puts);
  return {
    name,
    operations: 1,
    asynchronous: true,
    run: async () => {
      await node.append(payload);
    },
  };
}

export const suite: MicroSuite = {
  name: "log-append",
  title: "Log append, an entry",
  prepare: () => {
    const synced = new StorageNode("always");
    const unsynced = new StorageNode("never");
    return {
      tasks: [
        appending("1 put, synced", synced, 1),
        appending("50 puts, synced", synced, 50),
        appending("1000 puts, synced", synced, 1000),
        appending("1 put, not synced", unsynced, 1),
        appending("50 puts, not synced", unsynced, 50),
        appending("1000 puts, not synced", unsynced, 1000),
      ],
      release: async () => {
        await synced.release();
        await unsynced.release();
      },
    };
  },
};
