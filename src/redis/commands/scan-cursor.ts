// SCAN's cursor: the place in the key space where the next page begins, slot (14 bits) ‖ hash (32 bits) of its keys, as a
// number of 46 bits. It needs no state on the server, so it holds across restarts and failovers. Keys of one place
// are always returned together. 0 begins a scan, and as an answer ends it. Scans within one key (HSCAN) do the same with the
// hash of its elements alone.
import { SLOT_COUNT } from "../../base/index";
import type { ByteString } from "../../base/index";
import { Space, getU32String, u16String, u32String } from "../../storage/index";

const HASHES = 0x1_0000_0000;
/** One behind the last place. */
export const CURSOR_END = SLOT_COUNT * HASHES;

const UINT64_MAX = 2n ** 64n - 1n;
const DIGITS = /^[+-]?[0-9]+$/;

/** The cursor an argument spells, at most `end`, in what C's strtoul accepts; undefined: "invalid cursor". */
export function cursorOf(argument: ByteString, end: number): number | undefined {
  const zero = argument.indexOf("\0");
  const text = zero < 0 ? argument : argument.slice(0, zero);
  if (text === "0" || text === "") return 0;
  if (!DIGITS.test(text)) return undefined;
  let value = BigInt(text);
  if (value > UINT64_MAX || value < -UINT64_MAX) return undefined;
  if (value < 0n) value += UINT64_MAX + 1n;
  return value >= BigInt(end) ? end : Number(value);
}

/** The first header key at or behind a place in a physical database; places begin and end at CURSOR_END. */
export function keyAtCursor(database: number, cursor: number): ByteString {
  const slot = Math.floor(cursor / HASHES);
  return (
    String.fromCharCode(Space.header) +
    u32String(database) +
    u16String(slot) +
    u32String(cursor - slot * HASHES)
  );
}

/** The place behind that of a header key. */
export function cursorBehind(headerKey: ByteString): number {
  const slot = (headerKey.charCodeAt(5) << 8) | headerKey.charCodeAt(6);
  return slot * HASHES + getU32String(headerKey, 7) + 1;
}
