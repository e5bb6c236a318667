// Numbers of databases in arguments.
import { LOGICAL_DATABASES } from "../../kv/index";
import type { Arguments } from "../../resp/index";
import { ERR_NOT_INT32, ERR_NOT_INTEGER } from "../errors";

const INT32_MAX = 0x7fff_ffff;

/** An integer of 32 bits; a string is the error to reply with. */
export function int32Of(args: Arguments, index: number): number | string {
  const value = args.safeInteger(index);
  if (value === undefined) return args.bigInteger(index) === undefined ? ERR_NOT_INTEGER : ERR_NOT_INT32;
  return value > INT32_MAX || value < -INT32_MAX - 1 ? ERR_NOT_INT32 : value;
}

export function isDatabase(index: number): boolean {
  return index >= 0 && index < LOGICAL_DATABASES;
}
