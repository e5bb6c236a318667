// SCAN: a page of a database's keys in the order of their places, over a pinned view. What it promises: a key that is there
// from the first call to the last is returned at least once, and here exactly once, whatever comes and goes meanwhile,
// across restarts and failovers, since a cursor is a place of the key space and not of a server.
import type { CommandContext, CommandSpec } from "../command";
import { ERR_CURSOR } from "../errors";
import { FOUND_MAX_BYTES, FoundItems } from "./found-items";
import { HEADER_PAGE, keysOf } from "./header-page";
import { CURSOR_END, cursorBehind, cursorOf, keyAtCursor } from "./scan-cursor";
import { scanOptionsOf } from "./scan-options";
import { readInSlices } from "./sliced-read";

function scan(context: CommandContext, done: (sequence: number) => void): void {
  const { args, reply } = context;
  const cursor = cursorOf(args.string(1), CURSOR_END);
  const options = cursor === undefined ? ERR_CURSOR : scanOptionsOf(args, 2, true);
  if (cursor === undefined || typeof options === "string") {
    reply.error(typeof options === "string" ? options : ERR_CURSOR);
    return done(0);
  }
  const { count, glob, type } = options;
  readInSlices(context, done, (read) => {
    const database = read.view.database(context.connection.database);
    const found = new FoundItems();
    const finish = (next: number): void => {
      reply.array(2);
      reply.bulk(next >= CURSOR_END ? "0" : String(next));
      found.reply(read);
    };
    if (cursor >= CURSOR_END) return finish(CURSOR_END);
    const upper = keyAtCursor(database, CURSOR_END);
    let rowsLeft = count;
    const readPage = (lower: string, end: string): void => {
      const maxRows = rowsLeft > 0 ? Math.min(HEADER_PAGE.maxRows, rowsLeft) : HEADER_PAGE.maxRows;
      read.view.scan(lower, end, { ...HEADER_PAGE, maxRows }, (page) => {
        if (read.abandoned) return read.end();
        found.add(keysOf(read, page, glob, type));
        rowsLeft = found.bytes < FOUND_MAX_BYTES ? rowsLeft - page.keys.length : 0;
        const last = page.keys[page.keys.length - 1];
        if (page.done || last === undefined) return finish(cursorBehind(end) - 1);
        // Enough: what is left of the last key's place still belongs to this answer.
        readPage(last + "\0", rowsLeft > 0 ? end : keyAtCursor(database, cursorBehind(last)));
      });
    };
    readPage(keyAtCursor(database, cursor), upper);
  });
}

export const SCAN_COMMANDS: readonly CommandSpec[] = [
  {
    name: "scan",
    arity: -2,
    flags: ["readonly"],
    keys: [0, 0, 0],
    categories: ["keyspace", "read", "slow"],
    tips: ["nondeterministic_output", "request_policy:special"],
    since: "2.8.0",
    group: "generic",
    function: { kind: "sliced", run: scan },
  },
];
