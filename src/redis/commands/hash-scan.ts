// HSCAN: a page of a hash's fields in the order of their hashes. The cursor is the hash (32 bits) where the next page begins, so
// it needs no state on the server; fields of one hash are always returned together. A field that is there from the first
// call to the last is returned at least once. A hash that Redis would keep as a listpack comes whole, as it does there.
//
// A hash of few fields is read in this turn. A larger one is read in slices over a pinned view, which does not look through all
// that memory holds of it for every page; an answer ends before COUNT at a number of bytes.
import { prefixEnd } from "../../base/index";
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady, ScanLimits } from "../../kv/index";
import { ValueType, getU32String, u32String } from "../../storage/index";
import { goSliced } from "../command";
import type { CommandContext, CommandSpec, GoSliced } from "../command";
import { ERR_CURSOR, ERR_WRONG_TYPE } from "../errors";
import type { Glob } from "../glob";
import { FOUND_MAX_BYTES, FoundItems } from "./found-items";
import { countLookup, countSlicedLookup, isWrongType } from "./lookup";
import { cursorOf } from "./scan-cursor";
import { scanOptionsOf } from "./scan-options";
import { readInSlices } from "./sliced-read";
import { liveHeader } from "./sliced-strings";
import { elementsOf } from "./string-values";
import { isListpack } from "./value-encoding";

/** One behind the last hash. */
const HASHES_END = 0x1_0000_0000;
const FIELD_HASH_BYTES = 4;
/** What is read in one turn. */
const TURN = { maxRows: 1000, maxBytes: 1024 * 1024 } as const;
const PAGE = { maxRows: 1000, maxBytes: 256 * 1024 } as const;
/** Bytes of one answer, beyond which a page ends before COUNT. */

interface Rows {
  readonly keys: readonly ByteString[];
  readonly values: readonly ByteString[];
}

/** Fields that are wanted, each with its value, of rows that begin with a prefix of `prefixBytes`. */
function collect(found: FoundItems, rows: Rows, prefixBytes: number, glob: Glob | undefined): void {
  const items: ByteString[] = [];
  for (let i = 0; i < rows.keys.length; i++) {
    const field = rows.keys[i]!.slice(prefixBytes + FIELD_HASH_BYTES);
    if (glob === undefined || glob.matches(field)) items.push(field, rows.values[i]!);
  }
  found.add(items);
}

/** Where the rows of one hash end: that of a row, or of a bound behind it, within a prefix. */
function placeEnd(prefix: ByteString, bound: ByteString): number {
  return getU32String(bound, prefix.length) + 1;
}

function boundAt(prefix: ByteString, place: number): ByteString {
  return place >= HASHES_END ? prefixEnd(prefix)! : prefix + u32String(place);
}

function replyCursor({ reply }: CommandContext, next: number): void {
  reply.array(2);
  reply.bulk(next >= HASHES_END ? "0" : String(next));
}

function replyEmpty(context: CommandContext): void {
  replyCursor(context, HASHES_END);
  context.reply.array(0);
}

function hscan(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const cursor = cursorOf(args.string(2), HASHES_END);
  if (cursor === undefined) return reply.error(ERR_CURSOR);
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null || header.type !== ValueType.hash) {
    countLookup(context, header !== null);
    if (!isWrongType(context, header, ValueType.hash)) replyEmpty(context);
    return;
  }
  const options = scanOptionsOf(args, 3, false);
  if (typeof options === "string") {
    countLookup(context, true);
    return reply.error(options);
  }

  const prefix = elementsOf(database, key, header);
  const found = new FoundItems();
  const { settings } = context.server;
  if (header.length <= Math.min(settings.hashMaxListpackEntries, TURN.maxRows)) {
    const rows = session.scan(prefix, prefixEnd(prefix)!, TURN);
    if (rows === notReady) return notReady;
    if (rows.next === undefined && isListpack(rows, prefix.length, settings)) {
      countLookup(context, true);
      collect(found, rows, prefix.length, options.glob);
      replyCursor(context, HASHES_END);
      return found.write(reply);
    }
  }
  if (header.length > TURN.maxRows) return goSliced;
  const next = readPlaces(context, prefix, cursor, options.count, (rows) =>
    collect(found, rows, prefix.length, options.glob),
  );
  if (typeof next !== "number") return next;
  countLookup(context, true);
  replyCursor(context, next);
  found.write(reply);
}

/** Reads `count` rows from a place on, and what is left of the last one's place; the answer is where to go on. */
function readPlaces(
  { session }: CommandContext,
  prefix: ByteString,
  cursor: number,
  count: number,
  take: (rows: Rows) => void,
): number | NotReady | GoSliced {
  if (cursor >= HASHES_END) return HASHES_END;
  const limits: ScanLimits = { ...TURN, maxRows: Math.min(TURN.maxRows, count) };
  const rows = session.scan(boundAt(prefix, cursor), prefixEnd(prefix)!, limits);
  if (rows === notReady) return notReady;
  take(rows);
  if (rows.next === undefined) return HASHES_END;
  const end = placeEnd(prefix, rows.next);
  const rest = session.scan(rows.next, boundAt(prefix, end), TURN);
  if (rest === notReady) return notReady;
  if (rest.next !== undefined) return goSliced;
  take(rest);
  return end;
}

function hscanSliced(context: CommandContext, done: (sequence: number) => void): void {
  const { args, reply } = context;
  const key = args.string(1);
  const cursor = cursorOf(args.string(2), HASHES_END);
  const options = scanOptionsOf(args, 3, false);
  readInSlices(context, done, (read) => {
    const { view } = read;
    const database = view.database(context.connection.database);
    view.header(database, key, (stored) => {
      if (read.abandoned) return read.end();
      const header = liveHeader(read, stored);
      countSlicedLookup(context, header !== null, key);
      if (header === null) replyEmpty(context);
      else if (header.type !== ValueType.hash) reply.error(ERR_WRONG_TYPE);
      else if (cursor === undefined || typeof options === "string") {
        reply.error(typeof options === "string" ? options : ERR_CURSOR);
      } else return readPages(elementsOf(database, key, header), cursor, options.count, options.glob);
      read.end();
    });

    const readPages = (prefix: ByteString, from: number, count: number, glob: Glob | undefined): void => {
      const found = new FoundItems();
      const finish = (next: number): void => {
        replyCursor(context, next);
        found.reply(read);
      };
      if (from >= HASHES_END) return finish(HASHES_END);
      let rowsLeft = count;
      /** Reads up to `end`, which is the end of the hash or, when there is enough, that of the place that is being read. */
      const readPage = (lower: ByteString, end: number): void => {
        const limits = { ...PAGE, maxRows: rowsLeft > 0 ? Math.min(PAGE.maxRows, rowsLeft) : PAGE.maxRows };
        view.scan(lower, boundAt(prefix, end), limits, (page) => {
          if (read.abandoned) return read.end();
          collect(found, page, prefix.length, glob);
          rowsLeft -= page.keys.length;
          const last = page.keys[page.keys.length - 1];
          if (page.done || last === undefined) return finish(end);
          const isEnough = rowsLeft <= 0 || found.bytes >= FOUND_MAX_BYTES;
          readPage(last + "\0", isEnough ? placeEnd(prefix, last) : end);
        });
      };
      readPage(boundAt(prefix, from), HASHES_END);
    };
  });
}

export const HASH_SCAN_COMMANDS: readonly CommandSpec[] = [
  {
    name: "hscan",
    arity: -3,
    flags: ["readonly"],
    keys: [1, 1, 1],
    keyAccess: ["RO", "access"],
    categories: ["read", "hash", "slow"],
    tips: ["nondeterministic_output"],
    since: "2.8.0",
    group: "hash",
    function: { kind: "evaluated", run: hscan, sliced: hscanSliced },
  },
];
