// Reads over an image of the rows: pages of a scan, the count of headers, and the search for what the sweeper may
// reclaim. Pure functions; the native storage answers the same to the byte.
//
// The search for garbage walks one group in a fixed order: tombstones (0x40), headers (0x10), elements (0x11). `next` is
// the key of the first row that was not examined. Of an element prefix only the first row is examined, of a database that
// does not exist only the first row in each space.
import { assert, prefixEnd } from "../../base/index";
import type { ByteString } from "../../base/index";
import {
  ELEMENT_KEY_PREFIX_BYTES,
  HEADER_KEY_PREFIX_BYTES,
  Space,
  TombstoneKind,
  VERSION_BYTES,
  databaseOfKey,
  databaseRange,
  getU32String,
  headerKeyOfElement,
  parseElementKey,
  slotPrefix,
} from "../keys";
import { checkRange } from "../row-limits";
import type {
  CountRequest,
  Garbage,
  GarbageRequest,
  ScanPage,
  ScanRequest,
  SlotSample,
  SlotSampleRequest,
} from "../types";
import { decodeValueHeader, versionBytes } from "../value-header";
import type { RowImage } from "./ordered-map";

/** What stands before the keys of a group. */
export const GROUP_PREFIX_BYTES = 4;
const HASH_BYTES = 4;

export function scanRows(image: RowImage, prefix: ByteString, request: ScanRequest): ScanPage {
  const { lower, upper, maxRows, maxBytes, reverse = false, valuePrefixBytes } = request;
  checkRange(lower, upper);
  assert(maxRows >= 1, "a scan asks for at least one row");
  const keys: ByteString[] = [];
  const values: ByteString[] = [];
  let bytes = 0;
  let done = true;
  image.walk(prefix + lower, prefix + upper, reverse, (row, value) => {
    if (keys.length === maxRows || (keys.length > 0 && bytes >= maxBytes)) {
      done = false;
      return false;
    }
    const key = row.slice(GROUP_PREFIX_BYTES);
    const part = valuePrefixBytes === undefined ? value : value.slice(0, valuePrefixBytes);
    keys.push(key);
    values.push(part);
    bytes += key.length + part.length;
    return true;
  });
  return { keys, values, done };
}

export function countLiveHeaders(image: RowImage, prefix: ByteString, request: CountRequest): number {
  checkRange(request.lower, request.upper);
  let count = 0;
  image.walk(prefix + request.lower, prefix + request.upper, false, (_, value) => {
    const { expiryMs } = decodeValueHeader(value);
    if (expiryMs === 0 || expiryMs > request.nowMs) count++;
    return true;
  });
  return count;
}

export function sampleHeaders(
  image: RowImage,
  prefix: ByteString,
  { database, fromSlot, toSlot, maxRows }: SlotSampleRequest,
): SlotSample[] {
  const samples: SlotSample[] = [];
  const bound = (slot: number): ByteString => prefix + slotPrefix(database, slot);
  const hashAt = bound(0).length;
  image.walk(bound(fromSlot), bound(toSlot), false, (row) => {
    if (row.length < hashAt + HASH_BYTES) return true;
    const slot = (row.charCodeAt(hashAt - 2) << 8) | row.charCodeAt(hashAt - 1);
    const last = samples.at(-1);
    const rows = last?.slot === slot ? last.rows : 0;
    if (rows === maxRows) return true;
    if (rows > 0) samples.pop();
    samples.push({ slot, rows: rows + 1, lastHash: getU32String(row, hashAt) });
    return true;
  });
  return samples;
}

const spacesOfAPass: readonly number[] = [Space.tombstone, Space.header, Space.element];

/** One answer to `findGarbage` in the making. */
class GarbageSearch {
  readonly expired: ByteString[] = [];
  readonly orphans: ByteString[] = [];
  readonly databases: number[] = [];
  nextExpiryMs = 0;

  constructor(
    private readonly image: RowImage,
    private readonly prefix: ByteString,
    private readonly request: GarbageRequest,
  ) {}

  run(): Garbage {
    const { from, maxRows } = this.request;
    assert(maxRows >= 1, "a search looks at one row at least");
    let position = from ?? String.fromCharCode(Space.tombstone);
    let phase = spacesOfAPass.indexOf(position.charCodeAt(0));
    assert(phase >= 0, "a search goes on where the answer before it ended");
    let rowsExamined = 0;
    let next: ByteString | undefined;
    while (phase < spacesOfAPass.length) {
      const space = spacesOfAPass[phase]!;
      const row = this.image.first(this.prefix + position, this.prefix + String.fromCharCode(space + 1));
      if (!row) {
        phase++;
        if (phase < spacesOfAPass.length) position = String.fromCharCode(spacesOfAPass[phase]!);
        continue;
      }
      const key = row.key.slice(GROUP_PREFIX_BYTES);
      if (rowsExamined === maxRows) {
        next = key;
        break;
      }
      rowsExamined++;
      position = this.examine(space, key, row.value);
    }
    const { expired, orphans, databases, nextExpiryMs } = this;
    return { expired, orphans, databases, nextExpiryMs, next, rowsExamined };
  }

  /** Notes what the row gives reason for and returns where the search goes on. */
  private examine(space: number, key: ByteString, value: ByteString): ByteString {
    if (space === Space.tombstone) {
      this.examineTombstone(key);
      return key + "\0";
    }
    if (key.length < HEADER_KEY_PREFIX_BYTES) return key + "\0";
    const db = databaseOfKey(key);
    if (this.isDatabaseGone(db)) return databaseRange(space, db).upper;
    if (space === Space.header) {
      const { expiryMs } = decodeValueHeader(value);
      if (expiryMs !== 0 && expiryMs <= this.request.nowMs) this.expired.push(key);
      else if (expiryMs !== 0 && (this.nextExpiryMs === 0 || expiryMs < this.nextExpiryMs))
        this.nextExpiryMs = expiryMs;
      return key + "\0";
    }
    if (!parseElementKey(key)) return key + "\0";
    const userKeyBytes = getU32String(key, HEADER_KEY_PREFIX_BYTES);
    const elements = key.slice(0, ELEMENT_KEY_PREFIX_BYTES + userKeyBytes + VERSION_BYTES);
    if (this.isOrphan(elements)) this.orphans.push(elements);
    return prefixEnd(elements)!;
  }

  /** A tombstone names its candidate whether or not rows of it are left: the evaluator reclaims the tombstone too. */
  private examineTombstone(key: ByteString): void {
    const kind = key.charCodeAt(1);
    const rest = key.slice(2);
    if (kind === TombstoneKind.collection) {
      const elements = String.fromCharCode(Space.element) + rest;
      if (parseElementKey(elements)?.subKey === "" && this.isOrphan(elements)) this.orphans.push(elements);
    } else if (kind === TombstoneKind.database && rest.length >= 4) {
      this.isDatabaseGone(databaseOfKey("\0" + rest));
    } else if (kind === TombstoneKind.key) {
      const header = String.fromCharCode(Space.header) + rest;
      const value = this.image.get(this.prefix + header);
      const expiryMs = value === undefined ? 0 : decodeValueHeader(value).expiryMs;
      if (expiryMs !== 0 && expiryMs <= this.request.nowMs) this.expired.push(header);
    }
  }

  private isDatabaseGone(db: number): boolean {
    if (this.request.databases.includes(db)) return false;
    if (!this.databases.includes(db)) this.databases.push(db);
    return true;
  }

  private isOrphan(elements: ByteString): boolean {
    const value = this.image.get(this.prefix + headerKeyOfElement(elements));
    if (value === undefined) return true;
    const { versionMs, versionCounter } = decodeValueHeader(value);
    return versionBytes(versionMs, versionCounter) !== elements.slice(-VERSION_BYTES);
  }
}

export function searchGarbage(image: RowImage, prefix: ByteString, request: GarbageRequest): Garbage {
  return new GarbageSearch(image, prefix, request).run();
}
