// BITFIELD and BITFIELD_RO: several integers of a string read and changed in one command. Of a long string only the chunks
// with fields in them are touched; where these are many, it goes in steps.
import type { ByteString } from "../../base/index";
import { loaded, notReady } from "../../kv/index";
import type { NotReady, Steps } from "../../kv/index";
import type { Arguments } from "../../resp/index";
import { ValueType } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import { fitted, readField, writeField } from "../bit-field";
import type { FieldType, FieldValue, Overflow } from "../bit-field";
import { goStepped } from "../command";
import type { CommandContext, CommandSpec, GoStepped } from "../command";
import {
  ERR_BITFIELD_OVERFLOW,
  ERR_BITFIELD_RO,
  ERR_BITFIELD_TYPE,
  ERR_BIT_OFFSET,
  ERR_NOT_INTEGER,
  ERR_SYNTAX,
} from "../errors";
import { NotificationClass, notify } from "../notifications";
import { countLookup, isWrongType } from "./lookup";
import { StringPatch } from "./string-patch";
import { CHUNK_BYTES } from "./string-values";

/** Chunks that are held and changed at a time. */
const CHUNKS_AT_ONCE = 16;
const OPERATIONS_A_STEP = 1000;

interface Operation {
  readonly kind: "get" | "set" | "incrby";
  readonly type: FieldType;
  /** The number of its first bit. */
  readonly offset: number;
  /** 0 for a GET. */
  readonly amount: FieldValue;
  readonly overflow: Overflow;
}

// ── Arguments ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The operations in order; a text is the error to reply with. Pauses where there are many. */
function* operationsOf({ args, server }: CommandContext): Generator<"pause", Operation[] | string, void> {
  const maxBits = server.settings.maxBulkBytes * 8;
  const operations: Operation[] = [];
  let overflow: Overflow = "wrap";
  for (let i = 2; i < args.count; i++) {
    const following = args.count - i - 1;
    if (args.isWord(i, "OVERFLOW") && following >= 1) {
      const chosen = overflowOf(args, ++i);
      if (chosen === undefined) return ERR_BITFIELD_OVERFLOW;
      overflow = chosen;
      continue;
    }
    const kind = kindOf(args, i, following);
    if (kind === undefined) return ERR_SYNTAX;
    const type = typeOf(args.string(i + 1));
    if (type === undefined) return ERR_BITFIELD_TYPE;
    const offset = offsetOf(args, i + 2, type.bits, maxBits);
    if (offset === undefined) return ERR_BIT_OFFSET;
    let amount: FieldValue | undefined = 0;
    if (kind !== "get") amount = args.safeInteger(i + 3) ?? args.bigInteger(i + 3);
    if (amount === undefined) return ERR_NOT_INTEGER;
    operations.push({ kind, type, offset, amount, overflow });
    i += kind === "get" ? 2 : 3;
    if (operations.length % OPERATIONS_A_STEP === 0) yield "pause";
  }
  return operations;
}

function kindOf(args: Arguments, index: number, following: number): Operation["kind"] | undefined {
  if (args.isWord(index, "GET") && following >= 2) return "get";
  if (args.isWord(index, "SET") && following >= 3) return "set";
  return args.isWord(index, "INCRBY") && following >= 3 ? "incrby" : undefined;
}

function overflowOf(args: Arguments, index: number): Overflow | undefined {
  if (args.isWord(index, "WRAP")) return "wrap";
  if (args.isWord(index, "SAT")) return "saturate";
  return args.isWord(index, "FAIL") ? "fail" : undefined;
}

/** "i" or "u" in lower case and a number of bits; like Redis, up to a zero byte. */
function typeOf(text: ByteString): FieldType | undefined {
  const match = /^([iu])([1-9][0-9]?)(?:\0|$)/.exec(text);
  if (match === null) return undefined;
  const isSigned = match[1] === "i";
  const bits = Number(match[2]);
  return bits <= (isSigned ? 64 : 63) ? { isSigned, bits } : undefined;
}

/** The number of a bit, or behind "#" the number of a field of this width. */
function offsetOf(args: Arguments, index: number, bits: number, maxBits: number): number | undefined {
  const text = args.string(index);
  let offset = args.safeInteger(index);
  if (text.startsWith("#")) offset = multipliedOffset(text.slice(1), bits);
  return offset !== undefined && offset >= 0 && offset < maxBits ? offset : undefined;
}

/** Redis multiplies in 64 bits, whatever is lost above. */
function multipliedOffset(text: ByteString, bits: number): number | undefined {
  if (!/^(?:0|-?[1-9][0-9]{0,18})$/.test(text)) return undefined;
  const number = BigInt(text);
  if (BigInt.asIntN(64, number) !== number) return undefined;
  return Number(BigInt.asIntN(64, number * BigInt(bits)));
}

// ── Commands ────────────────────────────────────────────────────────────────────────────────────────────────────────

function bitfield(context: CommandContext): void | NotReady | GoStepped {
  return run(context, false);
}

function bitfieldRo(context: CommandContext): void | NotReady | GoStepped {
  return run(context, true);
}

function run(context: CommandContext, isReadOnly: boolean): void | NotReady | GoStepped {
  const { args, reply, session } = context;
  const parsed = operationsOf(context).next();
  if (parsed.done !== true) return goStepped;
  const operations = checked(parsed.value, isReadOnly);
  if (typeof operations === "string") return reply.error(operations);
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (isWrongType(context, header, ValueType.string)) return;
  if (touchesMany(operations)) return goStepped;
  const patch = new StringPatch(session, database, key, header);
  let ready = true;
  for (const operation of operations) if (!isOpen(patch, operation)) ready = false;
  if (!ready) return notReady;
  if (!operations.some(writes)) countLookup(context, header !== null);
  reply.array(operations.length);
  const length = bytesOf(operations);
  let isChanged = false;
  for (const operation of operations) {
    if (execute(context, patch, operation, isLonger(header, length))) isChanged = true;
  }
  patch.flush(length);
  if (isChanged) notify(context, NotificationClass.string, "setbit", key);
}

/** For many fields: what was changed is put when many chunks are held, and read again where it is needed. */
function* steps(context: CommandContext, isReadOnly: boolean): Steps {
  const { args, reply, session } = context;
  const operations = checked(yield* operationsOf(context), isReadOnly);
  if (typeof operations === "string") return reply.error(operations);
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = yield* loaded(() => session.header(database, key));
  if (isWrongType(context, header, ValueType.string)) return;
  if (!operations.some(writes)) countLookup(context, header !== null);
  const patch = new StringPatch(session, database, key, header);
  const length = bytesOf(operations);
  const flushed = function* (): Steps {
    yield* loaded(() => session.beforePut(database, key));
    patch.flush(length);
  };
  let isChanged = false;
  reply.array(operations.length);
  for (let i = 0; i < operations.length; i++) {
    const operation = operations[i]!;
    yield* loaded(() => isOpen(patch, operation) || notReady);
    if (execute(context, patch, operation, isLonger(header, length))) isChanged = true;
    const holdsMany = patch.chunkCount >= CHUNKS_AT_ONCE;
    if (holdsMany) yield* flushed();
    if (holdsMany || (i + 1) % OPERATIONS_A_STEP === 0) yield "pause";
  }
  yield* flushed();
  if (isChanged) notify(context, NotificationClass.string, "setbit", key);
}

/** Whether the string becomes longer by being written to. */
function isLonger(header: ValueHeader | null, length: number): boolean {
  return length > (header === null ? 0 : header.length);
}

/** The operations, if this command may do all of them; a text is the error to reply with. */
function checked(operations: Operation[] | string, isReadOnly: boolean): Operation[] | string {
  if (typeof operations === "string" || !isReadOnly) return operations;
  return operations.some(writes) ? ERR_BITFIELD_RO : operations;
}

function writes({ kind }: Operation): boolean {
  return kind !== "get";
}

function touchesMany(operations: readonly Operation[]): boolean {
  // Each field lies in two chunks at most.
  if (operations.length * 2 <= CHUNKS_AT_ONCE) return false;
  const chunks = new Set<number>();
  for (const { offset, type } of operations) {
    chunks.add(Math.floor(offset / 8 / CHUNK_BYTES));
    chunks.add(Math.floor((offset + type.bits - 1) / 8 / CHUNK_BYTES));
  }
  return chunks.size > CHUNKS_AT_ONCE;
}

function isOpen(patch: StringPatch, { offset, type }: Operation): boolean {
  return patch.open(Math.floor(offset / 8), Math.ceil((offset + type.bits) / 8)) === true;
}

/** Bytes that the string has at least when all operations that write have made room for themselves; 0 if none writes. */
function bytesOf(operations: readonly Operation[]): number {
  let bytes = 0;
  for (const operation of operations) {
    const { offset, type } = operation;
    if (writes(operation)) bytes = Math.max(bytes, Math.ceil((offset + type.bits) / 8));
  }
  return bytes;
}

/** Does an operation. Answers whether it is a change: whatever is written into a string that becomes longer is one. */
function execute(
  { reply }: CommandContext,
  patch: StringPatch,
  operation: Operation,
  isLonger: boolean,
): boolean {
  const { kind, type, offset, amount, overflow } = operation;
  const old = readField(patch, type, offset);
  if (kind === "get") {
    reply.integer(old);
    return false;
  }
  const value = kind === "set" ? fitted(type, amount, 0, overflow) : fitted(type, old, amount, overflow);
  if (value === undefined) {
    reply.null();
    return false;
  }
  writeField(patch, type, offset, value);
  reply.integer(kind === "set" ? old : value);
  return isLonger || BigInt(value) !== BigInt(old);
}

export const BIT_FIELD_COMMANDS: readonly CommandSpec[] = [
  {
    name: "bitfield",
    arity: -2,
    flags: ["write", "denyoom"],
    keys: [1, 1, 1],
    keyAccess: ["RW", "access", "update", "variable_flags"],
    keyNotes: "This command allows both access and modification of the key",
    categories: ["write", "bitmap", "slow"],
    since: "3.2.0",
    group: "bitmap",
    function: { kind: "evaluated", run: bitfield, stepped: (context) => steps(context, false) },
  },
  {
    name: "bitfield_ro",
    arity: -2,
    flags: ["readonly", "fast"],
    keys: [1, 1, 1],
    keyAccess: ["RO", "access"],
    categories: ["read", "bitmap", "fast"],
    since: "6.0.0",
    group: "bitmap",
    function: { kind: "evaluated", run: bitfieldRo, stepped: (context) => steps(context, true) },
  },
];
