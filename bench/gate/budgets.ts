// bench/budgets.json: what is measured in each form of the gate, and the limits. Read and checked here, so that a slip of
// the pen in that file is a sentence, not a gate that holds nothing.
import { readFileSync } from "node:fs";
import { BasaltError } from "../../src/base/index";
import { WORKLOAD_NAMES } from "../load/index";
import type { WorkloadName } from "../load/index";
import type { FigureName, Limit } from "./decision";
import { moreIsBetter } from "./decision";

export const FORMS = ["full", "ci", "base"] as const;
export type FormName = (typeof FORMS)[number];

/** One load of the gate and its limits. */
export interface GateLoad {
  /** As it stands in the file, unique in its form. */
  readonly name: string;
  readonly workload: WorkloadName;
  readonly clients: number;
  readonly pipeline: number;
  readonly valueBytes: number;
  readonly limits: readonly Limit[];
}

/** Resident memory, when quiet, after so many SETs over so many keys. */
export interface MemoryBudget {
  readonly sets: number;
  readonly keys: number;
  readonly limit: Limit;
}

/** The times until a new and a killed server with so many keys answer. */
export interface StartBudget {
  readonly keys: number;
  readonly start: Limit;
  readonly restart: Limit;
}

export interface GateForm {
  readonly name: FormName;
  readonly pairs: number;
  /** Of the second look: on a quiet machine, and on one that is as noisy as can be. */
  readonly secondPairs: number;
  readonly mostPairs: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly keys: number;
  readonly loads: readonly GateLoad[];
  readonly memory: MemoryBudget | undefined;
  readonly start: StartBudget | undefined;
}

type Json = Readonly<Record<string, unknown>>;

export function readBudgets(path: string, form: FormName): GateForm {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new BasaltError("BAD_BUDGETS", `${path} cannot be read as JSON.`, { cause: error });
  }
  return parseBudgets(content, form);
}

/** Throws BAD_BUDGETS with the place of what is wrong. */
export function parseBudgets(content: unknown, name: FormName): GateForm {
  const forms = new Reader(content, "the file").child("forms");
  const form = forms.child(name);
  const loads = form.child("loads");
  const parsed: GateForm = {
    name,
    pairs: form.number("pairs", 1),
    secondPairs: form.number("secondPairs", 1),
    mostPairs: form.number("mostPairs", 1),
    seconds: form.number("seconds", 0.05),
    warmUpSeconds: form.number("warmUpSeconds", 0),
    keys: form.number("keys", 1),
    loads: loads.names().map((load) => gateLoad(load, loads.child(load))),
    memory: form.has("memory") ? memoryBudget(form.child("memory")) : undefined,
    start: form.has("start") ? startBudget(form.child("start")) : undefined,
  };
  form.end();
  if (parsed.loads.length === 0) throw bad(`forms.${name}.loads is empty`);
  return parsed;
}

const LOAD_LIMITS = {
  throughputRatioMin: "throughputRatio",
  cpuRatioMax: "cpuRatio",
  cpuUsMax: "cpuUs",
  p99MsMax: "p99Ms",
} as const satisfies Record<string, FigureName>;

function gateLoad(name: string, reader: Reader): GateLoad {
  const limits: Limit[] = [];
  for (const [key, figure] of Object.entries(LOAD_LIMITS)) {
    if (reader.has(key)) limits.push({ figure, bound: reader.number(key, 0) });
  }
  const load: GateLoad = {
    name,
    workload: reader.word("workload", WORKLOAD_NAMES),
    clients: reader.number("clients", 1),
    pipeline: reader.number("pipeline", 1),
    valueBytes: reader.number("valueBytes", 1),
    limits,
  };
  reader.end();
  if (limits.length === 0) throw bad(`the load ${name} has no limits`);
  return load;
}

function memoryBudget(reader: Reader): MemoryBudget {
  const budget: MemoryBudget = {
    sets: reader.number("sets", 1),
    keys: reader.number("keys", 1),
    limit: { figure: "residentMiB", bound: reader.number("residentMiBMax", 1) },
  };
  reader.end();
  return budget;
}

function startBudget(reader: Reader): StartBudget {
  const budget: StartBudget = {
    keys: reader.number("keys", 1),
    start: { figure: "startMs", bound: reader.number("startMsMax", 1) },
    restart: { figure: "restartMs", bound: reader.number("restartMsMax", 1) },
  };
  reader.end();
  return budget;
}

/** Reads an object of the file, and at its end complains of what nobody asked for. */
class Reader {
  private readonly value: Json;
  private readonly read = new Set<string>();

  constructor(
    value: unknown,
    private readonly place: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw bad(`${place} is no object`);
    this.value = value as Json;
  }

  names(): string[] {
    return Object.keys(this.value);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.value, key);
  }

  child(key: string): Reader {
    this.read.add(key);
    return new Reader(this.value[key], `${this.place}.${key}`);
  }

  number(key: string, lowest: number): number {
    this.read.add(key);
    const value = this.value[key];
    if (typeof value !== "number" || !(value >= lowest)) {
      throw bad(`${this.place}.${key} is no number from ${lowest} up`);
    }
    return value;
  }

  word<Word extends string>(key: string, allowed: readonly Word[]): Word {
    this.read.add(key);
    const word = allowed.find((candidate) => candidate === this.value[key]);
    if (word === undefined) throw bad(`${this.place}.${key} is none of ${allowed.join(", ")}`);
    return word;
  }

  end(): void {
    const unknown = this.names().find((key) => !this.read.has(key));
    if (unknown !== undefined) throw bad(`${this.place}.${unknown} means nothing`);
  }
}

/** `at least 0.85`, `at most 18`. */
export function boundText({ figure, bound }: Limit): string {
  return `${moreIsBetter(figure) ? "≥" : "≤"} ${bound}`;
}

function bad(what: string): BasaltError {
  return new BasaltError("BAD_BUDGETS", `bench/budgets.json: ${what}.`);
}
