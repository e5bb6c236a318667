// Hashes: one row for each field, at element prefix ‖ hash of the field (u32) ‖ field; the header's length is the number of
// fields. HSET and HDEL cost what they are given, whatever the size of the hash. The last field takes the header with it.
import { assert, prefixEnd } from "../../base/index";
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady, Session } from "../../kv/index";
import {
  MAX_KEY_BYTES,
  MAX_PAYLOAD_BYTES,
  ValueEncoding,
  ValueType,
  elementPrefix,
  hashedSubKey,
  versionBytes,
} from "../../storage/index";
import { goSliced } from "../command";
import type { CommandContext, CommandSpec, GoSliced } from "../command";
import { ERR_TOO_LARGE, wrongArity } from "../dispatch-errors";
import { ERR_FIELD_TOO_LONG, ERR_WRONG_TYPE } from "../errors";
import { NotificationClass, notify } from "../notifications";
import { countLookup, countSlicedLookup, isWrongType } from "./lookup";
import { readInSlices } from "./sliced-read";
import { liveHeader } from "./sliced-strings";
import { elementsOf } from "./string-values";

/** A hash with more fields or bytes is read in slices. */
const WHOLE_MAX_FIELDS = 1000;
const WHOLE_MAX_BYTES = 1024 * 1024;
const PAGE = { maxRows: 1000, maxBytes: 256 * 1024 } as const;
/** hash u32, before the field in a sub-key. */
const FIELD_HASH_BYTES = 4;

function hset(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  if (args.count % 2 !== 0) return reply.error(wrongArity("hset"));
  if (args.end(args.count - 1) - args.start(1) > MAX_PAYLOAD_BYTES) return reply.error(ERR_TOO_LARGE);
  for (let i = 2; i < args.count; i += 2) {
    if (args.length(i) > MAX_KEY_BYTES) return reply.error(ERR_FIELD_TOO_LONG);
  }
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (isWrongType(context, header, ValueType.hash)) return;

  const { versionMs, versionCounter } = header ?? session.newVersion();
  const prefix = elementPrefix(database, key, versionBytes(versionMs, versionCounter));
  const rowKeys: ByteString[] = [];
  for (let i = 2; i < args.count; i += 2) rowKeys.push(prefix + hashedSubKey(args.string(i)));
  const added = header === null ? new Set(rowKeys).size : countNew(session, rowKeys);
  if (added === notReady) return notReady;
  rowKeys.forEach((rowKey, field) => session.put(rowKey, args.string(2 * field + 3)));
  if (added > 0) {
    session.putHeader(database, key, {
      type: ValueType.hash,
      encoding: ValueEncoding.elements,
      expiryMs: header === null ? 0 : header.expiryMs,
      versionMs,
      versionCounter,
      length: (header === null ? 0 : header.length) + added,
      rest: "",
    });
  }
  notify(context, NotificationClass.hash, "hset", key);
  reply.integer(added);
}

/** How many different rows of those named the session does not have. */
function countNew(session: Session, rowKeys: readonly ByteString[]): number | NotReady {
  if (rowKeys.length === 1) {
    const value = session.get(rowKeys[0]!);
    return value === notReady ? notReady : value === null ? 1 : 0;
  }
  let ready = true;
  const fresh = new Set<ByteString>();
  for (const rowKey of rowKeys) {
    const value = session.get(rowKey);
    if (value === notReady) ready = false;
    else if (value === null) fresh.add(rowKey);
  }
  return ready ? fresh.size : notReady;
}

function hget(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null) {
    reply.null();
  } else if (!isWrongType(context, header, ValueType.hash)) {
    const isField = args.length(2) <= MAX_KEY_BYTES;
    const value = isField && session.get(elementsOf(database, key, header) + hashedSubKey(args.string(2)));
    if (value === notReady) return notReady;
    if (value === false || value === null) reply.null();
    else reply.bulk(value);
  }
  countLookup(context, header !== null);
}

function hdel(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null) return reply.integer(0);
  if (isWrongType(context, header, ValueType.hash)) return;

  const prefix = elementsOf(database, key, header);
  let ready = true;
  const present = new Set<ByteString>();
  for (let i = 2; i < args.count; i++) {
    if (args.length(i) > MAX_KEY_BYTES) continue;
    const rowKey = prefix + hashedSubKey(args.string(i));
    const row = session.get(rowKey);
    if (row === notReady) ready = false;
    else if (row !== null) present.add(rowKey);
  }
  if (!ready) return notReady;
  if (present.size > 0) notify(context, NotificationClass.hash, "hdel", key);
  if (present.size === header.length) {
    session.removeHeader(database, key, header);
    notify(context, NotificationClass.generic, "del", key);
  } else if (present.size > 0) {
    for (const rowKey of present) session.delete(rowKey);
    const { type, encoding, expiryMs, versionMs, versionCounter, rest } = header;
    const length = header.length - present.size;
    session.putHeader(database, key, { type, encoding, expiryMs, versionMs, versionCounter, length, rest });
  }
  reply.integer(present.size);
}

function hgetall(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null) {
    reply.map(0);
  } else if (!isWrongType(context, header, ValueType.hash)) {
    if (header.length > WHOLE_MAX_FIELDS) return goSliced;
    const prefix = elementsOf(database, key, header);
    const limits = { maxRows: 2 * WHOLE_MAX_FIELDS, maxBytes: WHOLE_MAX_BYTES };
    const rows = session.scan(prefix, prefixEnd(prefix)!, limits);
    if (rows === notReady) return notReady;
    if (rows.next !== undefined) return goSliced;
    reply.map(rows.keys.length);
    for (let i = 0; i < rows.keys.length; i++) {
      reply.bulk(rows.keys[i]!.slice(prefix.length + FIELD_HASH_BYTES));
      reply.bulk(rows.values[i]!);
    }
  }
  countLookup(context, header !== null);
}

function hgetallSliced(context: CommandContext, done: (sequence: number) => void): void {
  const { reply } = context;
  const key = context.args.string(1);
  readInSlices(context, done, (read) => {
    const { view } = read;
    const database = view.database(context.connection.database);
    view.header(database, key, (found) => {
      if (read.abandoned) return read.end();
      const header = liveHeader(read, found);
      countSlicedLookup(context, header !== null, key);
      if (header === null) reply.map(0);
      else if (header.type !== ValueType.hash) reply.error(ERR_WRONG_TYPE);
      if (header === null || header.type !== ValueType.hash) return read.end();

      reply.map(header.length);
      const prefix = elementsOf(database, key, header);
      const upper = prefixEnd(prefix)!;
      let rows = 0;
      const readPage = (lower: ByteString): void => {
        view.scan(lower, upper, PAGE, (page) => {
          if (read.abandoned) return read.end();
          for (let i = 0; i < page.keys.length; i++) {
            reply.bulk(page.keys[i]!.slice(prefix.length + FIELD_HASH_BYTES));
            reply.bulk(page.values[i]!);
          }
          rows += page.keys.length;
          const last = page.keys[page.keys.length - 1];
          if (!page.done && last !== undefined) return read.part(() => readPage(last + "\0"));
          assert(rows === header.length, "a hash has as many rows as its header says");
          read.end();
        });
      };
      readPage(prefix);
    });
  });
}

function hlen(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const header = session.header(session.database(context.connection.database), args.string(1));
  if (header === notReady) return notReady;
  countLookup(context, header !== null);
  if (!isWrongType(context, header, ValueType.hash)) reply.integer(header === null ? 0 : header.length);
}

export const HASH_COMMANDS: readonly CommandSpec[] = [
  {
    name: "hset",
    arity: -4,
    flags: ["write", "denyoom", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RW", "update"],
    categories: ["write", "hash", "fast"],
    since: "2.0.0",
    group: "hash",
    function: { kind: "evaluated", run: hset },
  },
  {
    name: "hget",
    arity: 3,
    flags: ["readonly", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RO", "access"],
    categories: ["read", "hash", "fast"],
    since: "2.0.0",
    group: "hash",
    function: { kind: "evaluated", run: hget },
  },
  {
    name: "hdel",
    arity: -3,
    flags: ["write", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RW", "delete"],
    categories: ["write", "hash", "fast"],
    since: "2.0.0",
    group: "hash",
    function: { kind: "evaluated", run: hdel },
  },
  {
    name: "hgetall",
    arity: 2,
    flags: ["readonly"],
    keys: [1, 1, 1],
    keyAccess: ["RO", "access"],
    categories: ["read", "hash", "slow"],
    tips: ["nondeterministic_output_order"],
    since: "2.0.0",
    group: "hash",
    function: { kind: "evaluated", run: hgetall, sliced: hgetallSliced },
  },
  {
    name: "hlen",
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RO"],
    categories: ["read", "hash", "fast"],
    since: "2.0.0",
    group: "hash",
    function: { kind: "evaluated", run: hlen },
  },
];
