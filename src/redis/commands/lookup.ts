// Steps that commands on one key share: the check of its type, and the figures Redis counts for reads.
import type { ByteString } from "../../base/index";
import type { ValueHeader } from "../../storage/index";
import type { CommandContext } from "../command";
import { ERR_WRONG_TYPE } from "../errors";
import { NotificationClass, notify } from "../notifications";

/** Counts a reading command's lookup, of its first word's key; called once the command cannot be evaluated again. */
export function countLookup(context: CommandContext, found: boolean): void {
  const { statistics } = context.server;
  if (found) {
    statistics.keyspaceHitsTotal++;
  } else {
    statistics.keyspaceMissesTotal++;
    if (tellsMisses(context)) notifyMiss(context, context.args.string(1));
  }
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
