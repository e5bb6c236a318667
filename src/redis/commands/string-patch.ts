// Changes to single bytes of a string, at any places: chunks are read once, changed in memory and put once. Reads see the
// changes. A gap behind the old end becomes zeros; expiry and incarnation stay.
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady, Session } from "../../kv/index";
import { INLINE_STRING_MAX_BYTES, ValueEncoding, ValueType, u32String } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import { CHUNK_BYTES, elementsOf } from "./string-values";

interface Chunk {
  bytes: Buffer;
  isChanged: boolean;
}

export class StringPatch {
  private readonly session: Session;
  private readonly database: number;
  private readonly key: ByteString;
  private header: ValueHeader | null;
  private readonly chunks = new Map<number, Chunk>();

  /** `header` is that of a string, or null. */
  constructor(session: Session, database: number, key: ByteString, header: ValueHeader | null) {
    this.session = session;
    this.database = database;
    this.key = key;
    this.header = header;
  }

  /** Chunks in memory. */
  get chunkCount(): number {
    return this.chunks.size;
  }

  /** Makes the bytes [from, to) ready to be read and changed; they may lie behind the string's end. */
  open(from: number, to: number): true | NotReady {
    let ready = true;
    for (let number = Math.floor(from / CHUNK_BYTES); number * CHUNK_BYTES < to; number++) {
      const needed = Math.min(CHUNK_BYTES, to - number * CHUNK_BYTES);
      let chunk = this.chunks.get(number);
      if (chunk === undefined) {
        const text = this.read(number);
        if (text === notReady) {
          ready = false;
          continue;
        }
        chunk = { bytes: Buffer.alloc(Math.max(needed, text.length)), isChanged: false };
        chunk.bytes.write(text, "latin1");
        this.chunks.set(number, chunk);
      } else if (chunk.bytes.length < needed) {
        const longer = Buffer.alloc(needed);
        chunk.bytes.copy(longer);
        chunk.bytes = longer;
      }
    }
    return ready || notReady;
  }

  /** A byte that was made ready. */
  get(at: number): number {
    return this.chunks.get(Math.floor(at / CHUNK_BYTES))!.bytes[at % CHUNK_BYTES]!;
  }

  set(at: number, byte: number): void {
    const chunk = this.chunks.get(Math.floor(at / CHUNK_BYTES))!;
    chunk.bytes[at % CHUNK_BYTES] = byte;
    chunk.isChanged = true;
  }

  /** Puts what was changed; the string is at least `length` bytes from now on. Chunks have to be made ready again. */
  flush(length: number): void {
    const { session, database, key, header } = this;
    const oldLength = header === null ? 0 : header.length;
    const newLength = Math.max(oldLength, length);
    const isChanged = [...this.chunks.values()].some((chunk) => chunk.isChanged);
    if (!isChanged && newLength === oldLength) {
      this.chunks.clear();
      return;
    }
    const isChunked = newLength > INLINE_STRING_MAX_BYTES;
    const wasInline = header === null || header.encoding === ValueEncoding.inline;
    const { versionMs, versionCounter } = header ?? session.newVersion();
    const next: ValueHeader = {
      type: ValueType.string,
      encoding: isChunked ? ValueEncoding.chunked : ValueEncoding.inline,
      expiryMs: header === null ? 0 : header.expiryMs,
      versionMs,
      versionCounter,
      length: newLength,
      rest: isChunked ? "" : this.inlineText(newLength),
    };
    if (wasInline || newLength !== oldLength) session.putHeader(database, key, next);
    if (isChunked) {
      const prefix = elementsOf(database, key, next);
      if (wasInline && header !== null && header.length > 0 && this.chunks.get(0)?.isChanged !== true) {
        session.put(prefix + u32String(0), header.rest);
      }
      for (const [number, { bytes, isChanged: isDirty }] of this.chunks) {
        if (isDirty) session.put(prefix + u32String(number), bytes.toString("latin1"));
      }
    }
    this.header = next;
    this.chunks.clear();
  }

  private read(number: number): ByteString | NotReady {
    const { header } = this;
    if (header === null) return "";
    if (header.encoding === ValueEncoding.inline) return number === 0 ? header.rest : "";
    const row = this.session.get(elementsOf(this.database, this.key, header) + u32String(number));
    return row === notReady ? notReady : (row ?? "");
  }

  private inlineText(length: number): ByteString {
    const chunk = this.chunks.get(0);
    const text = chunk === undefined ? (this.header?.rest ?? "") : chunk.bytes.toString("latin1");
    return text.length >= length ? text.slice(0, length) : text + "\0".repeat(length - text.length);
  }
}
