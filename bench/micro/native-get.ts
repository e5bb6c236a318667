// Reads of applied rows through the addon, all in memory. One operation is one row.
import { SeededRandom } from "../../src/base/index";
import { headerKey } from "../../src/storage/index";
import { userKey } from "./rows";
import { GROUP, StorageNode } from "./storage-node";
import { sink } from "./suite";
import type { MicroSuite, MicroTask } from "./suite";

const KEYS = 200_000;
const READS = 64;

function keysFrom(first: number): string[] {
  const random = new SeededRandom(13);
  return Array.from({ length: READS * 1024 }, () => headerKey(0, userKey(first + random.below(KEYS))));
}

function tasks({ storage }: StorageNode): MicroTask[] {
  const present = keysFrom(0);
  const absent = keysFrom(KEYS);
  const inTurns = (
    name: string,
    keys: readonly string[],
    read: (some: readonly string[]) => void,
  ): MicroTask => {
    let at = 0;
    return {
      name,
      operations: READS,
      run: () => {
        read(keys.slice(at, at + READS));
        at = (at + READS) % keys.length;
      },
    };
  };
  const one = (keys: readonly string[]): void => {
    for (const key of keys) if (typeof storage.get(GROUP, key, "memory") === "string") sink.sum++;
  };
  return [
    inTurns(`get, random of ${KEYS} rows`, present, one),
    inTurns("get, absent", absent, one),
    inTurns(`multiGet of ${READS}`, present, (keys) => {
      sink.sum += storage.multiGet(GROUP, keys, "memory").length;
    }),
    {
      name: `scan of ${READS} rows`,
      operations: READS,
      run: () => {
        const page = storage.scan(
          GROUP,
          { lower: "\x10", upper: "\x11", maxRows: READS, maxBytes: 1 << 20 },
          "memory",
        );
        if (typeof page !== "symbol") sink.sum += page.keys.length;
      },
    },
  ];
}

export const suite: MicroSuite = {
  name: "native-get",
  title: "Reads through the addon, a row",
  prepare: async () => {
    const node = new StorageNode("never");
    await node.fill(KEYS);
    return { tasks: tasks(node), release: () => node.release() };
  },
};
