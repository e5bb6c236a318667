// OBJECT: what Redis would tell of the object that holds a value (value-encoding.ts). How often or how lately a key was used is
// not kept.
import type { ByteString } from "../../base/index";
import { notReady } from "../../kv/index";
import type { NotReady } from "../../kv/index";
import type { ValueHeader } from "../../storage/index";
import type { CommandContext, CommandSpec, EvaluatedFunction } from "../command";
import { ERR_NO_FREQUENCY, ERR_NO_IDLE_TIME } from "../errors";
import { containerOf, helpOf } from "./containers";
import { countQuietLookup } from "./lookup";
import { encodingOf, integerOf } from "./value-encoding";

/** Integers below this are shared by all values, and such an object's count of references says so. */
const SHARED_INTEGERS = 10_000n;
const SHARED_REFERENCES = 0x7fff_ffff;

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
  const judged = encodingOf(database, key, header, server.settings);
  if (typeof judged === "string") return reply.bulk(judged);
  const rows = session.scan(judged.lower, judged.upper, judged.limits);
  if (rows === notReady) return notReady;
  reply.bulk(judged.encodingOf(rows, rows.next === undefined));
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
    function: containerOf("object"),
    subcommands: ALL_SUBCOMMANDS,
  },
];
