// Subscribed patterns, found by channel. A pattern can match only channels that begin with its literal beginning, so
// patterns are kept by that: a message looks at one list for each length that some pattern's beginning has, whatever the
// number of patterns. Pure.
import type { ByteString } from "../../base/index";
import { Glob } from "../glob";

interface Entry<Subscriber> {
  readonly pattern: ByteString;
  readonly glob: Glob;
  readonly subscribers: Set<Subscriber>;
}

const SPECIAL = /[*?[\\]/;

function literalBeginning(pattern: ByteString): ByteString {
  const at = pattern.search(SPECIAL);
  return at < 0 ? pattern : pattern.slice(0, at);
}

export class PatternIndex<Subscriber> {
  private readonly entries = new Map<ByteString, Entry<Subscriber>>();
  private readonly byBeginning = new Map<ByteString, Map<ByteString, Entry<Subscriber>>>();
  /** How many beginnings there are of each length. */
  private readonly lengths = new Map<number, number>();

  /** Different patterns that somebody subscribes to. */
  get size(): number {
    return this.entries.size;
  }

  add(pattern: ByteString, subscriber: Subscriber): void {
    let entry = this.entries.get(pattern);
    if (entry === undefined) {
      entry = { pattern, glob: new Glob(pattern), subscribers: new Set() };
      this.entries.set(pattern, entry);
      const beginning = literalBeginning(pattern);
      let same = this.byBeginning.get(beginning);
      if (same === undefined) {
        this.byBeginning.set(beginning, (same = new Map<ByteString, Entry<Subscriber>>()));
        this.lengths.set(beginning.length, (this.lengths.get(beginning.length) ?? 0) + 1);
      }
      same.set(pattern, entry);
    }
    entry.subscribers.add(subscriber);
  }

  remove(pattern: ByteString, subscriber: Subscriber): void {
    const entry = this.entries.get(pattern);
    if (entry?.subscribers.delete(subscriber) !== true || entry.subscribers.size > 0) return;
    this.entries.delete(pattern);
    const beginning = literalBeginning(pattern);
    const same = this.byBeginning.get(beginning);
    if (same === undefined) return;
    same.delete(pattern);
    if (same.size > 0) return;
    this.byBeginning.delete(beginning);
    const left = (this.lengths.get(beginning.length) ?? 0) - 1;
    if (left > 0) this.lengths.set(beginning.length, left);
    else this.lengths.delete(beginning.length);
  }

  /** Calls `found` for every pattern that matches, with its subscribers. */
  match(
    channel: ByteString,
    found: (pattern: ByteString, subscribers: ReadonlySet<Subscriber>) => void,
  ): void {
    for (const length of this.lengths.keys()) {
      if (length > channel.length) continue;
      const same = this.byBeginning.get(channel.slice(0, length));
      if (same === undefined) continue;
      for (const { pattern, glob, subscribers } of same.values()) {
        if (glob.matches(channel)) found(pattern, subscribers);
      }
    }
  }
}
