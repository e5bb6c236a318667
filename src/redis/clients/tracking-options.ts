// The options of CLIENT TRACKING, judged as Redis judges them, although tracking itself is refused (src/redis/README.md): a client that
// asks wrongly learns what is wrong.
import type { CommandContext } from "../command";
import {
  ERR_NOT_INTEGER,
  ERR_REDIRECTED_TWICE,
  ERR_REDIRECT_ABSENT,
  ERR_SYNTAX,
  ERR_TRACKING_BROADCAST,
  ERR_TRACKING_MODES,
  ERR_TRACKING_PREFIX,
  overlappingPrefixes,
} from "../errors";
import type { ByteString } from "../../base/index";

interface TrackingOptions {
  broadcasts: boolean;
  optsIn: boolean;
  optsOut: boolean;
  readonly prefixes: ByteString[];
}

/** What is wrong with CLIENT TRACKING ON | OFF and its options; undefined if nothing is. */
export function trackingError(context: CommandContext): string | undefined {
  const { args } = context;
  const options = trackingOptionsOf(context);
  if (typeof options === "string") return options;
  if (args.isWord(2, "OFF")) return undefined;
  if (!args.isWord(2, "ON")) return ERR_SYNTAX;
  const { broadcasts, optsIn, optsOut, prefixes } = options;
  if (prefixes.length > 0 && !broadcasts) return ERR_TRACKING_PREFIX;
  if (broadcasts && (optsIn || optsOut)) return ERR_TRACKING_BROADCAST;
  if (optsIn && optsOut) return ERR_TRACKING_MODES;
  return overlapIn(prefixes);
}

/** A string is the error to reply with. */
function trackingOptionsOf({ args, server }: CommandContext): TrackingOptions | string {
  const options: TrackingOptions = { broadcasts: false, optsIn: false, optsOut: false, prefixes: [] };
  let isRedirected = false;
  for (let i = 3; i < args.count; i++) {
    const isFollowed = i + 1 < args.count;
    if (args.isWord(i, "REDIRECT") && isFollowed) {
      if (isRedirected) return ERR_REDIRECTED_TWICE;
      isRedirected = true;
      const id = args.safeInteger(++i) ?? args.bigInteger(i);
      if (id === undefined) return ERR_NOT_INTEGER;
      if (!server.clients.has(Number(id))) return ERR_REDIRECT_ABSENT;
    } else if (args.isWord(i, "BCAST")) options.broadcasts = true;
    else if (args.isWord(i, "OPTIN")) options.optsIn = true;
    else if (args.isWord(i, "OPTOUT")) options.optsOut = true;
    else if (args.isWord(i, "PREFIX") && isFollowed) options.prefixes.push(args.string(++i));
    else if (!args.isWord(i, "NOLOOP")) return ERR_SYNTAX;
  }
  return options;
}

/** Two prefixes of which one begins with the other; among sorted ones such two stand side by side. */
function overlapIn(prefixes: readonly ByteString[]): string | undefined {
  const sorted = [...prefixes].sort();
  const at = sorted.findIndex((prefix, i) => i > 0 && prefix.startsWith(sorted[i - 1]!));
  if (at < 0) return undefined;
  const [short, long] = [sorted[at - 1]!, sorted[at]!];
  const isShortFirst = prefixes.indexOf(short) <= prefixes.indexOf(long);
  return isShortFirst ? overlappingPrefixes(short, long) : overlappingPrefixes(long, short);
}
