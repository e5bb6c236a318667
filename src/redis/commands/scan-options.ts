// The options that SCAN and its kin share: MATCH, COUNT, and TYPE for SCAN alone. Pure.
import type { ByteString } from "../../base/index";
import type { Arguments } from "../../resp/index";
import { ERR_NOT_INTEGER, ERR_SYNTAX } from "../errors";
import { Glob } from "../glob";

const DEFAULT_COUNT = 10;

export interface ScanOptions {
  readonly count: number;
  readonly glob: Glob | undefined;
  /** A type's name in lower case; any word is one. */
  readonly type: ByteString | undefined;
}

/** The options from a position on; a string is the error to reply with. */
export function scanOptionsOf(args: Arguments, from: number, takesType: boolean): ScanOptions | string {
  let count = DEFAULT_COUNT;
  let glob: Glob | undefined;
  let type: ByteString | undefined;
  for (let i = from; i < args.count; i += 2) {
    if (i + 1 === args.count) return ERR_SYNTAX;
    if (args.isWord(i, "COUNT")) {
      const wanted = args.safeInteger(i + 1) ?? args.bigInteger(i + 1);
      if (wanted === undefined) return ERR_NOT_INTEGER;
      if (wanted < 1) return ERR_SYNTAX;
      count = Number(wanted);
    } else if (args.isWord(i, "MATCH")) {
      glob = new Glob(args.string(i + 1));
    } else if (takesType && args.isWord(i, "TYPE")) {
      type = args.string(i + 1).toLowerCase();
    } else {
      return ERR_SYNTAX;
    }
  }
  return { count, glob, type };
}
