// A command of the simulation's own: STAGEHASH key FIRST|LAST field value … replaces whatever the key holds by a hash of these
// fields, which are staged one by one and published by the header. FIRST looks at the key before it stages, LAST behind.
// It stands for all commands that write more than memory should hold, so that their frame is attacked with little data.
import { loaded } from "../../src/kv/index";
import type { Steps } from "../../src/kv/index";
import { goStepped } from "../../src/redis/command";
import type { CommandContext } from "../../src/redis/command";
import type { CommandSpec } from "../../src/redis/index";
import { ValueEncoding, ValueType, elementPrefix, hashedSubKey, versionBytes } from "../../src/storage/index";
import type { ValueHeader } from "../../src/storage/index";

const FIRST_FIELD = 3;

function* stageHash({ args, connection, reply, session }: CommandContext): Steps {
  const database = session.database(connection.database);
  const key = args.string(1);
  const looksFirst = args.string(2) === "FIRST";
  let old: ValueHeader | null = null;
  if (looksFirst) old = yield* loaded(() => session.header(database, key));
  const version = session.newVersion();
  const prefix = elementPrefix(database, key, versionBytes(version.versionMs, version.versionCounter));
  const fields = new Set<string>();
  for (let at = FIRST_FIELD; at < args.count; at += 2) {
    const field = args.string(at);
    session.put(prefix + hashedSubKey(field), args.string(at + 1));
    fields.add(field);
    yield at % 3 === 0 ? "pause" : "stage";
  }
  if (!looksFirst) old = yield* loaded(() => session.header(database, key));
  if (old !== null) session.abandonElements(database, key, old);
  session.putHeader(database, key, {
    type: ValueType.hash,
    encoding: ValueEncoding.elements,
    expiryMs: 0,
    ...version,
    length: fields.size,
    rest: "",
  });
  yield "pause";
  reply.integer(fields.size);
}

export const STAGED_HASH: CommandSpec = {
  name: "stagehash",
  arity: -5,
  flags: ["write", "denyoom"],
  keys: [1, 1, 1],
  keyAccess: ["OW", "insert"],
  categories: ["write", "slow"],
  since: "0.0.0",
  group: "hash",
  function: { kind: "evaluated", run: () => goStepped, stepped: stageHash },
};
