// What random commands are made of: few keys, so that most commands meet one that exists, of a type that changes now and
// then; fields, values and numbers around the places where something changes.
//
// What depends on the moment stays comparable: times to live are thousands of seconds apart from one another and never
// run out during a test, or lie in the past, or last milliseconds and are waited for.
import type { ByteString } from "../../src/base/index";
import type { SeededRandom } from "../../src/base/index";

export interface RandomCommand {
  readonly words: readonly ByteString[];
  readonly tags: readonly string[];
  /** Keys whose presence before the command makes its success count. */
  readonly keys: readonly ByteString[];
  /** A key whose time is over, or will be in a moment: it is looked at next, so that both servers remove it. */
  readonly expires?: ByteString;
  /** The time is still to come: wait for it first. */
  readonly soon?: boolean;
  /** The server closes the connection after this. */
  readonly closes?: boolean;
}

export type Pool = "integer" | "string" | "hash" | "float" | "bitmap" | "sketch";

const POOLS: Readonly<Record<Pool, readonly ByteString[]>> = {
  integer: ["n:0", "n:1", "n:2", "{n}:3"],
  string: ["s:0", "s:1", "s{tag}2", "s:\x00\xff\r\n3"],
  hash: ["h:0", "h:1", "h:2"],
  float: ["d:0", "d:1"],
  bitmap: ["b:0", "b:1", "b:2", "b:3"],
  sketch: ["p:0", "p:1", "p:2", "p:3"],
};
export const ALL_KEYS = Object.values(POOLS).flat();
/** What commands meet that want another type. Sketches are changed by their own commands only: see `corrupt-sketches`. */
const OTHER_KEYS = ALL_KEYS.filter((key) => !POOLS.sketch.includes(key));
const FIELDS = ["f0", "f1", "f2", "f3", "f4", "", "f\x00\r\n", "field with a longer name", "7", "f9"];
const INTEGERS = [
  "0",
  "1",
  "-1",
  "42",
  "9223372036854775807",
  "-9223372036854775808",
  "9007199254740993",
  "-17",
];
const NO_INTEGERS = ["", " 1", "1 ", "01", "-0", "+1", "1.5", "abc", "9223372036854775808", "0x10", "--1"];
/** Apart by more than any test lasts, and never the same twice. */
const TIME_STEP_SECONDS = 10_000;
const TIME_STEPS = 100_003;

export class CommandMaker {
  readonly random: SeededRandom;
  private readonly startSeconds: number;
  private times = 0;

  constructor(random: SeededRandom, startMs: number) {
    this.random = random;
    this.startSeconds = Math.floor(startMs / 1000);
  }

  /** Commands that give every key a value. */
  population(): RandomCommand[] {
    return [
      ...POOLS.integer.map((key) => plain(["SET", key, String(this.random.below(1000))], [key])),
      ...POOLS.string.map((key) => plain(["SET", key, this.value()], [key])),
      ...POOLS.hash.map((key) => plain(["HSET", key, ...this.pairs(1, 6)], [key])),
      ...POOLS.float.map((key) => plain(["SET", key, String(this.random.below(1000) / 8)], [key])),
      ...POOLS.bitmap.map((key) => plain(["SET", key, this.value()], [key])),
      ...POOLS.sketch.map((key) => plain(["PFADD", key, this.value()], [key])),
    ];
  }

  key(pool: Pool): ByteString {
    return this.random.pick(this.random.chance(0.95) ? POOLS[pool] : OTHER_KEYS);
  }

  keys(low: number, high: number): ByteString[] {
    return Array.from({ length: this.random.between(low, high) }, () => this.random.pick(ALL_KEYS));
  }

  field(): ByteString {
    return this.random.pick(FIELDS);
  }

  pairs(low: number, high: number): ByteString[] {
    const count = this.random.between(low, high);
    return Array.from({ length: count }, () => [this.field(), this.value()]).flat();
  }

  integer(): ByteString {
    const { random } = this;
    if (random.chance(0.05)) return random.pick(NO_INTEGERS);
    return random.chance(0.3) ? random.pick(INTEGERS) : String(random.below(20_000) - 10_000);
  }

  value(): ByteString {
    const { random } = this;
    if (random.chance(0.2)) return this.integer();
    if (random.chance(0.02)) return this.bytes(random.pick([65_535, 65_536, 65_537, 131_072, 200_000]));
    return this.bytes(random.pick([0, 1, 3, 16, 17, 40, 300]));
  }

  /** Offsets around the places where strings change their form. */
  offset(): number {
    const { random } = this;
    if (random.chance(0.85)) return random.below(400);
    return random.pick([65_530, 65_536, 65_540, 131_070, 140_000, 300_000]);
  }

  words(...words: (ByteString | number)[]): ByteString[] {
    return words.map((word) => (typeof word === "number" ? String(word) : this.cased(word)));
  }

  /** Seconds from now. */
  relativeSeconds(): number {
    this.times++;
    return TIME_STEP_SECONDS * (1 + ((this.times * 7919) % TIME_STEPS));
  }

  /** Seconds since 1970. */
  absoluteSeconds(): number {
    return this.startSeconds + this.relativeSeconds();
  }

  pastSeconds(): number {
    return this.startSeconds - this.random.between(1, 1000);
  }

  /** Command names and options in any case; keys and values are not made of capitals. */
  private cased(word: ByteString): ByteString {
    return /^[A-Z]+$/.test(word) && this.random.chance(0.2) ? word.toLowerCase() : word;
  }

  private bytes(length: number): ByteString {
    const { random } = this;
    if (length > 1000) return String.fromCharCode(random.between(0, 255)).repeat(length);
    return random.bytes(length).toString("latin1");
  }
}

/** A command with the tags of its name and of the options it uses. */
export function plain(
  words: readonly ByteString[],
  keys: readonly ByteString[],
  ...options: string[]
): RandomCommand {
  const name = (words[0] ?? "").toUpperCase();
  return { words, tags: [name, ...options.map((option) => `${name} ${option}`)], keys };
}
