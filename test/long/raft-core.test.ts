// The core's memory is flat: what millions of proposals leave behind is what the first ones did.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { WiredNodes } from "../../bench/micro/wired-nodes";

const PAYLOAD = Buffer.alloc(200, 0x61);
const PROPOSALS = 1_000_000;
const A_ROUND = 32;
/** What is held now and then between two compactions of the log is more than this. */
const SLACK_BYTES = 8 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test.each([1, 3])("millions of proposals through %i raw nodes leave no memory behind", (nodes) => {
  const wired = new WiredNodes(nodes);
  const heapAfter = (proposals: number): number => {
    for (let done = 0; done < proposals; done += A_ROUND) {
      for (let i = 0; i < A_ROUND; i++) wired.leader.propose(PAYLOAD);
      wired.settle();
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const first = heapAfter(PROPOSALS);
  const later = heapAfter(PROPOSALS * 3);
  expect(later).toBeLessThan(first + SLACK_BYTES);
});
