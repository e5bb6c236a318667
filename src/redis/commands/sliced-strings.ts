// GET, MGET and GETRANGE of long strings, in slices: one key after another, one page of chunks after another.
import type { ByteString } from "../../base/index";
import { ValueEncoding, ValueType, u32String } from "../../storage/index";
import type { ScanPage, ValueHeader } from "../../storage/index";
import type { CommandContext } from "../command";
import { ERR_WRONG_TYPE } from "../errors";
import { countSlicedLookup } from "./lookup";
import { readInSlices } from "./sliced-read";
import type { SlicedRead } from "./sliced-read";
import { CHUNK_BYTES, CHUNK_PAGE, ChunkWriter, chunkNumber, elementsOf } from "./string-values";

/** Headers that are read beside one another. */
const HEADERS_AT_ONCE = 64;
const ZEROS_A_TURN = 1024 * 1024;

/** The part [from, to) of a string of `length` bytes that a reply consists of. */
export type RangeOf = (length: number) => { readonly from: number; readonly to: number };

export const wholeString: RangeOf = (length) => ({ from: 0, to: length });

/** The reply to MGET of `keys`: some at a time, so that however many values it has only a few are in memory. */
export function replyWithManySliced(
  context: CommandContext,
  keys: readonly ByteString[],
  done: (sequence: number) => void,
): void {
  readInSlices(context, done, (read) => {
    const database = read.view.database(context.connection.database);
    context.reply.array(keys.length);
    const replyFrom = (from: number): void => {
      if (from >= keys.length) return read.end();
      const some = keys.slice(from, from + HEADERS_AT_ONCE);
      readHeaders(read, database, some, (headers) => {
        some.forEach((key, i) => countSlicedLookup(context, headers[i] !== null, key));
        writeValues(read, database, some, headers, 0, () =>
          read.part(() => replyFrom(from + HEADERS_AT_ONCE)),
        );
      });
    };
    replyFrom(0);
  });
}

/** Writes the strings of keys from a place on; null for what is none. */
function writeValues(
  read: SlicedRead,
  database: number,
  keys: readonly ByteString[],
  headers: readonly (ValueHeader | null)[],
  from: number,
  done: () => void,
): void {
  const { reply } = read.context;
  for (let at = from; at < keys.length; at++) {
    const header = headers[at]!;
    if (header === null || header.type !== ValueType.string) {
      reply.null();
    } else if (header.encoding === ValueEncoding.chunked) {
      const next = (): void => writeValues(read, database, keys, headers, at + 1, done);
      return writeString(read, database, keys[at]!, header, wholeString, next);
    } else {
      reply.bulk(header.rest);
    }
  }
  done();
}

/** The live headers of some keys, read beside one another. */
function readHeaders(
  read: SlicedRead,
  database: number,
  keys: readonly ByteString[],
  done: (headers: readonly (ValueHeader | null)[]) => void,
): void {
  const headers: (ValueHeader | null)[] = [];
  let waiting = keys.length;
  keys.forEach((key, i) => {
    read.view.header(database, key, (header) => {
      headers[i] = liveHeader(read, header);
      if (--waiting > 0) return;
      if (read.abandoned) read.end();
      else done(headers);
    });
  });
}

/** The reply to GET or GETRANGE of one key. */
export function replyWithOneSliced(
  context: CommandContext,
  key: ByteString,
  range: RangeOf,
  absent: (context: CommandContext) => void,
  done: (sequence: number) => void,
): void {
  readInSlices(context, done, (read) => {
    const database = read.view.database(context.connection.database);
    read.view.header(database, key, (header) => {
      if (read.abandoned) return read.end();
      const live = liveHeader(read, header);
      countSlicedLookup(context, live !== null, key);
      if (live !== null && live.type === ValueType.string) {
        return writeString(read, database, key, live, range, () => read.end());
      }
      if (live === null) absent(context);
      else context.reply.error(ERR_WRONG_TYPE);
      read.end();
    });
  });
}

/** null for a header that has expired in the view, which is noted. */
export function liveHeader(read: SlicedRead, header: ValueHeader | null): ValueHeader | null {
  if (header === null || header.expiryMs === 0 || header.expiryMs > read.view.nowMs) return header;
  read.expired = true;
  return null;
}

function writeString(
  read: SlicedRead,
  database: number,
  key: ByteString,
  header: ValueHeader,
  range: RangeOf,
  done: () => void,
): void {
  const { reply } = read.context;
  const { from, to } = range(header.length);
  if (header.encoding === ValueEncoding.inline) {
    reply.bulk(header.rest.slice(from, to));
    return done();
  }
  const prefix = elementsOf(database, key, header);
  const writer = new ChunkWriter(reply, from, to);
  const upper = prefix + u32String(Math.ceil(to / CHUNK_BYTES));
  const readPage = (lower: ByteString): void => {
    read.view.scan(lower, upper, CHUNK_PAGE, (page) => {
      if (read.abandoned) return read.end();
      const last = page.keys[page.keys.length - 1];
      writeRows(page, 0, () => {
        if (!page.done && last !== undefined) return readPage(last + "\0");
        fill(to, () => {
          writer.end();
          done();
        });
      });
    });
  };
  const writeRows = (page: ScanPage, at: number, next: () => void): void => {
    if (at === page.keys.length) return read.part(next);
    const chunk = chunkNumber(page.keys[at]!, key.length);
    fill(chunk * CHUNK_BYTES, () => {
      writer.chunk(chunk, page.values[at]!);
      writeRows(page, at + 1, next);
    });
  };
  // What was never written to may be long: it goes in parts like everything else.
  const fill = (place: number, next: () => void): void => {
    if (writer.fill(place, ZEROS_A_TURN)) return next();
    read.part(() => read.yield(() => fill(place, next)));
  };
  readPage(prefix + u32String(Math.floor(from / CHUNK_BYTES)));
}
