// Applying entries to the data: from the call to the report that reads see them. The log is written before and does not
// count. One operation is one put.
import { EntryMaker } from "./rows";
import { StorageNode } from "./storage-node";
import type { MicroSuite, MicroTask } from "./suite";

const KEYS = 1_000_000;

function applying(
  name: string,
  node: StorageNode,
  maker: EntryMaker,
  puts: number,
  ascending: boolean,
): MicroTask {
  let first = 0;
  return {
    name,
    operations: puts,
    asynchronous: true,
    run: async () => {
      const index = await node.append(maker.payload(puts, ascending ? first : undefined));
      first = (first + puts) % (KEYS - puts);
      const begun = performance.now();
      await node.apply(index);
      return performance.now() - begun;
    },
  };
}

export const suite: MicroSuite = {
  name: "apply",
  title: "Apply, a put",
  prepare: () => {
    const node = new StorageNode("never");
    // One maker for all: the clock of entries rises.
    const maker = new EntryMaker(KEYS);
    return {
      tasks: [
        applying("entries of 50 puts, random keys", node, maker, 50, false),
        applying("entries of 1000 puts, random keys", node, maker, 1000, false),
        applying("entries of 1000 puts, keys in turn", node, maker, 1000, true),
      ],
      release: () => node.release(),
    };
  },
};
