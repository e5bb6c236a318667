// SETBIT, GETBIT, BITCOUNT and BITPOS: strings as arrays of bits, the highest bit of the first byte first. Single bits touch
// one chunk of a long string; what reads more of it than 1 MiB goes in slices.
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady, Session } from "../../kv/index";
import type { Arguments } from "../../resp/index";
import { ValueEncoding, ValueType, u32String } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import { BitScanner, BitSearch } from "../bit-scanner";
import { goSliced } from "../command";
import type { CommandContext, CommandSpec, GoSliced } from "../command";
import { ERR_BIT_ARGUMENT, ERR_BIT_OFFSET, ERR_BIT_VALUE, ERR_NOT_INTEGER, ERR_SYNTAX } from "../errors";
import { NotificationClass, notify } from "../notifications";
import { integerWithin, isAbove } from "./integer-arguments";
import { countLookup, isWrongType } from "./lookup";
import { readPartsSliced } from "./sliced-parts";
import { CHUNK_BYTES, SLICED_STRING_BYTES, elementsOf, writeString } from "./string-values";

// ── Single bits ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The number of a bit that a string may have (proto-max-bulk-len); undefined if the argument is none. */
function bitOffset({ args, server }: CommandContext, index: number): number | undefined {
  const offset = args.safeInteger(index);
  const bits = server.settings.maxBulkBytes * 8;
  return offset !== undefined && offset >= 0 && offset < bits ? offset : undefined;
}

/** The byte at `at`; zero where there is none. */
function byteAt(
  session: Session,
  database: number,
  key: ByteString,
  header: ValueHeader | null,
  at: number,
): number | NotReady {
  if (header === null || at >= header.length) return 0;
  if (header.encoding === ValueEncoding.inline) return header.rest.charCodeAt(at);
  const chunk = session.get(elementsOf(database, key, header) + u32String(Math.floor(at / CHUNK_BYTES)));
  if (chunk === notReady) return notReady;
  const within = at % CHUNK_BYTES;
  return chunk === null || within >= chunk.length ? 0 : chunk.charCodeAt(within);
}

function setbit(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const offset = bitOffset(context, 2);
  if (offset === undefined) return reply.error(ERR_BIT_OFFSET);
  const bit = args.safeInteger(3);
  if (bit !== 0 && bit !== 1) return reply.error(ERR_BIT_VALUE);
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (isWrongType(context, header, ValueType.string)) return;
  const at = Math.floor(offset / 8);
  const byte = byteAt(session, database, key, header, at);
  if (byte === notReady) return notReady;
  const mask = 0x80 >> (offset % 8);
  const old = (byte & mask) === 0 ? 0 : 1;
  if (old !== bit || header === null || at >= header.length) {
    const changed = String.fromCharCode(bit === 1 ? byte | mask : byte & ~mask);
    if (writeString(session, database, key, header, at, changed) === notReady) return notReady;
    notify(context, NotificationClass.string, "setbit", key);
  }
  reply.integer(old);
}

function getbit(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const offset = bitOffset(context, 2);
  if (offset === undefined) return reply.error(ERR_BIT_OFFSET);
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (isWrongType(context, header, ValueType.string)) return;
  const byte = byteAt(session, database, key, header, Math.floor(offset / 8));
  if (byte === notReady) return notReady;
  countLookup(context, header !== null);
  reply.integer((byte & (0x80 >> (offset % 8))) === 0 ? 0 : 1);
}

// ── Ranges of bits ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Bits [from, to) of a string. */
interface BitRange {
  readonly from: number;
  readonly to: number;
}

const NO_BITS: BitRange = { from: 0, to: 0 };

/** Bounds that are both included and count bytes or bits, from the end when negative. */
function bitRange(start: number, end: number, length: number, isBits: boolean): BitRange {
  const total = isBits ? length * 8 : length;
  const from = Math.max(0, start < 0 ? total + start : start);
  const last = Math.min(total - 1, Math.max(0, end < 0 ? total + end : end));
  if (from > last) return NO_BITS;
  return isBits ? { from, to: last + 1 } : { from: from * 8, to: (last + 1) * 8 };
}

/** true for BIT, false for BYTE. */
function countsBits(args: Arguments, index: number): boolean | undefined {
  if (args.isWord(index, "BIT")) return true;
  return args.isWord(index, "BYTE") ? false : undefined;
}

/** The bits that BITCOUNT counts in a string of `length` bytes; a text is the error to reply with. */
function countedRange(args: Arguments, length: number): BitRange | string {
  if (args.count === 2) return { from: 0, to: length * 8 };
  if (args.count !== 4 && args.count !== 5) return ERR_SYNTAX;
  const start = integerWithin(args, 2);
  const end = integerWithin(args, 3);
  if (start === undefined || end === undefined) return ERR_NOT_INTEGER;
  if (start < 0 && end < 0 && isAbove(args, 2, 3)) return NO_BITS;
  const isBits = args.count === 5 ? countsBits(args, 4) : false;
  return isBits === undefined ? ERR_SYNTAX : bitRange(start, end, length, isBits);
}

/** The bits that BITPOS searches in a string of `length` bytes; a text is the error to reply with. */
function searchedRange(args: Arguments, length: number): BitRange | string {
  if (args.count === 3) return { from: 0, to: length * 8 };
  if (args.count > 6) return ERR_SYNTAX;
  const start = integerWithin(args, 3);
  if (start === undefined) return ERR_NOT_INTEGER;
  const isBits = args.count === 6 ? countsBits(args, 5) : false;
  if (isBits === undefined) return ERR_SYNTAX;
  const end = args.count >= 5 ? integerWithin(args, 4) : Infinity;
  if (end === undefined) return ERR_NOT_INTEGER;
  return bitRange(start, end, length, isBits);
}

/** What is known when all bits of a range have been searched without finding one. */
function notFound(args: Arguments, bit: number, length: number, range: BitRange): number {
  // Behind the string lie zeros without end, unless the range was given one; a range of nothing holds nothing.
  return bit === 0 && args.count < 5 && range.from < range.to ? length * 8 : -1;
}

/** Calls `part` with the chunks that hold [range.from, range.to), in order, until it answers false. */
function eachPart(
  session: Session,
  database: number,
  key: ByteString,
  header: ValueHeader,
  range: BitRange,
  part: (startBit: number, text: ByteString) => boolean,
): void | NotReady {
  if (header.encoding === ValueEncoding.inline) {
    part(0, header.rest);
    return;
  }
  const prefix = elementsOf(database, key, header);
  const chunkBits = CHUNK_BYTES * 8;
  const parts: [number, ByteString][] = [];
  let ready = true;
  for (let chunk = Math.floor(range.from / chunkBits); chunk * chunkBits < range.to; chunk++) {
    const text = session.get(prefix + u32String(chunk));
    if (text === notReady) ready = false;
    else if (text !== null) parts.push([chunk * chunkBits, text]);
  }
  if (!ready) return notReady;
  for (const [start, text] of parts) if (!part(start, text)) return;
}

function isLong(range: BitRange): boolean {
  return range.to - range.from > SLICED_STRING_BYTES * 8;
}

function ones(scanner: BitScanner, start: number, text: ByteString, { from, to }: BitRange): number {
  return scanner.count(text, Math.max(0, from - start), Math.min(text.length * 8, to - start));
}

function bitcount(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null) {
    countLookup(context, false);
    return reply.integer(0);
  }
  if (isWrongType(context, header, ValueType.string)) return countLookup(context, true);
  const range = countedRange(args, header.length);
  if (typeof range === "string") {
    countLookup(context, true);
    return reply.error(range);
  }
  if (isLong(range)) return goSliced;
  const scanner = new BitScanner();
  let count = 0;
  const outcome = eachPart(session, database, key, header, range, (start, text) => {
    count += ones(scanner, start, text, range);
    return true;
  });
  if (outcome === notReady) return notReady;
  countLookup(context, true);
  reply.integer(count);
}

function bitcountSliced(context: CommandContext, done: (sequence: number) => void): void {
  const { args, reply } = context;
  const scanner = new BitScanner();
  let range = NO_BITS;
  let count = 0;
  readPartsSliced(context, args.string(1), done, {
    absent: () => reply.integer(0),
    range: (length) => {
      const wanted = countedRange(args, length);
      if (typeof wanted === "string") return wanted;
      range = wanted;
      return { from: Math.floor(range.from / 8), to: Math.ceil(range.to / 8) };
    },
    part: (startByte, text) => {
      count += ones(scanner, startByte * 8, text, range);
      return true;
    },
    end: () => reply.integer(count),
  });
}

function bitpos(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const bit = integerWithin(args, 2);
  if (bit === undefined) return reply.error(ERR_NOT_INTEGER);
  if (bit !== 0 && bit !== 1) return reply.error(ERR_BIT_ARGUMENT);
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null) {
    countLookup(context, false);
    return reply.integer(bit === 1 ? -1 : 0);
  }
  if (isWrongType(context, header, ValueType.string)) return countLookup(context, true);
  const range = searchedRange(args, header.length);
  if (typeof range === "string") {
    countLookup(context, true);
    return reply.error(range);
  }
  // The bit is often near the beginning, however long the range is: the first chunk is looked at before all others.
  const beginning = { from: range.from, to: Math.min(range.to, range.from + CHUNK_BYTES * 8) };
  const searched = isLong(range) ? beginning : range;
  const search = new BitSearch(bit, searched.from, searched.to);
  let found = -1;
  const outcome = eachPart(session, database, key, header, searched, (start, text) => {
    found = search.look(start, text);
    return found < 0;
  });
  if (outcome === notReady) return notReady;
  if (found < 0) found = search.end();
  if (found < 0 && isLong(range)) return goSliced;
  countLookup(context, true);
  reply.integer(found < 0 ? notFound(args, bit, header.length, range) : found);
}

function bitposSliced(context: CommandContext, done: (sequence: number) => void): void {
  const { args, reply } = context;
  const bit = args.safeInteger(2) === 1 ? 1 : 0;
  let search = new BitSearch(bit, 0, 0);
  let otherwise = -1;
  let found = -1;
  readPartsSliced(context, args.string(1), done, {
    absent: () => reply.integer(bit === 1 ? -1 : 0),
    range: (length) => {
      const range = searchedRange(args, length);
      if (typeof range === "string") return range;
      search = new BitSearch(bit, range.from, range.to);
      otherwise = notFound(args, bit, length, range);
      return { from: Math.floor(range.from / 8), to: Math.ceil(range.to / 8) };
    },
    part: (startByte, text) => {
      found = search.look(startByte * 8, text);
      return found < 0;
    },
    end: () => {
      if (found < 0) found = search.end();
      reply.integer(found < 0 ? otherwise : found);
    },
  });
}

const BITMAP = { keys: [1, 1, 1], group: "bitmap" } as const;

export const BITMAP_COMMANDS: readonly CommandSpec[] = [
  {
    ...BITMAP,
    name: "setbit",
    arity: 4,
    flags: ["write", "denyoom"],
    keyAccess: ["RW", "access", "update"],
    categories: ["write", "bitmap", "slow"],
    since: "2.2.0",
    function: { kind: "evaluated", run: setbit },
  },
  {
    ...BITMAP,
    name: "getbit",
    arity: 3,
    flags: ["readonly", "fast"],
    keyAccess: ["RO", "access"],
    categories: ["read", "bitmap", "fast"],
    since: "2.2.0",
    function: { kind: "evaluated", run: getbit },
  },
  {
    ...BITMAP,
    name: "bitcount",
    arity: -2,
    flags: ["readonly"],
    keyAccess: ["RO", "access"],
    categories: ["read", "bitmap", "slow"],
    since: "2.6.0",
    function: { kind: "evaluated", run: bitcount, sliced: bitcountSliced },
  },
  {
    ...BITMAP,
    name: "bitpos",
    arity: -3,
    flags: ["readonly"],
    keyAccess: ["RO", "access"],
    categories: ["read", "bitmap", "slow"],
    since: "2.8.7",
    function: { kind: "evaluated", run: bitpos, sliced: bitposSliced },
  },
];
