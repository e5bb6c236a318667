// Random forms of the string commands beside GET and SET: conditions and times in the name, endings, floats, LCS.
import type { ByteString } from "../../src/base/index";
import type { SeededRandom } from "../../src/base/index";
import { plain } from "./command-maker";
import type { CommandMaker, RandomCommand } from "./command-maker";

type Generate = (make: CommandMaker) => RandomCommand;

/** What succeeds on an existing key more often than not. */
export const STRING_TAGS: readonly string[] = [
  ...["SETNX", "SETEX", "PSETEX", "MSETNX", "GETSET", "GETDEL", "GETEX", "INCRBYFLOAT", "SUBSTR", "LCS"],
  ...["EX", "PX", "EXAT", "PXAT", "PERSIST"].map((option) => `GETEX ${option}`),
  ...["LEN", "IDX", "MINMATCHLEN", "WITHMATCHLEN"].map((option) => `LCS ${option}`),
];

const WRONG_FLOATS = ["", " 1", "1 ", "1.5.5", "abc", "nan", "1e5000", "1e-6000", "0x", "1e", "--1", "inf"];
const FLOATS = ["0.1", "-0.1", "3.0e3", "1e17", "-1e-17", "5e-18", "4.9999999999999999e-18", "0x1.8p1"];
const WIDE_FLOATS = ["1e300", "-1e300", "123456789012345678901234567890.5", "1e-300", "9007199254740993"];

/** A decimal with a random number of digits on both sides of its point. */
function randomFloat(random: SeededRandom): ByteString {
  const digits = (count: number): string => Array.from({ length: count }, () => random.below(10)).join("");
  const sign = random.pick(["", "", "-", "+"]);
  const fraction = random.chance(0.8) ? `.${digits(random.between(1, 20))}` : "";
  const exponent = random.chance(0.2) ? `e${random.between(-20, 20)}` : "";
  return `${sign}${digits(random.between(1, 18))}${fraction}${exponent}`;
}

function incrbyfloat(make: CommandMaker): RandomCommand {
  const { random } = make;
  const key = make.key(random.chance(0.7) ? "float" : "integer");
  let amount = randomFloat(random);
  if (random.chance(0.25)) amount = random.pick(FLOATS);
  if (random.chance(0.03)) amount = random.pick(WIDE_FLOATS);
  if (random.chance(0.03)) amount = random.pick(WRONG_FLOATS);
  return plain(make.words("INCRBYFLOAT", key, amount), [key]);
}

function setFloat(make: CommandMaker): RandomCommand {
  const key = make.key("float");
  return plain(make.words("SET", key, randomFloat(make.random)), [key]);
}

function setWithTime(name: string, unit: number): Generate {
  return (make) => {
    const key = make.key("string");
    return plain(make.words(name, key, make.relativeSeconds() * unit, make.value()), [key]);
  };
}

function withValue(name: string): Generate {
  return (make) => {
    const isNumber = make.random.chance(0.4);
    const key = make.key(isNumber ? "integer" : "string");
    return plain(make.words(name, key, isNumber ? make.integer() : make.value()), [key]);
  };
}

function msetnx(make: CommandMaker): RandomCommand {
  // Mostly keys that nobody else uses, or nothing would ever be set.
  const { random } = make;
  const count = random.between(1, 3);
  const keys = Array.from({ length: count }, () =>
    random.chance(0.7) ? `x:${random.below(6)}` : make.key("string"),
  );
  return plain(make.words("MSETNX", ...keys.flatMap((key) => [key, make.value()])), keys);
}

function getex(make: CommandMaker): RandomCommand {
  const { random } = make;
  const key = make.key("string");
  if (random.chance(0.2)) return plain(make.words("GETEX", key), [key]);
  if (random.chance(0.05)) {
    const past = String(make.pastSeconds());
    return { ...plain(make.words("GETEX", key, "EXAT", past), [key], "EXAT"), expires: key };
  }
  const [option, ...time] = random.pick([
    ["PERSIST"],
    ["EX", String(make.relativeSeconds())],
    ["PX", String(make.relativeSeconds() * 1000)],
    ["EXAT", String(make.absoluteSeconds())],
    ["PXAT", String(make.absoluteSeconds() * 1000)],
  ]) as [string, ...string[]];
  return plain(make.words("GETEX", key, option, ...time), [key], option);
}

function getdel(make: CommandMaker): RandomCommand {
  const key = make.key(make.random.pick(["string", "integer", "integer"] as const));
  return plain(make.words("GETDEL", key), [key]);
}

function substr(make: CommandMaker): RandomCommand {
  const key = make.key("string");
  const bound = (): string => String(make.random.chance(0.5) ? make.offset() : -make.offset());
  return plain(make.words("SUBSTR", key, bound(), bound()), [key]);
}

const LCS_KEYS = ["l:0", "l:1", "l:2", "l:3"];

/** Texts of few letters have much in common, at many places. */
function setText(make: CommandMaker): RandomCommand {
  const { random } = make;
  const letters = random.pick(["ab", "abcd", "\x00\xff\x80"]);
  const length = random.pick([0, 1, 5, 31, 32, 33, 64, 100, 300]);
  const text = Array.from({ length }, () => letters[random.below(letters.length)]!).join("");
  const key = random.pick(LCS_KEYS);
  return plain(make.words("SET", key, text), [key]);
}

function lcs(make: CommandMaker): RandomCommand {
  const { random } = make;
  const keys = [random.pick(LCS_KEYS), random.pick(LCS_KEYS)];
  if (random.chance(0.03)) keys[1] = make.key("hash");
  const options: ByteString[][] = [];
  if (random.chance(0.5)) options.push(["IDX"]);
  else if (random.chance(0.3)) options.push(["LEN"]);
  if (random.chance(0.4)) options.push(["MINMATCHLEN", random.pick(["0", "1", "2", "4", "-3", "1000"])]);
  if (random.chance(0.4)) options.push(["WITHMATCHLEN"]);
  random.shuffle(options);
  const command = make.words("LCS", ...keys, ...options.flat());
  return plain(command, keys, ...options.map(([word]) => word!));
}

const LARGE_KEYS = ["large:0", "large:1"];

/** Values beyond 1 MiB, which are written in steps, and what is done with them afterwards. */
function large(make: CommandMaker): RandomCommand {
  const { random } = make;
  const key = random.pick(LARGE_KEYS);
  const other = random.pick(LARGE_KEYS);
  const value = random
    .bytes(100)
    .toString("latin1")
    .repeat(random.pick([10_486, 12_000, 20_000]));
  const words = random.pick([
    ["SET", key, value],
    ["SET", key, value, "GET"],
    ["SETNX", key, value],
    ["SETEX", key, make.relativeSeconds(), value],
    ["GETSET", key, value],
    ["MSET", key, value, other, "short"],
    ["MSETNX", key, value, "x:0", value],
    ["APPEND", key, value],
    ["SETRANGE", key, random.pick([0, 5, 65_536, 1_000_000]), value],
    ["GETRANGE", key, random.below(1_000_000), -random.below(1_000_000)],
    ["GETDEL", key],
    ["GETEX", key, "PERSIST"],
    ["BITCOUNT", key],
    ["BITCOUNT", key, random.below(9_000_000), -random.below(9_000_000), "BIT"],
    ["BITPOS", key, random.below(2), random.below(3_000_000)],
    ["BITOP", random.pick(["AND", "OR", "XOR"]), "large:out", key, other],
    ["BITOP", "NOT", "large:out", key],
    ["SETBIT", key, random.below(20_000_000), random.below(2)],
    ["BITFIELD", key, "INCRBY", "i33", random.below(20_000_000), "-77"],
    ["STRLEN", "large:out"],
    ["GET", "large:out"],
  ] as (string | number)[][]);
  return plain(make.words(...words), [key]);
}

export const STRING_GENERATORS: readonly (readonly [weight: number, generate: Generate])[] = [
  [20, withValue("SETNX")],
  [20, withValue("GETSET")],
  [15, setWithTime("SETEX", 1)],
  [15, setWithTime("PSETEX", 1000)],
  [20, msetnx],
  [20, getdel],
  [40, getex],
  [60, incrbyfloat],
  [25, setFloat],
  [15, substr],
  [25, setText],
  [40, lcs],
  [8, large],
];
