// Random forms of the bitmap commands, over strings that lie inline and in chunks.
import type { ByteString } from "../../src/base/index";
import { plain } from "./command-maker";
import type { CommandMaker, RandomCommand } from "./command-maker";

type Generate = (make: CommandMaker) => RandomCommand;

/** What succeeds on an existing key more often than not. */
export const BITMAP_TAGS: readonly string[] = [
  ...["SETBIT", "GETBIT", "BITCOUNT", "BITCOUNT BYTE", "BITCOUNT BIT", "BITPOS", "BITPOS BYTE", "BITPOS BIT"],
  ...["BITOP", "BITOP AND", "BITOP OR", "BITOP XOR", "BITOP NOT"],
  ...["BITFIELD", "BITFIELD GET", "BITFIELD SET", "BITFIELD INCRBY", "BITFIELD_RO", "BITFIELD_RO GET"],
  ...["WRAP", "SAT", "FAIL"].map((overflow) => `BITFIELD OVERFLOW ${overflow}`),
];

const WRONG_OFFSETS = ["-1", "4294967296", "x", "", "1.5", "9223372036854775808"];
const AMOUNTS = [
  "0",
  "1",
  "-1",
  "255",
  "-128",
  "2147483648",
  "-2147483649",
  "9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
  "-9223372036854775700",
];

function key(make: CommandMaker): ByteString {
  return make.key(make.random.chance(0.9) ? "bitmap" : "string");
}

/** The number of a bit around the places where strings change their form. */
function bit(make: CommandMaker): number {
  return make.offset() * 8 + make.random.below(8);
}

function setbit(make: CommandMaker): RandomCommand {
  const { random } = make;
  const offset = random.chance(0.02) ? random.pick(WRONG_OFFSETS) : String(bit(make));
  const value = random.chance(0.02) ? random.pick(["2", "-1", "x"]) : random.pick(["0", "1"]);
  const target = key(make);
  return plain(make.words("SETBIT", target, offset, value), [target]);
}

function getbit(make: CommandMaker): RandomCommand {
  const offset = make.random.chance(0.03) ? make.random.pick(WRONG_OFFSETS) : String(bit(make));
  const target = key(make);
  return plain(make.words("GETBIT", target, offset), [target]);
}

/** Strings of zeros and ones, where BITPOS has a way to go. */
function setRuns(make: CommandMaker): RandomCommand {
  const { random } = make;
  const target = key(make);
  const run = (): ByteString =>
    random.pick(["\0", "\xff"]).repeat(random.pick([0, 1, 3, 15, 16, 17, 40, 500]));
  return plain(make.words("SET", target, run() + run() + random.pick(["", "\x10", "\xef"])), [target]);
}

function bound(make: CommandMaker): string {
  const { random } = make;
  const place = random.chance(0.5) ? random.below(50) : random.chance(0.5) ? make.offset() : bit(make);
  return String(random.chance(0.5) ? place : -place);
}

/** An existing key: 7.0.15 answers for an absent one before it looks at the arguments, and so do we. */
function bitcount(make: CommandMaker): RandomCommand {
  const { random } = make;
  const target = key(make);
  if (random.chance(0.3)) return plain(make.words("BITCOUNT", target), [target]);
  const unit = random.pick([[], ["BYTE"], ["BIT"]]);
  return plain(make.words("BITCOUNT", target, bound(make), bound(make), ...unit), [target], ...unit);
}

function bitpos(make: CommandMaker): RandomCommand {
  const { random } = make;
  const target = key(make);
  const sought = random.pick(["0", "1"]);
  const bounds = Array.from({ length: random.below(3) }, () => bound(make));
  const unit = bounds.length === 2 ? random.pick([[], ["BYTE"], ["BIT"]]) : [];
  return plain(make.words("BITPOS", target, sought, ...bounds, ...unit), [target], ...unit);
}

function bitop(make: CommandMaker): RandomCommand {
  const { random } = make;
  const operation = random.pick(["AND", "OR", "XOR", "NOT"]);
  const count = operation === "NOT" ? 1 : random.between(1, 4);
  const sources = Array.from({ length: count }, () => (random.chance(0.1) ? "b:absent" : key(make)));
  return plain(make.words("BITOP", operation, key(make), ...sources), sources, operation);
}

function fieldType(make: CommandMaker): ByteString {
  const { random } = make;
  if (random.chance(0.01)) return random.pick(["u64", "i65", "u0", "I8", "8", "u08", "i-1"]);
  const sign = random.pick(["i", "u"]);
  const bits = random.chance(0.5)
    ? random.pick([1, 8, 16, 31, 32, 33, 53, 54, 62, 63])
    : random.between(1, 63);
  return sign === "i" && random.chance(0.1) ? "i64" : `${sign}${bits}`;
}

function fieldOffset(make: CommandMaker): ByteString {
  const { random } = make;
  if (random.chance(0.01)) return random.pick([...WRONG_OFFSETS, "#-1", "#x", "#"]);
  return random.chance(0.4)
    ? `#${random.below(12)}`
    : String(random.chance(0.6) ? random.below(70) : bit(make));
}

function amount(make: CommandMaker): ByteString {
  const { random } = make;
  if (random.chance(0.01)) return random.pick(["x", "1.5", "9223372036854775808"]);
  return random.chance(0.4) ? random.pick(AMOUNTS) : String(random.below(600) - 300);
}

function bitfield(make: CommandMaker): RandomCommand {
  const { random } = make;
  const words: ByteString[] = [];
  const tags = new Set<string>();
  for (let i = random.between(1, 4); i > 0; i--) {
    if (random.chance(0.5)) {
      const overflow = random.pick(["WRAP", "SAT", "FAIL"]);
      words.push("OVERFLOW", overflow);
      tags.add(`OVERFLOW ${overflow}`);
    }
    const operation = random.pick(["GET", "SET", "INCRBY"]);
    words.push(operation, fieldType(make), fieldOffset(make));
    if (operation !== "GET") words.push(amount(make));
    tags.add(operation);
  }
  const target = key(make);
  return plain(make.words("BITFIELD", target, ...words), [target], ...tags);
}

/** Two fields of one chunk and one far away, often enough to go in steps. */
function longBitfield(make: CommandMaker): RandomCommand {
  const { random } = make;
  const words = Array.from({ length: random.between(9, 30) }, (_, i) => {
    const offset = i * 70_000 * 8 + random.below(100);
    return random.chance(0.7)
      ? ["GET", "u16", String(offset)]
      : ["INCRBY", "i40", String(offset), amount(make)];
  });
  return plain(make.words("BITFIELD", "b:long", ...words.flat()), ["b:long"]);
}

function bitfieldRo(make: CommandMaker): RandomCommand {
  const target = key(make);
  const words = Array.from({ length: make.random.between(1, 3) }, () => [
    "GET",
    fieldType(make),
    fieldOffset(make),
  ]);
  return plain(make.words("BITFIELD_RO", target, ...words.flat()), [target], "GET");
}

export const BITMAP_GENERATORS: readonly (readonly [weight: number, generate: Generate])[] = [
  [40, setbit],
  [25, getbit],
  [20, setRuns],
  [40, bitcount],
  [60, bitpos],
  [50, bitop],
  [70, bitfield],
  [1, longBitfield],
  [20, bitfieldRo],
];
