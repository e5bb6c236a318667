// GET, MGET and GETRANGE of long strings, in slices: one key after another, one page of chunks after another.
import type { ByteString } from "../../base/index";
import type { ValueHeader } from "../../storage/index";
import { ValueEncoding, ValueType, u32String } from "../../storage/index";
import type { CommandContext } from "../command";
import { ERR_WRONG_TYPE } from "../errors";
import { readInSlices } from "./sliced-read";
import type { SlicedRead } from "./sliced-read";
import { CHUNK_BYTES, CHUNK_PAGE, ChunkWriter, chunkNumber, elementsOf } from "./string-values";

/** The part [from, to) of a string of `length` bytes that a reply consists of. */
export type RangeOf = (length: number) => { readonly from: number; readonly to: number };

export const wholeString: RangeOf = (length) => ({ from: 0, to: length });

/** The reply to MGET of `keys`. */
export function replyWithManySliced(
  context: CommandContext,
  keys: readonly ByteString[],
  done: (sequence: number) => void,
): void {
  readInSlices(context, done, (read) => {
    context.reply.array(keys.length);
    const next = (at: number): void => {
      if (at === keys.length || read.abandoned) return read.end();
      const database = read.view.database(context.connection.database);
      const key = keys[at]!;
      read.view.header(database, key, (header) => {
        if (read.abandoned) return read.end();
        const live = liveHeader(read, header);
        if (live !== null && live.type === ValueType.string) {
          writeString(read, database, key, live, wholeString, () => next(at + 1));
        } else {
          context.reply.null();
          next(at + 1);
        }
      });
    };
    next(0);
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
      if (read.abandoned) return done();
      page.keys.forEach((row, i) => writer.chunk(chunkNumber(row, key.length), page.values[i]!));
      const last = page.keys[page.keys.length - 1];
      if (!page.done && last !== undefined) return readPage(last + "\0");
      writer.end();
      done();
    });
  };
  readPage(prefix + u32String(Math.floor(from / CHUNK_BYTES)));
}
