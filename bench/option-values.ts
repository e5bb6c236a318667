// Values of the bench's options, read from texts: each refuses what it does not take with a sentence that names the
// option. Lists are written with commas and name nothing twice. Pure.
import { BasaltError } from "../src/base/index";

export function numberOf(name: string, text: string, lowest: number, highest: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(value >= lowest && value <= highest)) {
    throw usage(`--${name} is a number from ${lowest} to ${highest}, not ${JSON.stringify(text)}.`);
  }
  return value;
}

export function integerOf(name: string, text: string, lowest: number, highest: number): number {
  const value = numberOf(name, text, lowest, highest);
  if (!Number.isInteger(value)) throw usage(`--${name} is a whole number, not ${JSON.stringify(text)}.`);
  return value;
}

export function integersOf(name: string, text: string, lowest: number, highest: number): number[] {
  return distinct(
    name,
    text.split(",").map((item) => integerOf(name, item, lowest, highest)),
  );
}

/** Whole numbers from 0 on, each above the one before. */
export function risingOf(name: string, text: string, highest: number): number[] {
  const numbers = integersOf(name, text, 0, highest);
  if (numbers.some((number, at) => at > 0 && number < numbers[at - 1]!)) {
    throw usage(`--${name} rises: each number is above the one before.`);
  }
  return numbers;
}

export function wordsOf<Word extends string>(name: string, text: string, allowed: readonly Word[]): Word[] {
  return distinct(
    name,
    text.split(",").map((item) => {
      const word = allowed.find((candidate) => candidate === item);
      if (word === undefined)
        throw usage(`--${name} is of ${allowed.join(", ")}; ${JSON.stringify(item)} is none.`);
      return word;
    }),
  );
}

function distinct<Item>(name: string, items: Item[]): Item[] {
  if (new Set(items).size !== items.length) throw usage(`--${name} names something twice.`);
  return items;
}

export function labelOf(text: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{0,60}$/.test(text)) {
    throw usage(`--label is of lower-case letters, digits, dots and hyphens, not ${JSON.stringify(text)}.`);
  }
  return text;
}

export function usage(sentence: string): BasaltError {
  return new BasaltError("USAGE", sentence);
}
