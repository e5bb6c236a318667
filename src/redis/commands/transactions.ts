// MULTI, EXEC, DISCARD, WATCH and UNWATCH. EXEC is one evaluation: its commands see one another's effects and nobody sees a part
// of them; all effects go into one batch. A short one runs in one turn; one that is long, that has to wait for the disk for
// long, or that holds a read in slices is run in steps, during which its group evaluates nothing else.
import { assert } from "../../base/index";
import { loaded, notReady } from "../../kv/index";
import type { NotReady, Steps, WatchedKey } from "../../kv/index";
import { ValueEncoding } from "../../storage/index";
import { goSliced, goStepped } from "../command";
import type { Command, CommandContext, CommandSpec, GoStepped, SlicedFunction } from "../command";
import {
  ERR_DISCARD_WITHOUT_MULTI,
  ERR_EXEC_ABORTED,
  ERR_EXEC_WITHOUT_MULTI,
  ERR_NESTED_MULTI,
  ERR_WATCH_IN_MULTI,
} from "../errors";
import type { QueuedCommand } from "../transaction-state";

/** Commands of one EXEC that are run in one turn; about a millisecond. */
const COMMANDS_A_TURN = 256;

function multi({ connection, reply }: CommandContext): void {
  if (connection.transaction.isOpen) return reply.error(ERR_NESTED_MULTI);
  connection.transaction.open();
  reply.ok();
}

function discard({ connection, reply }: CommandContext): void {
  if (!connection.transaction.isOpen) return reply.error(ERR_DISCARD_WITHOUT_MULTI);
  connection.transaction.discard();
  reply.ok();
}

function watch({ args, connection, reply, session, server }: CommandContext): void | NotReady {
  if (connection.transaction.isOpen) return reply.error(ERR_WATCH_IN_MULTI);
  const logical = connection.database;
  const physical = session.database(logical);
  const keys: Omit<WatchedKey, "moved">[] = [];
  for (let i = 1; i < args.count; i++) {
    const userKey = args.string(i);
    const header = session.header(physical, userKey);
    if (header === notReady) continue;
    // Elements change without their header. What is changed from here on is told; what was changed before must be seen by
    // whoever reads once this is answered, also in the committed view: so it is answered when all that is committed.
    if (header !== null && header.encoding !== ValueEncoding.inline) session.observeAll();
    keys.push({ logical, physical, userKey, seen: header === null ? null : { expiryMs: header.expiryMs } });
  }
  if (keys.length < args.count - 1) return notReady;
  const watcher = connection.transaction.watch();
  for (const key of keys) server.evaluator.watches.watch(watcher, key);
  reply.ok();
}

function unwatch({ connection, reply }: CommandContext): void {
  connection.transaction.unwatch();
  reply.ok();
}

/** Whether something that was watched is not any more what it was. */
function hasChanged({ connection, session }: CommandContext): boolean | NotReady {
  const { watcher, watchedAt } = connection.transaction;
  // Another node led when it was watched.
  if (watchedAt !== 0) return true;
  if (watcher === undefined) return false;
  if (watcher.touched) return true;
  let ready = true;
  for (const { physical, userKey, seen, moved } of watcher.keys) {
    if (seen !== null && seen.expiryMs !== 0 && seen.expiryMs <= session.nowMs) return true;
    if (!moved) continue;
    // The logical database is another one than when the key was not there: it must not be there now.
    const header = session.header(physical, userKey);
    if (header === notReady) ready = false;
    else if (header !== null) return true;
  }
  return ready ? false : notReady;
}

/** Answers an EXEC that runs nothing or a WATCH that watches nothing, for reasons of the client alone. Otherwise false. */
export function answersAlone(context: CommandContext, isExec: boolean): boolean {
  if (isExec) return isRefused(context);
  const { isOpen } = context.connection.transaction;
  if (isOpen) context.reply.error(ERR_WATCH_IN_MULTI);
  return isOpen;
}

/** Answers an EXEC that runs nothing. Otherwise false. */
function isRefused({ connection, reply }: CommandContext): boolean {
  const { transaction } = connection;
  if (!transaction.isOpen) {
    reply.error(ERR_EXEC_WITHOUT_MULTI);
    return true;
  }
  if (!transaction.isAborted) return false;
  transaction.discard();
  reply.error(ERR_EXEC_ABORTED);
  return true;
}

function exec(context: CommandContext): void | NotReady | GoStepped {
  if (isRefused(context)) return;
  const { connection, reply } = context;
  const { transaction } = connection;
  const changed = hasChanged(context);
  if (changed === notReady) return notReady;
  if (changed) {
    transaction.discard();
    return reply.nullArray();
  }
  // In steps nothing is run twice, also not what changes the client.
  if (transaction.queued.length > COMMANDS_A_TURN || transaction.changesClient) return goStepped;
  const { args } = connection;
  transaction.isRunning = true;
  try {
    reply.array(transaction.queued.length);
    for (const queued of transaction.queued) {
      const outcome = runAtOnce(context, queued);
      if (outcome !== undefined) return outcome;
    }
  } finally {
    connection.args = args;
    transaction.isRunning = false;
  }
  transaction.discard();
}

/** Runs a queued command if that can be done in this turn. */
function runAtOnce(context: CommandContext, { command, args }: QueuedCommand): void | NotReady | GoStepped {
  const { connection } = context;
  const definition = command.spec.function;
  connection.args = args;
  if (definition.kind === "sliced") return goStepped;
  const place = placeOf(context);
  const outcome = definition.run(connection);
  if (outcome === goSliced) return goStepped;
  if (outcome === undefined) tellOf(context, command, place);
  return outcome;
}

/** Where a queued command begins: in time, and behind the beginning of EXEC's reply. */
interface Place {
  readonly startedMs: number;
  readonly replyBytes: number;
}

function placeOf({ connection, reply, server }: CommandContext): Place {
  return {
    startedMs: server.clock.monotonicMs(),
    replyBytes: reply.length - connection.replies.replyAt,
  };
}

/** A queued command has run: it is accounted for when the whole EXEC ends well, and those who monitor are told then. */
function tellOf({ args, connection, server }: CommandContext, command: Command, place: Place): void {
  const elapsedUs = (server.clock.monotonicMs() - place.startedMs) * 1000;
  connection.session.announce(() => {
    server.accounting.note(
      connection,
      command,
      args,
      connection.replies.replyAt + place.replyBytes,
      elapsedUs,
    );
  });
  if (!server.monitors.isEmpty) connection.tellMonitors(command);
}

function* execSteps(context: CommandContext): Steps {
  const { connection, reply, server } = context;
  const { transaction, args } = connection;
  if (yield* loaded(() => hasChanged(context))) {
    transaction.discard();
    return reply.nullArray();
  }
  transaction.view = server.evaluator.viewOfSteps();
  transaction.isRunning = true;
  try {
    reply.array(transaction.queued.length);
    for (const queued of transaction.queued) {
      connection.args = queued.args;
      const place = placeOf(context);
      yield* stepsOf(context, queued);
      tellOf(context, queued.command, place);
      yield "pause";
    }
  } finally {
    // Also when the evaluation is dropped between two steps.
    connection.args = args;
    transaction.isRunning = false;
    transaction.view = undefined;
  }
  transaction.discard();
}

function* stepsOf(context: CommandContext, { command }: QueuedCommand): Steps {
  const { connection, reply } = context;
  const definition = command.spec.function;
  if (definition.kind === "immediate") return definition.run(connection);
  if (definition.kind === "sliced") return yield runSliced(connection, definition.run);
  for (;;) {
    // Anew each time: replies before this one may have gone meanwhile.
    const mark = reply.length;
    const savepoint = connection.session.savepoint();
    const outcome = definition.run(connection);
    if (outcome === undefined) return;
    connection.session.rollbackTo(savepoint);
    reply.rollback(mark);
    if (outcome === notReady) {
      yield "load";
    } else if (outcome === goSliced) {
      assert(definition.sliced !== undefined, "a command that goes sliced has a sliced form");
      return yield runSliced(connection, definition.sliced);
    } else {
      assert(definition.stepped !== undefined, "a command that goes stepped has a stepped form");
      // Behind effects of other commands nothing can be logged ahead.
      for (const step of definition.stepped(connection)) yield step === "stage" ? "pause" : step;
      return;
    }
  }
}

/** A read in slices as one step: over the transaction's own view. */
function runSliced(context: CommandContext, run: SlicedFunction): (resume: () => void) => void {
  return (resume) => run(context, () => resume());
}

const TRANSACTION = ["fast", "transaction"];

export const TRANSACTION_COMMANDS: readonly CommandSpec[] = [
  {
    name: "multi",
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    keys: [0, 0, 0],
    categories: TRANSACTION,
    since: "1.2.0",
    group: "transactions",
    function: { kind: "immediate", run: multi },
  },
  {
    name: "exec",
    arity: 1,
    flags: ["noscript", "loading", "stale", "skip_slowlog"],
    keys: [0, 0, 0],
    categories: ["slow", "transaction"],
    since: "1.2.0",
    group: "transactions",
    function: { kind: "evaluated", run: exec, stepped: execSteps },
  },
  {
    name: "discard",
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    keys: [0, 0, 0],
    categories: TRANSACTION,
    since: "2.0.0",
    group: "transactions",
    function: { kind: "immediate", run: discard },
  },
  {
    name: "watch",
    arity: -2,
    flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    keys: [1, -1, 1],
    keyAccess: ["RO"],
    categories: TRANSACTION,
    since: "2.2.0",
    group: "transactions",
    function: { kind: "evaluated", run: watch },
  },
  {
    name: "unwatch",
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    keys: [0, 0, 0],
    categories: TRANSACTION,
    since: "2.2.0",
    group: "transactions",
    function: { kind: "immediate", run: unwatch },
  },
];
