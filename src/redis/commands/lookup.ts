// Steps that commands on one key share: the check of its type, and the figures Redis counts for reads.
import type { ByteString } from "../../base/index";
import type { ValueHeader } from "../../storage/index";
import type { CommandContext } from "../command";
import { ERR_WRONG_TYPE } from "../errors";
import { NotificationClass, notify } from "../notifications";

/**
 * Counts a reading command's lookup of the key in word `keyAt`, and tells of a miss; called once the command cannot be
 * evaluated again.
 */
export function countLookup(context: CommandContext, found: boolean, keyAt = 1): void {
  countQuietLookup(context, found);
  if (!found && tellsMisses(context)) notifyMiss(context, context.args.string(keyAt));
}

/** Counts a lookup of which nobody is told. */
export function countQuietLookup({ server }: CommandContext, found: boolean): void {
  if (found) server.statistics.keyspaceHitsTotal++;
  else server.statistics.keyspaceMissesTotal++;
}

/** The same for a read in slices, which is no evaluation: what its view shows is committed, and is told at once. */
export function countSlicedLookup(context: CommandContext, found: boolean, key: ByteString): void {
  countQuietLookup(context, found);
  if (found || !tellsMisses(context)) return;
  const { server, connection } = context;
  server.notifications.tell(connection, connection.database, "keymiss", key);
}

/**
 * Whether the headers of the keys in words [from, to) can be read now. Asked before the first of them is met: so all that are
 * missing are loaded at once, and what has expired among them is told of key by key, in between what else is told.
 */
export function areHeadersReady(
  { args, session }: CommandContext,
  database: number,
  from: number,
  to: number,
): boolean {
  let ready = true;
  for (let i = from; i < to; i++) if (!session.isHeaderReady(database, args.string(i))) ready = false;
  return ready;
}

/** Whether somebody wants to hear of reads that find nothing. */
export function tellsMisses({ server }: CommandContext): boolean {
  return (server.limits.keyspaceEvents & NotificationClass.keyMiss) !== 0;
}

export function notifyMiss(context: CommandContext, key: ByteString): void {
  notify(context, NotificationClass.keyMiss, "keymiss", key);
}

/** Replies WRONGTYPE and answers true if there is a value and it is of another type. */
export function isWrongType(context: CommandContext, header: ValueHeader | null, type: number): boolean {
  if (header === null || header.type === type) return false;
  context.reply.error(ERR_WRONG_TYPE);
  return true;
}
