// Random and mutated request streams, and a second, plain reading of the protocol to judge the parser by: it sees the
// whole stream at once, works on a string and knows nothing of chunks. A stream's seed is all that is needed to replay it.
import { assert, type SeededRandom } from "../../src/base/index";
import { CommandParser, type ParserLimits, ParseStatus } from "../../src/resp/index";

/** Small limits, so that streams of some hundred bytes reach them. */
export const FUZZ_LIMITS: ParserLimits = {
  maxLineBytes: 48,
  maxBulkBytes: 300,
  maxArguments: 40,
  maxQueryBytes: 600,
};

const TOKENS = [
  ...[
    "*1\r\n",
    "*3\r\n",
    "*12\r\n",
    "*41\r\n",
    "*0\r\n",
    "*-1\r\n",
    "*",
    "$",
    "$3\r\n",
    "$0\r\n",
    "$-1\r\n",
    "$300\r\n",
  ],
  ...[
    "$301\r\n",
    "\r\n",
    "\r",
    "\n",
    "\0",
    '"',
    "'",
    "\\",
    "\\x4",
    " ",
    "\t",
    "SET",
    "GET key",
    "PING\r\n",
    "0",
    "9",
  ],
  ...[
    "-",
    "+",
    "99999999999999999999",
    "\xff",
    "'a\\'b'",
    '"a\\x41"',
    "a\vb",
    "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
  ],
];

/** Well-formed pieces, noise, and mutations of both. */
export function randomStream(random: SeededRandom): Buffer {
  let text = "";
  const pieces = random.between(1, 8);
  for (let piece = 0; piece < pieces; piece++) {
    switch (random.below(5)) {
      case 0:
        for (let count = random.between(1, 8); count > 0; count--) text += random.pick(TOKENS);
        break;
      case 1:
        text += random.bytes(random.below(20)).toString("latin1");
        break;
      case 2:
        text += `${random.pick(["GET", "SET 'a b'", 'x "y"', "", "  "])} ${"z".repeat(random.below(60))}\r\n`;
        break;
      default:
        text += randomCommand(random);
    }
  }
  return mutate(Buffer.from(text, "latin1"), random);
}

function randomCommand(random: SeededRandom): string {
  const count = random.chance(0.1) ? random.between(1, 45) : random.between(1, 5);
  let text = `*${count}\r\n`;
  for (let left = count; left > 0; left--) {
    const length = random.chance(0.05) ? random.below(320) : random.below(15);
    text += `$${length}\r\n${random.bytes(length).toString("latin1")}\r\n`;
  }
  return text;
}

function mutate(stream: Buffer, random: SeededRandom): Buffer {
  if (random.chance(0.4)) return stream;
  let mutated = stream;
  for (let count = random.between(1, 4); count > 0 && mutated.length > 0; count--) {
    const at = random.below(mutated.length);
    const head = mutated.subarray(0, at);
    switch (random.below(4)) {
      case 0:
        mutated = Buffer.concat([head, random.bytes(1), mutated.subarray(at + 1)]);
        break;
      case 1:
        mutated = Buffer.concat([head, mutated.subarray(at + random.between(1, 5))]);
        break;
      case 2:
        mutated = Buffer.concat([head, Buffer.from(random.pick(TOKENS), "latin1"), mutated.subarray(at)]);
        break;
      default:
        mutated = Buffer.concat([head, mutated.subarray(random.below(mutated.length))]);
    }
  }
  return mutated;
}

export interface Outcome {
  readonly commands: string[][];
  readonly error: string;
}

/** Parses a stream in random chunks, and checks what must hold at each step. */
export function parseInChunks(stream: Buffer, limits: ParserLimits, random: SeededRandom): Outcome {
  const parser = new CommandParser(limits);
  const commands: string[][] = [];
  const whole = random.chance(0.2);
  let at = 0;
  let status: ParseStatus = ParseStatus.needMore;
  while (at < stream.length && status !== ParseStatus.failed) {
    for (
      let pushes = random.chance(0.2) ? random.between(1, 4) : 1;
      pushes > 0 && at < stream.length;
      pushes--
    ) {
      const length = whole
        ? stream.length
        : random.chance(0.5)
          ? random.between(1, 4)
          : random.between(1, 200);
      parser.push(Buffer.from(stream.subarray(at, at + length)));
      at += length;
    }
    for (let steps = 0; (status = parser.next()) === ParseStatus.command; steps++) {
      assert(steps <= stream.length, "each command takes a byte at least");
      const { args } = parser;
      assert(args.count > 0, "a command has a name");
      const command: string[] = [];
      for (let index = 0; index < args.count; index++) {
        assert(
          args.start(index) >= 0 && args.end(index) <= args.buffer.length,
          "an argument lies in its buffer",
        );
        assert(args.length(index) >= 0, "an argument ends behind its start");
        command.push(args.string(index));
      }
      commands.push(command);
    }
    const most = limits.maxQueryBytes + limits.maxLineBytes + 2;
    assert(status === ParseStatus.failed || parser.pendingBytes <= most, "what is pending is bounded");
  }
  if (status === ParseStatus.failed) {
    assert(parser.pendingBytes === 0, "a failed parser holds nothing");
    parser.push(Buffer.from("PING\r\n"));
    assert(parser.next() === ParseStatus.failed, "a failed parser stays so");
  }
  return { commands, error: parser.error };
}

/** What Redis makes of the whole stream, with our limits. */
export function readPlainly(stream: Buffer, limits: ParserLimits): Outcome {
  const text = stream.toString("latin1");
  const commands: string[][] = [];
  const failed = (words: string): Outcome => ({ commands, error: `Protocol error: ${words}` });
  let at = 0;
  while (at < text.length) {
    const begin = at;
    if (text[at] !== "*") {
      const end = text.indexOf("\n", at);
      if ((end < 0 ? text.length : end) - at > limits.maxLineBytes) return failed("too big inline request");
      if (end < 0) break;
      const words = splitPlainly(text.slice(at, end).replace(/\r$/, ""));
      if (words === undefined) return failed("unbalanced quotes in request");
      if (words.length > 0) commands.push(words);
      at = end + 1;
      continue;
    }
    const count = lineAt(text, at, limits);
    if (count === "missing") break;
    if (count === "tooLong") return failed("too big mbulk count string");
    if (count.value === undefined || count.value > limits.maxArguments)
      return failed("invalid multibulk length");
    at = count.next;
    if (count.value <= 0) continue;
    const words: string[] = [];
    while (words.length < count.value) {
      const length = lineAt(text, at, limits);
      if (length === "missing") return { commands, error: "" };
      if (length === "tooLong") return failed("too big bulk count string");
      if (text[at] !== "$") return failed(`expected '$', got '${text[at]!.replace(/[\r\n]/, " ")}'`);
      if (length.value === undefined || length.value < 0 || length.value > limits.maxBulkBytes) {
        return failed("invalid bulk length");
      }
      const end = length.next + Number(length.value);
      if (end + 2 - begin + 8 * (words.length + 1) > limits.maxQueryBytes) {
        return failed("query exceeds the limit of the query buffer");
      }
      if (end + 2 > text.length) return { commands, error: "" };
      words.push(text.slice(length.next, end));
      at = end + 2;
    }
    commands.push(words);
  }
  return { commands, error: "" };
}

function lineAt(
  text: string,
  at: number,
  limits: ParserLimits,
): "missing" | "tooLong" | { value: bigint | undefined; next: number } {
  const end = text.indexOf("\r", at);
  if ((end < 0 ? text.length : end) - at > limits.maxLineBytes) return "tooLong";
  if (end < 0 || end + 1 >= text.length) return "missing";
  const digits = text.slice(at + 1, end);
  const valid =
    end > at &&
    /^(?:0|-?[1-9][0-9]{0,18})$/.test(digits) &&
    BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
  return { value: valid ? BigInt(digits) : undefined, next: end + 2 };
}

/** A line's words by one expression for each form that a piece of a word may take. */
function splitPlainly(line: string): string[] | undefined {
  const words: string[] = [];
  let rest = line.replace(/^[ \t-\r]+/, "");
  while (rest !== "") {
    const plain = /^[^ \t\n\r"']*/.exec(rest)![0];
    rest = rest.slice(plain.length);
    let word = plain;
    if (rest.startsWith('"') || rest.startsWith("'")) {
      const quoted = rest.startsWith('"')
        ? /^"((?:\\[^]|[^"\\])*)"(?=[ \t-\r]|$)/.exec(rest)
        : /^'((?:\\'|\\(?!')|[^'\\])*)'(?=[ \t-\r]|$)/.exec(rest);
      if (quoted === null) return undefined;
      word += rest.startsWith('"') ? unescapeDouble(quoted[1]!) : quoted[1]!.replaceAll("\\'", "'");
      rest = rest.slice(quoted[0].length);
    }
    words.push(word);
    rest = rest.replace(/^[ \t-\r]+/, "");
  }
  return words;
}

function unescapeDouble(text: string): string {
  const letters: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };
  return text.replace(/\\x([0-9a-fA-F]{2})|\\([^])/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (letters[letter] ?? letter) : String.fromCharCode(parseInt(hex, 16)),
  );
}
