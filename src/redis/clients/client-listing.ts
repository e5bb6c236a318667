// What CLIENT LIST and CLIENT INFO say of a client: one line of fields in Redis's names. A figure that Basalt does not have
// in this form is what comes nearest to it: `obl` are replies written and not handed to the socket, `omem` those the kernel
// has not taken.
import type { Connection } from "../connection";
import { DEFAULT_USER } from "../access";

export type ClientType = "normal" | "master" | "replica" | "pubsub";

/** What a connection takes without its buffers; rounded. */
const CONNECTION_BYTES = 2048;

/** undefined: no such type. */
export function clientTypeNamed(word: string): ClientType | undefined {
  switch (word.toLowerCase()) {
    case "normal":
      return "normal";
    case "slave":
    case "replica":
      return "replica";
    case "pubsub":
      return "pubsub";
    case "master":
      return "master";
    default:
      return undefined;
  }
}

export function typeOf(connection: Connection): ClientType {
  return connection.isSubscribed ? "pubsub" : "normal";
}

function flagsOf(connection: Connection): string {
  const { transaction } = connection;
  const flags = [
    connection.isMonitor ? "O" : "",
    connection.isSubscribed ? "P" : "",
    transaction.isOpen ? "x" : "",
    connection.isBlocked ? "b" : "",
    transaction.watcher?.touched === true ? "d" : "",
    connection.isClosing ? "c" : "",
    connection.noEvict ? "e" : "",
    connection.noTouch ? "T" : "",
  ].join("");
  return flags === "" ? "N" : flags;
}

function secondsSince(nowMs: number, thenMs: number): number {
  return Math.max(0, Math.floor((nowMs - thenMs) / 1000));
}

/** The line, without its end. */
export function lineOf(connection: Connection): string {
  const { server, socket, transaction, parser, replies, args } = connection;
  const { subscriptions } = server;
  const { clock } = server;
  let argumentBytes = 0;
  for (let i = 0; i < args.count; i++) argumentBytes += args.length(i);
  const writtenBytes = connection.reply.length;
  const socketBytes = socket.bufferedBytes;
  const queryBytes = parser.pendingBytes;
  const total =
    CONNECTION_BYTES + queryBytes + argumentBytes + transaction.queuedBytes + replies.pendingBytes;
  const fields: readonly (readonly [name: string, value: string | number])[] = [
    ["id", connection.id],
    ["addr", socket.remoteAddress],
    ["laddr", socket.localAddress],
    ["fd", socket.fileDescriptor],
    ["name", connection.name],
    ["age", secondsSince(clock.wallMs(), connection.createdAtMs)],
    ["idle", secondsSince(clock.monotonicMs(), connection.lastInteractionMs)],
    ["flags", flagsOf(connection)],
    ["db", connection.database],
    ["sub", subscriptions.countOf("channel", connection)],
    ["psub", subscriptions.countOf("pattern", connection)],
    ["ssub", subscriptions.countOf("shard", connection)],
    ["multi", transaction.isOpen ? transaction.queued.length : -1],
    ["watch", transaction.watcher?.keys.length ?? 0],
    ["qbuf", queryBytes],
    ["qbuf-free", 0],
    ["argv-mem", argumentBytes],
    ["multi-mem", transaction.queuedBytes],
    ["obl", writtenBytes],
    ["oll", socketBytes > 0 ? 1 : 0],
    ["omem", socketBytes],
    ["tot-mem", total],
    ["events", (connection.isReading ? "r" : "") + (replies.pendingBytes > 0 ? "w" : "")],
    ["cmd", connection.lastCommand ?? "NULL"],
    ["user", DEFAULT_USER],
    ["redir", -1],
    ["resp", connection.protocol],
    ["lib-name", connection.libraryName],
    ["lib-ver", connection.libraryVersion],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(" ");
}
