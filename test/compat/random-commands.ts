// Random commands of every kind. Each carries the tags by which coverage counts it: the command, and one for each option
// it uses.
import type { ByteString } from "../../src/base/index";
import { ALL_KEYS, plain } from "./command-maker";
import { ADMINISTRATION_GENERATORS } from "./random-administration";
import type { CommandMaker, Pool, RandomCommand } from "./command-maker";
import { KEY_GENERATORS } from "./random-keys";
import { BITMAP_GENERATORS } from "./random-bitmaps";
import { SKETCH_GENERATORS } from "./random-sketches";
import { STRING_GENERATORS } from "./random-strings";

type Generate = (make: CommandMaker) => RandomCommand;

const PATTERNS = [
  "*",
  "n:*",
  "?:[01]",
  "[^n]*",
  "*\\{*",
  "s*[0-9]",
  "h:[0-1",
  "*a*b*c*",
  "nothing",
  "[a-h]:?",
  "**",
  "",
];
/** The next command of the maker's random sequence. */
export function randomCommand(make: CommandMaker): RandomCommand {
  let at = make.random.below(TOTAL_WEIGHT);
  for (const [weight, generate] of GENERATORS) {
    at -= weight;
    if (at < 0) return generate(make);
  }
  throw new Error("the weights add up");
}

// ── Strings ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function randomSet(make: CommandMaker): RandomCommand {
  const { random } = make;
  const isNumber = random.chance(0.4);
  const key = make.key(isNumber ? "integer" : "string");
  const options: ByteString[][] = [];
  let expires: ByteString | undefined;
  let soon = false;
  if (random.chance(0.25)) options.push([random.pick(["NX", "XX"])]);
  if (random.chance(0.25)) options.push(["GET"]);
  if (random.chance(0.4)) {
    const times: (() => ByteString[])[] = [
      () => ["EX", String(make.relativeSeconds())],
      () => ["PX", String(make.relativeSeconds() * 1000)],
      () => ["EXAT", String(make.absoluteSeconds())],
      () => ["PXAT", String(make.absoluteSeconds() * 1000)],
      () => ["KEEPTTL"],
      () => ["KEEPTTL"],
    ];
    if (random.chance(0.1)) {
      expires = key;
      soon = random.chance(0.2);
      options.push(soon ? ["PX", "15"] : ["PXAT", String(make.pastSeconds() * 1000)]);
    } else {
      options.push(random.pick(times)());
    }
  }
  random.shuffle(options);
  const words = make.words("SET", key, isNumber ? make.integer() : make.value(), ...options.flat());
  const command = plain(words, [key], ...options.map(([word]) => word!));
  return expires === undefined ? command : { ...command, expires, soon };
}

function onOne(name: string, pool: Pool): Generate {
  return (make) => {
    const key = make.key(pool);
    return plain(make.words(name, key), [key]);
  };
}

function onMany(name: string): Generate {
  return (make) => {
    const keys = make.keys(1, 4);
    return plain(make.words(name, ...keys), keys);
  };
}

function mset(make: CommandMaker): RandomCommand {
  const pools = Array.from({ length: make.random.between(1, 4) }, () =>
    make.random.pick(["integer", "string"] as const),
  );
  const pairs = pools.map(
    (pool) => [make.key(pool), pool === "integer" ? make.integer() : make.value()] as const,
  );
  return plain(
    make.words("MSET", ...pairs.flat()),
    pairs.map(([key]) => key),
  );
}

function incrBy(name: string): Generate {
  return (make) => {
    const key = make.key("integer");
    return plain(make.words(name, key, make.integer()), [key]);
  };
}

function append(make: CommandMaker): RandomCommand {
  const key = make.key("string");
  return plain(make.words("APPEND", key, make.value()), [key]);
}

function getrange(make: CommandMaker): RandomCommand {
  const key = make.key("string");
  const bound = (): string => String(make.random.chance(0.5) ? make.offset() : -make.offset());
  return plain(make.words("GETRANGE", key, bound(), bound()), [key]);
}

function setrange(make: CommandMaker): RandomCommand {
  const key = make.key("string");
  const offset = make.random.chance(0.03)
    ? make.random.pick(["-1", "536870912", "x"])
    : String(make.offset());
  return plain(make.words("SETRANGE", key, offset, make.value()), [key]);
}

// ── Hashes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function hset(make: CommandMaker): RandomCommand {
  const key = make.key("hash");
  return plain(make.words("HSET", key, ...make.pairs(1, 4)), [key]);
}

function hget(make: CommandMaker): RandomCommand {
  const key = make.key("hash");
  return plain(make.words("HGET", key, make.field()), [key]);
}

function hdel(make: CommandMaker): RandomCommand {
  const key = make.key("hash");
  const fields = Array.from({ length: make.random.between(1, 3) }, () => make.field());
  return plain(make.words("HDEL", key, ...fields), [key]);
}

// ── Expiry ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function anyKey(make: CommandMaker): ByteString {
  return make.random.pick(ALL_KEYS);
}

function expire(name: string): Generate {
  const unit = name.startsWith("P") ? 1000 : 1;
  const isAbsolute = name.endsWith("AT");
  return (make) => {
    const { random } = make;
    const key = anyKey(make);
    const options = random.chance(0.6) ? [random.pick(["NX", "XX", "GT", "LT"])] : [];
    if (random.chance(0.1)) options.push(random.pick(["XX", "GT", "LT"]));
    let seconds = isAbsolute ? make.absoluteSeconds() : make.relativeSeconds();
    let expires: ByteString | undefined;
    if (random.chance(0.08)) {
      seconds = isAbsolute ? make.pastSeconds() : -random.below(100);
      expires = key;
    }
    const command = plain(make.words(name, key, seconds * unit, ...options), [key], ...options);
    return expires === undefined ? command : { ...command, expires };
  };
}

function onAny(name: string): Generate {
  return (make) => {
    const key = anyKey(make);
    return plain(make.words(name, key), [key]);
  };
}

// ── Databases, connection, server ───────────────────────────────────────────────────────────────────────────────────

function keyless(...words: ByteString[]): Generate {
  return (make) =>
    plain(make.words(...words), [], ...words.slice(1, 2).filter((word) => /^[A-Z-]+$/.test(word)));
}

function flush(name: string): Generate {
  return (make) => {
    const options = make.random.pick([[], ["ASYNC"], ["SYNC"]]);
    return plain(make.words(name, ...options), [], ...options);
  };
}

function hello(make: CommandMaker): RandomCommand {
  const { random } = make;
  const options: ByteString[] = [];
  const tags: string[] = [];
  if (random.chance(0.4)) {
    options.push("AUTH", "default", "whatever");
    tags.push("AUTH");
  }
  if (random.chance(0.4)) {
    options.push("SETNAME", `client-${random.below(5)}`);
    tags.push("SETNAME");
  }
  const protocol = options.length > 0 || random.chance(0.7) ? [random.pick(["2", "3"])] : [];
  return plain(make.words("HELLO", ...protocol, ...options), [], ...tags);
}

const KNOWN = [
  "get",
  "SET",
  "mget",
  "hset",
  "expire",
  "scan",
  "config|get",
  "rename",
  "object|encoding",
  "MEMORY|USAGE",
  "client|id",
  "nosuch",
  "get|nosuch",
  "quit",
];

function commandInfo(make: CommandMaker): RandomCommand {
  const names = Array.from({ length: make.random.between(1, 4) }, () => make.random.pick(KNOWN));
  return plain(["COMMAND", "INFO", ...names], [], "INFO");
}

function commandGetkeys(make: CommandMaker): RandomCommand {
  const command = make.random.pick([
    ["get", "a"],
    ["mset", "a", "1", "b", "2"],
    ["DEL", "a", "b", "c"],
    ["hset", "h", "f", "v"],
    ["set", "k"],
    ["ping", "x"],
    ["nosuch", "a"],
    ["get", "a", "b"],
  ]);
  return plain(["COMMAND", "GETKEYS", ...command], [], "GETKEYS");
}

function commandList(make: CommandMaker): RandomCommand {
  const filters = [
    [],
    ["FILTERBY", "PATTERN", make.random.pick(["ge*", "*|GET", "[hH]*", "nothing"])],
    ["FILTERBY", "ACLCAT", make.random.pick(["hash", "fast", "ADMIN", "nothing"])],
    ["FILTERBY", "MODULE", "nothing"],
  ];
  const filter = make.random.pick(filters);
  return plain(
    ["COMMAND", "LIST", ...filter],
    [],
    "LIST",
    ...(filter.length > 0 ? [`LIST FILTERBY ${filter[1]!}`] : []),
  );
}

function configGet(make: CommandMaker): RandomCommand {
  const patterns = [
    "maxmemory",
    "databases",
    "MAXMEMORY-policy",
    "maxmemory*",
    "proto-max-bulk-len",
    "nosuch",
    "d[ab]t*",
  ];
  const count = make.random.between(1, 3);
  return plain(
    ["CONFIG", "GET", ...Array.from({ length: count }, () => make.random.pick(patterns))],
    [],
    "GET",
  );
}

function info(make: CommandMaker): RandomCommand {
  const sections = make.random.pick([
    [],
    ["keyspace"],
    ["CPU", "cluster"],
    ["all"],
    ["everything"],
    ["default"],
    ["nosuch"],
  ]);
  return plain(["INFO", ...sections], [], ...sections.map((section) => section.toLowerCase()));
}

function select(make: CommandMaker): RandomCommand {
  const database = make.random.pick(["0", "0", "0", "1", "15", "16", "-1", "x", "4294967296"]);
  return plain(make.words("SELECT", database), []);
}

function quit(make: CommandMaker): RandomCommand {
  return { ...plain(make.words("QUIT"), []), closes: true };
}

const GENERATORS: readonly (readonly [weight: number, generate: Generate])[] = [
  ...STRING_GENERATORS,
  ...BITMAP_GENERATORS,
  ...SKETCH_GENERATORS,
  [120, randomSet],
  [60, onOne("GET", "string")],
  [20, onMany("MGET")],
  [30, mset],
  [8, onMany("DEL")],
  [8, onMany("UNLINK")],
  [20, onMany("EXISTS")],
  [25, onOne("INCR", "integer")],
  [25, onOne("DECR", "integer")],
  [25, incrBy("INCRBY")],
  [25, incrBy("DECRBY")],
  [30, append],
  [20, onOne("STRLEN", "string")],
  [30, getrange],
  [25, setrange],
  [30, expire("EXPIRE")],
  [30, expire("PEXPIRE")],
  [30, expire("EXPIREAT")],
  [30, expire("PEXPIREAT")],
  [30, onAny("TTL")],
  [30, onAny("PTTL")],
  [20, onAny("PERSIST")],
  [20, onAny("TYPE")],
  [10, (make) => plain(make.words("KEYS", make.random.pick(PATTERNS)), [])],
  [6, keyless("DBSIZE")],
  [1, flush("FLUSHDB")],
  [1, flush("FLUSHALL")],
  [60, hset],
  [40, hget],
  [25, hdel],
  [25, onOne("HGETALL", "hash")],
  [20, onOne("HLEN", "hash")],
  [4, select],
  [5, keyless("PING")],
  [5, keyless("PING", "a\r\nmessage")],
  [8, keyless("ECHO", "\x00\xffsome words")],
  [6, hello],
  [1, quit],
  [3, keyless("COMMAND", "COUNT")],
  [3, commandList],
  [8, commandInfo],
  [3, commandGetkeys],
  [2, keyless("COMMAND")],
  [8, configGet],
  [4, info],
  [5, keyless("CLIENT", "ID")],
  [5, keyless("CLIENT", "GETNAME")],
  [
    5,
    (make) => plain(["CLIENT", "SETNAME", make.random.pick(["a", "", "name-2", "two words"])], [], "SETNAME"),
  ],
  [2, keyless("CLIENT", "SETINFO", "LIB-NAME", "tester")],
  [2, keyless("SHUTDOWN", "ABORT")],
  ...ADMINISTRATION_GENERATORS,
  ...KEY_GENERATORS,
];

const TOTAL_WEIGHT = GENERATORS.reduce((sum, [weight]) => sum + weight, 0);
