// The log's side of one group's work list: appends and hard states go into the turn's log batch, and the answers that claim
// them wait for the batch's ticket. What the core has handed out as hard state is remembered here, since a commit index
// alone is not worth a sync: it is stored with what is written next, and may be lost until then.
import { RingQueue } from "../../base/index";
import type { LogBatch } from "../../storage/index";
import type { HardState, Message } from "../core/index";
import type { LogStore } from "./log-store";

/** The one path to the log thread, shared by all groups of a node. */
export interface LogWriter {
  readonly batch: LogBatch;
  /** The ticket of what was submitted last; the batch gets the one behind it. */
  readonly lastTicket: number;
  /** Submits the batch if that is large, and begins another. */
  submitLarge(): void;
}

interface Awaited {
  readonly ticket: number;
  readonly responses: readonly Message[];
}

const EMPTY = new Uint8Array(0);

export class LogWork {
  private readonly awaited = new RingQueue<Awaited>();
  private term: number;
  private vote: number;
  private commit: number;
  /** The commit index is not in any log batch yet. */
  private commitWaits = false;

  constructor(
    private readonly group: number,
    private readonly log: LogStore,
    stored: HardState,
  ) {
    ({ term: this.term, vote: this.vote, commit: this.commit } = stored);
  }

  /**
   * Takes a message to the log thread. Its entries go to the log in one or more batches; responses to a message without
   * writes wait for the writes before them.
   */
  append(message: Message, writer: LogWriter): void {
    const { entries } = message;
    const { batch } = writer;
    const hasState = message.term !== 0 || message.vote !== 0 || message.commit !== 0;
    const changesState = hasState && (message.term !== this.term || message.vote !== this.vote);
    if (hasState) {
      ({ term: this.term, vote: this.vote, commit: this.commit } = message);
      this.commitWaits = true;
    }
    const first = entries[0];
    if (first !== undefined && first.index <= this.log.lastIndex()) batch.cutSuffix(this.group, first.index);
    // The entries may go in several batches, and a crash may fall between them: no entry before its term and vote, no commit
    // index before its entry.
    if (changesState && first !== undefined) {
      batch.hardState(this.group, this.term, this.vote, Math.min(this.commit, first.index - 1));
    }
    for (const entry of entries) {
      batch.append(this.group, entry.index, entry.term, entry.type, entry.data ?? EMPTY);
      writer.submitLarge();
    }
    this.log.append(entries);
    const writes = first === undefined ? changesState : !batch.isEmpty;
    if (writes && this.commitWaits) {
      batch.hardState(this.group, this.term, this.vote, this.commit);
      this.commitWaits = false;
    }
    if (message.responses.length === 0) return;
    const ticket = batch.isEmpty ? writer.lastTicket : writer.lastTicket + 1;
    this.awaited.push({ ticket, responses: message.responses });
  }

  /** Hands out the responses that waited for a ticket up to this one, in order; true if there were any. */
  synced(ticket: number, deliver: (response: Message) => void): boolean {
    let first = this.awaited.peek();
    if (first === undefined || first.ticket > ticket) return false;
    for (; first !== undefined && first.ticket <= ticket; first = this.awaited.peek()) {
      this.awaited.shift();
      for (const response of first.responses) deliver(response);
    }
    return true;
  }
}
