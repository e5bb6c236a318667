// Packing: what a write costs on its way into the payload of a log entry and into the log thread's batch. One operation is
// one put, one delete, or one entry.
import { Batch } from "../../src/kv/batch";
import { HybridClock } from "../../src/kv/hybrid-clock";
import {
  LogBatch,
  PAYLOAD_HEADER_BYTES,
  elementPrefix,
  hashedSubKey,
  headerKey,
  versionBytes,
} from "../../src/storage/index";
import { TERM, stringHeader, userKey } from "./rows";
import type { MicroSuite, MicroTask } from "./suite";

const PUTS = 128;
const BATCH_BYTES = 64 * 1024;

/** Fills batches of 128 operations, sealing each. */
function packing(name: string, put: (batch: Batch, at: number) => void): MicroTask {
  const hlc = new HybridClock({ monotonicMs: () => 0, wallMs: () => 1_700_000_000_000 });
  return {
    name,
    operations: PUTS,
    run: () => {
      const batch = new Batch(1, BATCH_BYTES);
      for (let at = 0; at < PUTS; at++) put(batch, at);
      batch.seal(TERM, 0, hlc, Infinity);
    },
  };
}

function tasks(): MicroTask[] {
  const keys = Array.from({ length: PUTS }, (_, at) => userKey(at));
  const headerKeys = keys.map((key) => headerKey(0, key));
  const prefix = elementPrefix(0, "hash", versionBytes(1_700_000_000_000, 0));
  const elementKeys = keys.map((key) => prefix + hashedSubKey(key));
  const value = "v".repeat(64);
  const header = stringHeader(value);
  const request = Buffer.from(`${keys[0]}${value}`);
  const kilobyte = Buffer.concat([Buffer.from(keys[0]!), Buffer.alloc(1024, 0x61)]);
  const keyEnd = keys[0]!.length;
  const log = new LogBatch();
  const payload = Buffer.alloc(PAYLOAD_HEADER_BYTES + 100);
  return [
    packing("string of 64 B, out of the request", (batch) =>
      batch.putInlineString(0, request, 0, keyEnd, request, keyEnd, request.length, 0, 1_700_000_000_000, 0),
    ),
    packing("string of 1 KiB, out of the request", (batch) =>
      batch.putInlineString(
        0,
        kilobyte,
        0,
        keyEnd,
        kilobyte,
        keyEnd,
        kilobyte.length,
        0,
        1_700_000_000_000,
        0,
      ),
    ),
    packing("header row with 64 B", (batch, at) => batch.putHeader(headerKeys[at]!, header)),
    packing("header row, its key built as well", (batch, at) =>
      batch.putHeader(headerKey(0, keys[at]!), header),
    ),
    packing("element of 64 B", (batch, at) => batch.put(elementKeys[at]!, value)),
    packing("deletion", (batch, at) => batch.delete(headerKeys[at]!)),
    {
      name: "log batch, an entry",
      operations: PUTS,
      run: () => {
        log.clear();
        for (let at = 0; at < PUTS; at++) log.append(1, at + 1, TERM, 0, payload);
      },
    },
  ];
}

export const suite: MicroSuite = {
  name: "packing",
  title: "Packing, an operation of an entry",
  prepare: () => ({ tasks: tasks() }),
};
