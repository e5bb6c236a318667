// The door of base/: errors, bytes, hashes, seeded random, clock interface, rings, histogram. Free of I/O.
export { BasaltError, AssertionFailure, assert, assertSafeInteger, errorText } from "./errors";
export type { BasaltErrorOptions } from "./errors";
export {
  ByteReader,
  byteString,
  bytesOf,
  getU16,
  getU32,
  getU48,
  getU64,
  prefixEnd,
  putU16,
  putU32,
  putU48,
  putU64,
  putVarint,
  varintLength,
} from "./bytes";
export type { ByteString } from "./bytes";
export {
  KEY_HASH_SEED,
  SLOT_COUNT,
  crc32c,
  keyHash,
  keyHashOfString,
  murmur3,
  slotOf,
  slotOfString,
} from "./hashes";
export { copyBytes, copyWords, textOf, writeText } from "./short-bytes";
export type { ViewedBytes } from "./short-bytes";
export { SeededRandom } from "./random";
export type { Clock, Scheduler } from "./clock";
export { RingQueue } from "./ring-queue";
export { LatencyHistogram } from "./latency-histogram";
