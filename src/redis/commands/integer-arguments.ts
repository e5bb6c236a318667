// 64-bit integers of commands whose meaning ends far below 2^53: positions in strings.
import type { Arguments } from "../../resp/index";

/** A 64-bit integer; one that a number does not hold exactly is far beyond every string anyway. */
export function integerWithin(args: Arguments, index: number): number | undefined {
  const integer = args.safeInteger(index);
  if (integer !== undefined) return integer;
  const big = args.bigInteger(index);
  return big === undefined ? undefined : Number(big);
}

/** Whether one 64-bit integer is above another where `integerWithin` may have rounded both to the same number. */
export function isAbove(args: Arguments, index: number, other: number): boolean {
  return (args.bigInteger(index) ?? 0n) > (args.bigInteger(other) ?? 0n);
}
