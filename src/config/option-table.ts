// What a table of options looks like. An option is data: its kind, its default, what it means, the room that honours it
// (its owner), and, while nothing serves it yet, the sentence that refuses it. Names are derived, never written twice:
// the key `dataDir` is the flag `--data-dir`, the variable `BASALT_DATA_DIR` and the file's `data-dir`.
import type { OptionKind } from "./option-kinds";

/** The room that acts on an option's value. */
export type OptionOwner =
  "config" | "server" | "storage" | "raft" | "kv" | "redis" | "grpc" | "http" | "dynamodb" | "observability";

export interface Option<T> {
  readonly kind: OptionKind<T>;
  /** The value when no source gives one: a constant, or what another option of the table came to. */
  readonly default: { readonly value: T } | { readonly sameAs: string };
  readonly meaning: string;
  readonly owner: OptionOwner;
  /** Set while nothing honours the option: the sentence that refuses a given value and says what to do. */
  readonly notServed?: string;
  /** A value that asks for nothing, and so is accepted although `notServed` is set: `off` for a port. */
  readonly acceptedUnserved?: T;
  /** What help shows as the default of an option that is not served yet; else the default itself. */
  readonly plannedDefault?: string;
  /** What to say at start when this value is in force. */
  readonly warning?: { readonly value: T; readonly sentence: string };
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The values of a table, by key. */
export type ValuesOf<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends Option<infer T> ? T : never;
};

/** Gives an entry of a table its type. */
export function option<T>(definition: Option<T>): Option<T> {
  return definition;
}

/** `dataDir` → `data-dir`: the name in files and, after `--`, on the command line. */
export function optionName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `dataDir` → `BASALT_DATA_DIR`. */
export function environmentName(key: string): string {
  return `BASALT_${optionName(key).replaceAll("-", "_").toUpperCase()}`;
}
