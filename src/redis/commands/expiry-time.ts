// Reading a time to live from an argument, in Redis's 64-bit arithmetic. A header holds milliseconds since the epoch
// below 2^53; what Redis would put later than that (the year 287,396) is put there.
import type { Arguments } from "../../resp/index";
import type { ByteString } from "../../base/index";
import { ERR_NOT_INTEGER, invalidExpireTime } from "../errors";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
/** Any number of seconds or milliseconds up to here goes without bigints. */
const EASY_MAX = 4_000_000_000_000;

/**
 * Milliseconds since the epoch that an argument names: it counts units of `unitMs` (1 or 1000) from `baseMs` (0 for
 * absolute times). A string is the error to reply with.
 */
export function expiryTime(
  args: Arguments,
  index: number,
  unitMs: number,
  baseMs: number,
  command: ByteString,
  mustBePositive: boolean,
): number | string {
  const easy = args.safeInteger(index);
  if (easy !== undefined && easy <= EASY_MAX && easy >= -EASY_MAX) {
    return mustBePositive && easy <= 0 ? invalidExpireTime(command) : easy * unitMs + baseMs;
  }
  let time = args.bigInteger(index);
  if (time === undefined) return ERR_NOT_INTEGER;
  if (mustBePositive && time <= 0n) return invalidExpireTime(command);
  time *= BigInt(unitMs);
  if (time > INT64_MAX || time < INT64_MIN) return invalidExpireTime(command);
  time += BigInt(baseMs);
  if (time > INT64_MAX) return invalidExpireTime(command);
  const clamped = Number(time);
  if (clamped > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
  return Math.max(clamped, Number.MIN_SAFE_INTEGER);
}
