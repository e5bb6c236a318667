// The short form of the parser's fuzzing; test/long/resp-fuzz.ts runs a million streams.
import { SeededRandom } from "../../src/base/index";
import { DEFAULT_LIMITS, ReplyCounter, ReplyParser } from "../../src/resp/index";
import { LiveRedis } from "../unit/resp/live-redis";
import { FUZZ_LIMITS, parseInChunks, randomStream, readPlainly } from "./resp-streams";

const seed = Number(process.env["BASALT_SEED"] ?? Date.now());
console.log(`seed ${seed} (set BASALT_SEED to repeat)`);

test("random streams in random chunks are read as a plain reading of the whole", () => {
  const seeds = new SeededRandom(seed);
  for (let round = 0; round < 20_000; round++) {
    const random = seeds.fork();
    const stream = randomStream(random);
    const limits = random.chance(0.7) ? FUZZ_LIMITS : DEFAULT_LIMITS;
    const found = parseInChunks(stream, limits, random);
    const expected = readPlainly(stream, limits);
    expect({ round, stream: stream.toString("latin1"), ...found }).toEqual({
      round,
      stream: stream.toString("latin1"),
      ...expected,
    });
  }
});

test("a real redis-server reads random streams the same", async () => {
  const redis = await LiveRedis.start();
  if (redis === undefined) {
    console.log("skipped: redis-server is not installed");
    return;
  }
  const seeds = new SeededRandom(seed);
  try {
    for (let round = 0; round < 1500; round++) {
      const random = seeds.fork();
      // Redis searches lines with C's strchr and waits for ever behind a NUL: the one known difference.
      const stream = Buffer.from(randomStream(random).map((byte) => (byte === 0 ? 0x30 : byte)));
      const { commands, error } = parseInChunks(stream, DEFAULT_LIMITS, random);
      const answer = Buffer.from(await redis.exchange(stream), "latin1");
      const counter = new ReplyCounter();
      const found = {
        round,
        replies: counter.push(answer),
        error: /-ERR (Protocol error: .*)\r\n$/.exec(answer.toString("latin1"))?.[1] ?? "",
      };
      expect(found).toEqual({ round, replies: commands.length + (error === "" ? 0 : 1), error });
    }
  } finally {
    await redis.stop();
  }
});

test("readers of replies take random bytes as replies or refuse them", () => {
  const seeds = new SeededRandom(seed);
  const types = "+-:$*%~>,#(_=!|0123456789\r\n";
  for (let round = 0; round < 20_000; round++) {
    const random = seeds.fork();
    let text = "";
    for (let length = random.between(1, 60); length > 0; length--) {
      text += random.chance(0.3) ? "\r\n" : random.pick([...types]);
    }
    const stream = Buffer.from(text, "latin1");
    for (const push of [readAll(new ReplyParser()), (chunk: Buffer) => new ReplyCounter().push(chunk)]) {
      try {
        push(stream);
      } catch (error) {
        expect(error).toMatchObject({ code: "BAD_REPLY" });
      }
    }
  }
});

function readAll(parser: ReplyParser): (chunk: Buffer) => void {
  return (chunk) => {
    for (const byte of chunk) {
      parser.push(Buffer.from([byte]));
      while (parser.next() !== undefined);
    }
  };
}
