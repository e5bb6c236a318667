// What COMMAND DOCS says of a command, as data. Summaries and complexities are our own words; since, group and arguments are
// those of Redis's commands. Complexity is that of Basalt's own implementation where it is another than Redis's.

export type ArgumentType =
  "string" | "integer" | "double" | "key" | "pattern" | "unix-time" | "pure-token" | "oneof" | "block";

export interface DocumentedArgument {
  readonly name: string;
  readonly type: ArgumentType;
  /** Which of the command's key specifications finds it. */
  readonly keySpecification: number | undefined;
  /** The word before it; of a pure token the word itself. */
  readonly token: string | undefined;
  readonly since: string | undefined;
  readonly deprecatedSince: string | undefined;
  readonly flags: readonly ("optional" | "multiple" | "multiple_token")[];
  readonly arguments: readonly DocumentedArgument[];
}

export interface DocumentedCommand {
  readonly group: string;
  readonly since: string;
  readonly complexity: string;
  readonly summary: string;
  readonly arguments: readonly DocumentedArgument[];
  readonly deprecatedSince: string | undefined;
}

/** Full name, since, complexity, summary, arguments (see argument-notation.ts), deprecated since. */
export type DocumentationRow = readonly [
  name: string,
  since: string,
  complexity: string,
  summary: string,
  notation: string,
  deprecatedSince?: string,
];

export interface DocumentationGroup {
  readonly group: string;
  readonly rows: readonly DocumentationRow[];
}
