// What a parameter of CONFIG is, and the kinds there are. Judging a value changes nothing, so that several can be judged
// before the first is set; a refusal is the text that stands behind Redis's "CONFIG SET failed … -". Values are
// ByteStrings: what a client sends comes back as it was.
import type { ByteString } from "../../base/index";
import type { LiveSettings, SettingOf } from "./live-settings";

export type Judged<T> = { readonly value: T } | { readonly problem: string };

/**
 * - `mutable`: CONFIG SET changes it, and what it says is honoured from then on.
 * - `fixed`: Redis can change it and Basalt cannot: its one value is accepted, since nothing is ignored by that.
 * - `immutable`, `protected`: refused in Redis's words.
 */
export type ParameterAccess = "mutable" | "fixed" | "immutable" | "protected";

export interface Parameter {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly access: ParameterAccess;
  /** The option of `serve` that sets it at start; absent when only the table [redis] of the file does. */
  readonly option?: string;
  get(): ByteString;
  /** Judges a value; what it answers sets it. */
  judge(text: ByteString): Judged<() => void>;
}

export interface ParameterTraits {
  readonly aliases?: readonly string[];
  readonly option?: string;
  /** Called when the value has been set. */
  readonly changed?: () => void;
}

const INT64_MAX = 2n ** 63n - 1n;
export const INT32_MAX = 2 ** 31 - 1;

/** Redis's strict signed 64-bit integers. */
export function parseInteger(text: string): bigint | undefined {
  if (!/^(0|-?[1-9][0-9]{0,18})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= INT64_MAX && value >= -INT64_MAX - 1n ? value : undefined;
}

const MEMORY_UNITS: ReadonlyMap<string, bigint> = new Map([
  ["", 1n],
  ["b", 1n],
  ["k", 1000n],
  ["kb", 1024n],
  ["m", 1_000_000n],
  ["mb", 1024n ** 2n],
  ["g", 1_000_000_000n],
  ["gb", 1024n ** 3n],
]);

/** Redis's sizes: `1kb` is 1024 bytes, `1k` is 1000. */
export function parseMemory(text: string): bigint | undefined {
  const match = /^([0-9]{1,19})([a-z]*)$/i.exec(text);
  const unit = match === null ? undefined : MEMORY_UNITS.get(match[2]!.toLowerCase());
  if (match === null || unit === undefined) return undefined;
  return BigInt(match[1]!) * unit;
}

function outside(low: bigint | number, high: bigint | number): { problem: string } {
  return { problem: `argument must be between ${low} and ${high} inclusive` };
}

/** Numbers are kept exactly as they were given, and handed to the settings as JavaScript's. */
function numeric(
  settings: LiveSettings,
  name: string,
  key: SettingOf<number>,
  bounds: { readonly low: bigint | number; readonly high?: bigint | number },
  parse: (text: string) => Judged<bigint>,
  traits: ParameterTraits,
): Parameter {
  const { aliases = [], changed, ...rest } = traits;
  const { low, high = INT64_MAX } = bounds;
  let exact: bigint | undefined;
  return {
    name,
    aliases,
    access: "mutable",
    ...rest,
    get: () => String(exact !== undefined && Number(exact) === settings[key] ? exact : settings[key]),
    judge(text) {
      const parsed = parse(text);
      if ("problem" in parsed) return parsed;
      const { value } = parsed;
      if (value < low || value > high) return outside(low, high);
      return {
        value: () => {
          exact = value;
          settings[key] = Number(value);
          changed?.();
        },
      };
    },
  };
}

/** The maker of parameters whose numbers are written in one way. */
function numericKind(read: (text: string) => bigint | undefined, problem: string) {
  const parse = (text: string): Judged<bigint> => {
    const value = read(text);
    return value === undefined ? { problem } : { value };
  };
  return (
    settings: LiveSettings,
    name: string,
    key: SettingOf<number>,
    low: number,
    high?: number,
    traits: ParameterTraits = {},
  ): Parameter =>
    numeric(settings, name, key, { low, ...(high === undefined ? {} : { high }) }, parse, traits);
}

export const integerParameter = numericKind(parseInteger, "argument couldn't be parsed into an integer");

export const memoryParameter = numericKind(parseMemory, "argument must be a memory value");

export function booleanParameter(
  settings: LiveSettings,
  name: string,
  key: SettingOf<boolean>,
  traits: ParameterTraits = {},
): Parameter {
  return valueParameter(
    name,
    () => (settings[key] ? "yes" : "no"),
    (text) => {
      const word = text.toLowerCase();
      if (word !== "yes" && word !== "no") return { problem: "argument must be 'yes' or 'no'" };
      return { value: () => void (settings[key] = word === "yes") };
    },
    traits,
  );
}

/** One of a few words. */
export function wordParameter(
  name: string,
  words: readonly string[],
  get: () => string,
  set: (word: string) => void,
  traits: ParameterTraits = {},
): Parameter {
  return valueParameter(
    name,
    get,
    (text) => {
      const word = text.toLowerCase();
      if (words.includes(word)) return { value: () => set(word) };
      return { problem: `argument(s) must be one of the following: ${words.join(", ")}` };
    },
    traits,
  );
}

/** A parameter of a form of its own. */
export function valueParameter(
  name: string,
  get: () => ByteString,
  judge: (text: ByteString) => Judged<() => void>,
  traits: ParameterTraits = {},
): Parameter {
  const { aliases = [], changed, ...rest } = traits;
  return {
    name,
    aliases,
    access: "mutable",
    ...rest,
    get,
    judge(text) {
      const judged = judge(text);
      if ("problem" in judged || changed === undefined) return judged;
      return {
        value: () => {
          judged.value();
          changed();
        },
      };
    },
  };
}

/** What Redis can change and Basalt cannot; `why` says so to a client who tries. */
export function fixedParameter(name: string, value: ByteString, why: string): Parameter {
  return {
    name,
    aliases: [],
    access: "fixed",
    get: () => value,
    judge: (text) => (text.toLowerCase() === value ? { value: () => undefined } : { problem: why }),
  };
}

export function immutableParameter(
  name: string,
  get: () => ByteString,
  access: "immutable" | "protected" = "immutable",
): Parameter {
  return {
    name,
    aliases: [],
    access,
    get,
    judge: () => ({ problem: `can't set ${access} config` }),
  };
}
