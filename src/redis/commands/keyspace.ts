// Commands on a whole database: KEYS, SCAN and DBSIZE in slices over a pinned view, FLUSHDB and FLUSHALL in O(1).
import type { ByteString } from "../../base/index";
import { LOGICAL_DATABASES } from "../../kv/index";
import {
  Space,
  VALUE_HEADER_MAX_BYTES,
  databaseRange,
  decodeValueHeader,
  userKeyOfHeader,
} from "../../storage/index";
import type { ScanPage } from "../../storage/index";
import type { CommandContext, CommandSpec } from "../command";
import { ERR_CURSOR, ERR_NOT_INTEGER, ERR_NO_DATABASE_IDS, ERR_SYNTAX } from "../errors";
import { Glob } from "../glob";
import { typeName } from "./keys";
import { CURSOR_END, cursorBehind, cursorOf, keyAtCursor } from "./scan-cursor";
import { readInSlices } from "./sliced-read";
import type { SlicedRead } from "./sliced-read";
import { liveHeader } from "./sliced-strings";

/** Rows of one page; of a value only what stands before a string's bytes is read. */
const PAGE = { maxRows: 1000, maxBytes: 256 * 1024, valuePrefixBytes: VALUE_HEADER_MAX_BYTES } as const;
const PAGES_A_TURN = 16;
const DEFAULT_SCAN_COUNT = 10;

type Done = (sequence: number) => void;

/** The keys of a page that live and are wanted. */
function keysOf(
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

/** Keys on their way into a reply: encoded, a text a page, since the head before them says how many they are. */
class FoundKeys {
  private readonly pages: ByteString[] = [];
  private count = 0;

  add(found: readonly ByteString[]): void {
    if (found.length === 0) return;
    this.count += found.length;
    this.pages.push(found.map((key) => `$${key.length}\r\n${key}\r\n`).join(""));
  }

  /** Writes the array and ends the read, some pages a turn. */
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

function keys(context: CommandContext, done: Done): void {
  const glob = new Glob(context.args.string(1));
  readInSlices(context, done, (read) => {
    const range = databaseRange(Space.header, read.view.database(context.connection.database));
    const found = new FoundKeys();
    const readPage = (lower: ByteString): void => {
      read.view.scan(lower, range.upper, PAGE, (page) => {
        if (read.abandoned) return read.end();
        found.add(keysOf(read, page, glob, undefined));
        const last = page.keys[page.keys.length - 1];
        if (page.done || last === undefined) found.reply(read);
        else readPage(last + "\0");
      });
    };
    readPage(range.lower);
  });
}

interface ScanOptions {
  readonly cursor: number;
  readonly count: number;
  readonly glob: Glob | undefined;
  readonly type: ByteString | undefined;
}

/** A string is the error to reply with. */
function scanOptionsOf({ args }: CommandContext): ScanOptions | string {
  const cursor = cursorOf(args.string(1));
  if (cursor === undefined) return ERR_CURSOR;
  let count = DEFAULT_SCAN_COUNT;
  let glob: Glob | undefined;
  let type: ByteString | undefined;
  for (let i = 2; i < args.count; i += 2) {
    if (i + 1 === args.count) return ERR_SYNTAX;
    if (args.isWord(i, "COUNT")) {
      const wanted = args.safeInteger(i + 1) ?? args.bigInteger(i + 1);
      if (wanted === undefined) return ERR_NOT_INTEGER;
      if (wanted < 1) return ERR_SYNTAX;
      count = Number(wanted);
    } else if (args.isWord(i, "MATCH")) {
      glob = new Glob(args.string(i + 1));
    } else if (args.isWord(i, "TYPE")) {
      type = args.string(i + 1).toLowerCase();
    } else {
      return ERR_SYNTAX;
    }
  }
  return { cursor, count, glob, type };
}

function scan(context: CommandContext, done: Done): void {
  const { reply } = context;
  const options = scanOptionsOf(context);
  if (typeof options === "string") {
    reply.error(options);
    return done(0);
  }
  const { cursor, count, glob, type } = options;
  readInSlices(context, done, (read) => {
    const database = read.view.database(context.connection.database);
    const found = new FoundKeys();
    const finish = (next: number): void => {
      reply.array(2);
      reply.bulk(next >= CURSOR_END ? "0" : String(next));
      found.reply(read);
    };
    if (cursor >= CURSOR_END) return finish(CURSOR_END);
    const upper = keyAtCursor(database, CURSOR_END);
    let rowsLeft = count;
    const readPage = (lower: ByteString, end: ByteString): void => {
      const maxRows = rowsLeft > 0 ? Math.min(PAGE.maxRows, rowsLeft) : PAGE.maxRows;
      read.view.scan(lower, end, { ...PAGE, maxRows }, (page) => {
        if (read.abandoned) return read.end();
        found.add(keysOf(read, page, glob, type));
        rowsLeft -= page.keys.length;
        const last = page.keys[page.keys.length - 1];
        if (page.done || last === undefined) return finish(cursorOfKey(end));
        // Enough: what is left of the last key's place still belongs to this answer.
        readPage(last + "\0", rowsLeft > 0 ? end : keyAtCursor(database, cursorBehind(last)));
      });
    };
    readPage(keyAtCursor(database, cursor), upper);
  });
}

/** The place at which a bound of `keyAtCursor` stands. */
function cursorOfKey(bound: ByteString): number {
  return cursorBehind(bound) - 1;
}

function dbsize(context: CommandContext, done: Done): void {
  readInSlices(context, done, (read) => {
    read.view.countKeys(context.connection.database, (count) => {
      if (!read.abandoned) context.reply.integer(count);
      // Whether something expired was left out is not told: it may have been.
      read.expired = true;
      read.end();
    });
  });
}

/** FLUSHDB's and FLUSHALL's only options make no difference here: both are instant. */
function mayFlush({ args, reply }: CommandContext): boolean {
  if (args.count === 1 || (args.count === 2 && (args.isWord(1, "ASYNC") || args.isWord(1, "SYNC"))))
    return true;
  reply.error(ERR_SYNTAX);
  return false;
}

function flushdb(context: CommandContext): void {
  if (!mayFlush(context)) return;
  if (context.session.flushDatabases([context.connection.database])) context.reply.ok();
  else context.reply.error(ERR_NO_DATABASE_IDS);
}

function flushall(context: CommandContext): void {
  if (!mayFlush(context)) return;
  const all = Array.from({ length: LOGICAL_DATABASES }, (_, database) => database);
  if (context.session.flushDatabases(all)) context.reply.ok();
  else context.reply.error(ERR_NO_DATABASE_IDS);
}

const ALL_SHARDS_SUCCEED = ["request_policy:all_shards", "response_policy:all_succeeded"];

export const KEYSPACE_COMMANDS: readonly CommandSpec[] = [
  {
    name: "keys",
    arity: 2,
    flags: ["readonly"],
    keys: [0, 0, 0],
    categories: ["keyspace", "read", "slow", "dangerous"],
    tips: ["request_policy:all_shards", "nondeterministic_output_order"],
    since: "1.0.0",
    group: "generic",
    function: { kind: "sliced", run: keys },
  },
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
  {
    name: "dbsize",
    arity: 1,
    flags: ["readonly", "fast"],
    keys: [0, 0, 0],
    categories: ["keyspace", "read", "fast"],
    tips: ["request_policy:all_shards", "response_policy:agg_sum"],
    since: "1.0.0",
    group: "server",
    function: { kind: "sliced", run: dbsize },
  },
  {
    name: "flushdb",
    arity: -1,
    flags: ["write"],
    keys: [0, 0, 0],
    categories: ["keyspace", "write", "slow", "dangerous"],
    tips: ALL_SHARDS_SUCCEED,
    since: "1.0.0",
    group: "server",
    function: { kind: "evaluated", run: flushdb },
  },
  {
    name: "flushall",
    arity: -1,
    flags: ["write"],
    keys: [0, 0, 0],
    categories: ["keyspace", "write", "slow", "dangerous"],
    tips: ALL_SHARDS_SUCCEED,
    since: "1.0.0",
    group: "server",
    function: { kind: "evaluated", run: flushall },
  },
];
