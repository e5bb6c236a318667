// One error that a server can answer: the request that provokes it, and its exact text. The lists beside this file hold, family
// by family, every error of every command; error-texts.test.ts has each answered by Basalt and by redis-server.
import type { ByteString } from "../../../src/base/index";

export interface ErrorText {
  /** A line of words; those in double quotes are JSON strings, ADMIN is the id of another client. Long ones are given as words, malformed ones as bytes. */
  readonly request: string | readonly ByteString[] | { readonly bytes: ByteString };
  readonly text: string;
  /** Lines that the connection sends before it. */
  readonly before?: readonly string[];
  /** A parameter of CONFIG and the value it has while the connection is opened and the request is made. */
  readonly setting?: readonly [name: string, value: string];
  /** Why redis-server answers something else: an id of differences.json, with its error, if it answers one. */
  readonly difference?: string;
  readonly redisText?: string;
}

/** What stands in every list again. */
export const WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
export const SYNTAX = "ERR syntax error";
export const NOT_INTEGER = "ERR value is not an integer or out of range";
export const TIMEOUT_NOT_INTEGER = "ERR timeout is not an integer or out of range";

export function invalidExpireTime(command: string): string {
  return `ERR invalid expire time in '${command}' command`;
}

export function wrongWords(command: string): string {
  return `ERR wrong number of arguments for '${command}' command`;
}

/** Several requests that are answered by the same text. */
export function each(text: string, ...requests: readonly string[]): ErrorText[] {
  return requests.map((request) => ({ request, text }));
}

/** What the keys hold in database 0: s, n, max and f are strings, h is a hash, p a sparse HyperLogLog, dense another. */
export const POPULATION: readonly string[] = [
  "FLUSHALL",
  "SET s text",
  "SET n 10",
  "SET max 9223372036854775807",
  "SET f 1.5",
  "HSET h f v g w",
  "PFADD p a b c",
  "PFADD dense a",
  "PFDEBUG TODENSE dense",
  // A run that ends before the last register.
  String.raw`SET corrupt "HYLL\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0080\u0000"`,
];

export function wordsOf(line: string): ByteString[] {
  const words = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? String(JSON.parse(word)) : word));
}
