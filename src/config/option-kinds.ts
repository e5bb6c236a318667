// The kinds of value an option can have: how each is read from text, which TOML values it takes, and how it is shown
// in help. A kind knows nothing of where the text came from; a refusal is a clause that completes the sentence
// "--name is `text`, which …". All pure.

/** What a kind makes of a text: a value, or the clause that says what is wrong with it and what to give instead. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** A port number, or "off" for one that is not opened. 0 lets the system choose a free one. */
export type PortSetting = number | "off";

export interface OptionKind<T> {
  /** How help names the value: `PORT`, `DIR`, `always|never`. */
  readonly placeholder: string;
  /** Whether a TOML number is taken as well as a TOML string. */
  readonly takesNumber: boolean;
  parse(text: string): Parsed<T>;
  /** The text that parses back to `value`. */
  show(value: T): string;
}

const MAX_PORT = 65_535;

/** A TCP port to open: 0 to 65535, or `off`. */
export const portKind: OptionKind<PortSetting> = {
  placeholder: "PORT",
  takesNumber: true,
  parse(text) {
    if (text === "off") return { value: "off" };
    const port = decimal(text);
    if (port !== undefined && port <= MAX_PORT) return { value: port };
    return { problem: "is not a port: give a number from 1 to 65535, 0 for any free port, or off" };
  },
  show: String,
};

/** Any text of at least one character. */
export function textKind(placeholder: string): OptionKind<string> {
  return {
    placeholder,
    takesNumber: false,
    parse: (text) => (text.length > 0 ? { value: text } : { problem: "is empty: give a value" }),
    show: (value) => value,
  };
}

/** Any text, also none at all. */
export function anyTextKind(placeholder: string): OptionKind<string> {
  return { placeholder, takesNumber: false, parse: (text) => ({ value: text }), show: (value) => value };
}

/** A host name or an IP address, without port or brackets. */
export const hostKind: OptionKind<string> = {
  placeholder: "HOST",
  takesNumber: false,
  parse(text) {
    const isName = /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(text);
    const isAddress6 =
      /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9]+)?$/.test(text) && text.split(":").length > 2;
    if (isName || isAddress6) return { value: text };
    return { problem: "is not a host: give a name or an IP address, without a port" };
  },
  show: (value) => value,
};

/** A whole number within bounds, both included. */
export function integerKind(minimum: number, maximum: number, placeholder = "N"): OptionKind<number> {
  return {
    placeholder,
    takesNumber: true,
    parse(text) {
      const value = decimal(text);
      if (value !== undefined && value >= minimum && value <= maximum) return { value };
      return { problem: `is not in range: give a whole number from ${minimum} to ${maximum}` };
    },
    show: String,
  };
}

const BYTE_UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
  ["tb", 1e12],
  ["kib", 2 ** 10],
  ["mib", 2 ** 20],
  ["gib", 2 ** 30],
  ["tib", 2 ** 40],
]);

/** A size in bytes, with an optional unit: `64MiB` is 2^26, `64MB` is 64 000 000. Upper and lower case are the same. */
export function bytesKind(minimum: number, maximum: number): OptionKind<number> {
  return {
    placeholder: "BYTES",
    takesNumber: true,
    parse(text) {
      const match = /^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)$/.exec(text);
      const unit = match === null ? undefined : BYTE_UNITS.get((match[2] ?? "").toLowerCase());
      if (match === null || unit === undefined) {
        return { problem: "is not a size: give bytes, or a number with a unit such as 64MB or 64MiB" };
      }
      const value = Number(match[1]) * unit;
      if (!Number.isSafeInteger(value)) return { problem: "is not a whole number of bytes: give one" };
      if (value < minimum || value > maximum) {
        return { problem: `is not in range: give ${showBytes(minimum)} to ${showBytes(maximum)}` };
      }
      return { value };
    },
    show: showBytes,
  };
}

/** One of a few words. */
export function wordKind<const Words extends readonly string[]>(...words: Words): OptionKind<Words[number]> {
  return {
    placeholder: words.join("|"),
    takesNumber: false,
    parse(text) {
      const word = words.find((candidate) => candidate === text);
      if (word !== undefined) return { value: word };
      return { problem: `is none of its words: give ${words.slice(0, -1).join(", ")} or ${words.at(-1)}` };
    },
    show: (value) => value,
  };
}

/** The largest binary unit that divides the size, as `bytesKind` reads it. */
function showBytes(value: number): string {
  for (const unit of ["TiB", "GiB", "MiB", "KiB"]) {
    const size = BYTE_UNITS.get(unit.toLowerCase()) ?? 1;
    if (value >= size && value % size === 0) return `${value / size}${unit}`;
  }
  return String(value);
}

/** Decimal digits only, and only as far as a number holds them exactly. */
function decimal(text: string): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
