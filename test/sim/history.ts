// What clients did and saw: one record for each command, in the order of its connection, with the steps between which it
// ran. Written by clients; `order` and `nowMs` are noted where the server evaluated it.

export interface Operation {
  readonly id: number;
  /** The connection; commands of one connection take effect in the order they were sent. */
  readonly process: number;
  readonly words: readonly string[];
  readonly database: number;
  /** The step at which it was sent. */
  readonly invoked: number;
  /** The step by which it had taken effect if it ever did. */
  returned: number;
  /** The answer; undefined while there is none, and where the outcome is unknown. */
  reply: string | undefined;
  /** Of a command that concerns the connection alone (SELECT, MULTI, what it queues …), and is no operation: its answer. */
  readonly expects?: string;
  /** Of an EXEC: what it is to run. */
  readonly transaction?: Transaction;
  /** Of a WATCH, and of the EXEC that it is for: what the two share. */
  readonly watchSet?: string;
  /** It was begun in steps: it may take effect although its client does not wait for it. */
  isUnderWay?: boolean;
  /** Answered by an error that says it was not run, or it was never evaluated: it must have had no effect. */
  excluded: boolean;
  /** The time at which the server judged expiry; undefined: it was never evaluated. */
  nowMs: number | undefined;
  /** Where the server evaluated it: a hint for the search, not trusted. */
  order: Order | undefined;
}

/** A command that is being sent. What concerns the connection alone is no operation from the beginning. */
export function newOperation(
  request: Pick<Operation, "words" | "expects" | "transaction" | "watchSet">,
  sent: Pick<Operation, "id" | "process" | "database" | "invoked">,
): Operation {
  return {
    ...request,
    ...sent,
    returned: Number.POSITIVE_INFINITY,
    reply: undefined,
    excluded: request.expects !== undefined,
    nowMs: undefined,
    order: undefined,
  };
}

export interface Transaction {
  readonly queued: readonly (readonly string[])[];
  /** A command was refused while it was to be queued. */
  readonly isAborted: boolean;
}

export interface Order {
  /** Periods of leadership, in order. */
  readonly epoch: number;
  /** The batch whose state was seen or written. */
  readonly sequence: number;
  /** Reads of committed state come behind what the batch wrote. */
  readonly committed: boolean;
  readonly count: number;
  /** It has left something in its batch. */
  readonly wrote: boolean;
  /** Of an operation whose outcome is unknown: whether its batch is in the log, as far as one can see. */
  survived: boolean;
}

export function compareOrder(one: Order, other: Order): number {
  return (
    one.epoch - other.epoch ||
    one.sequence - other.sequence ||
    Number(one.committed) - Number(other.committed) ||
    one.count - other.count
  );
}

/** Something that happened beside the operations: crashes, restarts, elections, jumps of a clock. */
export interface WorldEvent {
  readonly step: number;
  readonly text: string;
}

export interface HistoryLine {
  readonly step: number;
  readonly text: string;
}

export function commandText({ words, transaction, watchSet }: Operation): string {
  const watches = watchSet === undefined ? "" : ` (watching as ${watchSet})`;
  if (transaction === undefined) return words.join(" ") + watches;
  const queued = transaction.queued.map((each) => each.join(" ")).join("; ");
  return `EXEC {${transaction.isAborted ? "spoilt: " : ""}${queued}}${watches}`;
}

/** Lines for people, in order: every operation where it was sent and where it ended, and what else happened. */
export function historyLines(operations: readonly Operation[], events: readonly WorldEvent[]): HistoryLine[] {
  const lines: HistoryLine[] = events.map(({ step, text }) => ({ step, text: `---- ${text}` }));
  for (const operation of operations) {
    const { id, process, database, reply, invoked, returned, excluded, nowMs, order, expects } = operation;
    if (expects !== undefined && excluded) continue;
    const name = `c${process} #${id} db${database} ${commandText(operation)}`;
    const batch = order && `${order.epoch}.${order.sequence}${order.committed ? "c" : ""}`;
    lines.push({ step: invoked, text: batch === undefined ? name : `${name} (batch ${batch} at ${nowMs})` });
    if (!Number.isFinite(returned)) continue;
    const unknown = order?.survived === true ? "unknown, survived" : "unknown";
    lines.push({ step: returned, text: `     ${name} => ${excluded ? "not run" : (reply ?? unknown)}` });
  }
  return lines.sort((a, b) => a.step - b.step);
}
