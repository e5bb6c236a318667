// The value of a raft_log row (README.md, "Log entry"): format, type, term, payload, CRC32C over the row's key and all
// before it. The native log thread writes and checks the same bytes; this codec serves the in-memory twin and tools.
// Frozen at format 1, golden vectors in test/unit/storage/log-entry.test.ts and native/test.
import { BasaltError, crc32c, getU32, getU64, putU32, putU64 } from "../base/index";
import type { StoredEntry } from "./types";

export const LOG_ENTRY_FORMAT = 1;
const HEAD_BYTES = 10;
const CRC_BYTES = 4;

/** The raft_log key: group u32 ‖ index u64. */
export function logEntryKey(group: number, index: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  putU32(key, 0, group);
  putU64(key, 4, index);
  return key;
}

export function encodeLogEntry(group: number, entry: StoredEntry): Buffer {
  const { payload } = entry;
  const value = Buffer.allocUnsafe(HEAD_BYTES + payload.length + CRC_BYTES);
  value[0] = LOG_ENTRY_FORMAT;
  value[1] = entry.type;
  putU64(value, 2, entry.term);
  value.set(payload, HEAD_BYTES);
  const end = HEAD_BYTES + payload.length;
  putU32(value, end, crc32c(value, 0, end, crc32c(logEntryKey(group, entry.index))));
  return value;
}

/** Throws BasaltError CORRUPT_LOG. The payload is a view into `value`. */
export function decodeLogEntry(group: number, index: number, value: Uint8Array): StoredEntry {
  const end = value.length - CRC_BYTES;
  if (end < HEAD_BYTES || value[0] !== LOG_ENTRY_FORMAT) throw corrupt(group, index, "its format is unknown");
  if (getU32(value, end) !== crc32c(value, 0, end, crc32c(logEntryKey(group, index)))) {
    throw corrupt(group, index, "its checksum does not match");
  }
  return { index, type: value[1]!, term: getU64(value, 2), payload: value.subarray(HEAD_BYTES, end) };
}

function corrupt(group: number, index: number, what: string): BasaltError {
  return new BasaltError(
    "CORRUPT_LOG",
    `Entry ${index} of group ${group} in the raft log is damaged (${what}); the node did not start from it. ` +
      "Restore this node from another copy.",
  );
}
