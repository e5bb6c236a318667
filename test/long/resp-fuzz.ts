// The long form of the parser's fuzzing: a million random streams by default (BASALT_FUZZ_STREAMS), each in random
// chunks against a plain reading of the whole, and the memory before and after. Prints one dated line; exits 1 with the
// stream and its seed if one of them is read differently. A seed can be given by BASALT_SEED.
import { isDeepStrictEqual } from "node:util";
import { SeededRandom } from "../../src/base/index";
import { DEFAULT_LIMITS } from "../../src/resp/index";
import { FUZZ_LIMITS, parseInChunks, randomStream, readPlainly } from "../fuzz/resp-streams";

/** Growth that a million streams may leave behind, with the collector's own moods. */
const MAX_GROWTH_BYTES = 32 * 1024 * 1024;

function main(): number {
  const seed = Number(process.env["BASALT_SEED"] ?? Date.now());
  const streams = Number(process.env["BASALT_FUZZ_STREAMS"] ?? 1_000_000);
  const seeds = new SeededRandom(seed);
  const started = Date.now();
  let warm = 0;
  let bytes = 0;
  let commands = 0;
  let errors = 0;
  for (let round = 0; round < streams; round++) {
    if (round === Math.floor(streams / 10)) warm = usedBytes();
    const random = seeds.fork();
    const stream = randomStream(random);
    const limits = random.chance(0.7) ? FUZZ_LIMITS : DEFAULT_LIMITS;
    const found = parseInChunks(stream, limits, random);
    if (!isDeepStrictEqual(found, readPlainly(stream, limits))) {
      console.error(`resp-fuzz: stream ${round} of seed ${seed} is read differently:`);
      console.error(
        JSON.stringify({ stream: stream.toString("latin1"), found, expected: readPlainly(stream, limits) }),
      );
      return 1;
    }
    bytes += stream.length;
    commands += found.commands.length;
    if (found.error !== "") errors++;
  }
  const growth = usedBytes() - warm;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(
    `${new Date().toISOString()} resp-fuzz: ${streams} streams (${bytes} bytes, ${commands} commands, ${errors} protocol ` +
      `errors) read as expected in ${seconds} s, seed ${seed}, memory grew by ${Math.round(growth / 1024)} KiB`,
  );
  if (growth <= MAX_GROWTH_BYTES) return 0;
  console.error("resp-fuzz: that is growth.");
  return 1;
}

function usedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

process.exitCode = main();
