// The command lines of the smaller programs of bench/ (gate, micro, soak, restart, flame): each is a table of options, from
// which parsing, the help and the refusal of what is unknown come, and a function. (`npm run bench` has more: options.ts.)
import { BasaltError, errorText } from "../src/base/index";
import { nearest } from "../src/config/index";

export interface ProgramOption {
  /** What stands for the value in the help; absent for a flag. */
  readonly placeholder?: string;
  readonly meaning: string;
  readonly fallback?: string;
}

export interface ProgramHelp<Name extends string> {
  /** As it is called: `npm run bench:gate`. */
  readonly command: string;
  readonly summary: string;
  readonly options: Readonly<Record<Name, ProgramOption>>;
  /** What words without dashes mean; absent where there are none. */
  readonly words?: { readonly placeholder: string; readonly meaning: string };
}

/** What a command line says; fallbacks are filled in. */
export class GivenOptions<Name extends string> {
  constructor(
    readonly words: readonly string[],
    private readonly values: ReadonlyMap<string, string>,
  ) {}

  /** Whether a flag, or an option without fallback, is there. */
  has(name: Name): boolean {
    return this.values.has(name);
  }

  text(name: Name): string | undefined {
    return this.values.get(name);
  }

  /** A number within bounds; the option has a fallback, or is known to be there. */
  number(name: Name, lowest: number, highest: number): number {
    const text = this.values.get(name) ?? "";
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (!(value >= lowest && value <= highest)) {
      throw usage(`--${name} is a number from ${lowest} to ${highest}, not ${JSON.stringify(text)}.`);
    }
    return value;
  }

  integer(name: Name, lowest: number, highest: number): number {
    const value = this.number(name, lowest, highest);
    if (!Number.isInteger(value)) throw usage(`--${name} is a whole number, not ${value}.`);
    return value;
  }

  /** One of some words. */
  choice<Word extends string>(name: Name, allowed: readonly Word[]): Word {
    const text = this.values.get(name) ?? "";
    const word = allowed.find((candidate) => candidate === text);
    if (word === undefined)
      throw usage(`--${name} is one of ${allowed.join(", ")}, not ${JSON.stringify(text)}.`);
    return word;
  }

  /** Words with commas between them, each of the allowed ones; undefined when the option is not there. */
  list(name: Name, allowed: readonly string[]): readonly string[] | undefined {
    const items = this.values.get(name)?.split(",");
    for (const item of items ?? []) {
      if (!allowed.includes(item)) {
        throw usage(`--${name} is of ${allowed.join(", ")}; ${JSON.stringify(item)} is none.`);
      }
    }
    return items;
  }
}

/** Reads `--name value`, `--name=value`, `--flag` and words; undefined when help was asked for. Throws USAGE. */
export function readCommandLine<Name extends string>(
  help: ProgramHelp<Name>,
  given: readonly string[],
): GivenOptions<Name> | undefined {
  const table: Readonly<Record<string, ProgramOption>> = help.options;
  const values = new Map<string, string>();
  const words: string[] = [];
  for (let at = 0; at < given.length; at++) {
    const word = given[at]!;
    if (word === "--help" || word === "-h") return undefined;
    if (!word.startsWith("--")) {
      if (help.words === undefined) {
        throw usage(`${help.command} takes options only; ${JSON.stringify(word)} is none.`);
      }
      words.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const option = Object.hasOwn(table, name) ? table[name] : undefined;
    if (option === undefined) {
      const near = nearest(name, Object.keys(table));
      const hint = near === undefined ? "" : `; --${near} is one`;
      throw usage(`${help.command} has no option --${name}${hint}. See --help.`);
    }
    if (values.has(name)) throw usage(`--${name} is given twice.`);
    if (option.placeholder === undefined) {
      if (equals >= 0) throw usage(`--${name} takes no value.`);
      values.set(name, "");
    } else {
      const value = equals < 0 ? given[++at] : word.slice(equals + 1);
      if (value === undefined || value === "") {
        throw usage(`--${name} needs a value: ${option.placeholder}.`);
      }
      values.set(name, value);
    }
  }
  for (const [name, { fallback }] of Object.entries(table)) {
    if (fallback !== undefined && !values.has(name)) values.set(name, fallback);
  }
  return new GivenOptions(words, values);
}

export function helpText(help: ProgramHelp<string>): string {
  const lines = Object.entries(help.options).map(([name, { placeholder, meaning, fallback }]) => {
    const left = placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
    return `  ${left.padEnd(24)} ${meaning}${fallback === undefined ? "" : ` [${fallback}]`}`;
  });
  const { words } = help;
  if (words !== undefined) lines.unshift(`  ${words.placeholder.padEnd(24)} ${words.meaning}`);
  const called = `${help.command} -- ${words === undefined ? "" : `${words.placeholder} `}[OPTIONS]`;
  return `Usage: ${called}\n\n${help.summary}\n\n${lines.join("\n")}\n`;
}

/**
 * Runs a program: prints its help, or does `main`, whose answer is the exit status. Failures are one line on standard
 * error: status 2 for a wrong command line, 1 for the rest.
 */
export function runProgram<Name extends string>(
  help: ProgramHelp<Name>,
  main: (options: GivenOptions<Name>) => Promise<number>,
): void {
  const run = async (): Promise<number> => {
    const options = readCommandLine(help, process.argv.slice(2));
    if (options !== undefined) return main(options);
    process.stdout.write(helpText(help));
    return 0;
  };
  run().then(
    (status) => (process.exitCode = status),
    (error: unknown) => {
      process.stderr.write(`${help.command}: ${errorText(error)}\n`);
      process.exit(error instanceof BasaltError && error.code === "USAGE" ? 2 : 1);
    },
  );
}

export function usage(sentence: string): BasaltError {
  return new BasaltError("USAGE", sentence);
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
