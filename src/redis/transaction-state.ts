// What a connection keeps between MULTI or WATCH and EXEC: the queued commands, whether the queue is spoilt, and the keys that
// must not change. Queued commands keep bytes of their own, so that a chunk is not held for a few of its bytes.
import { Watcher } from "../kv/index";
import type { Evaluator, ReadView } from "../kv/index";
import type { Arguments, ReplyWriter } from "../resp/index";
import type { Command } from "./command";
import { ERR_NOT_IN_TRANSACTION, ERR_TRANSACTION_TOO_LARGE } from "./errors";

export interface QueuedCommand {
  readonly command: Command;
  readonly args: Arguments;
}

/** Commands that are run while others are queued. */
const NEVER_QUEUED: ReadonlySet<string> = new Set(["multi", "exec", "discard", "watch", "quit", "reset"]);
/** As much as Redis accepts as one request. */
const MAX_QUEUED_BYTES = 1024 * 1024 * 1024;
/** Counted for each queued command beside its bytes. */
const QUEUED_COMMAND_BYTES = 200;

export class TransactionState {
  /** Between MULTI and EXEC or DISCARD. */
  isOpen = false;
  /** A command was refused while it was to be queued: EXEC refuses all. */
  isAborted = false;
  queued: QueuedCommand[] = [];
  /** What WATCH watches; undefined: nothing. */
  watcher: Watcher | undefined;
  /** The node at which a stand-in of the client watches keys for it; 0 if none does. */
  watchedAt = 0;
  /** What was watched is not any more, because its node does not lead any more: it counts as changed. */
  private watchIsLost = false;
  /** Among the queued commands is one that changes what the client is to the server … */
  changesClient = false;
  /** … one that a pause of writes holds. */
  mayReplicate = false;
  /** The queued commands are being run, as one evaluation. */
  isRunning = false;
  /** While an EXEC runs in steps: what its reads in slices read from. */
  view: ReadView | undefined;
  /** Memory of the queue. */
  queuedBytes = 0;
  private readonly evaluator: Evaluator;

  constructor(evaluator: Evaluator) {
    this.evaluator = evaluator;
  }

  open(): void {
    this.isOpen = true;
    this.changesClient = this.mayReplicate = false;
  }

  /** Takes a command into the queue, or refuses it, with its reply. False: it is run at once. */
  queue(command: Command, args: Arguments, reply: ReplyWriter): boolean {
    const { spec } = command;
    if (NEVER_QUEUED.has(command.name)) return false;
    if (spec.flags.includes("no_multi")) {
      this.abort();
      reply.error(ERR_NOT_IN_TRANSACTION);
      return true;
    }
    const bytes = args.end(args.count - 1) - args.start(0) + QUEUED_COMMAND_BYTES;
    if (this.queuedBytes + bytes > MAX_QUEUED_BYTES) {
      this.abort();
      reply.error(ERR_TRANSACTION_TOO_LARGE);
      return true;
    }
    // The rest of a spoilt queue is answered and not kept.
    if (!this.isAborted) {
      this.queuedBytes += bytes;
      this.changesClient ||= command.changesClient;
      this.mayReplicate ||= command.mayReplicate;
      this.queued.push({ command, args: args.copyOut() });
    }
    reply.simple("QUEUED");
    return true;
  }

  /** A command was refused: if it was meant for the queue, EXEC must not run the others. */
  abort(): void {
    if (!this.isOpen) return;
    this.isAborted = true;
    this.clearQueue();
  }

  watch(): Watcher {
    this.watcher ??= new Watcher();
    return this.watcher;
  }

  /** Whether something was watched elsewhere than at node `at`: it leads now, and cannot tell what was changed. */
  hasLostWatch(at: number): boolean {
    return this.watchIsLost || this.watcher !== undefined || (this.watchedAt !== 0 && this.watchedAt !== at);
  }

  loseWatch(): void {
    this.watchIsLost = true;
  }

  unwatch(): void {
    this.watchedAt = 0;
    this.watchIsLost = false;
    if (this.watcher !== undefined) this.evaluator.watches.unwatch(this.watcher);
    this.watcher = undefined;
  }

  /** The transaction is over, in whatever way, and what was watched for it is not watched any more. */
  discard(): void {
    this.isOpen = this.isAborted = false;
    this.clearQueue();
    this.unwatch();
  }

  private clearQueue(): void {
    this.queued = [];
    this.queuedBytes = 0;
  }
}
