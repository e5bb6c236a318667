// INCR, DECR, INCRBY and DECRBY over 64-bit integers: numbers where they are exact, bigints beyond; INCRBYFLOAT in the
// arithmetic that Redis does it in.
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady, Session } from "../../kv/index";
import { ValueEncoding, ValueType } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import type { CommandContext, CommandSpec } from "../command";
import {
  ERR_DECREMENT_OVERFLOW,
  ERR_INCREMENT_OVERFLOW,
  ERR_NOT_FINITE,
  ERR_NOT_FLOAT,
  ERR_NOT_INTEGER,
} from "../errors";
import { LONG_DOUBLE_ZERO, formatLongDouble, longDoubleOf, sumOfLongDoubles } from "../long-double";
import type { LongDouble } from "../long-double";
import { isWrongType } from "./lookup";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const INTEGER_TEXT = /^(?:0|-?[1-9][0-9]{0,18})$/;

/** Redis's strict reading of a 64-bit integer; undefined if the text is none. A number wherever it is exact. */
export function integerOf(text: ByteString): number | bigint | undefined {
  const length = text.length;
  let at = 0;
  const negative = text.charCodeAt(0) === 0x2d;
  if (negative) at = 1;
  const first = text.charCodeAt(at) - 0x30;
  if (length - at > 15) return longIntegerOf(text);
  // A zero stands alone, without a sign. (NaN, where there is no char, fails every comparison.)
  if (!(first >= 0 && first <= 9) || (first === 0 && length > 1)) return undefined;
  let value = first;
  for (at++; at < length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

function longIntegerOf(text: ByteString): number | bigint | undefined {
  if (text.length > 20 || !INTEGER_TEXT.test(text)) return undefined;
  const value = BigInt(text);
  if (value < INT64_MIN || value > INT64_MAX) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The 64-bit sum; undefined if it overflows. */
export function sumOf(a: number | bigint, b: number | bigint): number | bigint | undefined {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const sum = BigInt(a) + BigInt(b);
  return sum < INT64_MIN || sum > INT64_MAX ? undefined : sum;
}

function incr(context: CommandContext): void | NotReady {
  return add(context, 1);
}

function decr(context: CommandContext): void | NotReady {
  return add(context, -1);
}

function incrby(context: CommandContext): void | NotReady {
  const { args, reply } = context;
  const amount = args.safeInteger(2) ?? args.bigInteger(2);
  if (amount === undefined) return reply.error(ERR_NOT_INTEGER);
  return add(context, amount);
}

function decrby(context: CommandContext): void | NotReady {
  const { args, reply } = context;
  const amount = args.safeInteger(2) ?? args.bigInteger(2);
  if (amount === undefined) return reply.error(ERR_NOT_INTEGER);
  if (amount === INT64_MIN) return reply.error(ERR_DECREMENT_OVERFLOW);
  return add(context, amount === 0 ? 0 : -amount);
}

function add(context: CommandContext, amount: number | bigint): void | NotReady {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (isWrongType(context, header, ValueType.string)) return;
  const value = header === null ? 0 : valueOf(header);
  if (value === undefined) return reply.error(ERR_NOT_INTEGER);
  const sum = sumOf(value, amount);
  if (sum === undefined) return reply.error(ERR_INCREMENT_OVERFLOW);
  putText(session, database, key, header, sum.toString());
  reply.integer(sum);
}

function incrbyfloat(context: CommandContext): void | NotReady {
  const { args, reply, session } = context;
  const database = session.database(context.connection.database);
  const key = args.string(1);
  const header = session.header(database, key);
  if (header === notReady) return notReady;
  if (isWrongType(context, header, ValueType.string)) return;
  const value = header === null ? LONG_DOUBLE_ZERO : floatOf(header);
  const amount = value === undefined ? undefined : longDoubleOf(args.string(2));
  if (value === undefined || amount === undefined) return reply.error(ERR_NOT_FLOAT);
  const sum = sumOfLongDoubles(value, amount);
  if (sum === undefined || sum.infinite) return reply.error(ERR_NOT_FINITE);
  const rest = formatLongDouble(sum);
  putText(session, database, key, header, rest);
  reply.bulk(rest);
}

function floatOf(header: ValueHeader): LongDouble | undefined {
  return header.encoding === ValueEncoding.inline ? longDoubleOf(header.rest) : undefined;
}

/** Puts the text of a number, at most some kilobytes; expiry and incarnation stay. */
function putText(
  session: Session,
  database: number,
  key: ByteString,
  header: ValueHeader | null,
  rest: ByteString,
): void {
  const { versionMs, versionCounter } = header ?? session.newVersion();
  session.putHeader(database, key, {
    type: ValueType.string,
    encoding: ValueEncoding.inline,
    expiryMs: header === null ? 0 : header.expiryMs,
    versionMs,
    versionCounter,
    length: rest.length,
    rest,
  });
}

function valueOf(header: ValueHeader): number | bigint | undefined {
  return header.encoding === ValueEncoding.inline ? integerOf(header.rest) : undefined;
}

const COUNTER = {
  flags: ["write", "denyoom", "fast"],
  keys: [1, 1, 1],
  keyAccess: ["RW", "access", "update"],
  categories: ["write", "string", "fast"],
  since: "1.0.0",
  group: "string",
} as const;

export const COUNTER_COMMANDS: readonly CommandSpec[] = [
  { name: "incr", arity: 2, ...COUNTER, function: { kind: "evaluated", run: incr } },
  { name: "decr", arity: 2, ...COUNTER, function: { kind: "evaluated", run: decr } },
  { name: "incrby", arity: 3, ...COUNTER, function: { kind: "evaluated", run: incrby } },
  { name: "decrby", arity: 3, ...COUNTER, function: { kind: "evaluated", run: decrby } },
  {
    name: "incrbyfloat",
    arity: 3,
    ...COUNTER,
    since: "2.6.0",
    function: { kind: "evaluated", run: incrbyfloat },
  },
];
