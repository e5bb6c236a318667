// Typed reading of a directive's arguments. A script that asks for something that does not exist ends its block with a
// ScriptError, whose text then stands where output was expected.
import type { Argument } from "./script";

export class ScriptError extends Error {}

export function toNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new ScriptError(`expected a number, got "${text}"`);
  const value = Number(text);
  // etcd's "no limit" is the largest u64.
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
}

export function toBoolean(text: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw new ScriptError(`expected true or false, got "${text}"`);
}

/** The first argument, a bare number. */
export function firstNumber(words: readonly Argument[]): number {
  return toNumber(words[0]?.key ?? "");
}

/** All bare arguments as numbers. */
export function bareNumbers(words: readonly Argument[]): number[] {
  return words.filter((word) => word.values.length === 0).map((word) => toNumber(word.key));
}

/** The only value of the argument `key`, which must be there. */
export function namedValue(words: readonly Argument[], key: string): string {
  const value = words.find((word) => word.key === key)?.values[0];
  if (value === undefined) throw new ScriptError(`missing argument: ${key}`);
  return value;
}

/** Each value of each argument with its key. */
export function* keyedValues(words: readonly Argument[]): Generator<readonly [string, string]> {
  for (const word of words) for (const value of word.values) yield [word.key, value];
}
