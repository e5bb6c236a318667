// One command of one connection that runs on the node that leads: what is sent, and what its outcome means for the reply and
// for the client's transaction. Everything that a connection can judge by itself is judged before (admission, the queue of
// MULTI), and is not judged in another way there.
import type { Command } from "../command";
import type { Connection } from "../connection";
import { answersAlone } from "../commands/transactions";
import { ERR_FORWARD_CHANGES_CLIENT, ERR_LEADER_LOST, ERR_NOT_PROPOSED } from "../dispatch-errors";
import type { Forwarder } from "./forwarder";
import type { ForwardOutcome, WatchedState } from "./forwarding";

const PLUS = 0x2b;

export class ForwardedCommand {
  private readonly to: number;
  private readonly isExec: boolean;
  private readonly isWatch: boolean;
  private outcome: ForwardOutcome | undefined;

  constructor(
    private readonly connection: Connection,
    command: Command,
    private readonly forwarder: Forwarder,
    to: number,
  ) {
    this.to = to;
    this.isExec = command.spec.name === "exec";
    this.isWatch = command.spec.name === "watch";
  }

  /** Answers it if that needs nobody else; else false. */
  answeredHere(): boolean {
    const { connection, isExec, isWatch } = this;
    const { reply, transaction } = connection;
    if (!isExec && !isWatch) return false;
    if (answersAlone(connection, isExec)) return true;
    if (transaction.hasLostWatch(this.to)) {
      // What was watched is not watched any more: that counts as changed.
      if (isWatch) {
        transaction.loseWatch();
        reply.ok();
      } else {
        transaction.discard();
        reply.nullArray();
      }
      return true;
    }
    if (
      isExec &&
      transaction.queued.some(({ command }) => command.changesClient && command.name !== "select")
    ) {
      transaction.discard();
      reply.error(ERR_FORWARD_CHANGES_CLIENT);
      return true;
    }
    return false;
  }

  /** `arrived` is called on a later turn; then `answer` writes the reply. */
  send(arrived: () => void): void {
    const { connection, to } = this;
    const { transaction } = connection;
    const outgoing = {
      connection: connection.id,
      database: connection.database,
      protocol: connection.protocol,
      watched: this.watchedState,
      queued: this.isExec ? transaction.queued.map(({ args }) => args) : undefined,
      args: connection.args,
    };
    this.forwarder.send(to, outgoing, (outcome) => {
      this.outcome = outcome;
      arrived();
    });
  }

  private get watchedState(): WatchedState {
    if (!this.isExec && !this.isWatch) return "any";
    return this.connection.transaction.watchedAt === this.to ? "kept" : "dropped";
  }

  answer(): void {
    const { connection, outcome, isExec, isWatch } = this;
    const { reply, transaction } = connection;
    switch (outcome?.kind) {
      case "answered":
        reply.bytesFrom(outcome.reply, 0, outcome.reply.length);
        if (isExec) connection.database = outcome.database;
        if (isWatch && outcome.reply[0] === PLUS) transaction.watchedAt = this.to;
        break;
      case "stateLost":
        if (isExec) reply.nullArray();
        else if (isWatch) {
          transaction.loseWatch();
          reply.ok();
        } else reply.error(ERR_NOT_PROPOSED);
        break;
      case "unknown":
        reply.error(ERR_LEADER_LOST);
        break;
      default:
        reply.error(ERR_NOT_PROPOSED);
    }
    if (isExec) transaction.discard();
  }
}
