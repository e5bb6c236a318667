// Random forms of the commands on keys as such: renaming, copying, moving, swapping databases, and what is said of a key.
import type { ByteString } from "../../src/base/index";
import { ALL_KEYS, plain } from "./command-maker";
import type { CommandMaker, Pool, RandomCommand } from "./command-maker";

type Generate = (make: CommandMaker) => RandomCommand;

const POOLS: readonly Pool[] = ["integer", "string", "string", "hash"];

/** Two keys that mostly hold values of one type, so that types stay with their names. */
function twoKeys(make: CommandMaker): [ByteString, ByteString] {
  const pool = make.random.pick(POOLS);
  return [make.key(pool), make.key(pool)];
}

function onTwo(name: string): Generate {
  return (make) => {
    const [from, to] = twoKeys(make);
    return plain(make.words(name, from, to), [from]);
  };
}

function copy(make: CommandMaker): RandomCommand {
  const { random } = make;
  const [from, to] = twoKeys(make);
  const options: ByteString[][] = [];
  if (random.chance(0.6)) options.push(["REPLACE"]);
  if (random.chance(0.4)) options.push(["DB", random.pick(["0", "1", "15"])]);
  random.shuffle(options);
  return plain(make.words("COPY", from, to, ...options.flat()), [from], ...options.map(([word]) => word!));
}

function move(make: CommandMaker): RandomCommand {
  const key = make.key(make.random.pick(POOLS));
  return plain(make.words("MOVE", key, make.random.pick(["0", "1", "1", "15", "15"])), [key]);
}

/** Mostly of databases that few commands work in. */
function swapdb(make: CommandMaker): RandomCommand {
  const [first, second] = make.random.pick([
    ["1", "15"],
    ["15", "1"],
    ["1", "1"],
    ["2", "15"],
    ["0", "1"],
  ] as const);
  return plain(make.words("SWAPDB", first, second), []);
}

function touch(make: CommandMaker): RandomCommand {
  const keys = make.keys(1, 4);
  return plain(make.words("TOUCH", ...keys), keys);
}

function ofAny(...words: ByteString[]): Generate {
  return (make) => {
    const key = make.random.pick(ALL_KEYS);
    return plain(make.words(...words, key), [key], ...words.slice(1));
  };
}

function memoryUsage(make: CommandMaker): RandomCommand {
  const key = make.random.pick(ALL_KEYS);
  const options = make.random.chance(0.5) ? ["SAMPLES", make.random.pick(["0", "1", "5", "1000"])] : [];
  return plain(make.words("MEMORY", "USAGE", key, ...options), [key], "USAGE", ...options.slice(0, 1));
}

export const KEY_GENERATORS: readonly (readonly [weight: number, generate: Generate])[] = [
  [8, onTwo("RENAME")],
  [10, onTwo("RENAMENX")],
  [40, copy],
  [6, move],
  [2, swapdb],
  [15, touch],
  [10, (make) => plain(make.words("RANDOMKEY"), [])],
  [20, ofAny("EXPIRETIME")],
  [20, ofAny("PEXPIRETIME")],
  [20, ofAny("OBJECT", "ENCODING")],
  [10, ofAny("OBJECT", "REFCOUNT")],
  [4, ofAny("OBJECT", "FREQ")],
  [10, memoryUsage],
];

/** Tags of commands whose key is mostly there, and that then mostly succeed. */
export const KEY_TAGS: readonly string[] = [
  ...["RENAME", "RENAMENX", "COPY", "COPY REPLACE", "COPY DB", "MOVE", "TOUCH", "EXPIRETIME", "PEXPIRETIME"],
  ...["OBJECT ENCODING", "OBJECT REFCOUNT", "MEMORY USAGE", "MEMORY SAMPLES"],
];

export const KEYLESS_TAGS: readonly string[] = [
  "RANDOMKEY",
  "SWAPDB",
  ...["HSCAN", "HSCAN MATCH", "HSCAN COUNT"],
];
