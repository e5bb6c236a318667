// Entries, messages and work lists as text, exactly as etcd-io/raft prints them.
import {
  APPEND_THREAD,
  APPLY_THREAD,
  EntryType,
  NO_NODE,
  STATE_NAMES,
  confStateText,
  decodeConfChange,
  isEmptySnapshot,
  messageTypeName,
} from "../../../src/raft/core/index";
import type {
  ConfChangeSingle,
  Entry,
  HardState,
  Message,
  NodeId,
  ReadState,
  Ready,
  Snapshot,
} from "../../../src/raft/core/index";
import { goQuote } from "./go-quote";

const ENTRY_TYPE_NAMES = ["EntryNormal", "EntryConfChange", "EntryConfChangeV2"];
/** By ConfChangeType: a new voter, a removal, an update, a new learner. */
const CHANGE_LETTERS = ["v", "r", "u", "l"];

export function describeChanges(changes: readonly ConfChangeSingle[]): string {
  return changes.map(({ type, nodeId }) => `${CHANGE_LETTERS[type] ?? "unknown"}${nodeId}`).join(" ");
}

export function describeEntry(entry: Entry): string {
  const content =
    entry.type === EntryType.normal
      ? goQuote(entry.data ?? new Uint8Array(0))
      : describeChanges(decodeConfChange(entry).changes);
  return `${entry.term}/${entry.index} ${ENTRY_TYPE_NAMES[entry.type]}${content === "" ? "" : ` ${content}`}`;
}

/** One line an entry. */
export function describeEntries(entries: readonly Entry[]): string {
  return entries.map((entry) => `${describeEntry(entry)}\n`).join("");
}

function describeTarget(id: NodeId): string {
  if (id === NO_NODE) return "None";
  if (id === APPEND_THREAD) return "AppendThread";
  if (id === APPLY_THREAD) return "ApplyThread";
  return id.toString(16);
}

function describeSnapshot(snapshot: Snapshot): string {
  return `Index:${snapshot.index} Term:${snapshot.term} ConfState:${confStateText(snapshot.confState)}`;
}

/** Over several lines if the message carries several entries, a snapshot or responses. */
export function describeMessage(message: Message, indent = "", responses = message.responses): string {
  const { from, to, type, term, logTerm, index, entries, snapshot } = message;
  let text = `${indent}${describeTarget(from)}->${describeTarget(to)} ${messageTypeName(type)} Term:${term} Log:${logTerm}/${index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (message.commit !== 0) text += ` Commit:${message.commit}`;
  if (message.vote !== NO_NODE) text += ` Vote:${message.vote}`;
  if (entries.length === 1) {
    text += ` Entries:[${describeEntry(entries[0]!)}]`;
  } else if (entries.length > 1) {
    const lines = entries.map((entry) => `\n${indent}  ${describeEntry(entry)}`);
    text += ` Entries:[${lines.join("")}\n${indent}]`;
  }
  if (snapshot !== null && !isEmptySnapshot(snapshot)) {
    text += `\n${indent}  Snapshot: ${describeSnapshot(snapshot)}`;
  }
  if (responses.length > 0) {
    const lines = responses.map((response) => `\n${describeMessage(response, `${indent}  `)}`);
    text += ` Responses:[${lines.join("")}\n${indent}]`;
  }
  return text;
}

function describeHardState({ term, vote, commit }: HardState): string {
  return `Term:${term}${vote === NO_NODE ? "" : ` Vote:${vote}`} Commit:${commit}`;
}

function describeReadState({ index, context }: ReadState): string {
  return `{${index} [${[...(context ?? [])].join(" ")}]}`;
}

export function describeReady(ready: Ready): string {
  const { softState, hardState, readStates, entries, snapshot, committedEntries, messages } = ready;
  let text = "";
  if (softState !== null) text += `Lead:${softState.leader} State:${STATE_NAMES[softState.state]}\n`;
  if (hardState !== null) text += `HardState ${describeHardState(hardState)}\n`;
  if (readStates.length > 0) text += `ReadStates [${readStates.map(describeReadState).join(" ")}]\n`;
  if (entries.length > 0) text += `Entries:\n${describeEntries(entries)}`;
  if (snapshot !== null) text += `Snapshot ${describeSnapshot(snapshot)}\n`;
  if (committedEntries.length > 0) text += `CommittedEntries:\n${describeEntries(committedEntries)}`;
  if (messages.length > 0) {
    text += `Messages:\n${messages.map((message) => `${describeMessage(message)}\n`).join("")}`;
  }
  return text === "" ? "<empty Ready>" : `Ready MustSync=${ready.mustSync}:\n${text}`;
}
