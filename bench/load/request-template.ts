// A request as bytes with holes: where key digits go, where values go, and how long a right answer is. Templates are
// built once; the hot path copies or patches them (request-batch.ts). A key is `key:` and twelve decimal digits, the
// form redis-benchmark uses, so that both generators ask the same work of a server. Pure.
import { assert } from "../../src/base/index";
import { encodeCommand } from "../../src/resp/index";

/** Stands for a key drawn from the key source. */
export const KEY = Symbol("key");
/** Stands for a value of the load's size. */
export const VALUE = Symbol("value");

export type RequestPart = string | typeof KEY | typeof VALUE;

/** What a right answer is: it fixes the bytes of a reply, so that a wrong one cannot pass as fast. */
export type ExpectedReply = "ok" | "value" | "any";

export const KEY_DIGITS = 12;
const KEY_PREFIX = "key:";
const KEY_BYTES = KEY_PREFIX.length + KEY_DIGITS;

export interface RequestTemplate {
  readonly bytes: Buffer;
  /** Where each key's digits begin. */
  readonly keyDigitsAt: readonly number[];
  /** Where each value begins. */
  readonly valueAt: readonly number[];
  /** Bytes of a right reply; undefined where they vary. */
  readonly replyBytes: number | undefined;
}

export function requestTemplate(
  parts: readonly RequestPart[],
  reply: ExpectedReply,
  valueBytes: number,
): RequestTemplate {
  const bytes = encodeCommand(parts.map((part) => placeholder(part, valueBytes)));
  const keyDigitsAt: number[] = [];
  const valueAt: number[] = [];
  let at = `*${parts.length}\r\n`.length;
  for (const part of parts) {
    const length = lengthOf(part, valueBytes);
    at += bulkHeadBytes(length);
    if (part === KEY) keyDigitsAt.push(at + KEY_PREFIX.length);
    if (part === VALUE) valueAt.push(at);
    at += length + 2;
  }
  assert(at === bytes.length, "a template's offsets follow its encoding");
  return { bytes, keyDigitsAt, valueAt, replyBytes: replyBytes(reply, valueBytes) };
}

function placeholder(part: RequestPart, valueBytes: number): string | Buffer {
  if (part === KEY) return KEY_PREFIX + "0".repeat(KEY_DIGITS);
  if (part === VALUE) return Buffer.alloc(valueBytes);
  return part;
}

function lengthOf(part: RequestPart, valueBytes: number): number {
  if (part === KEY) return KEY_BYTES;
  if (part === VALUE) return valueBytes;
  return Buffer.byteLength(part, "latin1");
}

function bulkHeadBytes(length: number): number {
  return `$${length}\r\n`.length;
}

function replyBytes(reply: ExpectedReply, valueBytes: number): number | undefined {
  switch (reply) {
    case "ok":
      return "+OK\r\n".length;
    case "value":
      return bulkHeadBytes(valueBytes) + valueBytes + 2;
    case "any":
      return undefined;
  }
}
