// The options of SET and GETEX: conditions, GET, and what becomes of the time to live.
import type { Arguments } from "../../resp/index";
import type { CommandContext } from "../command";
import { expiryTime } from "./expiry-time";

export interface StringOptions {
  onlyIfAbsent: boolean;
  onlyIfPresent: boolean;
  wantsOld: boolean;
  keepsExpiry: boolean;
  persists: boolean;
  /** Index of the argument that is a time; 0: none. */
  timeAt: number;
  timeUnit: "EX" | "PX" | "EXAT" | "PXAT";
}

const TIME_UNITS = ["EX", "PX", "EXAT", "PXAT"] as const;

/** The options from argument `from` on; undefined: a syntax error. The same option may be repeated; the last time counts. */
export function stringOptionsOf(args: Arguments, from: number, isSet: boolean): StringOptions | undefined {
  const options: StringOptions = {
    onlyIfAbsent: false,
    onlyIfPresent: false,
    wantsOld: false,
    keepsExpiry: false,
    persists: false,
    timeAt: 0,
    timeUnit: "EX",
  };
  for (let i = from; i < args.count; i++) {
    const hasTime = options.timeAt > 0;
    if (isSet && args.isWord(i, "NX") && !options.onlyIfPresent) {
      options.onlyIfAbsent = true;
    } else if (isSet && args.isWord(i, "XX") && !options.onlyIfAbsent) {
      options.onlyIfPresent = true;
    } else if (isSet && args.isWord(i, "GET")) {
      options.wantsOld = true;
    } else if (isSet && args.isWord(i, "KEEPTTL") && !hasTime) {
      options.keepsExpiry = true;
    } else if (!isSet && args.isWord(i, "PERSIST") && !hasTime) {
      options.persists = true;
    } else {
      const unit = TIME_UNITS.find((word) => args.isWord(i, word));
      if (unit === undefined || i + 1 === args.count || options.keepsExpiry || options.persists)
        return undefined;
      if (hasTime && options.timeUnit !== unit) return undefined;
      options.timeUnit = unit;
      options.timeAt = ++i;
    }
  }
  return options;
}

/** When the options let a key expire, 0 if they name no time; a text is the error to reply with. */
export function expiryOf(
  { args, session }: CommandContext,
  { timeAt, timeUnit }: StringOptions,
  command: string,
): number | string {
  if (timeAt === 0) return 0;
  const unitMs = timeUnit.startsWith("EX") ? 1000 : 1;
  const baseMs = timeUnit.endsWith("AT") ? 0 : session.nowMs;
  return expiryTime(args, timeAt, unitMs, baseMs, command, true);
}
