// However a stream is cut, the same commands come out; and what writers write, readers read.
import fc from "fast-check";
import {
  encodeCommand,
  OutputBlockPool,
  type Reply,
  ReplyParser,
  ReplyWriter,
} from "../../../src/resp/index";
import { bytes, cut, parse, parseShared } from "./parsing";

const seed = Number(process.env["BASALT_SEED"] ?? Date.now() & 0x7fff_ffff);
console.log(`seed ${seed} (set BASALT_SEED to repeat)`);
const parameters = { seed, numRuns: 400 };

const byteString = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString("latin1"));
const longString = fc
  .tuple(byteString, fc.integer({ min: 0, max: 3000 }))
  .map(([text, length]) => text.padEnd(length, "p"));
const command = fc.array(fc.oneof({ weight: 4, arbitrary: byteString }, longString), {
  minLength: 1,
  maxLength: 20,
});
const noise = fc.constantFrom("\r\n", "\n", "*0\r\n", "*-1\r\n", "  \r\n");

/** Pieces of a stream with the command each of them is, or none. */
const piece = fc.oneof(
  { weight: 6, arbitrary: command.map((parts) => ({ stream: encodeCommand(parts), parts: [parts] })) },
  { weight: 1, arbitrary: noise.map((text) => ({ stream: bytes(text), parts: [] as string[][] })) },
  {
    weight: 2,
    arbitrary: fc
      .array(
        fc.stringMatching(/^[!-&(-)+-~]{1,9}$/).filter((word) => !word.includes('"')),
        { minLength: 1, maxLength: 6 },
      )
      .map((parts) => ({ stream: bytes(`${parts.join(" ")}\r\n`), parts: [parts] })),
  },
);
const stream = fc.array(piece, { maxLength: 12 });
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

test("the same commands for any cuts, and nothing left", () => {
  fc.assert(
    fc.property(stream, cuts, (pieces, fractions) => {
      const whole = Buffer.concat(pieces.map((one) => one.stream));
      const chunks = cut(
        whole,
        fractions.map((fraction) => Math.floor(fraction * whole.length)),
      );
      const expected = { commands: pieces.flatMap((one) => one.parts), error: "", pendingBytes: 0 };
      expect(parse(chunks)).toEqual(expected);
      expect(parseShared(chunks)).toEqual(expected);
    }),
    parameters,
  );
});

test("any prefix gives a prefix of the commands and counts the rest as pending", () => {
  fc.assert(
    fc.property(
      fc.array(command, { minLength: 1, maxLength: 6 }),
      cuts,
      fc.nat(),
      (commands, fractions, at) => {
        const streams = commands.map((parts) => encodeCommand(parts));
        const whole = Buffer.concat(streams);
        const prefix = whole.subarray(0, at % (whole.length + 1));
        let complete = 0;
        let consumed = 0;
        while (complete < streams.length && consumed + streams[complete]!.length <= prefix.length) {
          consumed += streams[complete++]!.length;
        }
        const chunks = cut(
          prefix,
          fractions.map((fraction) => Math.floor(fraction * prefix.length)),
        );
        const expected = {
          commands: commands.slice(0, complete),
          error: "",
          pendingBytes: prefix.length - consumed,
        };
        expect(parse(chunks)).toEqual(expected);
        expect(parseShared(chunks)).toEqual(expected);
      },
    ),
    parameters,
  );
});

const scalar: fc.Arbitrary<Reply> = fc.oneof(
  byteString,
  longString,
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constant(null),
  fc.boolean(),
  fc.double({ noDefaultInfinity: false, noNaN: true }).filter((value) => !Number.isInteger(value)),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 90n }),
);
const { reply } = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie("reply"), { maxLength: 5 }),
    fc.array(fc.tuple(fc.integer(), tie("reply")), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  ),
}));

function write(writer: ReplyWriter, value: Reply): void {
  if (value === null) writer.null();
  else if (typeof value === "string") writer.bulk(value);
  else if (typeof value === "boolean") writer.boolean(value);
  else if (typeof value === "bigint") writer.bigNumber(value);
  else if (typeof value === "number" && Number.isSafeInteger(value)) writer.integer(value);
  else if (typeof value === "number") writer.double(value);
  else if (Array.isArray(value)) {
    writer.array(value.length);
    for (const item of value) write(writer, item);
  } else if (value instanceof Map) {
    writer.map(value.size);
    for (const [key, item] of value) {
      write(writer, key);
      write(writer, item);
    }
  }
}

test("what a writer writes in RESP3 a reader reads, for any cuts", () => {
  fc.assert(
    fc.property(fc.array(reply, { maxLength: 6 }), cuts, (values, fractions) => {
      const writer = new ReplyWriter(new OutputBlockPool());
      writer.protocol = 3;
      for (const value of values) write(writer, value);
      const whole = writer.take()?.filled() ?? Buffer.alloc(0);
      const parser = new ReplyParser();
      const found: Reply[] = [];
      for (const chunk of cut(
        whole,
        fractions.map((fraction) => Math.floor(fraction * whole.length)),
      )) {
        parser.push(chunk);
        for (let next = parser.next(); next !== undefined; next = parser.next()) found.push(next);
      }
      expect(found).toEqual(values);
    }),
    parameters,
  );
});
