// What a client may send, with Redis's own defaults. All of them are per connection; the server adds its own bound
// over all connections (back-pressure) on top.
import { assert } from "../base/index";

export interface ParserLimits {
  /** Longest line: an inline request, or the line of a length. Redis: PROTO_INLINE_MAX_SIZE. */
  readonly maxLineBytes: number;
  /** Longest argument. Redis: proto-max-bulk-len. */
  readonly maxBulkBytes: number;
  /** Most arguments of one command. Redis: INT_MAX. */
  readonly maxArguments: number;
  /**
   * Most memory that one command may need while it is read: its bytes and 8 for each argument.
   * Redis: client-query-buffer-limit.
   */
  readonly maxQueryBytes: number;
}

export const DEFAULT_LIMITS: ParserLimits = {
  maxLineBytes: 64 * 1024,
  maxBulkBytes: 512 * 1024 * 1024,
  maxArguments: 0x7fff_ffff,
  maxQueryBytes: 1024 * 1024 * 1024,
};

/** What Redis allows a client that has yet to authenticate. */
export const UNAUTHENTICATED_ARGUMENTS = 10;
export const UNAUTHENTICATED_BULK_BYTES = 16_384;

/** Offsets are 32-bit integers, so one command stays below this. */
const HIGHEST_OFFSET = 0x7fff_ffff;

export function resolveLimits(limits: Partial<ParserLimits> = {}): ParserLimits {
  const resolved = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    assert(Number.isSafeInteger(value) && value > 0, `parser limit ${name} is a positive integer`);
  }
  assert(resolved.maxQueryBytes <= HIGHEST_OFFSET, "maxQueryBytes fits a 32-bit offset");
  assert(resolved.maxBulkBytes <= HIGHEST_OFFSET, "maxBulkBytes fits a 32-bit offset");
  assert(resolved.maxArguments <= HIGHEST_OFFSET, "maxArguments fits 32 bits");
  return resolved;
}
