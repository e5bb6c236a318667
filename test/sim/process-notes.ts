// White-box notes of what a process does by itself: entries that it hands to the apply thread as committed, and keys that its
// sweeper deletes, which clients see as gone.
import { notReady } from "../../src/kv/index";
import type { Evaluator, Sweeper } from "../../src/kv/index";
import { databaseOfKey, parseElementKey, userKeyOfHeader } from "../../src/storage/index";
import type { StoredEntry } from "../../src/storage/index";
import type { MemoryStorage } from "../../src/storage/memory/index";

/** Tells of every entry of the group as it is handed to the apply thread. */
export function noteCommits(storage: MemoryStorage, group: number, note: (entry: StoredEntry) => void): void {
  const submitApply = storage.submitApply.bind(storage);
  let last = storage.readApplied(group).index;
  storage.submitApply = (_, lastIndex): void => {
    while (last < lastIndex) {
      for (const entry of storage.readEntries(group, last + 1, lastIndex + 1, 1 << 20)) {
        note(entry);
        last = entry.index;
      }
    }
    submitApply(group, lastIndex);
  };
}

/** Tells of every key, by its physical database, whose rows the sweeper deletes, while the deletion is being evaluated. */
export function noteSweeps(
  sweeper: Sweeper,
  evaluator: Evaluator,
  note: (database: number, userKey: string) => void,
): void {
  const noteWrite = (database: number, userKey: string): void => {
    if (evaluator.session.hasWritten) note(database, userKey);
  };
  const expire = sweeper["expire"].bind(sweeper);
  sweeper["expire"] = (key) => {
    const outcome = expire(key);
    if (outcome === true) noteWrite(databaseOfKey(key), userKeyOfHeader(key));
    return outcome;
  };
  const deleteOrphans = sweeper["deleteOrphans"].bind(sweeper);
  sweeper["deleteOrphans"] = (prefix) => {
    const outcome = deleteOrphans(prefix);
    const parts = parseElementKey(prefix);
    if (parts !== undefined && outcome !== notReady) noteWrite(parts.db, parts.userKey);
    return outcome;
  };
}
