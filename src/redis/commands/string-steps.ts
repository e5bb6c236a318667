// Long strings in steps (kv/stepped.ts): replies with old values, and values beyond 1 MiB, whose chunks go straight from the
// arguments' buffer into the batch. Chunks of an incarnation that no header names yet are staged, so that a value of
// hundreds of MB never lies in memory twice; its header comes last. Values of up to 1 MiB are put as they always are.
import type { ByteString } from "../../base/index";
import { loaded, notReady } from "../../kv/index";
import type { NotReady, Session, StepRequest, Steps } from "../../kv/index";
import type { Arguments, ReplyWriter } from "../../resp/index";
import { ValueEncoding, ValueType, changedHeader, u32String } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import { Pace, STEP_BYTES } from "./stepped-write";
import {
  CHUNK_BYTES,
  CHUNK_PAGE,
  ChunkWriter,
  SLICED_STRING_BYTES,
  chunkNumber,
  elementsOf,
  putString,
  replyWithString,
} from "./string-values";

/**
 * A longer value becomes a new incarnation together with what stays of the old string: staged, it is not held in memory. A
 * shorter one is written into the old incarnation, and waits in the batch.
 */
const IN_PLACE_MAX_BYTES = 64 * 1024 * 1024;

/** "$536870912" and two line ends. */
const BULK_FRAME_BYTES = 14;

/** Replies with the whole string of a header; null if there is none. */
export function* replyInSteps(
  session: Session,
  reply: ReplyWriter,
  database: number,
  key: ByteString,
  header: ValueHeader | null,
): Steps {
  if (header === null) return reply.null();
  const { length } = header;
  if (length <= SLICED_STRING_BYTES) {
    const mark = reply.length;
    yield* loaded(() => {
      reply.rollback(mark);
      return replyWithString(session, reply, database, key, header, 0, length);
    });
    return;
  }
  // The reply waits whole for the command's end.
  reply.makeRoom(length + BULK_FRAME_BYTES);
  const writer = new ChunkWriter(reply, 0, length);
  const prefix = elementsOf(database, key, header);
  const upper = prefix + u32String(Math.ceil(length / CHUNK_BYTES));
  let lower: ByteString | undefined = prefix + u32String(0);
  while (lower !== undefined) {
    yield "pause";
    const bound: ByteString = lower;
    const page = yield* loaded(() => session.scan(bound, upper, CHUNK_PAGE));
    for (let i = 0; i < page.keys.length; i++) {
      const chunk = chunkNumber(page.keys[i]!, key.length);
      while (!writer.fill(chunk * CHUNK_BYTES, STEP_BYTES)) yield "pause";
      writer.chunk(chunk, page.values[i]!);
    }
    lower = page.next;
  }
  while (!writer.fill(length, STEP_BYTES)) yield "pause";
  writer.end();
}

/** Puts a new incarnation of a string from an argument at the key in another; what was there is the caller's business. */
export function* putStringInSteps(
  session: Session,
  database: number,
  args: Arguments,
  key: number,
  value: number,
  expiryMs: number,
): Steps {
  const name = args.string(key);
  if (args.length(value) <= STEP_BYTES) {
    yield* loaded(() => session.beforePut(database, name));
    putArgument(session, database, args, key, value, expiryMs);
    return;
  }
  const header = newHeader(session, args.length(value), expiryMs);
  yield* putChunks(session, database, name, header, args, value);
  yield* loaded(() => session.beforePut(database, name));
  session.putHeader(database, name, header);
}

/**
 * MSET: the chunks of long values first, then, behind the last stage, all that is visible; `put` is told of the key in each
 * argument when it has been put.
 */
export function* putManyInSteps(
  session: Session,
  database: number,
  args: Arguments,
  put: (key: number) => void,
): Steps {
  const headers = new Map<number, ValueHeader>();
  for (let i = 1; i < args.count; i += 2) {
    if (args.length(i + 1) <= STEP_BYTES) continue;
    const header = newHeader(session, args.length(i + 1), 0);
    headers.set(i, header);
    yield* putChunks(session, database, args.string(i), header, args, i + 1);
  }
  const pace = new Pace();
  for (let i = 1; i < args.count; i += 2) {
    const header = headers.get(i);
    yield* loaded(() => session.beforePut(database, args.string(i)));
    if (header !== undefined) session.putHeader(database, args.string(i), header);
    else putArgument(session, database, args, i, i + 1, 0);
    put(i);
    // A pair of short ones costs more than its bytes.
    if (pace.isSpent(header === undefined ? args.length(i + 1) + 1024 : 1024)) yield "pause";
  }
}

/**
 * Writes an argument, more than 1 MiB, into a string at `offset`, or into a new one when `header` is null; a gap becomes
 * zeros. Expiry stays. Returns the new length.
 */
export function* writeInSteps(
  session: Session,
  database: number,
  key: ByteString,
  header: ValueHeader | null,
  offset: number,
  args: Arguments,
  value: number,
): Generator<StepRequest, number, void> {
  const valueBytes = args.length(value);
  const length = Math.max(header === null ? 0 : header.length, offset + valueBytes);
  const isChunked = header !== null && header.encoding === ValueEncoding.chunked;
  const isInPlace = isChunked && valueBytes <= IN_PLACE_MAX_BYTES;
  const next = isInPlace
    ? changedHeader(header, { length })
    : newHeader(session, length, header === null ? 0 : header.expiryMs);
  const step = isInPlace ? "pause" : "stage";
  const prefix = elementsOf(database, key, next);
  const old = new OldChunks(session, database, key, header);
  const first = Math.floor(offset / CHUNK_BYTES);
  const last = Math.floor((offset + valueBytes - 1) / CHUNK_BYTES);
  const pace = new Pace();

  // The old string shows in the first and the last chunk, beside the new bytes. All reads of an in-place change come first.
  const firstOld = offset % CHUNK_BYTES === 0 ? "" : yield* loaded(() => old.read(first));
  const lastOld = yield* loaded(() => old.read(last));
  if (!isInPlace) yield* old.copy(prefix, 0, first);
  for (let chunk = first; chunk <= last; chunk++) {
    const start = chunk * CHUNK_BYTES;
    const from = Math.max(offset, start);
    const to = Math.min(offset + valueBytes, start + CHUNK_BYTES);
    const at = args.start(value) - offset;
    const before = chunk === first ? firstOld.slice(0, from - start).padEnd(from - start, "\0") : "";
    const after = chunk === last ? lastOld.slice(to - start) : "";
    const bytes = args.buffer.toString("latin1", at + from, at + to);
    session.put(prefix + u32String(chunk), before + bytes + after);
    if (pace.isSpent(CHUNK_BYTES)) yield step;
  }
  if (!isInPlace) yield* old.copy(prefix, last + 1, Math.ceil(length / CHUNK_BYTES));
  yield* loaded(() => session.beforePut(database, key));
  if (!isInPlace || length !== header.length) session.putHeader(database, key, next);
  if (!isInPlace && header !== null) session.abandonElements(database, key, header);
  return length;
}

/** The chunks of a string that is being replaced. */
class OldChunks {
  private readonly session: Session;
  private readonly header: ValueHeader | null;
  private readonly prefix: ByteString;
  private readonly keyBytes: number;

  constructor(session: Session, database: number, key: ByteString, header: ValueHeader | null) {
    this.session = session;
    this.header = header;
    this.prefix = header === null ? "" : elementsOf(database, key, header);
    this.keyBytes = key.length;
  }

  /** What there is of a chunk. */
  read(number: number): ByteString | NotReady {
    const { header } = this;
    if (header === null) return "";
    if (header.encoding === ValueEncoding.inline) return number === 0 ? header.rest : "";
    const row = this.session.get(this.prefix + u32String(number));
    return row === notReady ? notReady : (row ?? "");
  }

  /** Puts the chunks [from, to) into another incarnation, which no header names yet. */
  *copy(target: ByteString, from: number, to: number): Steps {
    const { header, session, prefix } = this;
    if (header === null || from >= to) return;
    if (header.encoding === ValueEncoding.inline) {
      if (from === 0 && header.length > 0) session.put(target + u32String(0), header.rest);
      return;
    }
    const upper = prefix + u32String(to);
    let lower: ByteString | undefined = prefix + u32String(from);
    while (lower !== undefined) {
      const bound: ByteString = lower;
      const page = yield* loaded(() => session.scan(bound, upper, CHUNK_PAGE));
      for (let i = 0; i < page.keys.length; i++) {
        session.put(target + u32String(chunkNumber(page.keys[i]!, this.keyBytes)), page.values[i]!);
      }
      yield "stage";
      lower = page.next;
    }
  }
}

function putArgument(
  session: Session,
  database: number,
  args: Arguments,
  key: number,
  value: number,
  expiryMs: number,
): void {
  const { buffer } = args;
  putString(
    session,
    database,
    buffer,
    args.start(key),
    args.end(key),
    args.start(value),
    args.end(value),
    expiryMs,
  );
}

/** Of a new incarnation that is longer than what lies inline. */
function newHeader(session: Session, length: number, expiryMs: number): ValueHeader {
  const { versionMs, versionCounter } = session.newVersion();
  const { string: type } = ValueType;
  return { type, encoding: ValueEncoding.chunked, expiryMs, versionMs, versionCounter, length, rest: "" };
}

function* putChunks(
  session: Session,
  database: number,
  key: ByteString,
  header: ValueHeader,
  args: Arguments,
  value: number,
): Steps {
  const prefix = elementsOf(database, key, header);
  const pace = new Pace();
  const end = args.end(value);
  let chunk = 0;
  for (let at = args.start(value); at < end; at += CHUNK_BYTES) {
    const to = Math.min(end, at + CHUNK_BYTES);
    session.put(prefix + u32String(chunk++), args.buffer.toString("latin1", at, to));
    if (pace.isSpent(CHUNK_BYTES)) yield "stage";
  }
}
