// The limit on keys, judged once for every command from its key positions in the table, so that no command function has
// to. Only a command of more than 64 KiB can have a key beyond the limit: the dispatcher asks only then.
import type { Arguments } from "../resp/index";
import { MAX_KEY_BYTES } from "../storage/index";
import type { CommandSpec } from "./command";

/** V8's longest string: what a command may have to read as text is no longer. Redis's limit is 24 bytes above. */
const MAX_WORD_BYTES = 0x1fff_ffe8;

/** True if a command is so long that one of its keys may be too long: cheap, for every command. */
export function isLong(args: Arguments): boolean {
  return args.end(args.count - 1) - args.start(0) > MAX_KEY_BYTES;
}

/** True if one of the command's keys is longer than a key may be. */
export function hasTooLongKey(spec: CommandSpec, args: Arguments): boolean {
  const [first, lastKey, step] = spec.keys;
  if (first === 0) return false;
  const last = lastKey < 0 ? args.count + lastKey : lastKey;
  for (let i = first; i <= last; i += step) {
    if (args.length(i) > MAX_KEY_BYTES) return true;
  }
  return false;
}

/** True if one of the words is longer than a text can be. */
export function hasTooLongWord(args: Arguments): boolean {
  if (args.end(args.count - 1) - args.start(0) <= MAX_WORD_BYTES) return false;
  for (let i = 0; i < args.count; i++) if (args.length(i) > MAX_WORD_BYTES) return true;
  return false;
}
