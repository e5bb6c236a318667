// The short form of configuration changes: v1 makes 1 a voter, l1 a learner, r1 removes it, u1 updates it.
import { ConfChangeType } from "../../../src/raft/core/index";
import type { ConfChangeSingle } from "../../../src/raft/core/index";

const TYPES: ReadonlyMap<string, ConfChangeType> = new Map([
  ["v", ConfChangeType.addNode],
  ["l", ConfChangeType.addLearnerNode],
  ["r", ConfChangeType.removeNode],
  ["u", ConfChangeType.updateNode],
]);

/** The changes, or what is wrong with the text. */
export function parseChanges(text: string): ConfChangeSingle[] | string {
  const changes: ConfChangeSingle[] = [];
  for (const token of text.trim().split(" ")) {
    if (text.trim() === "") break;
    if (token.length < 2) return `unknown token ${token}`;
    const type = TYPES.get(token[0]!);
    if (type === undefined) return `unknown input: ${token}`;
    const digits = token.slice(1);
    if (!/^\d+$/.test(digits)) return `strconv.ParseUint: parsing "${digits}": invalid syntax`;
    changes.push({ type, nodeId: Number(digits) });
  }
  return changes;
}
