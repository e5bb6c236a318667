// INFO, CONFIG and SHUTDOWN: the server as a whole.
import type { ByteString } from "../../base/index";
import { LOGICAL_DATABASES } from "../../kv/index";
import type { PinnedView } from "../../kv/index";
import type { CommandContext, CommandSpec } from "../command";
import { ERR_NO_SHUTDOWN, ERR_SYNTAX } from "../errors";
import { Glob } from "../glob";
import { containerOf, helpOf } from "./containers";
import { infoText, sectionsOf } from "./info-report";
import type { KeyspaceFigures } from "./info-report";

function info(context: CommandContext, done: (sequence: number) => void): void {
  const { args, reply, server, connection } = context;
  const words = Array.from({ length: args.count - 1 }, (_, i) => args.string(i + 1).toLowerCase());
  const sections = sectionsOf(words);
  const answer = (keyspace: readonly KeyspaceFigures[] | undefined): void => {
    if (server.clients.has(connection.id)) reply.verbatim("txt", infoText(server, sections, keyspace));
    done(0);
  };
  if (!sections.has("keyspace")) return answer(undefined);
  server.evaluator.pinView((view) => {
    if (view === undefined) return answer(undefined);
    server.reads(connection.id, view);
    countKeyspace(view, (keyspace) => {
      view.release();
      answer(keyspace);
    });
  });
}

/** Figures of every database that has keys. */
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

const GLOB_CHARS = /[*?[]/;

/** CONFIG GET pattern [pattern …]: names that match, each once; a plain name is repeated as it was asked for. */
function configGet({ args, reply, server }: CommandContext): void {
  const found = new Map<string, { shown: ByteString; value: string }>();
  for (let i = 2; i < args.count; i++) {
    const word = args.string(i);
    if (GLOB_CHARS.test(word)) {
      const glob = new Glob(word, true);
      for (const [name, value] of server.config) {
        if (!found.has(name) && glob.matches(name)) found.set(name, { shown: name, value });
      }
    } else {
      const name = word.toLowerCase();
      const value = server.config.get(name);
      if (value !== undefined && !found.has(name)) found.set(name, { shown: word, value });
    }
  }
  reply.map(found.size);
  for (const { shown, value } of found.values()) {
    reply.bulk(shown);
    reply.bulk(Buffer.from(value, "utf8").toString("latin1"));
  }
}

/**
 * SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]: every acknowledged write is on disk already, so SAVE and NOSAVE ask for the
 * same, there is nobody to wait for, and a stop is never under way when a client can ask to abort it.
 */
function shutdown({ args, reply, connection, server }: CommandContext): void {
  let saves = false;
  let savesNot = false;
  let force = false;
  let now = false;
  let aborts = false;
  for (let i = 1; i < args.count; i++) {
    if (args.isWord(i, "NOSAVE")) savesNot = true;
    else if (args.isWord(i, "SAVE")) saves = true;
    else if (args.isWord(i, "NOW")) now = true;
    else if (args.isWord(i, "FORCE")) force = true;
    else if (args.isWord(i, "ABORT")) aborts = true;
    else return reply.error(ERR_SYNTAX);
  }
  if ((aborts && (saves || savesNot || force || now)) || (saves && savesNot)) return reply.error(ERR_SYNTAX);
  if (aborts) return reply.error(ERR_NO_SHUTDOWN);
  connection.closeAfterReply();
  server.shutdown({ force });
}

const ADMINISTRATION = {
  flags: ["admin", "noscript", "loading", "stale"],
  keys: [0, 0, 0],
  group: "server",
} as const;

const CONFIG_SUBCOMMANDS: readonly CommandSpec[] = [
  {
    name: "get",
    arity: -3,
    ...ADMINISTRATION,
    categories: ["admin", "slow", "dangerous"],
    since: "2.0.0",
    function: { kind: "immediate", run: configGet },
  },
];
const ALL_CONFIG_SUBCOMMANDS = [...CONFIG_SUBCOMMANDS, helpOf("config", CONFIG_SUBCOMMANDS, ["slow"])];

export const SERVER_COMMANDS: readonly CommandSpec[] = [
  {
    name: "info",
    arity: -1,
    flags: ["loading", "stale"],
    keys: [0, 0, 0],
    categories: ["slow", "dangerous"],
    tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    since: "1.0.0",
    group: "server",
    function: { kind: "sliced", run: info },
  },
  {
    name: "config",
    arity: -2,
    flags: [],
    keys: [0, 0, 0],
    categories: ["slow"],
    since: "2.0.0",
    group: "server",
    function: { kind: "immediate", run: containerOf("config", ALL_CONFIG_SUBCOMMANDS) },
    subcommands: ALL_CONFIG_SUBCOMMANDS,
  },
  {
    name: "shutdown",
    arity: -1,
    ...ADMINISTRATION,
    flags: ["admin", "noscript", "loading", "stale", "no_multi", "allow_busy"],
    categories: ["admin", "slow", "dangerous"],
    since: "1.0.0",
    function: { kind: "immediate", run: shutdown },
  },
];
