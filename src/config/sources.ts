// The three places an option can be given in: flags, environment, file. Each is turned into the same thing, a list of
// (key, text, how the place is called in messages), before anything is judged. Reads one file, synchronously, at start.
//
// Environment variables that begin with BASALT_ and name no option are ignored: container platforms put such variables
// there for services of the same name, and the tests use some of their own.
import { readFileSync } from "node:fs";
import { TomlDate, TomlError, parse } from "smol-toml";
import { BasaltError, errorText } from "../base/index";
import { nearest } from "./nearest-name";
import { environmentName, optionName } from "./option-table";
import type { OptionTable } from "./option-table";

/** A value as it was given. `place` names it in messages: `--host`, `BASALT_HOST`, `host in basalt.toml`. */
export interface GivenValue {
  readonly key: string;
  readonly text: string;
  readonly place: string;
}

export function badOption(sentence: string, cause?: unknown): BasaltError {
  return new BasaltError("BAD_OPTION", sentence, { cause });
}

export interface GivenFlags {
  readonly values: GivenValue[];
  /** The value of `--config`. */
  readonly file: string | undefined;
  readonly wantsHelp: boolean;
}

/** Reads `--name value` and `--name=value`. */
export function readFlags(table: OptionTable, flags: readonly string[], command: string): GivenFlags {
  const values = new Map<string, GivenValue>();
  let file: string | undefined;
  for (let at = 0; at < flags.length; at++) {
    const flag = flags[at] ?? "";
    if (flag === "--help" || flag === "-h") return { values: [], file: undefined, wantsHelp: true };
    if (!flag.startsWith("--") || flag === "--") {
      throw badOption(`${command} takes options only, and \`${flag}\` is none: see ${command} --help.`);
    }
    const equals = flag.indexOf("=");
    const name = flag.slice(2, equals === -1 ? undefined : equals);
    const key = name === "config" ? name : keyNamed(table, name);
    if (key === undefined)
      throw badOption(`${unknownName(table, `--${name}`, name, "--")} See ${command} --help.`);
    if (values.has(key) || (key === "config" && file !== undefined)) {
      throw badOption(`--${name} is given twice: give it once.`);
    }
    const text = equals === -1 ? flags[++at] : flag.slice(equals + 1);
    if (text === undefined || (equals === -1 && text.startsWith("--"))) {
      throw badOption(`--${name} has no value: give one after it.`);
    }
    if (key === "config") file = text;
    else values.set(key, { key, text, place: `--${name}` });
  }
  return { values: [...values.values()], file, wantsHelp: false };
}

/** Reads `BASALT_…`; an empty variable counts as not set. */
export function readEnvironment(table: OptionTable, environment: NodeJS.ProcessEnv): GivenValue[] {
  const values: GivenValue[] = [];
  for (const key of Object.keys(table)) {
    const place = environmentName(key);
    const text = environment[place];
    if (text !== undefined && text !== "") values.push({ key, text, place });
  }
  return values;
}

export interface FileContent {
  readonly values: GivenValue[];
  /** What stands in the table [redis], by name: parameters that redis/ judges. */
  readonly redisParameters: ReadonlyMap<string, string>;
}

/** The table of the file whose names are Redis's. */
export const REDIS_TABLE = "redis";

/** Reads a TOML file of `name = value` lines, with the names of the flags, and of the table [redis]. */
export function readFile(table: OptionTable, path: string): FileContent {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw badOption(`The file ${path} cannot be read (${reason(error)}): check --config.`, error);
  }
  let content: Readonly<Record<string, unknown>>;
  try {
    content = parse(text, { integersAsBigInt: true });
  } catch (error) {
    const where = error instanceof TomlError ? ` at line ${error.line}, column ${error.column}` : "";
    throw badOption(`The file ${path} is not valid TOML${where}: correct it.`, error);
  }
  const values: GivenValue[] = [];
  let redisParameters: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(content)) {
    const place = `${name} in ${path}`;
    if (name === REDIS_TABLE && typeof value === "object" && value !== null && !Array.isArray(value)) {
      redisParameters = readRedisTable(path, value);
      continue;
    }
    const key = keyNamed(table, name);
    if (key === undefined) throw badOption(unknownName(table, place, name, ""));
    values.push({ key, text: fileText(table[key]?.kind.takesNumber ?? false, place, value), place });
  }
  return { values, redisParameters };
}

function readRedisTable(path: string, content: object): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(content).map(([name, value]: [string, unknown]) => [
      name.toLowerCase(),
      fileText(true, `${REDIS_TABLE}.${name} in ${path}`, value),
    ]),
  );
}

function keyNamed(table: OptionTable, name: string): string | undefined {
  return Object.keys(table).find((key) => optionName(key) === name);
}

function unknownName(table: OptionTable, place: string, name: string, prefix: string): string {
  const guess = nearest(name, Object.keys(table).map(optionName));
  const hint = guess === undefined ? "take it out" : `did you mean ${prefix}${guess}?`;
  return `${place} is not an option: ${hint}${hint.endsWith("?") ? "" : "."}`;
}

/** What a TOML value would be as a flag; strings for words, numbers also for what is one. */
function fileText(takesNumber: boolean, place: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (takesNumber && (typeof value === "bigint" || typeof value === "number")) return String(value);
  const found =
    typeof value === "bigint" || typeof value === "number"
      ? "a number"
      : typeof value === "boolean"
        ? "a boolean"
        : value instanceof TomlDate
          ? "a date"
          : Array.isArray(value)
            ? "an array"
            : "a table";
  throw badOption(`${place} is ${found}: give a string${takesNumber ? " or a number" : ""}.`);
}

function reason(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "it does not exist";
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES") return "permission denied";
  return errorText(error);
}
