// LCS: the longest common subsequence of two strings. Short ones are compared at once, longer ones in slices over a pinned
// view; what Redis refuses for the size of its table is refused alike.
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady } from "../../kv/index";
import { INLINE_STRING_MAX_BYTES, ValueType } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import { goSliced } from "../command";
import type { CommandContext, CommandSpec, GoSliced } from "../command";
import { commonSubsequence, isTooLarge } from "../common-subsequence";
import type { CommonSubsequence } from "../common-subsequence";
import {
  ERR_LCS_LENGTH_AND_INDEXES,
  ERR_LCS_NO_STRINGS,
  ERR_LCS_TOO_LARGE,
  ERR_NOT_INTEGER,
  ERR_SYNTAX,
} from "../errors";
import { integerWithin } from "./integer-arguments";
import { areHeadersReady, countQuietLookup, countSlicedLookup, notifyMiss, tellsMisses } from "./lookup";
import { eachPart } from "./sliced-parts";
import { readInSlices } from "./sliced-read";
import { liveHeader } from "./sliced-strings";

/** Cells of Redis's table that are worth one turn here. */
const CELLS_AT_ONCE = 4 * 1024 * 1024;

interface Options {
  readonly wants: "text" | "length" | "indexes";
  readonly minMatchLength: number;
  readonly withMatchLength: boolean;
}

/** A text is the error to reply with. */
function optionsOf({ args }: CommandContext): Options | string {
  let wantsIndexes = false;
  let wantsLength = false;
  let withMatchLength = false;
  let minMatchLength = 0;
  for (let i = 3; i < args.count; i++) {
    if (args.isWord(i, "IDX")) wantsIndexes = true;
    else if (args.isWord(i, "LEN")) wantsLength = true;
    else if (args.isWord(i, "WITHMATCHLEN")) withMatchLength = true;
    else if (args.isWord(i, "MINMATCHLEN") && i + 1 < args.count) {
      const length = integerWithin(args, ++i);
      if (length === undefined) return ERR_NOT_INTEGER;
      minMatchLength = Math.max(0, length);
    } else return ERR_SYNTAX;
  }
  if (wantsIndexes && wantsLength) return ERR_LCS_LENGTH_AND_INDEXES;
  const wants = wantsIndexes ? "indexes" : wantsLength ? "length" : "text";
  return { wants, minMatchLength, withMatchLength };
}

/** Options, if two values may be compared; a text is the error to reply with. */
function check(
  context: CommandContext,
  headers: readonly (ValueHeader | null)[],
): { options: Options; lengths: readonly number[] } | string {
  if (headers.some((header) => header !== null && header.type !== ValueType.string)) {
    return ERR_LCS_NO_STRINGS;
  }
  const options = optionsOf(context);
  if (typeof options === "string") return options;
  const lengths = headers.map((header) => header?.length ?? 0);
  const { maxBulkBytes } = context.server.settings;
  return isTooLarge(lengths[0]!, lengths[1]!, maxBulkBytes) ? ERR_LCS_TOO_LARGE : { options, lengths };
}

function lcs(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  if (!areHeadersReady(context, database, 1, 3)) return notReady;
  const a = session.header(database, args.string(1));
  if (a === null && tellsMisses(context)) notifyMiss(context, args.string(1));
  const b = session.header(database, args.string(2));
  if (b === null && tellsMisses(context)) notifyMiss(context, args.string(2));
  if (a === notReady || b === notReady) return notReady;
  const checked = check(context, [a, b]);
  if (typeof checked !== "string" && isLong(checked.lengths)) return goSliced;
  countQuietLookup(context, a !== null);
  countQuietLookup(context, b !== null);
  if (typeof checked === "string") return reply.error(checked);
  const { options } = checked;
  const work = commonSubsequence(inlineBytes(a), inlineBytes(b), options.wants !== "length");
  let step = work.next();
  while (step.done !== true) step = work.next();
  write(context, options, step.value);
}

function isLong(lengths: readonly number[]): boolean {
  const [a = 0, b = 0] = lengths;
  return (a + 1) * (b + 1) > CELLS_AT_ONCE || Math.max(a, b) > INLINE_STRING_MAX_BYTES;
}

function inlineBytes(header: ValueHeader | null): Buffer {
  return Buffer.from(header?.rest ?? "", "latin1");
}

function lcsSliced(context: CommandContext, done: (sequence: number) => void): void {
  const { args, reply } = context;
  const keys = [args.string(1), args.string(2)];
  readInSlices(context, done, (read) => {
    const database = read.view.database(context.connection.database);
    const headers: (ValueHeader | null)[] = [];
    const texts: Buffer[] = [];
    const readHeader = (at: number): void => {
      if (at === keys.length) return begin();
      read.view.header(database, keys[at]!, (header) => {
        if (read.abandoned) return read.end();
        const live = liveHeader(read, header);
        countSlicedLookup(context, live !== null, keys[at]!);
        headers.push(live);
        readHeader(at + 1);
      });
    };
    const begin = (): void => {
      const checked = check(context, headers);
      if (typeof checked !== "string") return readText(0, checked.options);
      reply.error(checked);
      read.end();
    };
    // Where one string is empty, nothing of the other is needed, however long it is.
    const readText = (at: number, options: Options): void => {
      if (at === keys.length) return compare(options);
      const header = headers[at]!;
      if (header === null || headers.some((other) => other === null || other.length === 0)) {
        texts.push(Buffer.alloc(0));
        return readText(at + 1, options);
      }
      const text = Buffer.alloc(header.length);
      texts.push(text);
      const part = (start: number, bytes: ByteString): boolean => {
        text.write(bytes, start, "latin1");
        return true;
      };
      eachPart(read, database, keys[at]!, header, { from: 0, to: header.length }, part, () =>
        readText(at + 1, options),
      );
    };
    const compare = (options: Options): void => {
      const work = commonSubsequence(texts[0]!, texts[1]!, options.wants !== "length");
      const step = (): void => {
        const next = work.next();
        if (next.done !== true) return read.yield(step);
        write(context, options, next.value);
        read.end();
      };
      step();
    };
    readHeader(0);
  });
}

function write(
  { reply }: CommandContext,
  { wants, minMatchLength, withMatchLength }: Options,
  found: CommonSubsequence,
): void {
  if (wants === "text") return reply.bulk(found.text);
  if (wants === "length") return reply.integer(found.length);
  const ranges = found.ranges.filter(({ length }) => length >= minMatchLength);
  reply.map(2);
  reply.bulk("matches");
  reply.array(ranges.length);
  for (const { aStart, bStart, length } of ranges) {
    reply.array(withMatchLength ? 3 : 2);
    for (const start of [aStart, bStart]) {
      reply.array(2);
      reply.integer(start);
      reply.integer(start + length - 1);
    }
    if (withMatchLength) reply.integer(length);
  }
  reply.bulk("len");
  reply.integer(found.length);
}

export const LCS_COMMANDS: readonly CommandSpec[] = [
  {
    name: "lcs",
    arity: -3,
    flags: ["readonly"],
    keys: [1, 2, 1],
    keyAccess: ["RO", "access"],
    categories: ["read", "string", "slow"],
    since: "7.0.0",
    group: "string",
    function: { kind: "evaluated", run: lcs, sliced: lcsSliced },
  },
];
