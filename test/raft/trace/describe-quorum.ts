// Draws who has acknowledged what, one line a voter: the longer the bar of x, the higher its index ranks among all.
import { EVERY_INDEX } from "../../../src/raft/core/quorum/quorum";
import type { LogIndex, NodeId } from "../../../src/raft/core/index";

export function indexText(index: LogIndex): string {
  return index === EVERY_INDEX ? "∞" : String(index);
}

export function describeQuorum(voters: readonly NodeId[], known: ReadonlyMap<NodeId, LogIndex>): string {
  if (voters.length === 0) return "<empty majority quorum>";
  const count = voters.length;
  const indexOf = (id: NodeId) => known.get(id) ?? 0;
  // Equal indexes get equal bars: the number of voters that are strictly below.
  const barOf = (id: NodeId) => voters.filter((other) => indexOf(other) < indexOf(id)).length;
  let text = `${" ".repeat(count)}    idx\n`;
  for (const id of [...voters].sort((one, other) => one - other)) {
    const bar = barOf(id);
    text += known.has(id) ? `${"x".repeat(bar)}>${" ".repeat(count - bar)}` : `?${" ".repeat(count)}`;
    text += ` ${String(indexOf(id)).padStart(5)}    (id=${id})\n`;
  }
  return text;
}
