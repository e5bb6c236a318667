// A digest of the data: equal for equal keys, values and whether they have a time to live, whatever the order in which they
// were written and however they are stored (a string inline or in chunks, a list at other positions). Keys are combined by
// exclusive or, so their order does not matter. Walks a pinned view in steps: a generator asks for pages, and pauses where
// there is much to do between two of them.
import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { assert, bytesOf, prefixEnd } from "../../base/index";
import type { ByteString } from "../../base/index";
import { LOGICAL_DATABASES } from "../../kv/index";
import type { ScanLimits } from "../../kv/index";
import {
  Space,
  ValueEncoding,
  ValueType,
  databaseRange,
  decodeValueHeader,
  elementPrefix,
  getU32String,
  headerKey,
  u32String,
  userKeyOfHeader,
  versionBytes,
} from "../../storage/index";
import type { ScanPage, ValueHeader } from "../../storage/index";
import type { SlicedRead } from "./sliced-read";

export const DIGEST_BYTES = 20;
const CHUNK_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(CHUNK_BYTES);
/** Zeros that are hashed before others get a turn. */
const ZERO_CHUNKS_A_STEP = 16;
const HEADER_PAGE: ScanLimits = { maxRows: 100, maxBytes: 256 * 1024 };
const ELEMENT_PAGE: ScanLimits = { maxRows: 500, maxBytes: 256 * 1024 };

interface PageRequest {
  readonly lower: ByteString;
  readonly upper: ByteString;
  readonly limits: ScanLimits;
}

/** Yields what it needs next: a page, or "pause". */
export type DigestSteps<T> = Generator<PageRequest | "pause", T, ScanPage>;

/** Runs the steps to their end and then `done`; when the client goes away, the read just ends. */
export function runDigest<T>(read: SlicedRead, steps: DigestSteps<T>, done: (result: T) => void): void {
  const goOn = (page: ScanPage): void => {
    if (read.abandoned) return read.end();
    const step = steps.next(page);
    if (step.done === true) return done(step.value);
    if (step.value === "pause") return read.yield(() => goOn(NO_ROWS));
    read.view.scan(step.value.lower, step.value.upper, step.value.limits, goOn);
  };
  goOn(NO_ROWS);
}

const NO_ROWS: ScanPage = { keys: [], values: [], done: true };

/** The digest of all databases, in hexadecimal; of an empty server forty noughts. */
export function* digestOfAll(read: SlicedRead): DigestSteps<string> {
  const { view } = read;
  const sum = Buffer.alloc(DIGEST_BYTES);
  for (let database = 0; database < LOGICAL_DATABASES; database++) {
    const range = databaseRange(Space.header, view.database(database));
    for (let lower = range.lower, done = false; !done;) {
      const page: ScanPage = yield { lower, upper: range.upper, limits: HEADER_PAGE };
      for (let at = 0; at < page.keys.length; at++) {
        const header = decodeValueHeader(page.values[at]!);
        if (hasExpired(read, header)) continue;
        const userKey = userKeyOfHeader(page.keys[at]!);
        const hash = createHash("sha1");
        addBytes(hash, u32String(database));
        addBytes(hash, userKey);
        hash.update(yield* valueDigest(view.database(database), userKey, header));
        combine(sum, hash.digest());
      }
      done = page.done;
      lower = (page.keys.at(-1) ?? lower) + "\0";
    }
  }
  return sum.toString("hex");
}

/** The digest of one key's value, in hexadecimal; forty noughts where there is none. */
export function* digestOfKey(read: SlicedRead, database: number, userKey: ByteString): DigestSteps<string> {
  const physical = read.view.database(database);
  const lower = headerKey(physical, userKey);
  const page: ScanPage = yield { lower, upper: lower + "\0", limits: HEADER_PAGE };
  const header = page.values.length === 0 ? undefined : decodeValueHeader(page.values[0]!);
  if (header === undefined || hasExpired(read, header)) return "0".repeat(DIGEST_BYTES * 2);
  return (yield* valueDigest(physical, userKey, header)).toString("hex");
}

function hasExpired(read: SlicedRead, header: ValueHeader): boolean {
  if (header.expiryMs === 0 || header.expiryMs > read.view.nowMs) return false;
  read.expired = true;
  return true;
}

/** Type, content, and whether there is a time to live. */
function* valueDigest(physical: number, userKey: ByteString, header: ValueHeader): DigestSteps<Buffer> {
  const hash = createHash("sha1");
  hash.update(Buffer.of(header.type, header.expiryMs === 0 ? 0 : 1));
  if (header.encoding === ValueEncoding.inline) {
    hash.update(bytesOf(header.rest));
    return hash.digest();
  }
  const prefix = elementPrefix(physical, userKey, versionBytes(header.versionMs, header.versionCounter));
  if (header.encoding === ValueEncoding.chunked) yield* addChunks(hash, prefix, header.length);
  else if (header.type === ValueType.list) yield* addInOrder(hash, prefix);
  else hash.update(yield* unorderedRows(prefix));
  return hash.digest();
}

/** A string's chunks; what is missing of them is zeros, and hashed as such. */
function* addChunks(hash: Hash, prefix: ByteString, length: number): DigestSteps<void> {
  let hashed = 0;
  const addZerosUpTo = function* (end: number): DigestSteps<void> {
    for (let steps = 1; hashed < end; steps++) {
      const count = Math.min(CHUNK_BYTES, end - hashed);
      hash.update(ZEROS.subarray(0, count));
      hashed += count;
      if (steps % ZERO_CHUNKS_A_STEP === 0) yield "pause";
    }
  };
  for (let lower = prefix, done = false; !done;) {
    const page: ScanPage = yield { lower, upper: prefixEndOf(prefix), limits: ELEMENT_PAGE };
    for (let at = 0; at < page.keys.length; at++) {
      const start = getU32String(page.keys[at]!, prefix.length) * CHUNK_BYTES;
      yield* addZerosUpTo(start);
      const chunk = bytesOf(page.values[at]!).subarray(0, Math.max(0, length - start));
      hash.update(chunk);
      hashed += chunk.length;
    }
    done = page.done;
    lower = (page.keys.at(-1) ?? lower) + "\0";
  }
  yield* addZerosUpTo(length);
  assert(hashed === length, "a string's digest covers the string");
}

/** A list's rows: their order counts, and not where they stand. */
function* addInOrder(hash: Hash, prefix: ByteString): DigestSteps<void> {
  yield* eachRow(prefix, (_, value) => addBytes(hash, value));
}

/** Fields, members, entries: each with what identifies it, in any order. */
function* unorderedRows(prefix: ByteString): DigestSteps<Buffer> {
  const sum = Buffer.alloc(DIGEST_BYTES);
  yield* eachRow(prefix, (subKey, value) => {
    const hash = createHash("sha1");
    addBytes(hash, subKey);
    addBytes(hash, value);
    combine(sum, hash.digest());
  });
  return sum;
}

function* eachRow(
  prefix: ByteString,
  visit: (subKey: ByteString, value: ByteString) => void,
): DigestSteps<void> {
  const upper = prefixEndOf(prefix);
  for (let lower = prefix, done = false; !done;) {
    const page: ScanPage = yield { lower, upper, limits: ELEMENT_PAGE };
    page.keys.forEach((key, at) => visit(key.slice(prefix.length), page.values[at]!));
    done = page.done;
    lower = (page.keys.at(-1) ?? lower) + "\0";
  }
}

function prefixEndOf(prefix: ByteString): ByteString {
  const end = prefixEnd(prefix);
  assert(end !== undefined, "an element's prefix begins with its space and so has an end");
  return end;
}

/** Length and bytes, so that two texts in a row cannot be taken for another pair. */
function addBytes(hash: Hash, text: ByteString): void {
  hash.update(bytesOf(u32String(text.length)));
  hash.update(bytesOf(text));
}

function combine(sum: Buffer, digest: Buffer): void {
  for (let i = 0; i < DIGEST_BYTES; i++) sum[i]! ^= digest[i]!;
}
