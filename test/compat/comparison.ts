// When two replies to one command are the same. By default: byte for byte, types included. Where order or the moment
// decides, a rule of the table below says what is compared instead, and names the accepted difference that allows it.
import type { ByteString } from "../../src/base/index";
import type { TypedReply } from "../../src/resp/index";
import { isError, itemsOf, render } from "./typed-client";

export interface Rule {
  /** An id of differences.json. */
  readonly difference: string;
  readonly applies: (name: string, subcommand: string) => boolean;
  readonly same: (redis: TypedReply, basalt: TypedReply) => boolean;
}

/** Seconds that a time to live may differ by: far less than two different ones do, far more than a command takes. */
const TIME_TOLERANCE_SECONDS = 60;

const named =
  (...names: string[]) =>
  (name: string): boolean =>
    names.includes(name);
const subcommand =
  (container: string, ...names: string[]) =>
  (name: string, second: string): boolean =>
    name === container && names.includes(second);

/** Errors are never normalised: two of them are the same if they read the same. */
export const RULES: readonly Rule[] = [
  {
    // Redis counts who holds its object at that moment, within an EXEC the queue, too; and a small number of its own making is
    // not always a shared one.
    difference: "object-history",
    applies: subcommand("OBJECT", "REFCOUNT"),
    same: (a, b) =>
      a.type === b.type && Number(a.value) < 10 && (Number(b.value) < 10 || b.value === 0x7fff_ffff),
  },
  { difference: "unordered", applies: named("KEYS"), same: (a, b) => sorted(a) === sorted(b) },
  { difference: "unordered", applies: named("HGETALL"), same: (a, b) => pairsOf(a) === pairsOf(b) },
  {
    difference: "time-passes",
    applies: named("TTL"),
    same: (a, b) => timesAgree(a, b, TIME_TOLERANCE_SECONDS),
  },
  {
    difference: "time-passes",
    applies: named("PTTL"),
    same: (a, b) => timesAgree(a, b, TIME_TOLERANCE_SECONDS * 1000),
  },
  {
    difference: "time-passes",
    applies: named("EXPIRETIME"),
    same: (a, b) => timesAgree(a, b, TIME_TOLERANCE_SECONDS),
  },
  {
    difference: "time-passes",
    applies: named("PEXPIRETIME"),
    same: (a, b) => timesAgree(a, b, TIME_TOLERANCE_SECONDS * 1000),
  },
  { difference: "random-key", applies: named("RANDOMKEY"), same: bothOrNone },
  { difference: "memory-usage", applies: subcommand("MEMORY", "USAGE"), same: bothOrNone },
  { difference: "object-history", applies: subcommand("OBJECT", "ENCODING"), same: encodingsAgree },
  { difference: "client-id", applies: subcommand("CLIENT", "ID"), same: sameType },
  { difference: "hello-version", applies: named("HELLO"), same: (a, b) => helloOf(a) === helloOf(b) },
  { difference: "info-figures", applies: named("INFO"), same: sameType },
  { difference: "config-options", applies: subcommand("CONFIG", "GET"), same: sameSharedOptions },
  {
    difference: "client-setinfo",
    applies: subcommand("CLIENT", "SETINFO"),
    same: (_, b) => render(b) === '+"OK"',
  },
  { difference: "help-texts", applies: (_, second) => second === "HELP", same: sameType },
  { difference: "fewer-commands", applies: subcommand("COMMAND", "COUNT"), same: sameType },
  { difference: "command-docs-texts", applies: subcommand("COMMAND", "DOCS"), same: documentsTheSame },
  {
    difference: "observations",
    applies: named("SLOWLOG", "LATENCY", "MEMORY", "TIME", "LASTSAVE"),
    same: sameType,
  },
  { difference: "observations", applies: named("ROLE"), same: (a, b) => roleOf(a) === roleOf(b) },
  { difference: "lolwut", applies: named("LOLWUT"), same: sameType },
  { difference: "fewer-commands", applies: subcommand("COMMAND", "LIST"), same: isSubset },
  { difference: "fewer-subcommands", applies: subcommand("COMMAND", "INFO", ""), same: describesTheSame },
];

/** The rule that a command's reply is compared by, if it has one. */
export function ruleFor(words: readonly ByteString[]): Rule | undefined {
  const name = (words[0] ?? "").toUpperCase();
  const second = (words[1] ?? "").toUpperCase();
  return RULES.find((rule) => rule.applies(name, second));
}

export function isSame(words: readonly ByteString[], redis: TypedReply, basalt: TypedReply): boolean {
  if (render(redis) === render(basalt)) return true;
  const rule = ruleFor(words);
  if (rule === undefined) return false;
  if (rule.difference !== "client-setinfo" && (isError(redis) || isError(basalt))) return false;
  return rule.same(redis, basalt);
}

/** The replies to EXEC: those of the queued commands, each by its own rule. */
export function isSameTransaction(
  queued: readonly (readonly ByteString[])[],
  redis: TypedReply,
  basalt: TypedReply,
): boolean {
  if (render(redis) === render(basalt)) return true;
  if (!Array.isArray(redis.value) || !Array.isArray(basalt.value) || redis.type !== basalt.type) return false;
  const [theirs, mine] = [itemsOf(redis), itemsOf(basalt)];
  return (
    theirs.length === queued.length &&
    mine.length === queued.length &&
    queued.every((words, i) => isSame(words, theirs[i]!, mine[i]!))
  );
}

function sameType(redis: TypedReply, basalt: TypedReply): boolean {
  return redis.type === basalt.type;
}

/** Both have an answer, or neither. */
function bothOrNone(redis: TypedReply, basalt: TypedReply): boolean {
  return redis.type === basalt.type && (redis.value === null) === (basalt.value === null);
}

/** Where Redis shows what a value once was, Basalt shows what it is. */
function encodingsAgree(redis: TypedReply, basalt: TypedReply): boolean {
  const [was, is] = [redis.value, basalt.value];
  if (redis.type !== basalt.type) return false;
  if (was === "hashtable") return is === "listpack";
  // APPEND and others leave a string raw, INCRBYFLOAT leaves a whole number a text.
  return is === "int" ? was === "raw" || was === "embstr" : was === "raw" && is === "embstr";
}

function sorted(reply: TypedReply): string {
  return [reply.type, ...itemsOf(reply).map(render).sort()].join(" ");
}

/** Keys and values that stand in turn, as sorted lines. */
function linesOf(reply: TypedReply): string[] {
  const items = itemsOf(reply);
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += 2) lines.push(`${render(items[i]!)} ${render(items[i + 1]!)}`);
  return lines.sort();
}

function pairsOf(reply: TypedReply): string {
  return [reply.type, ...linesOf(reply)].join(" ");
}

function timesAgree(redis: TypedReply, basalt: TypedReply, tolerance: number): boolean {
  const [a, b] = [redis.value, basalt.value];
  if (typeof a !== "number" || typeof b !== "number" || redis.type !== basalt.type) return false;
  return a >= 0 && b >= 0 && Math.abs(a - b) <= tolerance;
}

function helloOf(reply: TypedReply): string {
  const volatileFields = /^\$"(version|id)" /;
  return [reply.type, ...linesOf(reply).map((line) => volatileFields.exec(line)?.[0] ?? line)].join(" ");
}

/** Options that both have must have the same values; names are compared only where both have them. */
function sameSharedOptions(redis: TypedReply, basalt: TypedReply): boolean {
  const nameOf = (line: string): string => line.split(" ")[0]!;
  const ofRedis = linesOf(redis);
  const ofBasalt = linesOf(basalt);
  const names = new Set(ofRedis.map(nameOf));
  const shared = ofBasalt.filter((line) => names.has(nameOf(line)));
  return redis.type === basalt.type && shared.every((line) => ofRedis.includes(line));
}

/** What only Basalt has: commands of 7.2. */
const NEWER = new Set(["client|setinfo", "client|no-touch", "waitaof"]);

function isSubset(redis: TypedReply, basalt: TypedReply): boolean {
  const known = new Set(itemsOf(redis).map(render));
  const unknown = itemsOf(basalt).filter(
    (item) => !known.has(render(item)) && !NEWER.has(String(item.value)),
  );
  return redis.type === basalt.type && unknown.length === 0;
}

/** COMMAND and COMMAND INFO: what Basalt describes, Redis describes alike, subcommands included. */
function describesTheSame(redis: TypedReply, basalt: TypedReply): boolean {
  const descriptions = new Map(itemsOf(redis).map((item) => [nameOf(item), item]));
  return (
    redis.type === basalt.type &&
    itemsOf(basalt).every((mine) => {
      if (mine.value === null || NEWER.has(nameOf(mine))) return true;
      const theirs = descriptions.get(nameOf(mine));
      if (theirs === undefined) return false;
      const [mySubcommands, theirSubcommands] = [itemsOf(mine)[9], itemsOf(theirs)[9]];
      if (mySubcommands === undefined || theirSubcommands === undefined) return false;
      return factsOf(mine) === factsOf(theirs) && describesTheSame(theirSubcommands, mySubcommands);
    })
  );
}

/** The fields of a map, in either protocol. */
function fieldsOf(reply: TypedReply): Map<string, TypedReply> {
  const items = itemsOf(reply);
  const fields = new Map<string, TypedReply>();
  for (let i = 0; i < items.length; i += 2) fields.set(String(items[i]!.value), items[i + 1]!);
  return fields;
}

/** COMMAND DOCS: what Basalt documents has the facts that Redis says, and texts of its own. */
function documentsTheSame(redis: TypedReply, basalt: TypedReply): boolean {
  const theirs = fieldsOf(redis);
  return (
    redis.type === basalt.type &&
    [...fieldsOf(basalt)].every(([name, document]) => {
      if (NEWER.has(name)) return true;
      const original = theirs.get(name);
      return original !== undefined && documentsAlike(fieldsOf(original), fieldsOf(document));
    })
  );
}

function documentsAlike(theirs: Map<string, TypedReply>, mine: Map<string, TypedReply>): boolean {
  const facts = ["since", "group", "arguments", "deprecated_since"];
  const shown = (fields: Map<string, TypedReply>, name: string): string => {
    const value = fields.get(name);
    return value === undefined ? "none" : render(value);
  };
  const [original, own] = [theirs.get("subcommands"), mine.get("subcommands")];
  return (
    facts.every((fact) => shown(theirs, fact) === shown(mine, fact)) &&
    ["summary", "complexity"].every((text) => String(mine.get(text)?.value ?? "") !== "") &&
    (own === undefined || (original !== undefined && documentsTheSame(original, own)))
  );
}

/** All but the offset, which counts each server's own bytes. */
function roleOf(reply: TypedReply): string {
  return itemsOf(reply)
    .filter((_, at) => at !== 1)
    .map(render)
    .join(" ");
}

function nameOf(description: TypedReply): string {
  return String(itemsOf(description)[0]?.value);
}

/** The first nine elements. */
function factsOf(description: TypedReply): string {
  return itemsOf(description).slice(0, 9).map(render).join(" ");
}
