// Publish and subscribe. What is published goes out when it is true (connection.announce): a PUBLISH behind unanswered writes
// of its connection waits with them, one within an EXEC for that. What (un)subscribing answers is one message for each name.
import type { ByteString } from "../../base/index";
import { MAX_KEY_BYTES } from "../../storage/index";
import type { CommandContext, CommandSpec } from "../command";
import { ERR_CHANNEL_TOO_LONG, wrongSubcommandWords } from "../errors";
import { Glob } from "../glob";
import type { SubscriptionKind } from "../pubsub/subscriptions";
import { containerOf, helpOf } from "./containers";

/** The word behind which the names of a kind stand in what clients send and get. */
const PREFIX: Readonly<Record<SubscriptionKind, string>> = { channel: "", pattern: "p", shard: "s" };

function hasTooLongName({ args }: CommandContext): boolean {
  for (let i = 1; i < args.count; i++) if (args.length(i) > MAX_KEY_BYTES) return true;
  return false;
}

/** What the client is told to have now: shard channels count for themselves. */
function countShown({ server, connection }: CommandContext, kind: SubscriptionKind): number {
  const { subscriptions } = server;
  if (kind === "shard") return subscriptions.countOf("shard", connection);
  return subscriptions.countOf("channel", connection) + subscriptions.countOf("pattern", connection);
}

function answer(
  context: CommandContext,
  kind: SubscriptionKind,
  word: string,
  name: ByteString | undefined,
): void {
  const { reply } = context;
  reply.push(3);
  reply.bulk(PREFIX[kind] + word);
  if (name === undefined) reply.null();
  else reply.bulk(name);
  reply.integer(countShown(context, kind));
}

function subscribing(kind: SubscriptionKind): (context: CommandContext) => void {
  return (context) => {
    const { args, connection, reply, server } = context;
    if (hasTooLongName(context)) return reply.error(ERR_CHANNEL_TOO_LONG);
    for (let i = 1; i < args.count; i++) {
      const name = args.string(i);
      server.subscriptions.add(kind, name, connection);
      answer(context, kind, "subscribe", name);
    }
    connection.isSubscribed = true;
  };
}

function unsubscribing(kind: SubscriptionKind): (context: CommandContext) => void {
  return (context) => {
    const { args, connection, reply, server } = context;
    const { subscriptions } = server;
    if (hasTooLongName(context)) return reply.error(ERR_CHANNEL_TOO_LONG);
    const names =
      args.count > 1
        ? Array.from({ length: args.count - 1 }, (_, i) => args.string(i + 1))
        : subscriptions.namesOf(kind, connection);
    for (const name of names) {
      subscriptions.remove(kind, name, connection);
      answer(context, kind, "unsubscribe", name);
    }
    if (names.length === 0) answer(context, kind, "unsubscribe", undefined);
    connection.isSubscribed = subscriptions.has(connection);
  };
}

function publishing(kind: "channel" | "shard"): (context: CommandContext) => void {
  return ({ args, connection, reply, server }) => {
    if (args.length(1) > MAX_KEY_BYTES) return reply.error(ERR_CHANNEL_TOO_LONG);
    const { publisher, subscriptions } = server;
    if (subscriptions.isEmpty) return reply.integer(0);
    const channel = args.string(1);
    const payload = args.buffer.subarray(args.start(2), args.end(2));
    reply.integer(publisher.countReceivers(kind, channel));
    connection.announce((sequence) => publisher.publish(kind, channel, payload, sequence));
  };
}

function channels(kind: "channel" | "shard"): (context: CommandContext) => void {
  return ({ args, reply, server }) => {
    if (args.count > 3) return reply.error(wrongSubcommandWords("PUBSUB", args.string(1)));
    const glob = args.count === 3 ? new Glob(args.string(2)) : undefined;
    const names = [...server.subscriptions.channelNames(kind)];
    const found = glob === undefined ? names : names.filter((name) => glob.matches(name));
    reply.array(found.length);
    for (const name of found) reply.bulk(name);
  };
}

function counts(kind: "channel" | "shard"): (context: CommandContext) => void {
  return ({ args, reply, server }) => {
    reply.array((args.count - 2) * 2);
    for (let i = 2; i < args.count; i++) {
      const name = args.string(i);
      reply.bulk(name);
      reply.integer(server.subscriptions.of(kind, name).size);
    }
  };
}

const PUBLISHES = {
  arity: 3,
  flags: ["pubsub", "loading", "stale", "fast"],
  categories: ["pubsub", "fast"],
  group: "pubsub",
} as const;
const SUBSCRIBES = {
  flags: ["pubsub", "noscript", "loading", "stale"],
  categories: ["pubsub", "slow"],
  group: "pubsub",
} as const;
const NO_KEYS = { keys: [0, 0, 0] } as const;
const SHARD_CHANNEL = { keys: [1, 1, 1], keyAccess: ["not_key"] } as const;
const SHARD_CHANNELS = { keys: [1, -1, 1], keyAccess: ["not_key"] } as const;
const OF_PUBSUB = {
  flags: ["pubsub", "loading", "stale"],
  categories: ["pubsub", "slow"],
  group: "pubsub",
  ...NO_KEYS,
} as const;

const SUBCOMMANDS: readonly CommandSpec[] = [
  ["channels", -2, "2.8.0", channels("channel")] as const,
  ["numsub", -2, "2.8.0", counts("channel")] as const,
  [
    "numpat",
    2,
    "2.8.0",
    ({ reply, server }: CommandContext) => reply.integer(server.subscriptions.patternCount),
  ] as const,
  ["shardchannels", -2, "7.0.0", channels("shard")] as const,
  ["shardnumsub", -2, "7.0.0", counts("shard")] as const,
].map(([name, arity, since, run]) => ({
  name,
  arity,
  since,
  ...OF_PUBSUB,
  function: { kind: "immediate", run },
}));
const ALL_SUBCOMMANDS = [
  ...SUBCOMMANDS,
  helpOf("pubsub", SUBCOMMANDS, ["slow"], { since: "6.2.0", group: "pubsub" }),
];

export const PUBSUB_COMMANDS: readonly CommandSpec[] = [
  {
    name: "publish",
    ...PUBLISHES,
    ...NO_KEYS,
    since: "2.0.0",
    function: { kind: "immediate", run: publishing("channel") },
  },
  {
    name: "spublish",
    ...PUBLISHES,
    ...SHARD_CHANNEL,
    since: "7.0.0",
    function: { kind: "immediate", run: publishing("shard") },
  },
  {
    name: "subscribe",
    arity: -2,
    ...SUBSCRIBES,
    ...NO_KEYS,
    since: "2.0.0",
    function: { kind: "immediate", run: subscribing("channel") },
  },
  {
    name: "psubscribe",
    arity: -2,
    ...SUBSCRIBES,
    ...NO_KEYS,
    since: "2.0.0",
    function: { kind: "immediate", run: subscribing("pattern") },
  },
  {
    name: "ssubscribe",
    arity: -2,
    ...SUBSCRIBES,
    ...SHARD_CHANNELS,
    since: "7.0.0",
    function: { kind: "immediate", run: subscribing("shard") },
  },
  {
    name: "unsubscribe",
    arity: -1,
    ...SUBSCRIBES,
    ...NO_KEYS,
    since: "2.0.0",
    function: { kind: "immediate", run: unsubscribing("channel") },
  },
  {
    name: "punsubscribe",
    arity: -1,
    ...SUBSCRIBES,
    ...NO_KEYS,
    since: "2.0.0",
    function: { kind: "immediate", run: unsubscribing("pattern") },
  },
  {
    name: "sunsubscribe",
    arity: -1,
    ...SUBSCRIBES,
    ...SHARD_CHANNELS,
    since: "7.0.0",
    function: { kind: "immediate", run: unsubscribing("shard") },
  },
  {
    name: "pubsub",
    arity: -2,
    flags: [],
    ...NO_KEYS,
    categories: ["slow"],
    since: "2.8.0",
    group: "pubsub",
    function: containerOf("pubsub"),
    subcommands: ALL_SUBCOMMANDS,
  },
];
