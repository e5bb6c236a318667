// How a string lies in rows: up to 64 KiB inline in its header, beyond that in chunks of 64 KiB under the header's version,
// chunk n at element prefix ‖ n (u32). A chunk may be missing or shorter than its place demands: what it lacks is zeros,
// so padding costs nothing and a change touches only the chunks it writes to. The header's length is the string's.
//
// Whole values go to the reply piece by piece; texts here are ByteStrings of at most an entry's size, because V8 has no
// string of 512 MiB.
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady, Session } from "../../kv/index";
import type { ReplyWriter } from "../../resp/index";
import {
  ELEMENT_KEY_PREFIX_BYTES,
  INLINE_STRING_MAX_BYTES,
  VERSION_BYTES,
  ValueEncoding,
  ValueType,
  elementPrefix,
  getU32String,
  u32String,
  versionBytes,
} from "../../storage/index";
import type { ValueHeader } from "../../storage/index";

export const CHUNK_BYTES = 64 * 1024;
/** A reply that reads more than this of a chunked string is made in slices. */
export const SLICED_STRING_BYTES = 1024 * 1024;
/** Rows and bytes of one page of chunks. */
export const CHUNK_PAGE = { maxRows: 64, maxBytes: 1024 * 1024 } as const;

const ZEROS = "\0".repeat(CHUNK_BYTES);

export function elementsOf(database: number, key: ByteString, header: ValueHeader): ByteString {
  return elementPrefix(database, key, versionBytes(header.versionMs, header.versionCounter));
}

/** The number of the chunk in a row key of a string whose user key has `keyBytes`. */
export function chunkNumber(rowKey: ByteString, keyBytes: number): number {
  return getU32String(rowKey, ELEMENT_KEY_PREFIX_BYTES + keyBytes + VERSION_BYTES);
}

/** Writes a bulk of the bytes [from, to) of a string whose chunks come in order; missing ones are zeros. */
export class ChunkWriter {
  private readonly reply: ReplyWriter;
  private at: number;
  private readonly to: number;

  constructor(reply: ReplyWriter, from: number, to: number) {
    this.reply = reply;
    this.at = from;
    this.to = to;
    reply.raw(`$${to - from}\r\n`);
  }

  /** Writes zeros up to `place`, at most `maxBytes` of them; false if that was not enough. */
  fill(place: number, maxBytes = Infinity): boolean {
    const end = Math.min(place, this.to, this.at + maxBytes);
    while (this.at < end) {
      const count = Math.min(CHUNK_BYTES, end - this.at);
      this.reply.raw(ZEROS.slice(0, count));
      this.at += count;
    }
    return this.at >= Math.min(place, this.to);
  }

  chunk(number: number, bytes: ByteString): void {
    const start = number * CHUNK_BYTES;
    this.fill(start);
    const end = Math.min(this.to, start + bytes.length);
    if (end <= this.at) return;
    this.reply.raw(bytes.slice(this.at - start, end - start));
    this.at = end;
  }

  end(): void {
    this.fill(this.to);
    this.reply.raw("\r\n");
  }
}

/** Replies with the bytes [from, to) of a string, which are within it: at most `SLICED_STRING_BYTES` of one in chunks. */
export function replyWithString(
  session: Session,
  reply: ReplyWriter,
  database: number,
  key: ByteString,
  header: ValueHeader,
  from: number,
  to: number,
): void | NotReady {
  if (header.encoding === ValueEncoding.inline) {
    reply.bulk(to - from === header.length ? header.rest : header.rest.slice(from, to));
    return;
  }
  const prefix = elementsOf(database, key, header);
  const writer = new ChunkWriter(reply, from, to);
  let ready = true;
  for (let chunk = Math.floor(from / CHUNK_BYTES); chunk * CHUNK_BYTES < to; chunk++) {
    const row = session.get(prefix + u32String(chunk));
    if (row === notReady) ready = false;
    else if (row !== null) writer.chunk(chunk, row);
  }
  if (!ready) return notReady;
  writer.end();
}

/** Puts a new incarnation of a string from argument bytes; whatever was there before is the caller's business. */
export function putString(
  session: Session,
  database: number,
  source: Buffer,
  keyStart: number,
  keyEnd: number,
  valueStart: number,
  valueEnd: number,
  expiryMs: number,
): void {
  const length = valueEnd - valueStart;
  if (length <= INLINE_STRING_MAX_BYTES) {
    session.putInlineString(database, source, keyStart, keyEnd, source, valueStart, valueEnd, expiryMs);
    return;
  }
  const key = source.toString("latin1", keyStart, keyEnd);
  const { versionMs, versionCounter } = session.newVersion();
  const type = ValueType.string;
  const encoding = ValueEncoding.chunked;
  session.putHeader(database, key, { type, encoding, expiryMs, versionMs, versionCounter, length, rest: "" });
  const prefix = elementPrefix(database, key, versionBytes(versionMs, versionCounter));
  for (let at = 0; at < length; at += CHUNK_BYTES) {
    const end = Math.min(valueEnd, valueStart + at + CHUNK_BYTES);
    session.put(prefix + u32String(at / CHUNK_BYTES), source.toString("latin1", valueStart + at, end));
  }
}

/**
 * Writes `value` (not empty) into a string at `offset`, or into a new one when `header` is null; a gap becomes zeros.
 * Expiry and incarnation stay. Returns the new length.
 */
export function writeString(
  session: Session,
  database: number,
  key: ByteString,
  header: ValueHeader | null,
  offset: number,
  value: ByteString,
): number | NotReady {
  const end = offset + value.length;
  const oldLength = header === null ? 0 : header.length;
  const length = Math.max(oldLength, end);
  const type = ValueType.string;
  const expiryMs = header === null ? 0 : header.expiryMs;
  if (length <= INLINE_STRING_MAX_BYTES) {
    const { versionMs, versionCounter } = header ?? session.newVersion();
    const rest = spliced(header === null ? "" : header.rest, offset, value);
    const encoding = ValueEncoding.inline;
    session.putHeader(database, key, { type, encoding, expiryMs, versionMs, versionCounter, length, rest });
    return length;
  }

  // All reads come first: of the first and the last chunk written to, where the old string shows beside the new bytes.
  const first = Math.floor(offset / CHUNK_BYTES);
  const last = Math.floor((end - 1) / CHUNK_BYTES);
  const wasChunked = header !== null && header.encoding === ValueEncoding.chunked;
  let firstOld: ByteString | null | NotReady = null;
  let lastOld: ByteString | null | NotReady = null;
  if (wasChunked) {
    const prefix = elementsOf(database, key, header);
    const endShows = end % CHUNK_BYTES !== 0 && end < oldLength;
    if (offset % CHUNK_BYTES !== 0 || (first === last && endShows))
      firstOld = session.get(prefix + u32String(first));
    if (first !== last && endShows) lastOld = session.get(prefix + u32String(last));
    if (firstOld === notReady || lastOld === notReady) return notReady;
  } else if (header !== null && first === 0) {
    firstOld = header.rest;
  }

  const { versionMs, versionCounter } = header ?? session.newVersion();
  const prefix = elementPrefix(database, key, versionBytes(versionMs, versionCounter));
  if (!wasChunked) {
    if (header !== null && first > 0 && header.length > 0) session.put(prefix + u32String(0), header.rest);
  }
  if (!wasChunked || length !== oldLength) {
    const encoding = ValueEncoding.chunked;
    session.putHeader(database, key, {
      type,
      encoding,
      expiryMs,
      versionMs,
      versionCounter,
      length,
      rest: "",
    });
  }
  for (let chunk = first; chunk <= last; chunk++) {
    const start = chunk * CHUNK_BYTES;
    const from = Math.max(offset, start);
    const to = Math.min(end, start + CHUNK_BYTES);
    const old = chunk === first ? firstOld : chunk === last ? lastOld : null;
    session.put(
      prefix + u32String(chunk),
      spliced(old ?? "", from - start, value.slice(from - offset, to - offset)),
    );
  }
  return length;
}

/** `old` with `value` written over it at `offset`; what lies between is zeros. */
function spliced(old: ByteString, offset: number, value: ByteString): ByteString {
  if (offset === old.length) return old + value;
  if (offset > old.length) return old + ZEROS.slice(0, offset - old.length) + value;
  return old.slice(0, offset) + value + old.slice(offset + value.length);
}
