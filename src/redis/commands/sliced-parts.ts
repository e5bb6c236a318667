// Reads that go through the bytes of a long string in order and reply at their end: one page of chunks a turn.
import type { ByteString } from "../../base/index";
import { ValueEncoding, ValueType, u32String } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import type { CommandContext } from "../command";
import { ERR_WRONG_TYPE } from "../errors";
import { countSlicedLookup } from "./lookup";
import { readInSlices } from "./sliced-read";
import type { SlicedRead } from "./sliced-read";
import { liveHeader } from "./sliced-strings";
import { CHUNK_BYTES, CHUNK_PAGE, chunkNumber, elementsOf } from "./string-values";

/** The bytes [from, to) of a string. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** What a read does; each function but `part` writes the reply, or an error's text goes there. */
export interface PartReader {
  /** There is no such key. */
  readonly absent: () => void;
  /** Which bytes of a string of `length` are needed; a text is the error to reply with. */
  readonly range: (length: number) => ByteRange | string;
  /** Bytes that begin at byte `start`, whole chunks where the string has them; between parts lie zeros. False ends the read. */
  readonly part: (start: number, text: ByteString) => boolean;
  readonly end: () => void;
}

export function readPartsSliced(
  context: CommandContext,
  key: ByteString,
  done: (sequence: number) => void,
  reader: PartReader,
): void {
  readInSlices(context, done, (read) => {
    const database = read.view.database(context.connection.database);
    read.view.header(database, key, (header) => {
      if (read.abandoned) return read.end();
      const live = liveHeader(read, header);
      countSlicedLookup(context, live !== null, key);
      if (live === null) {
        reader.absent();
      } else if (live.type !== ValueType.string) {
        context.reply.error(ERR_WRONG_TYPE);
      } else {
        const range = reader.range(live.length);
        if (typeof range !== "string") {
          return eachPart(read, database, key, live, range, reader.part, () => {
            reader.end();
            read.end();
          });
        }
        context.reply.error(range);
      }
      read.end();
    });
  });
}

/** Goes through a string's bytes of a range, then calls `next`, unless the client has gone. */
export function eachPart(
  read: SlicedRead,
  database: number,
  key: ByteString,
  header: ValueHeader,
  { from, to }: ByteRange,
  part: (start: number, text: ByteString) => boolean,
  next: () => void,
): void {
  if (header.encoding === ValueEncoding.inline || from >= to) {
    part(0, header.rest);
    return next();
  }
  const prefix = elementsOf(database, key, header);
  const upper = prefix + u32String(Math.ceil(to / CHUNK_BYTES));
  const readPage = (lower: ByteString): void => {
    read.view.scan(lower, upper, CHUNK_PAGE, (page) => {
      if (read.abandoned) return read.end();
      for (let i = 0; i < page.keys.length; i++) {
        if (!part(chunkNumber(page.keys[i]!, key.length) * CHUNK_BYTES, page.values[i]!)) return next();
      }
      const last = page.keys[page.keys.length - 1];
      if (page.done || last === undefined) return next();
      readPage(last + "\0");
    });
  };
  readPage(prefix + u32String(Math.floor(from / CHUNK_BYTES)));
}
