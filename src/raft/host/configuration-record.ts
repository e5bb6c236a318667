// The configuration of a group as it is stored in raft_state (README.md, "Configuration record"), with the index of the
// entry that made it. Pure.
import { BasaltError, ByteReader, putU16, putU64 } from "../../base/index";
import type { ConfState, LogIndex } from "../core/index";

/** Format 1 had no index: it was written before configurations could change. */
const FIRST_FORMAT = 1;
const FORMAT = 2;

export interface StoredConfiguration {
  readonly state: ConfState;
  /** The entry by which it came about; 0 for the initial one. */
  readonly index: LogIndex;
}

export function encodeConfiguration({ state, index }: StoredConfiguration): Buffer {
  const lists = [state.voters, state.votersOutgoing, state.learners, state.learnersNext];
  const bytes = Buffer.alloc(lists.reduce((sum, list) => sum + 2 + 8 * list.length, 10));
  bytes[0] = FORMAT;
  bytes[1] = state.autoLeave ? 1 : 0;
  putU64(bytes, 2, index);
  let at = 10;
  for (const list of lists) {
    putU16(bytes, at, list.length);
    at += 2;
    for (const id of list) {
      putU64(bytes, at, id);
      at += 8;
    }
  }
  return bytes;
}

/** Throws BasaltError CORRUPT_LOG. */
export function decodeConfiguration(bytes: Uint8Array): StoredConfiguration {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  const autoLeave = reader.u8();
  const index = format === FIRST_FORMAT ? 0 : reader.u64();
  const list = (): number[] => Array.from({ length: reader.failed ? 0 : reader.u16() }, () => reader.u64());
  const [voters, votersOutgoing, learners, learnersNext] = [list(), list(), list(), list()];
  const known = format === FORMAT || format === FIRST_FORMAT;
  if (reader.failed || reader.remaining !== 0 || !known || autoLeave > 1) {
    throw new BasaltError(
      "CORRUPT_LOG",
      "The stored configuration of a raft group cannot be decoded. Restore this node from another copy.",
    );
  }
  return { state: { voters, votersOutgoing, learners, learnersNext, autoLeave: autoLeave === 1 }, index };
}
