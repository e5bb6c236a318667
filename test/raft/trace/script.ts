// Reads trace files: blocks of a directive line, optional input lines, `----` and the expected output. Output ends at the
// first blank line; if it holds blank lines itself, it stands between two doubled separators. `#` begins a comment, a
// backslash at the end of a directive continues it on the next line.

export interface Argument {
  readonly key: string;
  /** Empty for a bare word; several for `key=(a, b)`. */
  readonly values: readonly string[];
}

export interface Block {
  /** Of the directive, counted from 1. */
  readonly line: number;
  readonly command: string;
  readonly arguments: readonly Argument[];
  readonly input: string;
  readonly expected: string;
}

const SEPARATOR = "----";

export function parseScript(text: string): Block[] {
  return new Reader(text.split("\n")).blocks();
}

class Reader {
  private at = 0;
  private readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    this.lines = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  }

  blocks(): Block[] {
    const blocks: Block[] = [];
    while (this.at < this.lines.length) {
      const line = this.at + 1;
      const directive = this.directive();
      if (directive === null) continue;
      const { command, arguments: words } = parseDirective(directive);
      // Subtests only name a stretch of the file.
      if (command === "subtest") continue;
      const { input, separated } = this.input();
      const expected = separated ? this.expected() : "";
      blocks.push({ line, command, arguments: words, input, expected });
    }
    return blocks;
  }

  private next(): string {
    return this.lines[this.at++] ?? "";
  }

  private directive(): string | null {
    let line = this.next().trim();
    if (line === "" || line.startsWith("#")) return null;
    while (line.endsWith("\\") && this.at < this.lines.length) {
      line = `${line.slice(0, -1)} ${this.next().trim()}`;
    }
    return line;
  }

  private input(): { input: string; separated: boolean } {
    const input: string[] = [];
    while (this.at < this.lines.length) {
      const line = this.next();
      if (line === SEPARATOR) return { input: input.join("\n").trim(), separated: true };
      input.push(line);
    }
    return { input: input.join("\n").trim(), separated: false };
  }

  private expected(): string {
    if (this.lines[this.at] === SEPARATOR) {
      this.at++;
      return this.doubled();
    }
    let expected = "";
    while (this.at < this.lines.length) {
      const line = this.next();
      if (line.trim() === "") break;
      expected += `${line}\n`;
    }
    return expected;
  }

  private doubled(): string {
    let expected = "";
    while (this.at < this.lines.length) {
      const line = this.next();
      if (line === SEPARATOR && this.lines[this.at] === SEPARATOR) {
        this.at++;
        break;
      }
      expected += `${line}\n`;
    }
    return expected;
  }
}

/** Words are separated by spaces; a value in parentheses may hold spaces, too. */
export function parseDirective(line: string): { command: string; arguments: Argument[] } {
  const words = line.match(/[^\s=]+=\([^)]*\)|\S+/g) ?? [];
  return { command: words[0] ?? "", arguments: words.slice(1).map(parseArgument) };
}

function parseArgument(word: string): Argument {
  const equals = word.indexOf("=");
  if (equals < 0) return { key: word, values: [] };
  const key = word.slice(0, equals);
  const value = word.slice(equals + 1);
  if (!value.startsWith("(") || !value.endsWith(")")) return { key, values: [value] };
  const inside = value.slice(1, -1).trim();
  return { key, values: inside === "" ? [] : inside.split(",").map((part) => part.trim()) };
}
