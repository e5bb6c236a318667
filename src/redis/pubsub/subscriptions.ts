// Who subscribes to what: channels, patterns and shard channels of one node, from both sides. Knows nothing of clients but
// that they differ. Pure.
import type { ByteString } from "../../base/index";
import { PatternIndex } from "./pattern-index";

/** Shard channels are names of their own: a message to one reaches no subscriber of a channel of the same name. */
export type SubscriptionKind = "channel" | "pattern" | "shard";

interface OfSubscriber {
  readonly channel: Set<ByteString>;
  readonly pattern: Set<ByteString>;
  readonly shard: Set<ByteString>;
}

const NOTHING: ReadonlySet<never> = new Set<never>();

export class Subscriptions<Subscriber> {
  private readonly channels = new Map<ByteString, Set<Subscriber>>();
  private readonly shards = new Map<ByteString, Set<Subscriber>>();
  private readonly patterns = new PatternIndex<Subscriber>();
  private readonly subscribers = new Map<Subscriber, OfSubscriber>();

  get isEmpty(): boolean {
    return this.subscribers.size === 0;
  }

  get subscriberCount(): number {
    return this.subscribers.size;
  }

  get patternCount(): number {
    return this.patterns.size;
  }

  channelNames(kind: "channel" | "shard"): IterableIterator<ByteString> {
    return this.byName(kind).keys();
  }

  channelCount(kind: "channel" | "shard"): number {
    return this.byName(kind).size;
  }

  /** Subscribers of exactly this channel. */
  of(kind: "channel" | "shard", channel: ByteString): ReadonlySet<Subscriber> {
    return this.byName(kind).get(channel) ?? NOTHING;
  }

  matching(
    channel: ByteString,
    found: (pattern: ByteString, subscribers: ReadonlySet<Subscriber>) => void,
  ): void {
    if (this.patterns.size > 0) this.patterns.match(channel, found);
  }

  /** False if it was subscribed already. */
  add(kind: SubscriptionKind, name: ByteString, subscriber: Subscriber): boolean {
    let own = this.subscribers.get(subscriber);
    if (own === undefined) {
      own = { channel: new Set(), pattern: new Set(), shard: new Set() };
      this.subscribers.set(subscriber, own);
    }
    if (own[kind].has(name)) return false;
    own[kind].add(name);
    if (kind === "pattern") {
      this.patterns.add(name, subscriber);
      return true;
    }
    const all = this.byName(kind);
    const present = all.get(name);
    if (present === undefined) all.set(name, new Set([subscriber]));
    else present.add(subscriber);
    return true;
  }

  /** False if it was not subscribed. */
  remove(kind: SubscriptionKind, name: ByteString, subscriber: Subscriber): boolean {
    const own = this.subscribers.get(subscriber);
    if (own?.[kind].delete(name) !== true) return false;
    if (own.channel.size + own.pattern.size + own.shard.size === 0) this.subscribers.delete(subscriber);
    if (kind === "pattern") {
      this.patterns.remove(name, subscriber);
      return true;
    }
    const all = this.byName(kind);
    const present = all.get(name);
    present?.delete(subscriber);
    if (present?.size === 0) all.delete(name);
    return true;
  }

  removeAll(subscriber: Subscriber): void {
    for (const kind of ["channel", "pattern", "shard"] as const) {
      for (const name of this.namesOf(kind, subscriber)) this.remove(kind, name, subscriber);
    }
  }

  /** What a subscriber subscribes to, in the order in which it did. */
  namesOf(kind: SubscriptionKind, subscriber: Subscriber): readonly ByteString[] {
    return [...(this.subscribers.get(subscriber)?.[kind] ?? [])];
  }

  countOf(kind: SubscriptionKind, subscriber: Subscriber): number {
    return this.subscribers.get(subscriber)?.[kind].size ?? 0;
  }

  has(subscriber: Subscriber): boolean {
    return this.subscribers.has(subscriber);
  }

  private byName(kind: "channel" | "shard"): Map<ByteString, Set<Subscriber>> {
    return kind === "channel" ? this.channels : this.shards;
  }
}
