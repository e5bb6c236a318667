// What sessions must show, said naively: the whole state is one map, copied at every batch, so "committed", "latest" and
// "as of batch n" are just maps. Evaluations are scripts of reads and writes that run against a session and are checked
// against the maps, the observed sequence included: a reply that waits for batch n must be the reply of state n.
import { assert } from "../../../src/base/index";
import type { ByteString, SeededRandom } from "../../../src/base/index";
import { prefixEnd } from "../../../src/base/index";
import { notReady } from "../../../src/kv/index";
import type { NotReady, Session } from "../../../src/kv/index";
import {
  Space,
  ValueEncoding,
  ValueType,
  databaseRange,
  decodeValueHeader,
  elementPrefix,
  encodeValueHeader,
  headerKey,
  u32String,
  versionBytes,
} from "../../../src/storage/index";

/** Rows by logical key; beside them, under names that no row has, the map of databases. */
export type State = ReadonlyMap<ByteString, ByteString>;

const NEXT_ID = "next id";
const databaseName = (logical: number): string => `database ${logical}`;

export function initialState(): Map<ByteString, ByteString> {
  const state = new Map<ByteString, ByteString>([[NEXT_ID, "16"]]);
  for (let logical = 0; logical < 16; logical++) state.set(databaseName(logical), String(logical));
  return state;
}

export function rowsIn(state: State, lower: ByteString, upper: ByteString): [ByteString, ByteString][] {
  const rows = [...state].filter(([key]) => isRow(key) && key >= lower && key < upper);
  return rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

export function isRow(key: ByteString): boolean {
  const space = key.charCodeAt(0);
  return space === Space.header || space === Space.element || space === Space.ordered;
}

const USER_KEYS = ["a", "b", "{a}c", "\xff"];
const PREFIXES = ["k", "l\0"].map((userKey) => elementPrefix(3, userKey, versionBytes(7, 1)));
const SUB_KEYS = ["", "\0", "m", "\xff\xff"];
const ELEMENTS = PREFIXES.flatMap((prefix) => SUB_KEYS.map((subKey) => prefix + subKey));
const ORDERED = ["", "x", "y", "\xff"].map((rest) => String.fromCharCode(Space.ordered) + rest);
const PLAIN_KEYS = [...ELEMENTS, ...ORDERED];
const LOGICAL = [0, 5];

/** A read or write of a script; everything it does is fixed, so that it can run again. */
export type Action =
  | { readonly kind: "header"; readonly logical: number; readonly userKey: ByteString }
  | { readonly kind: "get"; readonly key: ByteString }
  | { readonly kind: "scan"; readonly range: RangeName; readonly maxRows: number; readonly reverse: boolean }
  | {
      readonly kind: "putHeader";
      readonly logical: number;
      readonly userKey: ByteString;
      readonly rest: ByteString;
      readonly expiresInMs: number;
    }
  | { readonly kind: "remove"; readonly logical: number; readonly userKey: ByteString }
  | { readonly kind: "put"; readonly key: ByteString; readonly value: ByteString }
  | { readonly kind: "delete"; readonly key: ByteString }
  | { readonly kind: "deleteRange"; readonly range: RangeName }
  | { readonly kind: "flush"; readonly logical: readonly number[] }
  | { readonly kind: "swap"; readonly first: number; readonly second: number }
  | { readonly kind: "blindBurst"; readonly count: number; readonly value: ByteString };

/** A range of keys, by name where it depends on the map of databases. */
export type RangeName =
  | { readonly kind: "keys"; readonly lower: ByteString; readonly upper: ByteString }
  | { readonly kind: "database"; readonly space: number; readonly logical: number };

export function isWrite(action: Action): boolean {
  return action.kind !== "header" && action.kind !== "get" && action.kind !== "scan";
}

export function randomScript(random: SeededRandom, value: ByteString): Action[] {
  const length = random.between(1, 4);
  const onlyReads = random.chance(0.4);
  return Array.from({ length }, (_, at) => randomAction(random, onlyReads, `${value}.${at}`));
}

function randomAction(random: SeededRandom, onlyReads: boolean, value: ByteString): Action {
  const logical = random.pick(LOGICAL);
  const userKey = random.pick(USER_KEYS);
  const kind = random.below(onlyReads ? 10 : 24);
  if (kind < 4) return { kind: "header", logical, userKey };
  if (kind < 7) return { kind: "get", key: random.pick(PLAIN_KEYS) };
  if (kind < 10) {
    return {
      kind: "scan",
      range: randomRange(random),
      maxRows: random.between(1, 6),
      reverse: random.chance(0.5),
    };
  }
  if (kind < 14) {
    const expiresInMs = random.chance(0.2) ? random.between(1, 50) : 0;
    return { kind: "putHeader", logical, userKey, rest: value, expiresInMs };
  }
  if (kind < 16) return { kind: "remove", logical, userKey };
  if (kind < 19) {
    // A long one stays in its batch's buffer.
    return {
      kind: "put",
      key: random.pick(PLAIN_KEYS),
      value: random.chance(0.2) ? value.padEnd(5000, "~") : value,
    };
  }
  if (kind < 21) return { kind: "delete", key: random.pick(PLAIN_KEYS) };
  if (kind < 23) return { kind: "deleteRange", range: randomRange(random) };
  if (random.chance(0.1)) return { kind: "blindBurst", count: 4200, value };
  if (random.chance(0.4)) return { kind: "swap", first: logical, second: random.pick(LOGICAL) };
  return { kind: "flush", logical: random.chance(0.3) ? LOGICAL : [logical] };
}

function randomRange(random: SeededRandom): RangeName {
  const kind = random.below(6);
  if (kind < 2) {
    const lower = random.pick(PREFIXES);
    return { kind: "keys", lower, upper: prefixEnd(lower)! };
  }
  if (kind < 3) {
    const [lower, upper] = [random.pick(ELEMENTS), random.pick(ELEMENTS)].sort();
    return { kind: "keys", lower: lower!, upper: upper! };
  }
  if (kind < 4) {
    const lower = random.pick(ORDERED);
    return { kind: "keys", lower, upper: String.fromCharCode(Space.ordered + 1) };
  }
  if (kind < 5) return { kind: "keys", ...databaseRange(Space.element, 3) };
  return { kind: "database", space: Space.header, logical: random.pick(LOGICAL) };
}

/** What one read of a script answered: comparable text. */
type Answer = string;

export interface Run {
  /** One for each read, and the view's interval where it was a scan. */
  readonly answers: {
    readonly action: Action;
    readonly answer: Answer;
    readonly range?: readonly ByteString[];
  }[];
  /** What the writes were, as changes of a state. */
  readonly changes: ((state: Map<ByteString, ByteString>) => void)[];
}

/**
 * Runs a script in a session. In the latest view every answer is compared at once with `latest`, a map that the script's
 * writes change as well. The committed view is compared with `latest` by handing that one in, and must not write.
 */
export function runScript(
  script: readonly Action[],
  session: Session,
  latest: Map<ByteString, ByteString>,
): Run | NotReady {
  const run: Run = { answers: [], changes: [] };
  const change = (apply: (state: Map<ByteString, ByteString>) => void): void => {
    apply(latest);
    run.changes.push(apply);
  };
  let ready = true;
  for (const action of script) {
    switch (action.kind) {
      case "header": {
        const database = session.database(action.logical);
        const key = headerKey(database, action.userKey);
        expireIn(latest, key, session.nowMs, change);
        const header = session.header(database, action.userKey);
        if (header === notReady) {
          ready = false;
          break;
        }
        const answer = `${database} ${header === null ? "none" : encodeValueHeader(header)}`;
        same(answer, headerAnswer(latest, action.logical, action.userKey, session.nowMs));
        run.answers.push({ action, answer });
        break;
      }
      case "get": {
        const value = session.get(action.key);
        if (value === notReady) {
          ready = false;
          break;
        }
        const answer = value === null ? "none" : `value ${value}`;
        same(answer, getAnswer(latest, action.key));
        run.answers.push({ action, answer });
        break;
      }
      case "scan": {
        const [lower, upper] = boundsOf(session, action.range);
        const result = session.scan(lower, upper, {
          maxRows: action.maxRows,
          maxBytes: 1 << 20,
          reverse: action.reverse,
        });
        if (result === notReady) {
          ready = false;
          break;
        }
        const { keys, values, next } = result;
        const range = next === undefined ? [lower, upper] : action.reverse ? [next, upper] : [lower, next];
        const rows = keys.map((key, i) => [key, values[i]!] as const);
        const answer = JSON.stringify(action.reverse ? rows.reverse() : rows);
        same(answer, scanAnswer(latest, range));
        run.answers.push({ action, answer, range });
        break;
      }
      case "putHeader": {
        const database = session.database(action.logical);
        const expiryMs = action.expiresInMs === 0 ? 0 : session.nowMs + action.expiresInMs;
        const header = {
          type: ValueType.string,
          encoding: ValueEncoding.inline,
          expiryMs,
          ...session.newVersion(),
          length: action.rest.length,
          rest: action.rest,
        };
        session.putHeader(database, action.userKey, header);
        const row = encodeValueHeader(header);
        change((state) => state.set(headerKey(database, action.userKey), row));
        break;
      }
      case "remove": {
        const database = session.database(action.logical);
        const key = headerKey(database, action.userKey);
        const header = session.header(database, action.userKey);
        if (header === notReady) {
          ready = false;
          break;
        }
        if (header !== null) session.removeHeader(database, action.userKey, header);
        change((state) => state.delete(key));
        break;
      }
      case "put":
        session.put(action.key, action.value);
        change((state) => state.set(action.key, action.value));
        break;
      case "delete":
        session.delete(action.key);
        change((state) => state.delete(action.key));
        break;
      case "deleteRange": {
        const [lower, upper] = boundsOf(session, action.range);
        session.deleteRange(lower, upper);
        change((state) => {
          for (const [key] of rowsIn(state, lower, upper)) state.delete(key);
        });
        break;
      }
      case "flush":
        session.flushDatabases(action.logical);
        change((state) => {
          for (const logical of action.logical) {
            const id = state.get(NEXT_ID)!;
            state.set(databaseName(logical), id);
            state.set(NEXT_ID, String(Number(id) + 1));
          }
        });
        break;
      case "swap":
        session.swapDatabases(action.first, action.second);
        change((state) => {
          const [first, second] = [databaseName(action.first), databaseName(action.second)];
          const id = state.get(first)!;
          state.set(first, state.get(second)!);
          state.set(second, id);
        });
        break;
      case "blindBurst":
        for (let i = 0; i < action.count; i++) session.put(ORDERED[i % 2]!, action.value);
        change((state) => {
          state.set(ORDERED[0]!, action.value);
          state.set(ORDERED[1]!, action.value);
        });
        break;
    }
    if (!ready) return notReady;
  }
  return run;
}

/** Like expect(…).toBe(…), which is too slow to be asked half a million times. */
function same(answer: Answer, expected: Answer): void {
  if (answer !== expected) expect(answer).toBe(expected);
}

/** Reading a header that has expired deletes it; the model does the same before it compares. */
function expireIn(
  latest: Map<ByteString, ByteString>,
  key: ByteString,
  nowMs: number,
  change: (apply: (state: Map<ByteString, ByteString>) => void) => void,
): void {
  const row = latest.get(key);
  if (row === undefined) return;
  const { expiryMs } = decodeValueHeader(row);
  if (expiryMs !== 0 && expiryMs <= nowMs) change((state) => state.delete(key));
}

/** True if every read of the run has the same answer in this state. */
export function answersHoldIn(state: State, run: Run, nowMs: number): boolean {
  return run.answers.every(({ action, answer, range }) => {
    if (action.kind === "header")
      return answer === headerAnswer(state, action.logical, action.userKey, nowMs);
    if (action.kind === "get") return answer === getAnswer(state, action.key);
    assert(range !== undefined, "a scan has an interval");
    return answer === scanAnswer(state, range);
  });
}

function boundsOf(session: Session, range: RangeName): [ByteString, ByteString] {
  if (range.kind === "keys") return [range.lower, range.upper];
  const { lower, upper } = databaseRange(range.space, session.database(range.logical));
  return [lower, upper];
}

function headerAnswer(state: State, logical: number, userKey: ByteString, nowMs: number): Answer {
  const database = state.get(databaseName(logical))!;
  const row = state.get(headerKey(Number(database), userKey));
  const expired = row !== undefined && isExpired(row, nowMs);
  return `${database} ${row === undefined || expired ? "none" : row}`;
}

function isExpired(row: ByteString, nowMs: number): boolean {
  const { expiryMs } = decodeValueHeader(row);
  return expiryMs !== 0 && expiryMs <= nowMs;
}

function getAnswer(state: State, key: ByteString): Answer {
  const value = state.get(key);
  return value === undefined ? "none" : `value ${value}`;
}

function scanAnswer(state: State, [lower, upper]: readonly ByteString[]): Answer {
  return JSON.stringify(rowsIn(state, lower!, upper!));
}

/** Everything of the model's spaces. */
export const EVERYTHING: readonly [ByteString, ByteString][] = [
  Space.header,
  Space.element,
  Space.ordered,
].map((space) => [String.fromCharCode(space), String.fromCharCode(space + 1)]);

/** A key of the second element prefix, for tests that need one. */
export function elementKey(at: number): ByteString {
  return ELEMENTS[at]!;
}

export function chunkKey(prefix: ByteString, chunk: number): ByteString {
  return prefix + u32String(chunk);
}
