// Configuration changes as they are proposed and as they stand in the log. The bytes are those of raftpb (protobuf):
// a single change as ConfChange in an entry of type confChange, everything else as ConfChangeV2. A change without data is
// the empty one, which leaves a joint configuration. Decoding checks every length and that ids are safe integers.
import { BasaltError, ByteReader, putVarint, varintLength } from "../../../base/index";
import { EntryType } from "../types";
import type { Entry, NodeId } from "../types";

export const ConfChangeType = { addNode: 0, removeNode: 1, updateNode: 2, addLearnerNode: 3 } as const;
export type ConfChangeType = (typeof ConfChangeType)[keyof typeof ConfChangeType];

const CHANGE_TYPE_NAMES = [
  "ConfChangeAddNode",
  "ConfChangeRemoveNode",
  "ConfChangeUpdateNode",
  "ConfChangeAddLearnerNode",
];

/** auto: joint only where more than one change is made. The joint ones name how the joint configuration is left. */
export const ConfChangeTransition = { auto: 0, jointImplicit: 1, jointExplicit: 2 } as const;
export type ConfChangeTransition = (typeof ConfChangeTransition)[keyof typeof ConfChangeTransition];

const TRANSITION_NAMES = [
  "ConfChangeTransitionAuto",
  "ConfChangeTransitionJointImplicit",
  "ConfChangeTransitionJointExplicit",
];

export interface ConfChangeSingle {
  readonly type: ConfChangeType;
  /** 0: the change was refused after it was committed, and does nothing. */
  readonly nodeId: NodeId;
}

/** Several changes made as one. Without changes and with the auto transition: leave the joint configuration. */
export interface ConfChange {
  readonly transition: ConfChangeTransition;
  readonly changes: readonly ConfChangeSingle[];
  /** The host's own, carried along. */
  readonly context: Uint8Array | null;
}

export function isLeaveJoint(change: ConfChange): boolean {
  return change.transition === ConfChangeTransition.auto && change.changes.length === 0;
}

/** Whether the change goes through a joint configuration. */
export function usesJoint(change: ConfChange): boolean {
  return change.transition !== ConfChangeTransition.auto || change.changes.length > 1;
}

/** As etcd prints a change in its log, in the form in which the entry holds it. */
export function confChangeText(change: ConfChange, type: EntryType = EntryType.confChangeV2): string {
  const single = change.changes[0];
  if (type === EntryType.confChange && single !== undefined) {
    return `type:${CHANGE_TYPE_NAMES[single.type] ?? single.type} node_id:${single.nodeId}${contextText(change)}`;
  }
  let text = `transition:${TRANSITION_NAMES[change.transition] ?? change.transition}`;
  for (const { type, nodeId } of change.changes) {
    text += ` changes:{type:${CHANGE_TYPE_NAMES[type] ?? type} node_id:${nodeId}}`;
  }
  return text + contextText(change);
}

function contextText({ context }: ConfChange): string {
  if (context === null || context.length === 0) return "";
  return ` context:${JSON.stringify(String.fromCharCode(...context))}`;
}

const VARINT = 0;
const BYTES = 2;

function tag(field: number, wire: number): number {
  return (field << 3) | wire;
}

/** Type and data of the entry that proposes the change; `asV1` for exactly one change and the auto transition. */
export function encodeConfChange(
  change: ConfChange,
  asV1 = false,
): { readonly type: EntryType; readonly data: Uint8Array } {
  if (!asV1) return { type: EntryType.confChangeV2, data: encodeV2(change) };
  const single = change.changes[0];
  if (single === undefined || usesJoint(change)) {
    throw new BasaltError(
      "RAFT_CONF_CHANGE_INVALID",
      "Only one change without joint consensus fits the old form.",
    );
  }
  return { type: EntryType.confChange, data: encodeV1(single, change.context) };
}

function encodeV1(single: ConfChangeSingle, context: Uint8Array | null): Uint8Array {
  const bytes = new Uint8Array(5 + varintLength(single.nodeId) + fieldLength(context));
  let at = putVarint(bytes, 0, tag(1, VARINT));
  at = putVarint(bytes, at, 0);
  at = putSingle(bytes, at, 2, single);
  putField(bytes, at, 4, context);
  return bytes;
}

function encodeV2(change: ConfChange): Uint8Array {
  let length = 2 + fieldLength(change.context);
  for (const single of change.changes) length += 5 + varintLength(single.nodeId);
  const bytes = new Uint8Array(length);
  let at = putVarint(bytes, 0, tag(1, VARINT));
  at = putVarint(bytes, at, change.transition);
  for (const single of change.changes) {
    at = putVarint(bytes, at, tag(2, BYTES));
    at = putVarint(bytes, at, 3 + varintLength(single.nodeId));
    at = putSingle(bytes, at, 1, single);
  }
  putField(bytes, at, 3, change.context);
  return bytes;
}

/** The type in `field`, the node id in the one behind it. */
function putSingle(bytes: Uint8Array, at: number, field: number, single: ConfChangeSingle): number {
  at = putVarint(bytes, at, tag(field, VARINT));
  at = putVarint(bytes, at, single.type);
  at = putVarint(bytes, at, tag(field + 1, VARINT));
  return putVarint(bytes, at, single.nodeId);
}

function fieldLength(content: Uint8Array | null): number {
  return content === null ? 0 : 1 + varintLength(content.length) + content.length;
}

function putField(bytes: Uint8Array, at: number, field: number, content: Uint8Array | null): void {
  if (content === null) return;
  at = putVarint(bytes, at, tag(field, BYTES));
  at = putVarint(bytes, at, content.length);
  bytes.set(content, at);
}

/** The change in an entry of type confChange or confChangeV2; throws RAFT_CONF_CHANGE_CORRUPT on any other bytes. */
export function decodeConfChange(entry: Pick<Entry, "type" | "data">): ConfChange {
  const reader = new ByteReader(entry.data ?? new Uint8Array(0));
  const change = entry.type === EntryType.confChange ? decodeV1(reader) : decodeV2(reader);
  if (reader.failed) {
    throw new BasaltError("RAFT_CONF_CHANGE_CORRUPT", "A configuration change in the log cannot be decoded.");
  }
  return change;
}

function decodeV1(reader: ByteReader): ConfChange {
  let type = 0;
  let nodeId = 0;
  let context: Uint8Array | null = null;
  while (reader.remaining > 0 && !reader.failed) {
    const key = reader.varint();
    if (key === tag(1, VARINT)) reader.varint();
    else if (key === tag(2, VARINT)) type = reader.varint();
    else if (key === tag(3, VARINT)) nodeId = reader.varint();
    else if (key === tag(4, BYTES)) context = bytesField(reader);
    else reader.failed = true;
  }
  const single = { type: changeType(reader, type), nodeId };
  return { transition: ConfChangeTransition.auto, changes: [single], context };
}

function decodeV2(reader: ByteReader): ConfChange {
  let transition = 0;
  const changes: ConfChangeSingle[] = [];
  let context: Uint8Array | null = null;
  while (reader.remaining > 0 && !reader.failed) {
    const key = reader.varint();
    if (key === tag(1, VARINT)) transition = reader.varint();
    else if (key === tag(2, BYTES)) changes.push(decodeSingle(reader));
    else if (key === tag(3, BYTES)) context = bytesField(reader);
    else reader.failed = true;
  }
  if (transition > ConfChangeTransition.jointExplicit) reader.failed = true;
  return { transition: transition as ConfChangeTransition, changes, context };
}

function decodeSingle(reader: ByteReader): ConfChangeSingle {
  const length = reader.varint();
  const end = reader.at + length;
  if (length > reader.remaining) reader.failed = true;
  let type = 0;
  let nodeId = 0;
  while (reader.at < end && !reader.failed) {
    const key = reader.varint();
    if (key === tag(1, VARINT)) type = reader.varint();
    else if (key === tag(2, VARINT)) nodeId = reader.varint();
    else reader.failed = true;
  }
  if (reader.at !== end) reader.failed = true;
  return { type: changeType(reader, type), nodeId };
}

function changeType(reader: ByteReader, type: number): ConfChangeType {
  if (type > ConfChangeType.addLearnerNode) reader.failed = true;
  return type as ConfChangeType;
}

function bytesField(reader: ByteReader): Uint8Array {
  const length = reader.varint();
  const at = reader.skip(length);
  return at < 0 ? new Uint8Array(0) : reader.bytes.slice(at, at + length);
}
