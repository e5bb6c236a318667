// PFADD, PFCOUNT, PFMERGE, PFDEBUG and PFSELFTEST over sketches that are strings (hyperloglog/sketch.ts). PFCOUNT of one key
// keeps what it computed in the key, so a reading command may write: then it asks for the latest view.
import type { ByteString } from "../../base/index";
import { loaded, notReady } from "../../kv/index";
import type { NotReady, Session, StepRequest, Steps } from "../../kv/index";
import { INLINE_STRING_MAX_BYTES, ValueEncoding, ValueType, u32String } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import { goStepped } from "../command";
import type { CommandContext, CommandSpec, GoStepped } from "../command";
import {
  ERR_CORRUPT_SKETCH,
  ERR_NOT_SKETCH,
  ERR_SKETCH_ABSENT,
  ERR_SKETCH_NOT_SPARSE,
  ERR_WRONG_TYPE,
  unknownPfdebug,
} from "../errors";
import { REGISTERS, REGISTER_BITS, placeOf } from "../hyperloglog/element-hash";
import { estimateOf } from "../hyperloglog/estimate";
import { selfTest } from "../hyperloglog/self-test";
import { Sketch, histogramOf, isSketch } from "../hyperloglog/sketch";
import { Raised, runTexts } from "../hyperloglog/sparse-encoding";
import { NotificationClass, notify } from "../notifications";
import { areHeadersReady, countLookup, countQuietLookup, notifyMiss, tellsMisses } from "./lookup";
import { runAtOnce } from "./stepped-write";
import { CHUNK_BYTES, elementsOf, putString } from "./string-values";

/** More elements, or more sketches, are gone through in steps. */
const ELEMENTS_AT_ONCE = 1000;
const SKETCHES_AT_ONCE = 32;

/** A longer string that begins like a sketch is called corrupt without being read. */
const LONG_SKETCH_MAX_BYTES = 1024 * 1024;

/** A key that may hold a sketch. */
interface Found {
  readonly header: ValueHeader | null;
  /** undefined: the key is absent. */
  readonly sketch: Sketch | undefined;
}

/** What is at a key; a text is the error to reply with. */
function findSketch(session: Session, database: number, key: ByteString): Found | string | NotReady {
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (header === null) return { header, sketch: undefined };
  if (header.type !== ValueType.string) return ERR_WRONG_TYPE;
  if (header.encoding === ValueEncoding.inline) {
    return isSketch(header.rest, header.length) ? { header, sketch: Sketch.of(header.rest) } : ERR_NOT_SKETCH;
  }
  const text = longText(session, database, key, header);
  if (text === notReady) return notReady;
  if (!isSketch(text, header.length)) return ERR_NOT_SKETCH;
  return text.length === header.length ? { header, sketch: Sketch.of(text) } : ERR_CORRUPT_SKETCH;
}

/**
 * A string in chunks. No runs of more than 64 KiB cover the registers exactly, but Redis finds that out only where it goes
 * through them; of one beyond all reason the first chunk is enough.
 */
function longText(
  session: Session,
  database: number,
  key: ByteString,
  header: ValueHeader,
): ByteString | NotReady {
  const prefix = elementsOf(database, key, header);
  const end = header.length > LONG_SKETCH_MAX_BYTES ? CHUNK_BYTES : header.length;
  let text = "";
  let ready = true;
  for (let at = 0; at < end; at += CHUNK_BYTES) {
    const chunk = session.get(prefix + u32String(at / CHUNK_BYTES));
    if (chunk === notReady) ready = false;
    else text += (chunk ?? "").padEnd(Math.min(CHUNK_BYTES, end - at), "\0");
  }
  return ready ? text : notReady;
}

function putSketch(
  session: Session,
  database: number,
  key: ByteString,
  header: ValueHeader | null,
  sketch: Sketch,
): void {
  const rest = sketch.text();
  const expiryMs = header === null ? 0 : header.expiryMs;
  const wasChunked = header !== null && header.encoding === ValueEncoding.chunked;
  if (wasChunked || rest.length > INLINE_STRING_MAX_BYTES) {
    // A new incarnation: chunks do not go within one.
    const source = Buffer.from(key + rest, "latin1");
    putString(session, database, source, 0, key.length, key.length, source.length, expiryMs);
    if (header !== null) session.abandonElements(database, key, header);
    return;
  }
  const { versionMs, versionCounter } = header ?? session.newVersion();
  session.putHeader(database, key, {
    type: ValueType.string,
    encoding: ValueEncoding.inline,
    expiryMs,
    versionMs,
    versionCounter,
    length: rest.length,
    rest,
  });
}

// ── PFADD ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function pfadd(context: CommandContext): void | NotReady | GoStepped {
  if (context.args.count > ELEMENTS_AT_ONCE) return goStepped;
  return runAtOnce(pfaddSteps(context));
}

function* pfaddSteps(context: CommandContext): Steps {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const found = yield* loaded(() => findSketch(session, database, key));
  if (typeof found === "string") return reply.error(found);
  const { header } = found;
  const sketch = found.sketch ?? Sketch.empty();
  let changed = found.sketch === undefined;
  const { hllSparseMaxBytes } = context.server.settings;
  for (let i = 2; i < args.count; i++) {
    const place = placeOf(args.buffer, args.start(i), args.end(i));
    const raised = sketch.raise(place & (REGISTERS - 1), place >> REGISTER_BITS, hllSparseMaxBytes);
    if (raised === Raised.corrupt) return reply.error(ERR_CORRUPT_SKETCH);
    if (raised === Raised.yes) changed = true;
    if (i % ELEMENTS_AT_ONCE === 0) yield "pause";
  }
  if (changed) {
    sketch.makeStale();
    yield* loaded(() => session.beforePut(database, key));
    putSketch(session, database, key, header, sketch);
    notify(context, NotificationClass.string, "pfadd", key);
  }
  reply.integer(changed ? 1 : 0);
}

// ── PFCOUNT ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function pfcount(context: CommandContext): void | NotReady | GoStepped {
  const { args } = context;
  if (args.count === 2) return countOne(context);
  if (args.count > SKETCHES_AT_ONCE) return goStepped;
  return runAtOnce(countUnionSteps(context));
}

function countOne(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const found = findSketch(session, database, key);
  if (found === notReady) return notReady;
  if (typeof found === "string") return reply.error(found);
  const { header, sketch } = found;
  if (sketch === undefined) {
    countLookup(context, false);
    return reply.integer(0);
  }
  const known = sketch.cardinality;
  if (known === undefined && !session.mayWrite) return session.inLatestView();
  countLookup(context, true);
  if (known !== undefined) return reply.integer(known);
  const histogram = sketch.histogram();
  if (histogram === undefined) return reply.error(ERR_CORRUPT_SKETCH);
  const cardinality = estimateOf(histogram);
  sketch.keepCardinality(cardinality);
  putSketch(session, database, key, header, sketch);
  reply.integer(cardinality);
}

function* countUnionSteps(context: CommandContext): Steps {
  const union = yield* unionSteps(context);
  if (typeof union === "string") return context.reply.error(union);
  context.reply.integer(estimateOf(histogramOf(union.registers)));
}

/** The highest of all registers of the sketches at the command's keys; a text is the error to reply with. */
function* unionSteps(
  context: CommandContext,
): Generator<StepRequest, { registers: Uint8Array; hasDense: boolean } | string, void> {
  const { args, session } = context;
  const database = session.database(context.connection.database);
  const registers = new Uint8Array(REGISTERS);
  let hasDense = false;
  for (let from = 1; from < args.count; from += SKETCHES_AT_ONCE) {
    const to = Math.min(args.count, from + SKETCHES_AT_ONCE);
    const sketches = yield* loadedSketches(context, database, from, to);
    for (const found of sketches) {
      if (typeof found === "string") return found;
      const { sketch } = found;
      countQuietLookup(context, sketch !== undefined);
      if (sketch === undefined) continue;
      if (sketch.isDense) hasDense = true;
      if (!sketch.mergeInto(registers)) return ERR_CORRUPT_SKETCH;
    }
    if (to < args.count) yield "pause";
  }
  return { registers, hasDense };
}

/** What is at some of the keys, up to the first that is no sketch; those that are not there are told of. */
function* loadedSketches(
  context: CommandContext,
  database: number,
  from: number,
  to: number,
): Generator<StepRequest, (Found | string)[], void> {
  const { args, session } = context;
  yield* loaded(() => areHeadersReady(context, database, from, to) || notReady);
  const sketches: (Found | string)[] = [];
  for (let i = from; i < to; i++) {
    const key = args.string(i);
    const found = yield* loaded(() => findSketch(session, database, key));
    sketches.push(found);
    if (typeof found === "string") break;
    if (found.header === null && tellsMisses(context)) notifyMiss(context, key);
  }
  return sketches;
}

// ── PFMERGE ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function pfmerge(context: CommandContext): void | NotReady | GoStepped {
  if (context.args.count > SKETCHES_AT_ONCE) return goStepped;
  return runAtOnce(pfmergeSteps(context));
}

function* pfmergeSteps(context: CommandContext): Steps {
  const { args, reply, session } = context;
  const union = yield* unionSteps(context);
  if (typeof union === "string") return reply.error(union);
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const target = yield* loaded(() => findSketch(session, database, key));
  if (typeof target === "string") return reply.error(target);
  const sketch = target.sketch ?? Sketch.empty();
  if (union.hasDense && !sketch.toDense()) return reply.error(ERR_CORRUPT_SKETCH);
  const { hllSparseMaxBytes } = context.server.settings;
  for (let register = 0; register < REGISTERS; register++) {
    const value = union.registers[register]!;
    if (value > 0) sketch.raise(register, value, hllSparseMaxBytes);
  }
  sketch.makeStale();
  putSketch(session, database, key, target.header, sketch);
  // The same word as for adding elements one by one.
  notify(context, NotificationClass.string, "pfadd", key);
  reply.ok();
}

// ── PFDEBUG and PFSELFTEST ──────────────────────────────────────────────────────────────────────────────────────────

function pfdebug(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(2);
  const found = findSketch(session, database, key);
  if (found === notReady) return notReady;
  if (typeof found === "string") return reply.error(found);
  const { header, sketch } = found;
  if (sketch === undefined) return reply.error(ERR_SKETCH_ABSENT);
  const wasDense = sketch.isDense;
  if (args.isWord(1, "GETREG") || args.isWord(1, "TODENSE")) {
    if (!sketch.toDense()) return reply.error(ERR_CORRUPT_SKETCH);
    if (!wasDense) putSketch(session, database, key, header, sketch);
    if (args.isWord(1, "TODENSE")) return reply.integer(wasDense ? 0 : 1);
    const registers = new Uint8Array(REGISTERS);
    sketch.mergeInto(registers);
    reply.array(REGISTERS);
    for (const value of registers) reply.integer(value);
    return;
  }
  if (args.isWord(1, "DECODE")) {
    if (wasDense) return reply.error(ERR_SKETCH_NOT_SPARSE);
    return reply.bulk(runTexts(sketch).join(" "));
  }
  if (args.isWord(1, "ENCODING")) return reply.simple(wasDense ? "dense" : "sparse");
  reply.error(unknownPfdebug(args.string(1)));
}

function pfselftest(context: CommandContext, done: (sequence: number) => void): void {
  const { server, connection, reply } = context;
  const test = selfTest();
  const step = (): void => {
    if (!server.clients.has(connection.id)) return done(0);
    const next = test.next();
    if (next.done !== true) {
      server.scheduler.after(0, step);
      return;
    }
    if (next.value === undefined) reply.ok();
    else reply.error(next.value);
    done(0);
  };
  step();
}

export const HYPERLOGLOG_COMMANDS: readonly CommandSpec[] = [
  {
    name: "pfadd",
    arity: -2,
    flags: ["write", "denyoom", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RW", "insert"],
    categories: ["write", "hyperloglog", "fast"],
    since: "2.8.9",
    group: "hyperloglog",
    function: { kind: "evaluated", run: pfadd, stepped: pfaddSteps },
  },
  {
    name: "pfcount",
    arity: -2,
    flags: ["readonly"],
    keys: [1, -1, 1],
    keyAccess: ["RW", "access"],
    keyNotes: "RW because it may change the internal representation of the key, and propagate to replicas",
    categories: ["read", "hyperloglog", "slow"],
    since: "2.8.9",
    group: "hyperloglog",
    function: { kind: "evaluated", run: pfcount, stepped: countUnionSteps },
  },
  {
    name: "pfmerge",
    arity: -2,
    flags: ["write", "denyoom"],
    keys: [1, -1, 1],
    keySpecifications: [
      { keys: [1, 1, 1], access: ["RW", "access", "insert"] },
      { keys: [2, -1, 1], access: ["RO", "access"] },
    ],
    categories: ["write", "hyperloglog", "slow"],
    since: "2.8.9",
    group: "hyperloglog",
    function: { kind: "evaluated", run: pfmerge, stepped: pfmergeSteps },
  },
  {
    name: "pfdebug",
    arity: 3,
    flags: ["write", "denyoom", "admin"],
    keys: [2, 2, 1],
    keyAccess: ["RW", "access"],
    categories: ["write", "hyperloglog", "admin", "slow", "dangerous"],
    since: "2.8.9",
    group: "hyperloglog",
    function: { kind: "evaluated", run: pfdebug },
  },
  {
    name: "pfselftest",
    arity: 1,
    flags: ["admin"],
    keys: [0, 0, 0],
    categories: ["hyperloglog", "admin", "slow", "dangerous"],
    since: "2.8.9",
    group: "hyperloglog",
    function: { kind: "sliced", run: pfselftest },
  },
];
