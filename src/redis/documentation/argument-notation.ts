// The notation in which the arguments of commands are written down, and its parser:
//
//   <name>  <name:integer>  <name#0>   a value; of a type (integer, double, pattern, unix-time, key), or a key that the
//                                      command's key specification 0 finds
//   WORD  name/WORD  name/"*"          a word of its own; named like it in lower case, or otherwise
//   WORD=…                             a word before what follows
//   name(… | …)                        one of several
//   name{… …}                          several together
//
// and behind each: `?` optional, `*` several times, `**` several times with its word, `@1.2.3` since a version, `!1.2.3`
// deprecated since a version. Run once for each command at start; a mistake is a programmer's, and asserted.
import { assert } from "../../base/index";
import type { ArgumentType, DocumentedArgument } from "./documented-command";

const VALUE_TYPES: readonly ArgumentType[] = ["integer", "double", "pattern", "unix-time", "key"];

export function parseArguments(notation: string): readonly DocumentedArgument[] {
  const reader = new NotationReader(notation);
  const found = reader.list("");
  assert(reader.isAtEnd, `arguments are written in their notation: ${notation}`);
  return found;
}

type Shape = Pick<DocumentedArgument, "name" | "type" | "keySpecification" | "token" | "arguments">;

class NotationReader {
  private at = 0;

  constructor(private readonly notation: string) {}

  get isAtEnd(): boolean {
    return this.at === this.notation.length;
  }

  /** Arguments up to the closing bracket, which is read too. */
  list(close: string): DocumentedArgument[] {
    const found: DocumentedArgument[] = [];
    for (;;) {
      while (this.matches(/[ |]+/y) !== undefined);
      if (close === "" ? this.isAtEnd : this.takes(close)) return found;
      found.push(this.argument());
    }
  }

  private argument(): DocumentedArgument {
    const token = this.prefix();
    const shape = this.shape();
    const flags: ("optional" | "multiple" | "multiple_token")[] = [];
    if (this.takes("?")) flags.push("optional");
    if (this.takes("*")) flags.push("multiple");
    if (this.takes("*")) flags.push("multiple_token");
    const since = this.matches(/@([0-9.]+)/y);
    const deprecatedSince = this.matches(/!([0-9.]+)/y);
    return { ...shape, token: token ?? shape.token, flags, since, deprecatedSince };
  }

  /** The word before an argument. */
  private prefix(): string | undefined {
    return this.matches(/"([^"]*)"=/y) ?? this.matches(/([A-Za-z0-9_-]+)=/y);
  }

  private shape(): Shape {
    const value = this.matches(/<([^>]+)>/y);
    if (value !== undefined) return valueShape(value);
    const name = this.matches(/([A-Za-z0-9_-]+)/y);
    assert(name !== undefined, `an argument has a name: ${this.notation}`);
    const none = { keySpecification: undefined, token: undefined };
    if (this.takes("(")) return { name, type: "oneof", ...none, arguments: this.list(")") };
    if (this.takes("{")) return { name, type: "block", ...none, arguments: this.list("}") };
    const pure = { type: "pure-token", keySpecification: undefined, arguments: [] } as const;
    if (!this.takes("/")) return { name: name.toLowerCase(), token: name, ...pure };
    const word = this.matches(/"([^"]*)"/y) ?? this.matches(/([^ ?*@!)}|]*)/y) ?? "";
    return { name, token: word, ...pure };
  }

  private takes(text: string): boolean {
    if (!this.notation.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** The first group of a sticky expression that matches here. */
  private matches(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const match = expression.exec(this.notation);
    if (match === null) return undefined;
    this.at = expression.lastIndex;
    return match[1] ?? "";
  }
}

function valueShape(text: string): Shape {
  const key = /^(.*)#([0-9]+)$/.exec(text);
  if (key !== null) {
    return { name: key[1]!, type: "key", keySpecification: Number(key[2]), token: undefined, arguments: [] };
  }
  const colon = text.lastIndexOf(":");
  const type = VALUE_TYPES.find((candidate) => candidate === text.slice(colon + 1));
  const name = type === undefined ? text : text.slice(0, colon);
  return { name, type: type ?? "string", keySpecification: undefined, token: undefined, arguments: [] };
}
