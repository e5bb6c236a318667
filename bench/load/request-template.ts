// A request as bytes with holes: where key digits go, where values go, and how long a right answer is. Templates are
// built once; the hot path copies or patches them (request-batch.ts). A key is `key:` and twelve decimal digits, the
// form redis-benchmark uses, so that both generators ask the same work of a server; counters and hashes have keys of the
// same form and length. Pure.
import { assert } from "../../src/base/index";
import { encodeCommand } from "../../src/resp/index";

/** Stands for the key of a string, drawn from the key source. */
export const KEY = Symbol("key");
/** Stands for the key of a counter, drawn from the key source. */
export const COUNTER = Symbol("counter");
/** Stands for the key of a hash, drawn from the key source. */
export const HASH = Symbol("hash");
/** Stands for a value of the load's size. */
export const VALUE = Symbol("value");

export type RequestPart = string | typeof KEY | typeof COUNTER | typeof HASH | typeof VALUE;

/** What counters begin with: for the next nine million million INCRs a reply has as many digits. */
export const COUNTER_START = "1000000000000";

/**
 * What a right answer is: it fixes the bytes of a reply, so that a wrong one cannot pass as fast. `values`: a value for
 * each key of the request; `counter`: an integer of a counter's digits; `digit`: an integer of one digit.
 */
export type ExpectedReply = "ok" | "value" | "values" | "counter" | "digit" | "any";

export const KEY_DIGITS = 12;
const KEY_PREFIXES = { [KEY]: "key:", [COUNTER]: "ctr:", [HASH]: "hsh:" } as const;
const PREFIX_BYTES = 4;
const KEY_BYTES = PREFIX_BYTES + KEY_DIGITS;

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
    if (part === VALUE) valueAt.push(at);
    else if (typeof part !== "string") keyDigitsAt.push(at + PREFIX_BYTES);
    at += length + 2;
  }
  assert(at === bytes.length, "a template's offsets follow its encoding");
  return { bytes, keyDigitsAt, valueAt, replyBytes: replyBytes(reply, keyDigitsAt.length, valueBytes) };
}

function placeholder(part: RequestPart, valueBytes: number): string | Buffer {
  if (typeof part === "string") return part;
  return part === VALUE ? Buffer.alloc(valueBytes) : KEY_PREFIXES[part] + "0".repeat(KEY_DIGITS);
}

function lengthOf(part: RequestPart, valueBytes: number): number {
  if (typeof part === "string") return Buffer.byteLength(part, "latin1");
  return part === VALUE ? valueBytes : KEY_BYTES;
}

function bulkHeadBytes(length: number): number {
  return `$${length}\r\n`.length;
}

function replyBytes(reply: ExpectedReply, keys: number, valueBytes: number): number | undefined {
  const bulk = bulkHeadBytes(valueBytes) + valueBytes + 2;
  switch (reply) {
    case "ok":
      return "+OK\r\n".length;
    case "value":
      return bulk;
    case "values":
      return `*${keys}\r\n`.length + keys * bulk;
    case "counter":
      return `:${COUNTER_START}\r\n`.length;
    case "digit":
      return ":0\r\n".length;
    case "any":
      return undefined;
  }
}
