// The apply thread's side of one group's work list: committed entries are submitted to it, configuration changes among them
// are adopted here, and the answers wait until storage has applied what they stand for.
//
// A configuration is adopted when its entry is handed out, and its record is durable before the entry can be applied: else a
// crash could leave applied data that have the change behind them, and a record that has not.
import { RingQueue } from "../../base/index";
import { BatchEnds } from "../../storage/index";
import type { Storage } from "../../storage/index";
import { EntryType, decodeConfChange } from "../core/index";
import type { ConfChange, ConfState, Entry, Message } from "../core/index";
import { encodeConfiguration } from "./configuration-record";
import type { StoredConfiguration } from "./configuration-record";
import type { LogWriter } from "./log-work";

interface Awaited {
  readonly index: number;
  readonly responses: readonly Message[];
}

/** Entries that must not be applied before a configuration record is synced. */
interface Held {
  ticket: number;
  lastIndex: number;
}

export class ApplyWork {
  private readonly awaited = new RingQueue<Awaited>();
  /** Of the entries that were handed to the apply thread. */
  private readonly batchEnds: BatchEnds;
  private held: Held | undefined;
  appliedIndex: number;
  /** Up to here entries were handed out: they are committed. */
  commitIndex: number;

  constructor(
    private readonly group: number,
    private readonly storage: Storage,
    public configuration: StoredConfiguration,
    private readonly adopt: (change: ConfChange) => ConfState,
  ) {
    this.appliedIndex = this.commitIndex = storage.readApplied(group).index;
    this.batchEnds = new BatchEnds(this.appliedIndex);
  }

  /** Takes a message to the apply thread. */
  apply({ entries, responses }: Message, writer: LogWriter, deliver: (response: Message) => void): void {
    const { batchEnds } = this;
    for (const entry of entries) {
      if (entry.type !== EntryType.normal) this.change(entry, writer);
      // Fragments of a batch whose last one has not come are taken in and reported as applied only with that one: the core,
      // which hands out no more than so many bytes until it hears, must not wait for them.
      batchEnds.add(entry.index, entry.term, entry.type, entry.data);
    }
    this.awaited.push({ index: batchEnds.last, responses });
    this.commitIndex = entries[entries.length - 1]!.index;
    if (this.held !== undefined) this.held.lastIndex = this.commitIndex;
    else this.storage.submitApply(this.group, this.commitIndex);
    if (batchEnds.last <= this.appliedIndex) this.answer(deliver);
  }

  private change(entry: Entry, writer: LogWriter): void {
    // A restart begins with the newest record, which may be ahead of the applied data.
    if (entry.index <= this.configuration.index) return;
    const state = this.adopt(decodeConfChange(entry));
    this.configuration = { state, index: entry.index };
    const before = entry.index - 1;
    if (this.held === undefined && before > this.commitIndex) this.storage.submitApply(this.group, before);
    writer.batch.configuration(this.group, encodeConfiguration(this.configuration));
    this.held = { ticket: writer.lastTicket + 1, lastIndex: entry.index };
  }

  /** The log is durable up to the ticket: what waited for a configuration record may be applied. */
  synced(ticket: number): void {
    if (this.held === undefined || this.held.ticket > ticket) return;
    const { lastIndex } = this.held;
    this.held = undefined;
    this.storage.submitApply(this.group, lastIndex);
  }

  /** Entries up to `index` are applied. True if that answered anything. */
  applied(index: number, deliver: (response: Message) => void): boolean {
    this.appliedIndex = index;
    return this.answer(deliver);
  }

  private answer(deliver: (response: Message) => void): boolean {
    let first = this.awaited.peek();
    if (first === undefined || first.index > this.appliedIndex) return false;
    for (; first !== undefined && first.index <= this.appliedIndex; first = this.awaited.peek()) {
      this.awaited.shift();
      for (const response of first.responses) deliver(response);
    }
    return true;
  }
}
