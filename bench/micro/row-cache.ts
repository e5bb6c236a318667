// The hot-row cache: hits among many rows, misses, filling beyond its size. One operation is one row. Rows are found by the
// bytes of their key, as a GET finds them, and taken in as storage gives them.
import { SeededRandom } from "../../src/base/index";
import { RowCache } from "../../src/kv/row-table";
import { ValueEncoding, ValueType, encodeValueHeader } from "../../src/storage/index";
import { userKey } from "./rows";
import { sink } from "./suite";
import type { MicroSuite, MicroTask } from "./suite";

const READS = 256;
const KEY_BYTES = userKey(0).length;
const VALUE = "v".repeat(64);

const ROW = encodeValueHeader({
  type: ValueType.string,
  encoding: ValueEncoding.inline,
  expiryMs: 0,
  versionMs: 1_700_000_000_000,
  versionCounter: 0,
  length: VALUE.length,
  rest: VALUE,
});

/** Keys as bytes, in one buffer, in random order. */
function shuffledKeys(keys: number, from = 0): Buffer {
  const random = new SeededRandom(11);
  const bytes = Buffer.alloc(keys * KEY_BYTES);
  for (let at = 0; at < keys; at++) bytes.write(userKey(from + random.below(keys)), at * KEY_BYTES, "latin1");
  return bytes;
}

function reading(name: string, keys: number, from: number): MicroTask {
  const cache = new RowCache(Infinity);
  for (let key = 0; key < keys; key++) cache.headers.loaded(0, userKey(key), ROW, 0);
  const asked = shuffledKeys(keys, from);
  let at = 0;
  return {
    name,
    operations: READS,
    run: () => {
      const { headers } = cache;
      for (let read = 0; read < READS; read++) {
        if (headers.find(0, asked, at, at + KEY_BYTES) !== undefined) sink.sum++;
        at += KEY_BYTES;
        if (at === asked.length) at = 0;
      }
    },
  };
}

function filling(): MicroTask {
  const cache = new RowCache(8 * 1024 * 1024);
  const asked = shuffledKeys(200_000);
  let at = 0;
  return {
    name: "fill a cache of 8 MiB with 200,000 keys",
    operations: READS,
    run: () => {
      const { headers } = cache;
      for (let write = 0; write < READS; write++) {
        headers.loaded(0, asked.toString("latin1", at, at + KEY_BYTES), ROW, 0);
        at += KEY_BYTES;
        if (at === asked.length) at = 0;
      }
      cache.rotateWhenFull(0);
    },
  };
}

export const suite: MicroSuite = {
  name: "row-cache",
  title: "Hot-row cache, a row",
  prepare: () => ({
    tasks: [
      reading("hit, of 1,000 rows", 1000, 0),
      reading("hit, of 100,000 rows", 100_000, 0),
      reading("miss, beside 100,000 rows", 100_000, 1_000_000),
      filling(),
    ],
  }),
};
