// What the commands of the workload mean, on a plain state: the sequential specification that histories are checked
// against. Written from Redis's documentation, independent of src/. A state is never changed; the time at which a command
// judges expiry is an input. A command that touches an expired key removes it, for good: that is how "expiry never
// un-expires" is checked.
import type { Operation } from "./history";

interface StringValue {
  readonly type: "string";
  readonly value: string;
  readonly expiryMs: number;
}

interface HashValue {
  readonly type: "hash";
  readonly fields: ReadonlyMap<string, string>;
  readonly expiryMs: number;
}

export type Value = StringValue | HashValue;

/** What one connection watches. */
interface WatchSet {
  /** By "database/key": when it would expire as it was first watched; 0: never, or it was not there. */
  readonly keys: ReadonlyMap<string, number>;
  readonly touched: boolean;
}

export interface State {
  /** By "database/key". */
  readonly values: ReadonlyMap<string, Value>;
  readonly watches: ReadonlyMap<string, WatchSet>;
}

export const EMPTY_STATE: State = { values: new Map(), watches: new Map() };

export interface Outcome {
  /** As `replyText` writes replies. */
  readonly reply: string;
  readonly state: State;
}

/** Text that two equal states share and others do not. */
export function stateText({ values, watches }: State): string {
  const lines = [...values].map(([key, value]) => `${key}=${valueText(value)}`);
  for (const [name, { keys, touched }] of watches) {
    lines.push(`watch ${name} ${touched ? "touched" : [...keys].join(" ")}`);
  }
  return lines.sort().join("\n");
}

function valueText(value: Value): string {
  if (value.type === "string") return `s${value.expiryMs} ${value.value}`;
  return `h${value.expiryMs} ${[...value.fields]
    .map(([field, text]) => `${field}:${text}`)
    .sort()
    .join(",")}`;
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

/** A state in the making: copied when it is first changed. */
class Draft {
  private changed: Map<string, Value> | undefined;
  private changedWatches: Map<string, WatchSet> | undefined;

  constructor(
    private readonly start: State,
    private readonly database: number,
    readonly nowMs: number,
  ) {}

  get state(): State {
    if (this.changed === undefined && this.changedWatches === undefined) return this.start;
    return { values: this.values, watches: this.watches };
  }

  private get values(): ReadonlyMap<string, Value> {
    return this.changed ?? this.start.values;
  }

  private get watches(): ReadonlyMap<string, WatchSet> {
    return this.changedWatches ?? this.start.watches;
  }

  private name(key: string): string {
    return `${this.database}/${key}`;
  }

  /** For a change of this value, which whoever watches it is to know. */
  private change(name: string): Map<string, Value> {
    for (const [watchSet, { keys, touched }] of this.watches) {
      if (touched || !keys.has(name)) continue;
      this.changeWatches().set(watchSet, { keys, touched: true });
    }
    return (this.changed ??= new Map(this.start.values));
  }

  private changeWatches(): Map<string, WatchSet> {
    return (this.changedWatches ??= new Map(this.start.watches));
  }

  /** The live value; one that has expired is removed. */
  get(key: string): Value | undefined {
    const value = this.values.get(this.name(key));
    if (value === undefined || value.expiryMs === 0 || value.expiryMs > this.nowMs) return value;
    this.remove(key);
    return undefined;
  }

  set(key: string, value: Value): void {
    this.change(this.name(key)).set(this.name(key), value);
  }

  /** A value that is there. */
  remove(key: string): void {
    this.change(this.name(key)).delete(this.name(key));
  }

  keys(): string[] {
    const prefix = `${this.database}/`;
    const keys = [...this.values.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
    return keys.filter((key) => this.get(key) !== undefined).sort();
  }

  /** Gone, whether expired or not. */
  clear(): void {
    const prefix = `${this.database}/`;
    for (const name of [...this.values.keys()]) if (name.startsWith(prefix)) this.change(name).delete(name);
  }

  watch(watchSet: string, keys: readonly string[]): void {
    // What is removed here, because it has expired, was so before it was watched.
    const seen = keys.map((key) => [this.name(key), this.get(key)?.expiryMs ?? 0] as const);
    const before = this.watches.get(watchSet);
    // A key watched twice counts as it was first seen.
    const watched = new Map([...seen, ...(before?.keys ?? [])]);
    this.changeWatches().set(watchSet, { keys: watched, touched: before?.touched === true });
  }

  /** Ends a set. Returns whether something of it is not any more what it was. */
  unwatch(watchSet: string): boolean {
    const set = this.watches.get(watchSet);
    if (set === undefined) return false;
    this.changeWatches().delete(watchSet);
    return set.touched || [...set.keys.values()].some((expiryMs) => expiryMs !== 0 && expiryMs <= this.nowMs);
  }
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
