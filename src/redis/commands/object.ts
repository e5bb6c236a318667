// OBJECT: how Redis would keep a value, judged by what the value is now. Basalt keeps no history of a value, so what Redis makes
// of history (a string that APPEND has touched is raw, a hash that was large stays a hash table) is not seen; nor does it
// keep how often or how lately a key was used.
import { bytesOf, prefixEnd } from "../../base/index";
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady, Session } from "../../kv/index";
import { bigIntegerOf } from "../../resp/index";
import { ValueEncoding, ValueType } from "../../storage/index";
import type { ValueHeader } from "../../storage/index";
import type { CommandContext, CommandSpec, EvaluatedFunction } from "../command";
import { ERR_NO_FREQUENCY, ERR_NO_IDLE_TIME } from "../errors";
import { helpOf } from "./containers";
import { evaluatedContainerOf } from "./evaluated-container";
import { isListpack } from "./hash-encoding";
import type { ListpackLimits } from "./hash-encoding";
import { countQuietLookup } from "./lookup";
import { elementsOf } from "./string-values";

/** The longest integer of 64 bits. */
const INTEGER_MAX_BYTES = 20;
const EMBEDDED_MAX_BYTES = 44;
/** Integers below this are shared by all values, and such an object's count of references says so. */
const SHARED_INTEGERS = 10_000n;
const SHARED_REFERENCES = 0x7fff_ffff;

/** The integer as which a string would be kept. */
function integerOf({ type, length, rest }: ValueHeader): bigint | undefined {
  if (type !== ValueType.string || length > INTEGER_MAX_BYTES) return undefined;
  return bigIntegerOf(bytesOf(rest), 0, rest.length);
}

/** The name of a value's encoding. */
function encodingOf(
  session: Session,
  database: number,
  key: ByteString,
  header: ValueHeader,
  limits: ListpackLimits,
): string | NotReady {
  const { hashMaxListpackEntries, hashMaxListpackValue } = limits;
  if (header.encoding !== ValueEncoding.elements) {
    if (integerOf(header) !== undefined) return "int";
    return header.length <= EMBEDDED_MAX_BYTES ? "embstr" : "raw";
  }
  if (header.length > hashMaxListpackEntries) return "hashtable";
  const prefix = elementsOf(database, key, header);
  const valuePrefixBytes = hashMaxListpackValue + 1;
  const rows = session.scan(prefix, prefixEnd(prefix)!, {
    maxRows: hashMaxListpackEntries + 1,
    maxBytes: (hashMaxListpackEntries + 1) * (prefix.length + 2 * valuePrefixBytes + 4),
    valuePrefixBytes,
  });
  if (rows === notReady) return notReady;
  return rows.next === undefined && isListpack(rows, prefix.length, limits) ? "listpack" : "hashtable";
}

/** Runs `answer` for the value of the key; of a key that is not there the answer is null. */
function ofValue(
  answer: (
    context: CommandContext,
    database: number,
    key: ByteString,
    header: ValueHeader,
  ) => void | NotReady,
): EvaluatedFunction {
  return (context): void | NotReady => {
    const { args, reply, session } = context;
    const database = session.database(context.connection.database);
    const key = args.string(2);
    const header = session.header(database, key);
    if (header === notReady) return notReady;
    if (header === null) reply.null();
    else if (answer(context, database, key, header) === notReady) return notReady;
    // Redis asks on behalf of nobody: no miss is told.
    countQuietLookup(context, header !== null);
  };
}

const encoding = ofValue(({ session, reply, server }, database, key, header): void | NotReady => {
  const name = encodingOf(session, database, key, header, server.settings);
  if (name === notReady) return notReady;
  reply.bulk(name);
});

const refcount = ofValue(({ reply }, _database, _key, header) => {
  const integer = integerOf(header);
  const isShared = integer !== undefined && integer >= 0n && integer < SHARED_INTEGERS;
  reply.integer(isShared ? SHARED_REFERENCES : 1);
});

const freq = ofValue(({ reply }) => reply.error(ERR_NO_FREQUENCY));
const idletime = ofValue(({ reply }) => reply.error(ERR_NO_IDLE_TIME));

const READS_OBJECT = {
  arity: 3,
  flags: ["readonly"],
  keys: [2, 2, 1],
  keyAccess: ["RO"],
  categories: ["keyspace", "read", "slow"],
  tips: ["nondeterministic_output"],
  group: "generic",
} as const;

const SUBCOMMANDS: readonly CommandSpec[] = [
  { name: "encoding", since: "2.2.3", ...READS_OBJECT, function: { kind: "evaluated", run: encoding } },
  { name: "freq", since: "4.0.0", ...READS_OBJECT, function: { kind: "evaluated", run: freq } },
  { name: "idletime", since: "2.2.3", ...READS_OBJECT, function: { kind: "evaluated", run: idletime } },
  { name: "refcount", since: "2.2.3", ...READS_OBJECT, function: { kind: "evaluated", run: refcount } },
];
const ALL_SUBCOMMANDS = [
  ...SUBCOMMANDS,
  helpOf("object", SUBCOMMANDS, ["keyspace", "slow"], { since: "6.2.0", group: "generic" }),
];

export const OBJECT_COMMANDS: readonly CommandSpec[] = [
  {
    name: "object",
    arity: -2,
    flags: [],
    keys: [0, 0, 0],
    categories: ["slow"],
    since: "2.2.3",
    group: "generic",
    function: evaluatedContainerOf("object", ALL_SUBCOMMANDS),
    subcommands: ALL_SUBCOMMANDS,
  },
];
