// The sizes by which messages and turns are bounded. The encoded size is that of raftpb.Entry in protobuf: every limit
// then cuts where etcd's cuts, which the traces show, and it is close to what any wire or disk format needs. The payload
// size is the data alone: an empty entry counts nothing and can therefore never be refused.
import { varintLength } from "../../../base/index";
import type { Entry } from "../types";

export function encodedSize(entry: Entry): number {
  const data = entry.data;
  // One byte of tag each for type, term and index; the type itself fits one byte.
  const header = 4 + varintLength(entry.term) + varintLength(entry.index);
  return data === null ? header : header + 1 + varintLength(data.length) + data.length;
}

export function encodedSizeOf(entries: readonly Entry[]): number {
  let size = 0;
  for (let at = 0; at < entries.length; at++) size += encodedSize(entries[at]!);
  return size;
}

export function payloadSizeOf(entries: readonly Entry[]): number {
  let size = 0;
  for (let at = 0; at < entries.length; at++) {
    const data = entries[at]!.data;
    if (data !== null) size += data.length;
  }
  return size;
}

/** How many of the first entries fit into `maxBytes` together; at least one if there is one. */
export function countWithin(entries: readonly Entry[], maxBytes: number): number {
  let size = 0;
  for (let at = 0; at < entries.length; at++) {
    size += encodedSize(entries[at]!);
    if (size > maxBytes && at > 0) return at;
  }
  return entries.length;
}
