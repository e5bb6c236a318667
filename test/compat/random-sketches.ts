// Random forms of the HyperLogLog commands. GET of a sketch is compared too, so every byte of its encoding is.
import type { ByteString } from "../../src/base/index";
import { plain } from "./command-maker";
import type { CommandMaker, RandomCommand } from "./command-maker";

type Generate = (make: CommandMaker) => RandomCommand;

/** What succeeds on an existing key more often than not. */
export const SKETCH_TAGS: readonly string[] = [
  ...["PFADD", "PFCOUNT", "PFMERGE", "PFDEBUG", "PFDEBUG ENCODING", "PFDEBUG GETREG", "PFDEBUG TODENSE"],
  ...["PFDEBUG DECODE", "PFSELFTEST"],
];

const SKETCHES = ["p:0", "p:1", "p:2", "p:3"];
/** A key that nothing makes dense but many elements. */
const SPARSE = ["p:sparse"];

function elements(make: CommandMaker, count: number): ByteString[] {
  const { random } = make;
  return Array.from({ length: count }, () => {
    if (random.chance(0.3)) return String(random.below(100));
    return random.bytes(random.below(20)).toString("latin1");
  });
}

function pfadd(make: CommandMaker): RandomCommand {
  const { random } = make;
  const key = random.pick([...SKETCHES, ...SPARSE]);
  const count = random.chance(0.04) ? random.pick([500, 1500]) : random.below(12);
  return plain(make.words("PFADD", key, ...elements(make, count)), [key]);
}

/** An empty sketch in Redis's bytes, its cardinality known to be 0. */
const EMPTY = `HYLL\x01${"\0".repeat(11)}\x7f\xff`;

/** Sketches are short again now and then, and sketches again. */
function renew(make: CommandMaker): RandomCommand {
  const key = make.random.pick([...SKETCHES, ...SPARSE]);
  return plain(make.words("SET", key, EMPTY), [key]);
}

function get(make: CommandMaker): RandomCommand {
  const key = make.random.pick([...SKETCHES, ...SPARSE]);
  return plain(make.words("GET", key), [key]);
}

function pfcount(make: CommandMaker): RandomCommand {
  const { random } = make;
  const keys = Array.from({ length: random.chance(0.5) ? 1 : random.between(2, 5) }, () =>
    random.chance(0.02) ? make.key("string") : random.pick([...SKETCHES, ...SPARSE]),
  );
  return plain(make.words("PFCOUNT", ...keys), keys);
}

function pfmerge(make: CommandMaker): RandomCommand {
  const { random } = make;
  const keys = Array.from({ length: random.between(1, 4) }, () => random.pick(SKETCHES));
  return plain(make.words("PFMERGE", ...keys), keys);
}

function pfdebug(make: CommandMaker): RandomCommand {
  const { random } = make;
  const word = random.pick(["ENCODING", "GETREG", "TODENSE", "DECODE", "DECODE"]);
  const key = random.pick(word === "DECODE" ? SPARSE : SKETCHES);
  return plain(make.words("PFDEBUG", word, key), [key], word);
}

export const SKETCH_GENERATORS: readonly (readonly [weight: number, generate: Generate])[] = [
  [70, pfadd],
  [35, renew],
  [40, get],
  [30, pfcount],
  [25, pfmerge],
  [40, pfdebug],
  [0.02, () => plain(["PFSELFTEST"], [])],
];
