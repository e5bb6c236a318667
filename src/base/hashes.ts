// The hashes that are part of formats: Redis Cluster's CRC16 slot with hash tags, the 32-bit key hash (MurmurHash3
// x86_32, Austin Appleby, public domain, with a seed of ours), and CRC32C (Castagnoli) of log entries. Their values are
// frozen; vectors stand in test/unit/base/hashes.test.ts and in storage's README. Each is written over bytes and over
// ByteStrings, since evaluation holds both.
import type { ByteString } from "./bytes";

export const SLOT_COUNT = 16384;
/** "bslt" in ASCII. */
export const KEY_HASH_SEED = 0x62736c74;

const crc16Table = /* @__PURE__ */ makeCrc16Table();
const crc32cTable = /* @__PURE__ */ makeCrc32cTable();

function makeCrc16Table(): Uint16Array {
  const table = new Uint16Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    table[byte] = crc;
  }
  return table;
}

function makeCrc32cTable(): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    table[byte] = crc;
  }
  return table;
}

/** CRC-16/XMODEM, as Redis Cluster uses it. */
function crc16(source: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at++) {
    crc = ((crc << 8) & 0xffff) ^ crc16Table[(crc >>> 8) ^ source[at]!]!;
  }
  return crc;
}

/** Redis Cluster's slot of the key [start, end): of the hash tag, if there is one that is not empty. */
export function slotOf(source: Uint8Array, start: number, end: number): number {
  for (let open = start; open < end; open++) {
    if (source[open] !== 0x7b) continue;
    for (let close = open + 1; close < end; close++) {
      if (source[close] !== 0x7d) continue;
      if (close === open + 1) break;
      return crc16(source, open + 1, close) & (SLOT_COUNT - 1);
    }
    break;
  }
  return crc16(source, start, end) & (SLOT_COUNT - 1);
}

export function slotOfString(key: ByteString): number {
  let start = 0;
  let end = key.length;
  const open = key.indexOf("{");
  if (open >= 0) {
    const close = key.indexOf("}", open + 1);
    if (close > open + 1) {
      start = open + 1;
      end = close;
    }
  }
  let crc = 0;
  for (let at = start; at < end; at++) {
    crc = ((crc << 8) & 0xffff) ^ crc16Table[(crc >>> 8) ^ key.charCodeAt(at)]!;
  }
  return crc & (SLOT_COUNT - 1);
}

function mixBlock(hash: number, block: number): number {
  block = Math.imul(block, 0xcc9e2d51);
  block = (block << 15) | (block >>> 17);
  hash ^= Math.imul(block, 0x1b873593);
  hash = (hash << 13) | (hash >>> 19);
  return (Math.imul(hash, 5) + 0xe6546b64) | 0;
}

function finish(hash: number, tail: number, length: number): number {
  tail = Math.imul(tail, 0xcc9e2d51);
  tail = (tail << 15) | (tail >>> 17);
  hash ^= Math.imul(tail, 0x1b873593);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** MurmurHash3_x86_32 of [start, end). */
export function murmur3(source: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed | 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const block = source[at]! | (source[at + 1]! << 8) | (source[at + 2]! << 16) | (source[at + 3]! << 24);
    hash = mixBlock(hash, block);
  }
  let tail = 0;
  for (let last = end - 1; last >= at; last--) tail = (tail << 8) | source[last]!;
  return finish(hash, tail, end - start);
}

/** The `hash u32` of a user key or of a sub-key (hash field, set member). */
export function keyHash(source: Uint8Array, start: number, end: number): number {
  return murmur3(source, start, end, KEY_HASH_SEED);
}

export function keyHashOfString(key: ByteString): number {
  const length = key.length;
  let hash: number = KEY_HASH_SEED;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const block =
      key.charCodeAt(at) |
      (key.charCodeAt(at + 1) << 8) |
      (key.charCodeAt(at + 2) << 16) |
      (key.charCodeAt(at + 3) << 24);
    hash = mixBlock(hash, block);
  }
  let tail = 0;
  for (let last = length - 1; last >= at; last--) tail = (tail << 8) | key.charCodeAt(last);
  return finish(hash, tail, length);
}

/** CRC32C of [start, end), continuing from `crc` (0 at first). */
export function crc32c(source: Uint8Array, start = 0, end = source.length, crc = 0): number {
  crc = ~crc;
  for (let at = start; at < end; at++) crc = (crc >>> 8) ^ crc32cTable[(crc ^ source[at]!) & 0xff]!;
  return ~crc >>> 0;
}
