// Commands on a whole database: KEYS and DBSIZE in slices over a pinned view; FLUSHDB, FLUSHALL and SWAPDB in O(1), since they
// change nothing but the map from logical databases to physical ones.
import type { ByteString } from "../../base/index";
import { LOGICAL_DATABASES } from "../../kv/index";
import { Space, databaseRange } from "../../storage/index";
import type { CommandContext, CommandSpec } from "../command";
import {
  ERR_DATABASE,
  ERR_FIRST_DATABASE,
  ERR_NO_DATABASE_IDS,
  ERR_SECOND_DATABASE,
  ERR_SYNTAX,
} from "../errors";
import { Glob } from "../glob";
import { int32Of, isDatabase } from "./database-index";
import { FOUND_MAX_BYTES, FoundItems, bulksOf } from "./found-items";
import { HEADER_PAGE, keysOf } from "./header-page";
import { readInSlices } from "./sliced-read";
import type { SlicedRead } from "./sliced-read";

type Done = (sequence: number) => void;

/**
 * The head of the reply says how many keys there are. They are kept while they are counted; where they are too many for that
 * they are read twice, the second time straight into the reply: the view stands still.
 */
function keys(context: CommandContext, done: Done): void {
  const glob = new Glob(context.args.string(1));
  readInSlices(context, done, (read) => {
    const { lower } = databaseRange(Space.header, read.view.database(context.connection.database));
    let found: FoundItems | undefined = new FoundItems();
    let count = 0;
    const countFrom = (from: ByteString): void => {
      readKeys(read, from, glob, (page, next) => {
        count += page.length;
        found?.add(page);
        if (found !== undefined && found.bytes > FOUND_MAX_BYTES) found = undefined;
        if (next !== undefined) return countFrom(next);
        if (found !== undefined) return found.reply(read);
        context.reply.array(count);
        replyFrom(lower);
      });
    };
    const replyFrom = (from: ByteString): void => {
      readKeys(read, from, glob, (page, next) => {
        context.reply.raw(bulksOf(page));
        if (next === undefined) read.end();
        else read.part(() => replyFrom(next));
      });
    };
    countFrom(lower);
  });
}

/** One page of the keys that match, and where the next one begins; not called when nobody waits any more. */
function readKeys(
  read: SlicedRead,
  from: ByteString,
  glob: Glob,
  done: (keys: readonly ByteString[], next: ByteString | undefined) => void,
): void {
  const { upper } = databaseRange(Space.header, read.view.database(read.context.connection.database));
  read.view.scan(from, upper, HEADER_PAGE, (page) => {
    if (read.abandoned) return read.end();
    const last = page.keys[page.keys.length - 1];
    done(keysOf(read, page, glob, undefined), page.done || last === undefined ? undefined : last + "\0");
  });
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

function swapdb({ args, reply, session }: CommandContext): void {
  const first = int32Of(args, 1);
  if (typeof first === "string") return reply.error(ERR_FIRST_DATABASE);
  const second = int32Of(args, 2);
  if (typeof second === "string") return reply.error(ERR_SECOND_DATABASE);
  if (!isDatabase(first) || !isDatabase(second)) return reply.error(ERR_DATABASE);
  if (first !== second) session.swapDatabases(first, second);
  reply.ok();
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
  {
    name: "swapdb",
    arity: 3,
    flags: ["write", "fast"],
    keys: [0, 0, 0],
    categories: ["keyspace", "write", "fast", "dangerous"],
    since: "4.0.0",
    group: "server",
    function: { kind: "evaluated", run: swapdb },
  },
];
