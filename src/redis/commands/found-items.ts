// What a read in slices has found, on its way into an array whose head says how many items it has: encoded as bulks, a text a
// page, and written some pages a turn.
import type { ByteString } from "../../base/index";
import type { ReplyWriter } from "../../resp/index";
import type { SlicedRead } from "./sliced-read";

const PAGES_A_TURN = 16;
/** What one answer may hold of what it has found; SCAN and HSCAN end there, KEYS reads again. */
export const FOUND_MAX_BYTES = 16 * 1024 * 1024;

/** Items as the bulks of a reply. */
export function bulksOf(items: readonly ByteString[]): ByteString {
  return items.map((item) => `$${item.length}\r\n${item}\r\n`).join("");
}

export class FoundItems {
  private readonly pages: ByteString[] = [];
  private count = 0;
  /** Bytes held. */
  bytes = 0;

  add(items: readonly ByteString[]): void {
    if (items.length === 0) return;
    const page = bulksOf(items);
    this.count += items.length;
    this.bytes += page.length;
    this.pages.push(page);
  }

  /** Writes the array at once; for what fits a turn. */
  write(reply: ReplyWriter): void {
    reply.array(this.count);
    for (const page of this.pages) reply.raw(page);
  }

  /** Writes the array and ends the read. */
  reply(read: SlicedRead): void {
    read.context.reply.array(this.count);
    this.writePages(read, 0);
  }

  private writePages(read: SlicedRead, from: number): void {
    const to = Math.min(this.pages.length, from + PAGES_A_TURN);
    for (let i = from; i < to; i++) read.context.reply.raw(this.pages[i]!);
    if (to === this.pages.length) read.end();
    else read.part(() => read.yield(() => this.writePages(read, to)));
  }
}
