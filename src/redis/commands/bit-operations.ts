// BITOP: AND, OR, XOR and NOT over whole strings. The result is a new incarnation, built window by window: of each source
// only one window is in memory at a time, and windows of long strings are staged (kv/stepped.ts). What is missing of a
// source is zeros; a chunk of the result that is all zeros is not written.
import type { ByteString } from "../../base/index";
import { loaded, notReady } from "../../kv/index";
import type { NotReady, Session, StepRequest, Steps } from "../../kv/index";
import { INLINE_STRING_MAX_BYTES, ValueEncoding, ValueType, u32String } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import type { CommandContext, CommandSpec, GoStepped } from "../command";
import { ERR_BITOP_NOT, ERR_SYNTAX, ERR_WRONG_TYPE } from "../errors";
import { NotificationClass, notify } from "../notifications";
import { areHeadersReady, countQuietLookup, notifyMiss, tellsMisses } from "./lookup";
import { Pace, runAtOnce } from "./stepped-write";
import { CHUNK_BYTES, chunkNumber, elementsOf } from "./string-values";

/** Bytes of the result that are computed at a time. */
const WINDOW_BYTES = 16 * CHUNK_BYTES;

type Operation = "AND" | "OR" | "XOR" | "NOT";
const OPERATIONS: readonly Operation[] = ["AND", "OR", "XOR", "NOT"];

interface Source {
  readonly key: ByteString;
  readonly header: ValueHeader | null;
}

function bitop(context: CommandContext): void | NotReady | GoStepped {
  return runAtOnce(bitopSteps(context));
}

function* bitopSteps(context: CommandContext): Steps {
  const { args, reply, session } = context;
  const operation = OPERATIONS.find((word) => args.isWord(1, word));
  if (operation === undefined) return reply.error(ERR_SYNTAX);
  if (operation === "NOT" && args.count !== 4) return reply.error(ERR_BITOP_NOT);
  const database = session.database(context.connection.database);
  const sources = yield* readSources(context, database);
  // What is told is taken back when all begins again; what is counted is not, so it comes behind the last pause.
  const countLookups = (): void =>
    sources.forEach(({ header }) => countQuietLookup(context, header !== null));
  if (sources.some(({ header }) => header !== null && header.type !== ValueType.string)) {
    countLookups();
    return reply.error(ERR_WRONG_TYPE);
  }
  const length = Math.max(...sources.map(({ header }) => header?.length ?? 0));
  const target = args.string(2);
  if (length === 0) {
    const old = yield* loaded(() => session.header(database, target));
    if (old !== null) {
      session.removeHeader(database, target, old);
      notify(context, NotificationClass.generic, "del", target);
    }
    countLookups();
    return reply.integer(0);
  }
  yield* putResult(session, database, target, sources, operation, length);
  countLookups();
  notify(context, NotificationClass.string, "set", target);
  reply.integer(length);
}

/** The sources, up to the first that is no string; those that are not there are told of. */
function* readSources(
  context: CommandContext,
  database: number,
): Generator<StepRequest, readonly Source[], void> {
  const { args, session } = context;
  yield* loaded(() => areHeadersReady(context, database, 3, args.count) || notReady);
  const sources: Source[] = [];
  for (let i = 3; i < args.count; i++) {
    const key = args.string(i);
    const header = yield* loaded(() => session.header(database, key));
    sources.push({ key, header });
    if (header === null) {
      if (tellsMisses(context)) notifyMiss(context, key);
    } else if (header.type !== ValueType.string) break;
  }
  return sources;
}

function* putResult(
  session: Session,
  database: number,
  target: ByteString,
  sources: readonly Source[],
  operation: Operation,
  length: number,
): Steps {
  const isInline = length <= INLINE_STRING_MAX_BYTES;
  const { versionMs, versionCounter } = session.newVersion();
  const header: ValueHeader = {
    type: ValueType.string,
    encoding: isInline ? ValueEncoding.inline : ValueEncoding.chunked,
    expiryMs: 0,
    versionMs,
    versionCounter,
    length,
    rest: "",
  };
  const prefix = elementsOf(database, target, header);
  const result = new Words(Math.min(length, WINDOW_BYTES));
  const operand = new Words(result.bytes.length);
  const pace = new Pace();
  for (let from = 0; from < length; from += WINDOW_BYTES) {
    const to = Math.min(length, from + WINDOW_BYTES);
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!;
      if (i > 0 && (source.header?.length ?? 0) <= from) {
        if (operation === "AND") result.clear();
        continue;
      }
      yield* readWindow(session, database, source, i === 0 ? result : operand, from, to);
      if (operation === "NOT") result.invert();
      else if (i > 0) result.combine(operation, operand);
      // A pause at the very end would only send a short command round again.
      const isLast = i === sources.length - 1 && to === length;
      if (pace.isSpent(to - from) && !isLast) yield "pause";
    }
    if (isInline) break;
    const chunks = putChunks(session, prefix, result, from, to);
    if (pace.isSpent(chunks * CHUNK_BYTES) && to < length) yield "stage";
  }
  const rest = isInline ? result.bytes.toString("latin1", 0, length) : "";
  yield* loaded(() => session.beforePut(database, target));
  session.putHeader(database, target, { ...header, rest });
}

/** Fills `window` with the bytes [from, to) of a source. */
function* readWindow(
  session: Session,
  database: number,
  { key, header }: Source,
  window: Words,
  from: number,
  to: number,
): Steps {
  window.clear();
  if (header === null || from >= header.length) return;
  if (header.encoding === ValueEncoding.inline) {
    window.bytes.write(header.rest, "latin1");
    return;
  }
  const prefix = elementsOf(database, key, header);
  const upper = prefix + u32String(Math.ceil(to / CHUNK_BYTES));
  let lower: ByteString | undefined = prefix + u32String(from / CHUNK_BYTES);
  while (lower !== undefined) {
    const bound: ByteString = lower;
    const page = yield* loaded(() => session.scan(bound, upper, { maxRows: 16, maxBytes: WINDOW_BYTES }));
    for (let i = 0; i < page.keys.length; i++) {
      const at = chunkNumber(page.keys[i]!, key.length) * CHUNK_BYTES - from;
      window.bytes.write(page.values[i]!, at, "latin1");
    }
    lower = page.next;
  }
}

/** Puts the chunks of a window that are not all zeros; answers how many. */
function putChunks(session: Session, prefix: ByteString, window: Words, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += CHUNK_BYTES) {
    const end = Math.min(to, at + CHUNK_BYTES);
    if (window.isZero(at - from, end - from)) continue;
    session.put(prefix + u32String(at / CHUNK_BYTES), window.bytes.toString("latin1", at - from, end - from));
    count++;
  }
  return count;
}

/** A buffer that is worked on by words. */
class Words {
  readonly bytes: Buffer;
  private readonly words: Int32Array;

  constructor(length: number) {
    this.words = new Int32Array(Math.ceil(length / 4));
    this.bytes = Buffer.from(this.words.buffer);
  }

  clear(): void {
    this.words.fill(0);
  }

  invert(): void {
    const { words } = this;
    for (let i = 0; i < words.length; i++) words[i] = ~words[i]!;
  }

  combine(operation: Operation, { words: others }: Words): void {
    const { words } = this;
    if (operation === "AND") for (let i = 0; i < words.length; i++) words[i]! &= others[i]!;
    else if (operation === "OR") for (let i = 0; i < words.length; i++) words[i]! |= others[i]!;
    else for (let i = 0; i < words.length; i++) words[i]! ^= others[i]!;
  }

  /** Whether the bytes [from, to) are zero; `from` is a multiple of four. */
  isZero(from: number, to: number): boolean {
    const { words, bytes } = this;
    const lastWord = Math.floor(to / 4);
    for (let i = from / 4; i < lastWord; i++) if (words[i] !== 0) return false;
    for (let at = lastWord * 4; at < to; at++) if (bytes[at] !== 0) return false;
    return true;
  }
}

export const BIT_OPERATION_COMMANDS: readonly CommandSpec[] = [
  {
    name: "bitop",
    arity: -4,
    flags: ["write", "denyoom"],
    keys: [2, -1, 1],
    keySpecifications: [
      { keys: [2, 2, 1], access: ["OW", "update"] },
      { keys: [3, -1, 1], access: ["RO", "access"] },
    ],
    categories: ["write", "bitmap", "slow"],
    since: "2.6.0",
    group: "bitmap",
    function: { kind: "evaluated", run: bitop, stepped: bitopSteps },
  },
];
