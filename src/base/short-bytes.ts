// Moving few bytes between buffers and ByteStrings. A call out of compiled code costs some 40 ns whatever the length, a
// loop 1–2 ns a byte, and one String.fromCharCode with all bytes as its arguments about 1 ns a byte; so there are three
// thresholds, each measured (perf-reports/2026-11-21-resp-micro.md). Command names, options and most keys are that short.
import type { ByteString } from "./bytes";

/** Longest text that is built from single bytes. */
const BUILT_TEXT_BYTES = 16;
/** Longest text that is written by a loop. */
const LOOP_TEXT_BYTES = 16;
/** Longest run of bytes that is copied by a loop. */
const LOOP_COPY_BYTES = 20;
/** The same between views. */
const WORD_COPY_BYTES = 128;

/** Buffer's own latin1 functions, without the dispatch on an encoding; Node has them, its type declarations do not. */
interface Latin1 {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, at: number): number;
}

const charOf = String.fromCharCode;

/** Copies `length` bytes of `source` from `start` to `target` at `at`. Both have them. */
export function copyBytes(source: Buffer, start: number, length: number, target: Buffer, at: number): void {
  if (length > LOOP_COPY_BYTES) {
    source.copy(target, at, start, start + length);
  } else {
    for (let i = 0; i < length; i++) target[at + i] = source[start + i]!;
  }
}

/** A buffer with a view of the same bytes, for `copyWords`. */
export interface ViewedBytes {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/**
 * The same as `copyBytes` between buffers that have views: four bytes a step, which is as fast as a call for some 150 bytes
 * and, unlike Buffer's copy, allocates nothing (perf-reports/2026-11-24-header-table.md).
 */
export function copyWords(
  source: ViewedBytes,
  start: number,
  length: number,
  target: ViewedBytes,
  at: number,
): void {
  if (length > WORD_COPY_BYTES) {
    source.bytes.copy(target.bytes, at, start, start + length);
    return;
  }
  const from = source.view;
  const to = target.view;
  let done = 0;
  for (; done + 4 <= length; done += 4) to.setInt32(at + done, from.getInt32(start + done, true), true);
  for (; done < length; done++) to.setUint8(at + done, from.getUint8(start + done));
}

/** Writes the bytes of `text` to `target` at `at`, where there is room. */
export function writeText(text: ByteString, target: Buffer, at: number): void {
  const length = text.length;
  if (length > LOOP_TEXT_BYTES) {
    (target as Buffer & Latin1).latin1Write(text, at);
  } else {
    for (let i = 0; i < length; i++) target[at + i] = text.charCodeAt(i);
  }
}

/** The bytes [start, end) of `buffer`, which lie within it. */
export function textOf(buffer: Buffer, start: number, end: number): ByteString {
  const length = end - start;
  return length > BUILT_TEXT_BYTES
    ? (buffer as Buffer & Latin1).latin1Slice(start, end)
    : length > 8
      ? mediumText(buffer, start, length)
      : shortText(buffer, start, length);
}

function shortText(b: Buffer, s: number, length: number): ByteString {
  switch (length) {
    case 0:
      return "";
    case 1:
      return charOf(b[s]!);
    case 2:
      return charOf(b[s]!, b[s + 1]!);
    case 3:
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!);
    case 4:
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!);
    case 5:
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!);
    case 6:
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!);
    case 7:
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!);
    default:
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!);
  }
}

function mediumText(b: Buffer, s: number, length: number): ByteString {
  switch (length) {
    case 9:
      // prettier-ignore
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!,
        b[s + 8]!);
    case 10:
      // prettier-ignore
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!,
        b[s + 8]!, b[s + 9]!);
    case 11:
      // prettier-ignore
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!,
        b[s + 8]!, b[s + 9]!, b[s + 10]!);
    case 12:
      // prettier-ignore
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!,
        b[s + 8]!, b[s + 9]!, b[s + 10]!, b[s + 11]!);
    case 13:
      // prettier-ignore
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!,
        b[s + 8]!, b[s + 9]!, b[s + 10]!, b[s + 11]!, b[s + 12]!);
    case 14:
      // prettier-ignore
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!,
        b[s + 8]!, b[s + 9]!, b[s + 10]!, b[s + 11]!, b[s + 12]!, b[s + 13]!);
    case 15:
      // prettier-ignore
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!,
        b[s + 8]!, b[s + 9]!, b[s + 10]!, b[s + 11]!, b[s + 12]!, b[s + 13]!, b[s + 14]!);
    default:
      // prettier-ignore
      return charOf(b[s]!, b[s + 1]!, b[s + 2]!, b[s + 3]!, b[s + 4]!, b[s + 5]!, b[s + 6]!, b[s + 7]!,
        b[s + 8]!, b[s + 9]!, b[s + 10]!, b[s + 11]!, b[s + 12]!, b[s + 13]!, b[s + 14]!, b[s + 15]!);
  }
}
