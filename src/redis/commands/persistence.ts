// SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF and SHUTDOWN. Every acknowledged write is on disk without them: a save is a
// checkpoint, a copy of everything at a time (accounting/checkpoints.ts).
import type { CommandContext, CommandSpec } from "../command";
import { ERR_NO_SHUTDOWN, ERR_SAVE_RUNS, ERR_SHUTDOWN, ERR_SYNTAX } from "../errors";
import { ADMINISTRATION, isConnected } from "./administration";

/** Answers when the checkpoint is there. Other connections are served meanwhile. */
function save(context: CommandContext, done: (sequence: number) => void): void {
  const { reply, server } = context;
  if (server.checkpoints.isRunning) {
    reply.error(ERR_SAVE_RUNS);
    return done(0);
  }
  server.checkpoints.begin((failure) => {
    if (isConnected(context)) {
      if (failure === undefined) reply.ok();
      else reply.error(`ERR ${failure.message}`);
    }
    done(0);
  });
}

/** BGSAVE [SCHEDULE]. */
function bgsave({ args, reply, server }: CommandContext): void {
  if (args.count > 2 || (args.count === 2 && !args.isWord(1, "SCHEDULE"))) return reply.error(ERR_SYNTAX);
  if (server.checkpoints.isRunning) {
    if (args.count === 1) return reply.error(ERR_SAVE_RUNS);
    server.checkpoints.whenIdle();
    return reply.simple("Background saving scheduled");
  }
  server.checkpoints.begin();
  reply.simple("Background saving started");
}

function lastsave({ reply, server }: CommandContext): void {
  reply.integer(server.checkpoints.lastSavedAtSeconds);
}

/** The log is what Redis's append-only file is: what of it is applied is written to disk, so that it can be cut. */
function bgrewriteaof({ reply, server }: CommandContext): void {
  server.storage.flush();
  reply.simple("Background append only file rewriting started");
}

/**
 * SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]. SAVE makes a checkpoint first, during which the shutdown can be aborted;
 * where it fails the server goes on, unless FORCE is given. There are no replicas to wait for, so NOW changes nothing.
 */
function shutdown(context: CommandContext, done: (sequence: number) => void): void {
  const { args, reply, connection, server } = context;
  const given = new Set<string>();
  for (let i = 1; i < args.count; i++) {
    const word = SHUTDOWN_WORDS.find((candidate) => args.isWord(i, candidate));
    if (word === undefined) {
      reply.error(ERR_SYNTAX);
      return done(0);
    }
    given.add(word);
  }
  if ((given.has("ABORT") && given.size > 1) || (given.has("SAVE") && given.has("NOSAVE"))) {
    reply.error(ERR_SYNTAX);
    return done(0);
  }
  if (given.has("ABORT")) {
    if (server.abortShutdown()) reply.ok();
    else reply.error(ERR_NO_SHUTDOWN);
    return done(0);
  }
  const force = given.has("FORCE");
  const stop = (): void => {
    connection.closeAfterReply();
    done(0);
    server.shutdown({ force });
  };
  if (!given.has("SAVE")) return stop();
  let aborted = false;
  const abort = (): void => {
    aborted = true;
  };
  server.pendingShutdowns.add(abort);
  server.checkpoints.whenIdle((failure) => {
    server.pendingShutdowns.delete(abort);
    if (!aborted && (failure === undefined || force)) return stop();
    if (isConnected(context)) reply.error(ERR_SHUTDOWN);
    done(0);
  });
}

const SHUTDOWN_WORDS = ["NOSAVE", "SAVE", "NOW", "FORCE", "ABORT"];

const SAVING = {
  ...ADMINISTRATION,
  flags: ["admin", "noscript", "no_async_loading"],
  since: "1.0.0",
} as const;

export const PERSISTENCE_COMMANDS: readonly CommandSpec[] = [
  {
    name: "save",
    arity: 1,
    ...SAVING,
    flags: ["admin", "noscript", "no_async_loading", "no_multi"],
    function: { kind: "sliced", run: save },
  },
  { name: "bgsave", arity: -1, ...SAVING, function: { kind: "immediate", run: bgsave } },
  {
    name: "lastsave",
    arity: 1,
    ...ADMINISTRATION,
    flags: ["loading", "stale", "fast"],
    categories: ["admin", "fast", "dangerous"],
    tips: ["nondeterministic_output"],
    since: "1.0.0",
    function: { kind: "immediate", run: lastsave },
  },
  { name: "bgrewriteaof", arity: 1, ...SAVING, function: { kind: "immediate", run: bgrewriteaof } },
  {
    name: "shutdown",
    arity: -1,
    ...ADMINISTRATION,
    flags: ["admin", "noscript", "loading", "stale", "no_multi", "allow_busy"],
    since: "1.0.0",
    function: { kind: "sliced", run: shutdown },
  },
];
