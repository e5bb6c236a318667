// What the commands of the workload mean, on a plain state: the sequential specification that histories are checked
// against. Written from Redis's documentation, independent of src/. A state is never changed; the time at which a command
// judges expiry is an input. A command that touches an expired key removes it, for good: that is how "expiry never
// un-expires" is checked.
import type { Operation } from "./history";
import { Draft } from "./reference-state";
import type { State, StringValue } from "./reference-state";

export interface Outcome {
  /** As `replyText` writes replies. */
  readonly reply: string;
  readonly state: State;
}

const OK = "OK";
const NIL = "nil";
const WRONG_TYPE = "-WRONGTYPE";

/** Runs one command; `words` are upper case where they are no data. */
export function applyCommand(
  state: State,
  words: readonly string[],
  database: number,
  nowMs: number,
): Outcome {
  const draft = new Draft(state, database, nowMs);
  const reply = run(draft, words);
  return { reply, state: draft.state };
}

/**
 * Runs an operation of a history. Only of an EXEC behind a WATCH the specification leaves a choice: it may give up, with no
 * effect, although nothing was changed (leadership may have been lost), so the answer decides. It may never run when
 * something was changed.
 */
export function applyOperation(
  state: State,
  operation: Pick<Operation, "words" | "database" | "nowMs" | "reply" | "transaction" | "watchSet">,
): Outcome {
  const { words, database, reply, transaction, watchSet } = operation;
  const draft = new Draft(state, database, operation.nowMs ?? 0);
  if (words[0] === "WATCH" && watchSet !== undefined) {
    draft.watch(watchSet, words.slice(1));
    return { reply: OK, state: draft.state };
  }
  if (transaction === undefined) return { reply: run(draft, words), state: draft.state };
  const changed = watchSet !== undefined && draft.unwatch(watchSet);
  if (transaction.isAborted) return { reply: "-EXECABORT", state: draft.state };
  if (changed || (watchSet !== undefined && reply === NIL)) return { reply: NIL, state: draft.state };
  const replies = transaction.queued.map((queued) => run(draft, queued));
  return { reply: transactionText(replies), state: draft.state };
}

/** The answers of a transaction as one text. */
export function transactionText(replies: readonly string[]): string {
  return `{${replies.join(" | ")}}`;
}

function integer(value: number): string {
  return `:${value}`;
}

function array(items: readonly string[]): string {
  return `[${items.join(" ")}]`;
}

function string(value: string, expiryMs = 0): StringValue {
  return { type: "string", value, expiryMs };
}

function run(draft: Draft, words: readonly string[]): string {
  const key = words[1] ?? "";
  switch (words[0]) {
    case "GET": {
      const value = draft.get(key);
      return value === undefined ? NIL : value.type === "string" ? value.value : WRONG_TYPE;
    }
    case "MGET":
      return array(
        words.slice(1).map((each) => {
          const value = draft.get(each);
          return value?.type === "string" ? value.value : NIL;
        }),
      );
    case "SET":
      return set(draft, words);
    case "SETNX":
      if (draft.get(key) !== undefined) return integer(0);
      draft.set(key, string(words[2]!));
      return integer(1);
    case "MSET":
      for (let at = 1; at < words.length; at += 2) draft.set(words[at]!, string(words[at + 1]!));
      return OK;
    case "APPEND":
      return changeString(
        draft,
        key,
        (old) => old + words[2]!,
        (value) => integer(value.length),
      );
    case "INCR":
      return increment(draft, key);
    case "STRLEN": {
      const value = draft.get(key);
      return value === undefined
        ? integer(0)
        : value.type === "string"
          ? integer(value.value.length)
          : WRONG_TYPE;
    }
    case "DEL":
    case "EXISTS": {
      let count = 0;
      for (const each of words.slice(1)) {
        if (draft.get(each) === undefined) continue;
        count++;
        if (words[0] === "DEL") draft.remove(each);
      }
      return integer(count);
    }
    case "STAGEHASH": {
      const fields = new Map<string, string>();
      for (let at = 3; at < words.length; at += 2) fields.set(words[at]!, words[at + 1]!);
      draft.set(key, { type: "hash", fields, expiryMs: 0 });
      return integer(fields.size);
    }
    case "HSET":
    case "HDEL":
    case "HGET":
    case "HGETALL":
      return hash(draft, words);
    case "EXPIRE":
    case "PEXPIRE": {
      const value = draft.get(key);
      if (value === undefined) return integer(0);
      const expiryMs = draft.nowMs + Number(words[2]) * (words[0] === "EXPIRE" ? 1000 : 1);
      if (expiryMs <= draft.nowMs) draft.remove(key);
      else draft.set(key, { ...value, expiryMs });
      return integer(1);
    }
    case "PERSIST": {
      const value = draft.get(key);
      if (value === undefined || value.expiryMs === 0) return integer(0);
      draft.set(key, { ...value, expiryMs: 0 });
      return integer(1);
    }
    case "PTTL": {
      const value = draft.get(key);
      if (value === undefined) return integer(-2);
      return integer(value.expiryMs === 0 ? -1 : value.expiryMs - draft.nowMs);
    }
    case "TYPE":
      return draft.get(key)?.type ?? "none";
    case "KEYS":
      return array(draft.keys());
    case "DBSIZE":
      return integer(draft.keys().length);
    // What the node does by itself: a key that has expired is deleted.
    case "SWEEP":
      draft.get(key);
      return OK;
    case "FLUSHDB":
      draft.clear();
      return OK;
    case "RENAME":
    case "RENAMENX":
      return rename(draft, words);
    case "COPY":
      return copy(draft, words);
    case "SWAPDB":
      draft.swap(Number(words[1]), Number(words[2]));
      return OK;
    default:
      throw new Error(`the model knows no command ${words[0]}`);
  }
}

function set(draft: Draft, words: readonly string[]): string {
  const [, key, value, ...options] = words as [string, string, string, ...string[]];
  let expiryMs = 0;
  const has = (option: string): boolean => options.includes(option);
  const time = options.indexOf("PX");
  if (time >= 0) expiryMs = draft.nowMs + Number(options[time + 1]);
  if (!has("NX") && !has("XX") && !has("GET") && !has("KEEPTTL")) {
    draft.set(key, string(value, expiryMs));
    return OK;
  }
  const old = draft.get(key);
  if (has("GET") && old?.type === "hash") return WRONG_TYPE;
  const told = !has("GET") ? undefined : old?.type === "string" ? old.value : NIL;
  if ((has("NX") && old !== undefined) || (has("XX") && old === undefined)) return told ?? NIL;
  if (has("KEEPTTL")) expiryMs = old?.expiryMs ?? 0;
  draft.set(key, string(value, expiryMs));
  return told ?? OK;
}

/** Both keys are looked at, whatever becomes of it. */
function rename(draft: Draft, [name, from, to]: readonly string[]): string {
  const [source, target] = [draft.get(from!), draft.get(to!)];
  const replaces = name === "RENAME";
  if (source === undefined) return "-ERR";
  if (from === to || (target !== undefined && !replaces)) return replaces ? OK : integer(0);
  draft.remove(from!);
  draft.set(to!, source);
  return replaces ? OK : integer(1);
}

function copy(draft: Draft, [, from, to, ...options]: readonly string[]): string {
  const at = options.indexOf("DB");
  const database = at < 0 ? draft.database : Number(options[at + 1]);
  if (from === to && database === draft.database) return "-ERR";
  const [source, target] = [draft.get(from!), draft.get(to!, database)];
  if (source === undefined || (target !== undefined && !options.includes("REPLACE"))) return integer(0);
  draft.set(to!, source, database);
  return integer(1);
}

function changeString(
  draft: Draft,
  key: string,
  change: (old: string) => string,
  reply: (value: string) => string,
): string {
  const old = draft.get(key);
  if (old?.type === "hash") return WRONG_TYPE;
  const value = change(old?.value ?? "");
  draft.set(key, string(value, old?.expiryMs ?? 0));
  return reply(value);
}

function increment(draft: Draft, key: string): string {
  const old = draft.get(key);
  if (old?.type === "string" && !/^(0|-?[1-9][0-9]{0,14})$/.test(old.value)) return "-ERR";
  return changeString(draft, key, (text) => String(Number(text) + 1), integer1);
}

function integer1(value: string): string {
  return `:${value}`;
}

function hash(draft: Draft, words: readonly string[]): string {
  const [name, key] = words as [string, string];
  const old = draft.get(key);
  if (old?.type === "string") return WRONG_TYPE;
  const fields = new Map(old?.fields);
  const before = fields.size;
  switch (name) {
    case "HGET":
      return fields.get(words[2]!) ?? NIL;
    case "HGETALL":
      return array([...fields].map(([field, value]) => `${field}=${value}`).sort());
    case "HSET":
      for (let at = 2; at < words.length; at += 2) fields.set(words[at]!, words[at + 1]!);
      draft.set(key, { type: "hash", fields, expiryMs: old?.expiryMs ?? 0 });
      return integer(fields.size - before);
    default:
      for (const field of words.slice(2)) fields.delete(field);
      if (fields.size === before) return integer(0);
      if (fields.size === 0) draft.remove(key);
      else draft.set(key, { type: "hash", fields, expiryMs: old?.expiryMs ?? 0 });
      return integer(before - fields.size);
  }
}
