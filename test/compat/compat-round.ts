// One differential run with its own redis-server, and the check of what it covered. Prints the seed and the coverage.
import { CompatRun, TRANSACTION_TAGS } from "./compat-run";
import type { CompatOptions } from "./compat-run";
import { ADMINISTRATION_REFUSALS, ADMINISTRATION_TAGS } from "./random-administration";
import { KEYLESS_TAGS, KEY_TAGS } from "./random-keys";
import { BITMAP_TAGS } from "./random-bitmaps";
import { SKETCH_TAGS } from "./random-sketches";
import { STRING_TAGS } from "./random-strings";
import { ReferenceServer } from "./reference-server";

/** Commands on keys and their options, by the tags of the random commands. */
const ON_KEYS: readonly string[] = [
  ...[
    "GET",
    "SET",
    "MGET",
    "MSET",
    "DEL",
    "UNLINK",
    "EXISTS",
    "INCR",
    "DECR",
    "INCRBY",
    "DECRBY",
    "APPEND",
    "STRLEN",
  ],
  ...["GETRANGE", "SETRANGE", "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "TTL", "PTTL", "PERSIST", "TYPE"],
  ...KEY_TAGS,
  ...["HSET", "HGET", "HDEL", "HGETALL", "HLEN"],
  ...STRING_TAGS,
  ...BITMAP_TAGS,
  ...SKETCH_TAGS,
  ...["NX", "XX", "GET", "EX", "PX", "EXAT", "PXAT", "KEEPTTL"].map((option) => `SET ${option}`),
  ...["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"].flatMap((name) =>
    ["NX", "XX", "GT", "LT"].map((option) => `${name} ${option}`),
  ),
];

/** All others. */
const WITHOUT_KEYS: readonly string[] = [
  ...KEYLESS_TAGS,
  ...["SCAN", "SCAN MATCH", "SCAN COUNT", "SCAN TYPE", "KEYS", "DBSIZE"],
  ...["FLUSHDB", "FLUSHDB ASYNC", "FLUSHDB SYNC", "FLUSHALL", "FLUSHALL ASYNC", "FLUSHALL SYNC"],
  ...["SELECT", "PING", "ECHO", "QUIT", "HELLO", "HELLO AUTH", "HELLO SETNAME"],
  ...[
    "COMMAND",
    ...["COUNT", "LIST", "INFO", "DOCS", "GETKEYS"].map((subcommand) => `COMMAND ${subcommand}`),
  ],
  ...["MODULE", "ACLCAT", "PATTERN"].map((filter) => `COMMAND LIST FILTERBY ${filter}`),
  ...["CONFIG GET", "CLIENT ID", "CLIENT SETNAME", "CLIENT GETNAME"],
  ...TRANSACTION_TAGS,
  ...["INFO", "INFO keyspace", "INFO all", "INFO everything", "INFO default"],
  ...ADMINISTRATION_TAGS,
];

const RARE = 150;

/** Tags that the reference cannot answer or that are refused by their nature. */
const NEVER_SUCCEED: readonly string[] = [
  ...["CLIENT SETINFO", "SHUTDOWN ABORT", "OBJECT FREQ"],
  ...ADMINISTRATION_REFUSALS,
];

export async function compatRound(options: Omit<CompatOptions, "mustCover">): Promise<void> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const reference = await ReferenceServer.start();
  if (reference === undefined) {
    print("compat: SKIPPED, redis-server is not installed (Debian: apt-get install redis-server)");
    return;
  }
  print(
    `compat: seed ${options.seed} (BASALT_TEST_SEED), ${options.commands} commands, redis-server ${reference.version}`,
  );
  const run = new CompatRun(reference, { ...options, mustCover: [...ON_KEYS, ...WITHOUT_KEYS] });
  try {
    await run.run();
  } finally {
    await reference.stop();
  }
  const { coverage } = run;
  print(coverage.table());
  for (const tag of WITHOUT_KEYS) expect([tag, coverage.of(tag).succeeded > 0]).toEqual([tag, true]);
  for (const tag of ON_KEYS) {
    const { total, succeeded } = coverage.of(tag);
    // Of a tag that came up rarely chance decides whether its key was there.
    const isCovered = total < RARE ? succeeded > 0 : succeeded * 2 >= total;
    expect([tag, isCovered]).toEqual([tag, true]);
  }
  for (const tag of NEVER_SUCCEED) expect([tag, coverage.of(tag).total > 0]).toEqual([tag, true]);
}
