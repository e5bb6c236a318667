// MEMORY USAGE: about how many bytes a value takes, as its rows lie in storage before compression: that of the header with its
// key, and those of the elements, each with its whole key. Of a large value the average of some elements (SAMPLES, 5 by
// default, 0 for all) stands for the others. What the hot-row cache holds besides and RocksDB's own overhead are not counted.
import { prefixEnd } from "../../base/index";
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady } from "../../kv/index";
import { HEADER_KEY_PREFIX_BYTES, ValueEncoding, valueHeaderLength } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import type { Arguments } from "../../resp/index";
import { goSliced } from "../command";
import type { CommandContext, CommandSpec, GoSliced } from "../command";
import { ERR_NOT_INTEGER, ERR_SYNTAX } from "../errors";
import { readInSlices } from "./sliced-read";
import { liveHeader } from "./sliced-strings";
import { CHUNK_BYTES, elementsOf } from "./string-values";

const DEFAULT_SAMPLES = 5;
const TURN = { maxRows: 1000, maxBytes: 1024 * 1024 } as const;

/** How many rows to look at; a string is the error to reply with. */
function samplesOf(args: Arguments): number | string {
  let samples = DEFAULT_SAMPLES;
  for (let i = 3; i < args.count; i += 2) {
    if (!args.isWord(i, "SAMPLES") || i + 1 === args.count) return ERR_SYNTAX;
    const wanted = args.safeInteger(i + 1) ?? args.bigInteger(i + 1);
    if (wanted === undefined) return ERR_NOT_INTEGER;
    if (wanted < 0) return ERR_SYNTAX;
    samples = wanted === 0 ? Infinity : Number(wanted);
  }
  return samples;
}

/** The average of what was looked at stands for all rows. */
class Estimate {
  private readonly headerBytes: number;
  /** How many rows of elements there are, those of a string's chunks that were never written included. */
  private readonly rows: number;
  private seenBytes = 0;
  seen = 0;

  constructor(key: ByteString, header: ValueHeader) {
    const { encoding, expiryMs, length, rest } = header;
    this.headerBytes =
      HEADER_KEY_PREFIX_BYTES + key.length + valueHeaderLength(expiryMs, length) + rest.length;
    this.rows = encoding === ValueEncoding.elements ? length : Math.ceil(length / CHUNK_BYTES);
  }

  add(keys: readonly ByteString[], values: readonly ByteString[]): void {
    this.seen += keys.length;
    for (const key of keys) this.seenBytes += key.length;
    for (const value of values) this.seenBytes += value.length;
  }

  total(sawAll: boolean): number {
    if (sawAll || this.seen === 0) return this.headerBytes + this.seenBytes;
    return this.headerBytes + Math.round((this.seenBytes / this.seen) * this.rows);
  }
}

function usage(context: CommandContext): void | NotReady | GoSliced {
  const { args, reply, session } = context;
  const samples = samplesOf(args);
  if (typeof samples === "string") return reply.error(samples);
  const database = session.database(context.connection.database);
  const key = args.string(2);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null) return reply.null();
  const estimate = new Estimate(key, header);
  if (header.encoding === ValueEncoding.inline) return reply.integer(estimate.total(true));
  // Not for every page of many through all that memory holds of them.
  if (header.encoding === ValueEncoding.elements && header.length > TURN.maxRows) return goSliced;
  const prefix = elementsOf(database, key, header);
  const maxRows = Math.min(TURN.maxRows, samples);
  const rows = session.scan(prefix, prefixEnd(prefix)!, { ...TURN, maxRows });
  if (rows === notReady) return notReady;
  if (rows.next !== undefined && rows.keys.length < samples) return goSliced;
  estimate.add(rows.keys, rows.values);
  reply.integer(estimate.total(rows.next === undefined));
}

function usageSliced(context: CommandContext, done: (sequence: number) => void): void {
  const { args, reply } = context;
  const key = args.string(2);
  const samples = samplesOf(args);
  readInSlices(context, done, (read) => {
    const { view } = read;
    const database = view.database(context.connection.database);
    view.header(database, key, (stored) => {
      if (read.abandoned) return read.end();
      const header = liveHeader(read, stored);
      if (typeof samples === "string") reply.error(samples);
      else if (header === null) reply.null();
      else return sample(elementsOf(database, key, header), new Estimate(key, header), samples);
      read.end();
    });

    const sample = (prefix: ByteString, estimate: Estimate, wanted: number): void => {
      const readPage = (lower: ByteString): void => {
        const maxRows = Math.min(TURN.maxRows, wanted - estimate.seen);
        view.scan(lower, prefixEnd(prefix)!, { ...TURN, maxRows }, (page) => {
          if (read.abandoned) return read.end();
          estimate.add(page.keys, page.values);
          const last = page.keys[page.keys.length - 1];
          const sawAll = page.done || last === undefined;
          if (!sawAll && estimate.seen < wanted) return readPage(last + "\0");
          reply.integer(estimate.total(sawAll));
          read.end();
        });
      };
      readPage(prefix);
    };
  });
}

export const MEMORY_USAGE: CommandSpec = {
  name: "usage",
  arity: -3,
  flags: ["readonly"],
  keys: [2, 2, 1],
  keyAccess: ["RO"],
  categories: ["read", "slow"],
  since: "4.0.0",
  group: "server",
  function: { kind: "evaluated", run: usage, sliced: usageSliced },
};
