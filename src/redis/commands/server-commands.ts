// INFO, TIME, ROLE, WAIT and LOLWUT: what the server says of itself.
import { LOGICAL_DATABASES } from "../../kv/index";
import type { PinnedView } from "../../kv/index";
import type { CommandContext, CommandSpec } from "../command";
import {
  ERR_NOT_INTEGER,
  ERR_TIMEOUT_NEGATIVE,
  ERR_TIMEOUT_NOT_INTEGER,
  ERR_WAITAOF_LOCAL,
  ERR_WAITAOF_REPLICAS,
} from "../errors";
import { isConnected } from "./administration";
import { infoText, sectionsOf } from "./info-report";
import type { KeyspaceFigures } from "./info-report";
import { drawing } from "./lolwut";

function info(context: CommandContext, done: (sequence: number) => void): void {
  const { args, reply, server } = context;
  const words = Array.from({ length: args.count - 1 }, (_, i) => args.string(i + 1).toLowerCase());
  const sections = sectionsOf(words);
  const answer = (keyspace: readonly KeyspaceFigures[] | undefined): void => {
    if (isConnected(context)) reply.verbatim("txt", infoText(server, sections, keyspace));
    done(0);
  };
  if (!sections.has("keyspace")) return answer(undefined);
  countAllKeys(context, answer);
}

/** Figures of every database that has keys; undefined where nobody can tell (no leader). */
export function countAllKeys(
  { server, connection }: CommandContext,
  done: (keyspace: readonly KeyspaceFigures[] | undefined) => void,
): void {
  server.evaluator.pinView((view) => {
    if (view === undefined) return done(undefined);
    server.reads(connection.id, view);
    countKeyspace(view, (keyspace) => {
      view.release();
      done(keyspace);
    });
  });
}

function countKeyspace(view: PinnedView, done: (keyspace: KeyspaceFigures[]) => void): void {
  const keyspace: KeyspaceFigures[] = [];
  const count = (database: number): void => {
    if (database === LOGICAL_DATABASES) return done(keyspace);
    view.countKeys(database, (keys) => {
      if (keys === 0) return count(database + 1);
      view.countLasting(database, (lasting) => {
        keyspace.push({ database, keys, expires: keys - lasting });
        count(database + 1);
      });
    });
  };
  count(0);
}

/** Seconds and microseconds; the clock tells milliseconds. */
function time({ reply, server }: CommandContext): void {
  const nowMs = server.clock.wallMs();
  reply.array(2);
  reply.bulk(String(Math.floor(nowMs / 1000)));
  reply.bulk(String(Math.floor((nowMs % 1000) * 1000)));
}

function role({ reply, server }: CommandContext): void {
  if (!server.evaluator.available) {
    reply.array(5);
    reply.bulk("slave");
    reply.bulk("");
    reply.integer(0);
    reply.bulk("connect");
    reply.integer(-1);
    return;
  }
  reply.array(3);
  reply.bulk("master");
  reply.integer(server.evaluator.statistics.bytesTotal);
  reply.array(0);
}

/**
 * WAIT numreplicas timeout: there are no replicas, so 0 at once; replies keep their order, so it comes when everything that
 * this connection has written before it is durable.
 */
function wait({ args, reply }: CommandContext): void {
  if (args.bigInteger(1) === undefined) return reply.error(ERR_NOT_INTEGER);
  const timeout = args.bigInteger(2);
  if (timeout === undefined) return reply.error(ERR_TIMEOUT_NOT_INTEGER);
  if (timeout < 0n) return reply.error(ERR_TIMEOUT_NEGATIVE);
  reply.integer(0);
}

/**
 * WAITAOF numlocal numreplicas timeout, of Redis 7.2: this node's log has everything that was answered before, since nothing
 * is answered earlier; replicas there are none.
 */
function waitaof({ args, reply }: CommandContext): void {
  const local = args.bigInteger(1);
  const replicas = args.bigInteger(2);
  const timeout = args.bigInteger(3);
  if (local === undefined || replicas === undefined) return reply.error(ERR_NOT_INTEGER);
  if (local < 0n || local > 1n) return reply.error(ERR_WAITAOF_LOCAL);
  if (replicas < 0n) return reply.error(ERR_WAITAOF_REPLICAS);
  if (timeout === undefined) return reply.error(ERR_TIMEOUT_NOT_INTEGER);
  if (timeout < 0n) return reply.error(ERR_TIMEOUT_NEGATIVE);
  reply.array(2);
  reply.integer(1);
  reply.integer(0);
}

/** LOLWUT [VERSION version] [columns [rows]]: every version draws the same; without one, words that are no numbers say nothing. */
function lolwut({ args, reply, server }: CommandContext): void {
  const isVersioned = args.count >= 3 && args.isWord(1, "VERSION");
  const numbers: (number | undefined)[] = [];
  for (let i = isVersioned ? 2 : 1; i < args.count; i++) {
    const number = args.safeInteger(i);
    if (isVersioned && number === undefined) return reply.error(ERR_NOT_INTEGER);
    numbers.push(number);
  }
  const [columns, rows] = isVersioned ? numbers.slice(1) : numbers;
  reply.verbatim("txt", drawing(server.version, columns, rows));
}

const SERVER = { keys: [0, 0, 0], group: "server" } as const;
const UNSTEADY = { tips: ["nondeterministic_output"] } as const;

export const SERVER_COMMANDS: readonly CommandSpec[] = [
  {
    name: "info",
    arity: -1,
    flags: ["loading", "stale"],
    ...SERVER,
    categories: ["slow", "dangerous"],
    tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    since: "1.0.0",
    function: { kind: "sliced", run: info },
  },
  {
    name: "time",
    arity: 1,
    flags: ["loading", "stale", "fast"],
    ...SERVER,
    ...UNSTEADY,
    categories: ["fast"],
    since: "2.6.0",
    function: { kind: "immediate", run: time },
  },
  {
    name: "role",
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast"],
    ...SERVER,
    categories: ["admin", "fast", "dangerous"],
    since: "2.8.12",
    function: { kind: "immediate", run: role },
  },
  {
    name: "wait",
    arity: 3,
    flags: ["noscript"],
    keys: [0, 0, 0],
    categories: ["slow", "connection"],
    tips: ["request_policy:all_shards", "response_policy:agg_min"],
    since: "3.0.0",
    group: "generic",
    function: { kind: "immediate", run: wait },
  },
  {
    name: "waitaof",
    arity: 4,
    flags: ["noscript"],
    keys: [0, 0, 0],
    categories: ["slow", "connection"],
    tips: ["request_policy:all_shards", "response_policy:agg_min"],
    since: "7.2.0",
    group: "generic",
    function: { kind: "immediate", run: waitaof },
  },
  {
    name: "lolwut",
    arity: -1,
    flags: ["readonly", "fast"],
    ...SERVER,
    categories: ["read", "fast"],
    since: "5.0.0",
    function: { kind: "immediate", run: lolwut },
  },
];
