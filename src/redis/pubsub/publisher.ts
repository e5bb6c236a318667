// Publishing: hands a message to everybody who subscribes, once for each way in which they do. The sequence says after
// which batch it is true; each receiver's own stream of replies holds it back until then, in its place.
import type { ByteString } from "../../base/index";
import { Message } from "./message";
import type { Payload } from "./message";
import type { Subscriptions } from "./subscriptions";

/** Who receives messages. */
export interface Receiver {
  readonly protocol: 2 | 3;
  push(bytes: Buffer, sequence: number): void;
}

export class Publisher<Subscriber extends Receiver> {
  private readonly subscriptions: Subscriptions<Subscriber>;

  constructor(subscriptions: Subscriptions<Subscriber>) {
    this.subscriptions = subscriptions;
  }

  /** How many receive a message that is published now. */
  countReceivers(kind: "channel" | "shard", channel: ByteString): number {
    let count = this.subscriptions.of(kind, channel).size;
    if (kind === "channel")
      this.subscriptions.matching(channel, (_, subscribers) => (count += subscribers.size));
    return count;
  }

  publish(kind: "channel" | "shard", channel: ByteString, payload: Payload, sequence: number): void {
    const { subscriptions } = this;
    const direct = subscriptions.of(kind, channel);
    if (direct.size > 0) {
      const message =
        kind === "channel" ? Message.toChannel(channel, payload) : Message.toShard(channel, payload);
      send(message, direct, sequence);
    }
    if (kind === "shard") return;
    subscriptions.matching(channel, (pattern, subscribers) =>
      send(Message.toPattern(pattern, channel, payload), subscribers, sequence),
    );
  }
}

function send(message: Message, to: ReadonlySet<Receiver>, sequence: number): void {
  for (const receiver of to) receiver.push(message.bytes(receiver.protocol), sequence);
}
