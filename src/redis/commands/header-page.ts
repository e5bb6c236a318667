// Pages of a database's headers, as commands on many keys read them: keys, and of values what stands before a string's bytes.
import type { ByteString } from "../../base/index";
import { VALUE_HEADER_MAX_BYTES, decodeValueHeader, userKeyOfHeader } from "../../storage/index";
import type { ScanPage } from "../../storage/index";
import type { Glob } from "../glob";
import { typeName } from "./keys";
import type { SlicedRead } from "./sliced-read";
import { liveHeader } from "./sliced-strings";

export const HEADER_PAGE = {
  maxRows: 1000,
  maxBytes: 256 * 1024,
  valuePrefixBytes: VALUE_HEADER_MAX_BYTES,
} as const;

/** The keys of a page that live and are wanted. */
export function keysOf(
  read: SlicedRead,
  page: ScanPage,
  glob: Glob | undefined,
  type: ByteString | undefined,
): ByteString[] {
  const keys: ByteString[] = [];
  for (let i = 0; i < page.keys.length; i++) {
    const key = userKeyOfHeader(page.keys[i]!);
    if (glob !== undefined && !glob.matches(key)) continue;
    const header = liveHeader(read, decodeValueHeader(page.values[i]!));
    if (header === null || (type !== undefined && typeName(header.type) !== type)) continue;
    keys.push(key);
  }
  return keys;
}
