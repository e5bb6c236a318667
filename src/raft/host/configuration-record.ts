// The configuration of a group as it is stored in raft_state (README.md, "Configuration record"). Pure.
import { BasaltError, ByteReader, putU16, putU64 } from "../../base/index";
import type { ConfState } from "../core/index";

const FORMAT = 1;

export function encodeConfiguration(state: ConfState): Buffer {
  const lists = [state.voters, state.votersOutgoing, state.learners, state.learnersNext];
  const bytes = Buffer.alloc(lists.reduce((sum, list) => sum + 2 + 8 * list.length, 2));
  bytes[0] = FORMAT;
  bytes[1] = state.autoLeave ? 1 : 0;
  let at = 2;
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
export function decodeConfiguration(bytes: Uint8Array): ConfState {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  const autoLeave = reader.u8();
  const list = (): number[] => Array.from({ length: reader.failed ? 0 : reader.u16() }, () => reader.u64());
  const [voters, votersOutgoing, learners, learnersNext] = [list(), list(), list(), list()];
  if (reader.failed || reader.remaining !== 0 || format !== FORMAT || autoLeave > 1) {
    throw new BasaltError(
      "CORRUPT_LOG",
      "The stored configuration of a raft group cannot be decoded. Restore this node from another copy.",
    );
  }
  return { voters, votersOutgoing, learners, learnersNext, autoLeave: autoLeave === 1 };
}
