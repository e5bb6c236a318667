// What simulated clients send: bursts of commands over few keys, so that they meet. Every written value is unique, so that a
// read says which write it saw. Replies are turned into the text that the reference model writes.
import type { SeededRandom } from "../../src/base/index";
import { ERR_TOO_LARGE } from "../../src/redis/dispatch-errors";
import { ReplyError } from "../../src/resp/index";
import type { Reply } from "../../src/resp/index";
import type { Operation } from "./history";
import { transactionText } from "./reference-model";

const STRINGS = ["s0", "s1", "s2"];
const COUNTERS = ["n0", "n1"];
const HASHES = ["h0", "h1"];
export const ALL_KEYS: readonly string[] = [...STRINGS, ...COUNTERS, ...HASHES];
const FIELDS = ["f0", "f1", "f2", "f3"];

/** Databases that clients choose among. */
export const DATABASES: readonly number[] = [0, 1];

type Generator = (random: SeededRandom, value: () => string) => string[];

/** Mostly a key of the kind that fits, sometimes any. */
function key(random: SeededRandom, fitting: readonly string[]): string {
  return random.pick(random.chance(0.06) ? ALL_KEYS : fitting);
}

const strings = (random: SeededRandom): string => key(random, STRINGS);
const counters = (random: SeededRandom): string => key(random, COUNTERS);
const hashes = (random: SeededRandom): string => key(random, HASHES);
const field = (random: SeededRandom): string => random.pick(FIELDS);

const GENERATORS: readonly (readonly [weight: number, generate: Generator])[] = [
  [20, (random, value) => ["SET", strings(random), value()]],
  [3, (random, value) => ["SET", key(random, ALL_KEYS), value(), "PX", timeToLive(random)]],
  [2, (random, value) => ["SET", strings(random), value(), random.pick(["NX", "XX", "GET", "KEEPTTL"])]],
  [1, (random) => ["SET", counters(random), String(random.below(5))]],
  [2, (random, value) => ["SETNX", key(random, ALL_KEYS), value()]],
  [16, (random) => ["GET", key(random, [...STRINGS, ...COUNTERS])]],
  [16, (random) => ["INCR", counters(random)]],
  [5, (random, value) => ["APPEND", strings(random), value()]],
  [1, (random) => ["STRLEN", strings(random)]],
  [5, (random) => ["DEL", key(random, ALL_KEYS)]],
  [2, (random) => ["DEL", ...new Set([key(random, ALL_KEYS), key(random, ALL_KEYS)])]],
  [2, (random) => ["EXISTS", key(random, ALL_KEYS)]],
  [5, (random, value) => ["MSET", strings(random), value(), strings(random), value()]],
  [3, (random) => ["MGET", strings(random), counters(random), strings(random)]],
  [9, (random, value) => ["HSET", hashes(random), ...pairs(random, value)]],
  [3, (random, value) => stagedHash(random, value)],
  [4, (random) => ["HGET", hashes(random), field(random)]],
  [4, (random) => ["HDEL", hashes(random), field(random)]],
  [4, (random) => ["HGETALL", hashes(random)]],
  [4, (random) => ["PEXPIRE", key(random, ALL_KEYS), timeToLive(random)]],
  [2, (random) => ["EXPIRE", key(random, ALL_KEYS), String(random.between(0, 2))]],
  [1, (random) => ["PERSIST", key(random, ALL_KEYS)]],
  [2, (random) => ["PTTL", key(random, ALL_KEYS)]],
  [1, (random) => ["TYPE", key(random, ALL_KEYS)]],
  [2, () => ["FLUSHDB"]],
  [4, (random) => [random.pick(["RENAME", "RENAME", "RENAMENX"]), ...twoKeys(random)]],
  [4, (random) => ["COPY", ...twoKeys(random), ...copyOptions(random)]],
  [1, (random) => ["SWAPDB", String(random.pick(DATABASES)), String(random.pick(DATABASES))]],
  [3, () => ["KEYS", "*"]],
  [1, () => ["DBSIZE"]],
];

const TOTAL_WEIGHT = GENERATORS.reduce((sum, [weight]) => sum + weight, 0);

/** Milliseconds: a few, or more than a run's typical restart takes. */
function timeToLive(random: SeededRandom): string {
  return String(random.chance(0.5) ? random.between(1, 60) : random.between(1, 1500));
}

/** Mostly of one kind, so that other commands go on with what came there. */
function twoKeys(random: SeededRandom): string[] {
  const fitting = random.pick([STRINGS, COUNTERS, HASHES]);
  return [key(random, fitting), key(random, fitting)];
}

function copyOptions(random: SeededRandom): string[] {
  const options: string[] = [];
  if (random.chance(0.4)) options.push("DB", String(random.pick(DATABASES)));
  if (random.chance(0.5)) options.push("REPLACE");
  return options;
}

function pairs(random: SeededRandom, value: () => string): string[] {
  const fields = new Set(Array.from({ length: random.between(1, 3) }, () => field(random)));
  return [...fields].flatMap((each) => [each, value()]);
}

function stagedHash(random: SeededRandom, value: () => string): string[] {
  const words = ["STAGEHASH", hashes(random), random.pick(["FIRST", "LAST"])];
  for (let count = random.between(1, 8); count > 0; count--) words.push(`g${random.below(12)}`, value());
  return words;
}

export function randomKey(random: SeededRandom): string {
  return key(random, ALL_KEYS);
}

/** Something to count in: a string, or a field of a hash. */
export function randomCounter(random: SeededRandom): { key: string; field?: string } {
  if (random.chance(0.5)) return { key: random.pick(COUNTERS) };
  return { key: random.pick(HASHES), field: field(random) };
}

export function randomCommand(random: SeededRandom, value: () => string): string[] {
  let at = random.below(TOTAL_WEIGHT);
  for (const [weight, generate] of GENERATORS) {
    if (at < weight) return generate(random, value);
    at -= weight;
  }
  throw new Error("a command is drawn");
}

/** The text of a refusal because of size. */
export const TOO_LARGE = "-TOOLARGE";

/** A reply as the reference model writes it: unordered ones sorted, of an error its first word. */
export function replyText(
  { words, transaction }: Pick<Operation, "words" | "transaction">,
  reply: Reply,
): string {
  if (reply instanceof ReplyError) return reply.message === ERR_TOO_LARGE ? TOO_LARGE : `-${reply.code}`;
  if (reply === null) return "nil";
  if (typeof reply === "number") return `:${reply}`;
  if (!Array.isArray(reply)) return String(reply);
  if (transaction !== undefined) {
    return transactionText(reply.map((each, at) => replyText({ words: transaction.queued[at] ?? [] }, each)));
  }
  const items = reply.map((item) => (item === null ? "nil" : String(item)));
  if (words[0] === "HGETALL") {
    const fields = items.flatMap((item, at) => (at % 2 === 0 ? [`${item}=${items[at + 1]}`] : []));
    return `[${fields.sort().join(" ")}]`;
  }
  return `[${(words[0] === "KEYS" ? items.sort() : items).join(" ")}]`;
}
